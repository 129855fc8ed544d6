/** Bench: what an agent costs beside one program, and how few requests it makes of its server. */
import { randomUUID } from 'node:crypto';
import { post } from '../test/whole/http.ts';
import type { Server } from '../test/whole/server.ts';
import { type MeasuredAgent, startAgentProcess } from './agent/process.ts';
import { median, sleep } from './measure.ts';
import type { Row } from './report.ts';
import { type BenchContext, withServer } from './target.ts';

const bench = 'agent';
const metricsPerSecond = 50_000;
const seriesCount = 20;
/** As often as clients send to an agent. */
const sendIntervalMs = 250;

/** Ready time, cost at 50,000 metrics a second from one program, requests, and cost at rest. */
export async function agent(context: BenchContext): Promise<Row[]> {
  return withServer(bench, context, async (server) => [
    await ready(context, server),
    ...(await busy(context, server)),
    await idle(context, server),
  ]);
}

async function ready({ rounds }: BenchContext, server: Server): Promise<Row> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const started = await startAgentProcess(server.url);
    times.push(started.readyMs);
    await started.stop();
  }
  const note = 'from its start to the first answer';
  return { bench, name: 'ready', value: median(times), unit: 'ms', atMost: 300, note };
}

async function busy({ quick }: BenchContext, server: Server): Promise<Row[]> {
  const seconds = quick ? 2 : 20;
  const measured = await startAgentProcess(server.url);
  try {
    const session = await startSession(measured);
    const requestsBefore = await requestsOf(server);
    const [startedMs, cpuBefore] = [performance.now(), measured.cpuSeconds()];
    let sent = 0;
    for (let seq = 2; performance.now() - startedMs < seconds * 1_000; seq += 1) {
      const due = startedMs + (seq - 1) * sendIntervalMs;
      await sleep(Math.max(0, due - performance.now()));
      sent += await sendMetrics(measured, session, seq);
    }
    const elapsed = (performance.now() - startedMs) / 1_000;
    const cpu = (measured.cpuSeconds() - cpuBefore) / elapsed;
    await untilStored(server, session.id, sent);
    const requests = (await requestsOf(server)) - requestsBefore;
    const note = `${Math.round(sent / elapsed).toLocaleString('en')} metrics/s, ${seriesCount} series`;
    return [
      { bench, name: 'one core, busy', value: cpu * 100, unit: '%', atMost: 30, note },
      {
        bench,
        name: 'highest resident set, busy',
        value: measured.peakRssBytes() / 2 ** 20,
        unit: 'MiB',
        atMost: 80,
      },
      {
        bench,
        name: 'calls per request to the server',
        value: sent / requests,
        unit: '',
        atLeast: 100,
        note: `${sent.toLocaleString('en')} calls, ${requests} requests`,
      },
    ];
  } finally {
    await measured.stop();
  }
}

/** One session whose process lives, and beats once in 15 s as clients do not less often than. */
async function idle({ quick }: BenchContext, server: Server): Promise<Row> {
  const seconds = quick ? 2 : 60;
  const measured = await startAgentProcess(server.url);
  try {
    await startSession(measured);
    await sleep(quick ? 500 : 5_000);
    const before = measured.cpuSeconds();
    await sleep(seconds * 1_000);
    const share = ((measured.cpuSeconds() - before) / seconds) * 100;
    const note = 'one session watched, nothing said';
    return { bench, name: 'one core, idle', value: share, unit: '%', atMost: 0.2, note };
  } finally {
    await measured.stop();
  }
}

interface Session {
  id: string;
  clientId: string;
}

async function startSession(measured: MeasuredAgent): Promise<Session> {
  const session = { id: randomUUID(), clientId: randomUUID() };
  const start = { kind: 'start', session: session.id, product: 'Bench', version: '1' };
  await deliver(measured, session, 1, [{ ...start, pid: process.pid }]);
  return session;
}

/** Metrics of one interval as clients send them: a column for each series; their number. */
async function sendMetrics(
  measured: MeasuredAgent,
  session: Session,
  seq: number,
): Promise<number> {
  const startMs = Date.now();
  const each = Math.round((metricsPerSecond * sendIntervalMs) / 1_000 / seriesCount);
  const entries = Array.from({ length: seriesCount }, (_, k) => ({
    kind: 'columns',
    session: session.id,
    startMs,
    times: Array.from({ length: each }, (_, i) => thousandth(i * (sendIntervalMs / each))),
    series: [
      {
        name: `frame_time_${k}_ms`,
        tags: ['scene:arena'],
        values: Array.from({ length: each }, (_, i) => thousandth(16 + Math.sin(i + seq) * 4)),
      },
    ],
  }));
  await deliver(measured, session, seq, entries);
  return each * seriesCount;
}

function thousandth(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}

async function deliver(
  { url }: MeasuredAgent,
  { clientId }: Session,
  seq: number,
  entries: unknown[],
): Promise<void> {
  const answer = await post(`${url}/api/ingest`, { spoolId: clientId, seq, entries });
  if (answer.status !== 200 || answer.text.includes('"rejected"')) {
    throw new Error(`the agent answered ${answer.status} ${answer.text.slice(0, 500)}`);
  }
}

async function requestsOf(server: Server): Promise<number> {
  const health = (await (await fetch(`${server.url}/health`)).json()) as {
    counters: { requests: { succeeded: number } };
  };
  return health.counters.requests.succeeded;
}

/** All that was said is on the server. */
async function untilStored(server: Server, id: string, samples: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline) {
    const answer = await fetch(`${server.url}/api/sessions/${id}/summary`);
    const summary = (await answer.json()) as { session?: { samples: number } };
    if ((summary.session?.samples ?? 0) >= samples) return;
    await sleep(200);
  }
  throw new Error(`the server does not have all of ${samples} samples after a minute`);
}
