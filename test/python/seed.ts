/** The Python of the metrics page of the DataCat protocol, letter by letter, and what it is to record. */

/** One block of the page. */
export interface SeedBlock {
  title: string;
  /** As the page prints it. */
  text: string;
  /** What its names stand for: the page takes these as given. */
  given?: string;
  /** Name, value and tags of every metric that it records. */
  metrics: (string | number)[][];
  /** Name and data of its events. */
  events?: unknown[][];
}

/** A program around a block: bare names are those of the module, `session` is an open session. */
export function surroundings({ text, given = '' }: SeedBlock): string {
  const head = text.includes('session.')
    ? 'import tacho\nsession = tacho.create_session(product="shop", version="1")'
    : 'from tacho import log_event, log_metric';
  return `${head}\n${given}\n${text}`;
}

/** Every block of the page that is Python. */
export const seedBlocks: SeedBlock[] = [
  {
    title: 'Use Consistent Naming',
    text: `# Good - descriptive and consistent
log_metric("api_response_time_ms", 123.4)
log_metric("database_query_time_ms", 45.6)
log_metric("memory_usage_mb", 512.0)

# Avoid - inconsistent or vague
log_metric("time", 123.4)
log_metric("db_ms", 45.6)
log_metric("mem", 512.0)
`,
    metrics: [
      ['api_response_time_ms', 123.4],
      ['database_query_time_ms', 45.6],
      ['memory_usage_mb', 512],
      ['time', 123.4],
      ['db_ms', 45.6],
      ['mem', 512],
    ],
  },
  {
    title: 'Include Units in Name',
    text: `# Good
log_metric("duration_seconds", 5.2)
log_metric("file_size_bytes", 1048576)
log_metric("temperature_celsius", 22.5)

# Avoid
log_metric("duration", 5.2)  # Seconds? Milliseconds?
log_metric("size", 1048576)   # Bytes? KB? MB?
`,
    metrics: [
      ['duration_seconds', 5.2],
      ['file_size_bytes', 1048576],
      ['temperature_celsius', 22.5],
      ['duration', 5.2],
      ['size', 1048576],
    ],
  },
  {
    title: 'Use Tags for Dimensions',
    text: `# Good - single metric with tags
log_metric("http_requests", 100, tags=["endpoint:users", "method:GET"])
log_metric("http_requests", 50, tags=["endpoint:posts", "method:POST"])

# Avoid - separate metrics for each combination
log_metric("http_requests_users_get", 100)
log_metric("http_requests_posts_post", 50)
`,
    metrics: [
      ['http_requests', 100, 'endpoint:users', 'method:GET'],
      ['http_requests', 50, 'endpoint:posts', 'method:POST'],
      ['http_requests_users_get', 100],
      ['http_requests_posts_post', 50],
    ],
  },
  {
    title: 'Record at Appropriate Frequency: high',
    given: `import time
queue = [1, 2, 3]

class Processing:
    def __init__(self):
        self.rounds = 0

    def __bool__(self):
        self.rounds += 1
        return self.rounds < 3

processing = Processing()`,
    text: `# High frequency for critical metrics
while processing:
    log_metric("queue_size", len(queue), tags=["priority:high"])
    time.sleep(1)  # Every second
`,
    metrics: [
      ['queue_size', 3, 'priority:high'],
      ['queue_size', 3, 'priority:high'],
    ],
  },
  {
    // The page's "every_minute:" above this line is no Python; the line itself is.
    title: 'Record at Appropriate Frequency: low',
    given: `def get_disk_usage():
    return 81.5

if True:`,
    text: `    log_metric("disk_usage_gb", get_disk_usage())
`,
    metrics: [['disk_usage_gb', 81.5]],
  },
  {
    title: 'Response Times',
    given: `import time
time.time = iter([1000.0, 1000.25] + [1772366400.0] * 1000).__next__

def api_call():
    return "users"
`,
    text: `import time

start = time.time()
result = api_call()
duration_ms = (time.time() - start) * 1000

session.log_metric("api_response_time_ms", duration_ms,
                   tags=["endpoint:users", "status:200"])
`,
    metrics: [['api_response_time_ms', 250, 'endpoint:users', 'status:200']],
  },
  {
    title: 'Resource Usage',
    given: `import sys, types

class Memory:
    rss = 512 * 1024 * 1024

class Process:
    def memory_info(self):
        return Memory

    def cpu_percent(self, interval):
        return 12.5 * interval

sys.modules["psutil"] = types.ModuleType("psutil")
sys.modules["psutil"].Process = Process`,
    text: `import psutil

process = psutil.Process()
memory_mb = process.memory_info().rss / 1024 / 1024
cpu_percent = process.cpu_percent(interval=1)

session.log_metric("memory_usage_mb", memory_mb)
session.log_metric("cpu_usage_percent", cpu_percent)
`,
    metrics: [
      ['memory_usage_mb', 512],
      ['cpu_usage_percent', 12.5],
    ],
  },
  {
    title: 'Throughput',
    given: `def process_batch(items):
    return len(items)

items = [1, 2, 3]`,
    text: `items_processed = process_batch(items)
session.log_metric("items_processed", items_processed,
                   tags=["batch_id:123", "type:user_data"])
`,
    metrics: [['items_processed', 3, 'batch_id:123', 'type:user_data']],
  },
  {
    title: 'Error Rates',
    text: `total = 100
errors = 5
error_rate = (errors / total) * 100

session.log_metric("error_rate_percent", error_rate,
                   tags=["operation:import"])
`,
    metrics: [['error_rate_percent', 5, 'operation:import']],
  },
  {
    title: 'Metric vs Event',
    text: `# Metric - numeric measurement
session.log_metric("api_latency_ms", 123.4)

# Event - discrete occurrence
session.log_event("api_call_completed",
                  data={"endpoint": "/users", "status": 200})
`,
    metrics: [['api_latency_ms', 123.4]],
    events: [['api_call_completed', { endpoint: '/users', status: 200 }]],
  },
];
