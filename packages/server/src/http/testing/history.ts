/** A rich made-up history, recorded over HTTP: every kind of run, ending, event and metric is in it. */
import { exceptionKind, limits } from '@tacho/protocol';
import type { Store } from '../../store/store.ts';
import { Harness, openStore } from './harness.ts';

/** A server with a history. */
export interface RecordedServer {
  server: Harness;
  /** Ids of the sessions by what became of them. */
  ids: Record<'ended' | 'crashed' | 'uncaught' | 'hung' | 'lost' | 'active' | 'bare', string>;
}

/** Starts a server and records the history. */
export async function recordedServer(): Promise<RecordedServer> {
  let store: Store | undefined;
  const server = await Harness.start({}, async (options) => {
    store = await openStore(options);
    return store;
  });
  const ids = {
    ended: await shopRun(server, '2.3.9', 'till-1'),
    crashed: await shopRun(server, '2.4.0', 'till-2'),
    uncaught: await shopRun(server, '2.4.0', 'till-3'),
    hung: await shopRun(server, '2.4.0-rc.1', 'till-3'),
    lost: await server.create({ product: 'kiosk', version: '1.0', state: { page: 'idle' } }),
    active: '',
    bare: '',
  };
  await server.post(`/api/sessions/${ids.ended}/end`, undefined);
  await server.post(`/api/sessions/${ids.crashed}/crash`, { reason: 'SIGSEGV' });
  await fail(server, ids.uncaught);
  await server.post(`/api/sessions/${ids.uncaught}/crash`, { reason: 'uncaught exception' });
  await server.post(`/api/sessions/${ids.hung}/events`, { name: 'application_hung' });
  server.pass(14);
  await server.post(`/api/sessions/${ids.hung}/crash`, { reason: 'SIGKILL' });
  server.pass(limits.lostAfterMs / 1000 + 60);
  await store?.sweep({ nowUs: server.nowUs, lostAfterUs: limits.lostAfterMs * 1000 });
  ids.active = await shopRun(server, '2.4.0', 'till-2');
  ids.bare = await server.create({ product: 'ünï "quoted" ☃', version: '0' });
  return { server, ids };
}

/** A run that goes on: heartbeats, states, events of every level, metrics of every type. */
async function shopRun(server: Harness, version: string, machine: string): Promise<string> {
  const id = await server.create({
    product: 'shop',
    version,
    machine_id: machine,
    hostname: `${machine}.example`,
    boot_id: 'boot-1',
    agent_id: 'agent-1',
    state: { page: 'start', cart: { items: 0 }, gpu: 'RTX 4070' },
  });
  const at = `/api/sessions/${id}`;
  for (let step = 0; step < 12; step++) {
    server.pass(5);
    await server.post(`${at}/heartbeat`, undefined);
    await server.post(`${at}/metrics`, metricsOf(step));
  }
  await server.post(`${at}/state`, { page: 'checkout', cart: { items: 3, coupon: 'A' } });
  await server.post(`${at}/events`, eventsOfEveryLevel);
  server.pass(5);
  await server.post(`${at}/state`, { cart: { coupon: null, items: 4 }, order: 12 });
  return id;
}

const eventsOfEveryLevel = ['debug', 'info', 'warning', 'error', 'critical'].map((level, i) => ({
  name: ['cart_opened', 'page_shown', 'slow_reply', 'payment_failed', 'out_of_disk'][i],
  level,
  category: 'checkout',
  group: 'payments.card',
  labels: ['card', 'declined'],
  message: `The card was declined ${i} times`,
  data: { order: 1041, nested: { amount_eur: 39.9, list: [null, 'x'] } },
}));

const exception = {
  name: 'exception',
  exception_type: 'ZeroDivisionError',
  exception_msg: 'division by zero',
  stacktrace: ['File "shop.py", line 38, in total', 'File "shop.py", line 12, in rate'],
  source_file: 'shop.py',
  source_line: 12,
  source_function: 'rate',
};

/** Group of the exception in it. */
export const recordedGroup = exceptionKind(exception)?.id as string;

async function fail(server: Harness, id: string): Promise<void> {
  await server.post(`/api/sessions/${id}/events`, exception);
}

function metricsOf(step: number): object[] {
  const counts = [12, 88, 99, 100].map((count) => count * (step + 1));
  return [
    { name: 'frame_time_ms', value: 16 + (step % 3), tags: ['gpu'] },
    { name: 'frame_time_ms', value: step === 6 ? 'NaN' : 20 + step, tags: ['cpu', 'core:1'] },
    { name: 'memory_usage_mb', value: 500 + step * 40, unit: 'MB' },
    // Restarts once, as counters do.
    { name: 'http_requests', type: 'counter', value: (step % 8) * 7, tags: ['endpoint:users'] },
    { name: 'load', type: 'timer', unit: 'seconds', value: 0.2 + step / 100, count: 5 },
    { name: 'limit', value: step === 3 ? 'Infinity' : step === 4 ? '-Infinity' : step },
    {
      name: 'request_duration_seconds',
      type: 'histogram',
      value: 0.049,
      metadata: {
        buckets: [0.01, 0.1, 1, '+Inf'].map((le, i) => ({ le, count: counts[i] })),
        sum: 4.9 * (step + 1),
        count: counts[3],
      },
    },
  ];
}
