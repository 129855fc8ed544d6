-- Webhooks: rules, how far each was looked after, and notices. Rows of one key as in 0002.

CREATE TABLE IF NOT EXISTS webhook (
  id String,
  known UInt64,
  gone Bool,
  row String
) ENGINE = ReplacingMergeTree(known)
ORDER BY id;

-- Apart from the rules, so that who changes a rule and who looks after it do not undo each other.
CREATE TABLE IF NOT EXISTS webhook_progress (
  id String,
  known UInt64,
  gone Bool,
  row String
) ENGINE = ReplacingMergeTree(known)
ORDER BY id;

CREATE TABLE IF NOT EXISTS notice (
  id String,
  known UInt64,
  gone Bool,
  webhook String,
  -- Something is left to be done for it.
  due Bool,
  row String CODEC(ZSTD(1))
) ENGINE = ReplacingMergeTree(known)
ORDER BY id;
