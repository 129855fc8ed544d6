-- Everything that was said about sessions, one row for each entry and each sample; only ever added to.
CREATE TABLE IF NOT EXISTS entry (
  session UUID CODEC(ZSTD(1)),
  -- Hash of what tells one series of a session from another; 0 for what is no sample.
  series UInt64 CODEC(ZSTD(1)),
  -- Epoch microseconds by the sender's clock.
  at_us Int64 CODEC(Delta, ZSTD(1)),
  -- (turn, server, place) is the order in which a session's entries came.
  turn UInt32 CODEC(Delta, ZSTD(1)),
  server UInt64 CODEC(ZSTD(1)),
  place UInt32 CODEC(Delta, ZSTD(1)),
  kind Enum8('start' = 1, 'patch' = 2, 'event' = 3, 'sample' = 4, 'heartbeat' = 5, 'witness' = 6, 'end' = 7, 'crash' = 8, 'status' = 9, 'lost' = 10, 'returned' = 11),
  -- Told by a replay: it moves no status.
  replay Bool CODEC(ZSTD(1)),
  -- Epoch microseconds by the server's clock; 0 for samples, whose turn tells.
  received_us Int64 CODEC(Delta, ZSTD(1)),
  product LowCardinality(String),
  version LowCardinality(String),
  -- A sample's value is mantissa / 10^scale, or `value` where scale is -1.
  mantissa Int64 CODEC(T64, ZSTD(1)),
  scale Int8 CODEC(ZSTD(1)),
  value Float64 CODEC(ZSTD(1)),
  -- The rest as JSON, see `log-row.ts`.
  body String CODEC(ZSTD(3))
) ENGINE = MergeTree
ORDER BY (session, series, at_us, turn, server, place)
SETTINGS non_replicated_deduplication_window = 10000
