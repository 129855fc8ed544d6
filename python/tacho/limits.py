"""Every bound and default interval of the client, in one place; the first group is the server's as well."""

# What the server refuses beyond (packages/protocol/src/limits.ts; a test compares the numbers).
PRODUCT_LENGTH_MAX = 200
VERSION_LENGTH_MAX = 200
METRIC_NAME_LENGTH_MAX = 500
UNIT_LENGTH_MAX = 50
TAG_LENGTH_MAX = 500
TAGS_MAX = 50
BUCKETS_MAX = 500
METADATA_BYTES_MAX = 64 * 1024
SERIES_PER_SESSION_MAX = 10_000
EVENT_NAME_LENGTH_MAX = 500
CATEGORY_LENGTH_MAX = 200
GROUP_LENGTH_MAX = 500
LABEL_LENGTH_MAX = 500
LABELS_MAX = 100
MESSAGE_LENGTH_MAX = 64 * 1024
EXCEPTION_TYPE_LENGTH_MAX = 500
SOURCE_LENGTH_MAX = 4 * 1024
STACKTRACE_LINES_MAX = 1_000
STACKTRACE_LINE_LENGTH_MAX = 8 * 1024
EVENT_DATA_BYTES_MAX = 256 * 1024
STATE_BYTES_MAX = 1024 * 1024
JSON_DEPTH_MAX = 64
INTEGER_DIGITS_MAX = 1_000

# What one program holds while nobody takes it.
QUEUE_ENTRIES_MAX = 10_000
"""Events, states and the like; `queue_size` replaces it."""
QUEUE_BYTES_MAX = 16 * 1024 * 1024
"""The same, as JSON text."""
SAMPLES_MAX = 1_500_000
"""Samples of metrics, 16 bytes each."""
SAMPLES_EAGER = 100_000
"""Samples that are sent on before the next flush is due."""
SAMPLES_STEP = 512
"""Samples of one series after which the bounds are looked at; a power of two."""

# One batch.
BATCH_SAMPLES_MAX = 50_000
BATCH_ENTRIES_MAX = 5_000
BATCH_BYTES_MAX = 1024 * 1024
COMPRESS_BYTES_MIN = 1_024
"""Shorter batches go to a server without gzip; an agent beside the program gets none."""

# Time, in seconds.
FLUSH_INTERVAL = 0.5
FLUSH_TIMEOUT = 2.0
EXIT_TIMEOUT = 2.0
AGENT_TIMEOUT = 5.0
SERVER_TIMEOUT = 10.0
AGENT_START_TIMEOUT = 5.0
RETRY_DELAY_MIN = 0.25
RETRY_DELAY_MAX = 30.0
RETRY_DELAY_MAX_AGENT = 2.0
REFUSED_DELAY = 30.0
"""Pause after the server refused the token."""
HEARTBEAT_TIMEOUT = 60.0
HEARTBEAT_INTERVAL = 5.0

REPLY_BYTES_MAX = 64 * 1024 * 1024
"""Longest answer that is read."""
