-- Everything that was said about sessions, one row for each entry and each sample; only ever added to.
CREATE TABLE IF NOT EXISTS entry (
  session UUID CODEC(ZSTD(1)),
  -- Hash of what tells one series of a session from another; 0 for what is no sample.
  series UInt64 CODEC(ZSTD(1)),
  -- Epoch microseconds by the sender's clock.
  at_us Int64 CODEC(Delta, ZSTD(1)),
  -- (turn, server, place) is the order in which a session's entries came; turns follow the clock, see `turns.ts`.
  turn Int64 CODEC(Delta, ZSTD(1)),
  server UInt64 CODEC(ZSTD(1)),
  place UInt32 CODEC(Delta, ZSTD(1)),
  -- How often a session of this id was deleted before.
  gen UInt32 CODEC(ZSTD(1)),
  -- Batches of a server are numbered; what does not count is named by this.
  batch UInt64 CODEC(ZSTD(1)),
  kind Enum8('start' = 1, 'patch' = 2, 'event' = 3, 'sample' = 4, 'heartbeat' = 5, 'witness' = 6, 'end' = 7, 'crash' = 8, 'status' = 9, 'lost' = 10, 'returned' = 11, 'sampled' = 12, 'gone' = 13, 'void' = 14, 'batch' = 15) CODEC(ZSTD(1)),
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
  -- The rest as JSON, see `said.ts`.
  body String CODEC(ZSTD(3)),
  -- When the insert was: one insert is in one partition, so that it is taken whole or not at all.
  day Date CODEC(ZSTD(1)),
  -- Finds what came lately.
  INDEX lately turn TYPE minmax GRANULARITY 1
) ENGINE = MergeTree
PARTITION BY day
ORDER BY (session, series, at_us, turn, server, place)
SETTINGS non_replicated_deduplication_window = 10000;
