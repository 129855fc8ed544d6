/** A program that uses the built client as hard as it can, and prints what each call cost; run by `client.ts`. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { connect, type Session } from '@tacho/client';

const calls = Number(process.argv[2]);
const burst = Number(process.argv[3]);
const callsPerTurn = 500;

const connectMs: number[] = [];
const quiet = { resources: false, eventLoop: false, heartbeat: false };
const sessions = Array.from({ length: 5 }, (_, i) => {
  const startMs = performance.now();
  const session = connect({ product: 'bench', version: '1', capture: quiet });
  connectMs.push(performance.now() - startMs);
  if (i > 0) void session.end();
  return session;
});
const [session] = sessions as [Session];

const tags = ['api', 'v2', 'user'];
const data = { order: 1041, amount: 12.5, currency: 'EUR' };
const kinds: Record<string, (i: number) => void> = {
  nothing: () => undefined,
  logMetric: (i) => session.logMetric('response_time_ms', i * 0.25, ['api', 'v2', 'user']),
  'logMetric without tags': (i) => session.logMetric('fps', i * 0.25),
  counter: () => session.counter('http_requests', 1, tags),
  histogram: (i) => session.histogram('load_seconds', i * 0.001, tags),
  logEvent: () => session.logEvent('order_paid', { level: 'info', data }),
};
const costs: Record<string, { p50: number; p99: number }> = {};
for (const [kind, call] of Object.entries(kinds)) {
  // An event is some hundred bytes, so fewer of them fit into the memory for what is not sent yet.
  const times = await timed(call, kind === 'logEvent' ? calls / 4 : calls);
  costs[kind] = { p50: at(times, 0.5), p99: at(times, 0.99) };
  await session.flush(60_000);
}

const bursts = await timedBurst();
process.stdout.write(
  `${JSON.stringify({ connectMs, costs, ...bursts, stats: session.stats() })}\n`,
);
await session.end();

/** Nanoseconds of each call, in ascending order; the program has its turns in between. */
async function timed(call: (i: number) => void, count: number): Promise<Float64Array> {
  for (let i = 0; i < 20_000; i++) call(i);
  await session.flush(60_000);
  const ns = new Float64Array(count);
  for (let i = 0; i < count; ) {
    for (const end = Math.min(count, i + callsPerTurn); i < end; i++) {
      const startMs = performance.now();
      call(i);
      ns[i] = (performance.now() - startMs) * 1e6;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  return ns.sort();
}

/** A million calls at once: what they hold, and how late the event loop is while they are sent. */
async function timedBurst() {
  globalThis.gc?.();
  const before = memory();
  const startMs = performance.now();
  for (let i = 0; i < burst; i++) session.logMetric('burst', i * 0.1, tags);
  const callsMs = performance.now() - startMs;
  const heldBytes = memory() - before;
  await new Promise((resolve) => setImmediate(resolve));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const sendMs = performance.now();
  let peakBytes = heldBytes;
  const timer = setInterval(() => {
    peakBytes = Math.max(peakBytes, memory() - before);
  }, 20);
  const isSent = await session.flush(120_000);
  clearInterval(timer);
  delay.disable();
  return {
    isSent,
    callsMs,
    sendMs: performance.now() - sendMs,
    heldBytes,
    peakBytes,
    delayP50Ms: delay.percentile(50) / 1e6 - 1,
    delayP99Ms: delay.percentile(99) / 1e6 - 1,
    delayMaxMs: delay.max / 1e6 - 1,
  };
}

function memory(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function at(sorted: Float64Array, fraction: number): number {
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
}
