-- What follows from the log. Of the rows of one key the one counts that knows most rows of the log, `known`.

-- A session without its history and its state.
CREATE TABLE IF NOT EXISTS head (
  session UUID,
  gen UInt32,
  known UInt64,
  -- It was deleted.
  gone Bool,
  -- Turn of its start: the order of creation.
  no Int64,
  turn Int64,
  product LowCardinality(String),
  version LowCardinality(String),
  machine Nullable(String),
  hostname Nullable(String),
  boot Nullable(String),
  agent Nullable(String),
  created_us Int64,
  updated_us Int64,
  lifecycle LowCardinality(String),
  ended_us Nullable(Int64),
  heartbeat_us Nullable(Int64),
  activity_us Int64,
  hung Bool,
  hangs UInt32,
  -- Indexes into the lists of the protocol; cause -1 for none.
  outcome Int8,
  cause Int8,
  patches UInt64,
  events UInt64,
  samples UInt64,
  errors UInt64,
  skew_us Nullable(Int64),
  -- JSON of all that the status is.
  status String CODEC(ZSTD(1)),
  -- JSON of the last error with an exception; empty for none.
  exception String CODEC(ZSTD(1)),
  start_state String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(known)
ORDER BY (session, gen);

-- A session's state as it stands, and its places, see `places.ts`.
CREATE TABLE IF NOT EXISTS state (
  session UUID,
  gen UInt32,
  known UInt64,
  state String CODEC(ZSTD(1)),
  paths Array(String) CODEC(ZSTD(1)),
  texts Array(String) CODEC(ZSTD(1)),
  kinds Array(UInt8) CODEC(ZSTD(1)),
  numbers Array(Float64) CODEC(ZSTD(1)),
  jsons Array(String) CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(known)
ORDER BY (session, gen);

CREATE TABLE IF NOT EXISTS event (
  session UUID,
  gen UInt32,
  seq UInt64,
  known UInt64,
  at_us Int64,
  received_us Int64,
  -- Place in the order in which events of all sessions arrived.
  arrived Int64,
  -- Index into the levels.
  level UInt8,
  name LowCardinality(String),
  -- Type and group of its exception; empty for none.
  exception_type LowCardinality(String),
  exception String,
  -- Words of its texts, each between spaces.
  words String CODEC(ZSTD(1)),
  body String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(known)
ORDER BY (session, gen, seq);

CREATE TABLE IF NOT EXISTS patch (
  session UUID,
  gen UInt32,
  revision UInt64,
  known UInt64,
  at_us Int64,
  received_us Int64,
  patch String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(known)
ORDER BY (session, gen, revision);

-- Series that have samples; the lowest number counts where servers gave several.
CREATE TABLE IF NOT EXISTS series (
  session UUID,
  gen UInt32,
  hash UInt64,
  no SimpleAggregateFunction(min, UInt64),
  key SimpleAggregateFunction(min, String),
  name SimpleAggregateFunction(any, String),
  type SimpleAggregateFunction(any, String),
  unit SimpleAggregateFunction(any, String),
  tags SimpleAggregateFunction(any, Array(String))
) ENGINE = AggregatingMergeTree
ORDER BY (session, gen, hash);

CREATE TABLE IF NOT EXISTS token (
  id String,
  known UInt64,
  gone Bool,
  row String
) ENGINE = ReplacingMergeTree(known)
ORDER BY id;
