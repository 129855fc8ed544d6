/** Bench: how long single commits wait while others are ingested and sealed. */
import type { Server } from '../test/whole/server.ts';
import { requestBytes, WireConnection } from '../test/whole/wire.ts';
import { benchShape, MixBatches, samplesPerBatch } from './batches.ts';
import { nextOf } from './ingest.ts';
import { percentile, sleep } from './measure.ts';
import type { Row } from './report.ts';
import { type BenchContext, createSessions, sendAll, storeNumber, withServer } from './target.ts';

const probeIntervalMs = 3;
/** Paced, so that a probe waits for sealing and not in line behind other requests. */
const pacedSamplesPerSecond = 300_000;
/** What sealing may add to a commit. */
const addedMsMax = 30;

/** Latency of a probe alone, beside paced ingest with its sealing, and beside all that goes in. */
export async function commit(context: BenchContext): Promise<Row[]> {
  const seconds = context.quick ? 1 : 20;
  return withServer('commit', context, async (server) => {
    const batches = new MixBatches(4, benchShape);
    const start = [batches.start()];
    await sendAll(server.port, 1, () => nextOf(start));
    await probe(server, sleep(500));
    const quiet = await probe(server, sleep(seconds * 1_000));
    const watch = watchSealing(server);
    const paced = await probe(server, pacedIngest(server, batches, seconds));
    const seals = await watch.stop();
    const requests = context.quick ? 10 : 800;
    const ready = Array.from({ length: requests }, () => batches.next());
    const full = await probe(
      server,
      sendAll(server.port, 4, () => nextOf(ready)),
    );
    const added = percentile(paced, 0.999) - percentile(quiet, 0.999);
    const samples = pacedSamplesPerSecond.toLocaleString('en');
    return [
      ...rowsOf('quiet', quiet),
      ...rowsOf(`sealing, ${samples} samples/s`, paced, `${seals} seals seen`),
      {
        bench: 'commit',
        name: 'added by sealing at p99.9',
        value: added,
        unit: 'ms',
        atMost: addedMsMax,
      },
      ...rowsOf('ingest at full speed', full, 'waits in line behind batches too'),
      ...(await ownTimings(server)),
    ];
  });
}

/** Sends a metric every few milliseconds until something is over; latencies in milliseconds. */
export async function probe(server: Server, during: Promise<unknown>): Promise<number[]> {
  const [id] = await createSessions(server, 1);
  const connection = await WireConnection.open(server.port);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'probe', value: 1 });
  const bytes = requestBytes('POST', `/api/sessions/${id}/metrics`, headers, body);
  let over = false;
  const ended = during.finally(() => {
    over = true;
  });
  const latencies: number[] = [];
  while (!over) {
    const from = performance.now();
    const answer = await connection.ask(bytes);
    if (answer.status === 200) latencies.push(performance.now() - from);
    await sleep(probeIntervalMs);
  }
  await ended;
  connection.close();
  return latencies;
}

async function pacedIngest(server: Server, batches: MixBatches, seconds: number): Promise<void> {
  const intervalMs = (1_000 * samplesPerBatch(batches.shape)) / pacedSamplesPerSecond;
  const connection = await WireConnection.open(server.port);
  const started = performance.now();
  for (let i = 0; i * intervalMs < seconds * 1_000; i += 1) {
    await sleep(Math.max(0, started + i * intervalMs - performance.now()));
    const answer = await connection.ask(batches.next());
    if (answer.status !== 200) throw new Error(`answered ${answer.status} ${answer.body}`);
  }
  connection.close();
}

/** Counts how often the number of unsealed samples fell: a run that saw none proves nothing. */
function watchSealing(server: Server): { stop: () => Promise<number> } {
  let over = false;
  let seals = 0;
  const watching = (async () => {
    let before = 0;
    let falling = false;
    while (!over) {
      const now = (await storeNumber(server, 'unsealedSamples')) ?? 0;
      if (now < before && !falling) seals += 1;
      falling = now < before;
      before = now;
      await sleep(100);
    }
  })();
  return {
    stop: async () => {
      over = true;
      await watching;
      return seals;
    },
  };
}

function rowsOf(name: string, latencies: number[], note?: string): Row[] {
  const row = (what: string, value: number): Row => ({
    bench: 'commit',
    name: `${name}, ${what}`,
    value,
    unit: 'ms',
    ...(note === undefined ? {} : { note }),
  });
  return [
    row('p50', percentile(latencies, 0.5)),
    row('p99', percentile(latencies, 0.99)),
    row('p99.9', percentile(latencies, 0.999)),
    row(`most of ${latencies.length}`, percentile(latencies, 1)),
  ];
}

/** What the store says about its commits, where it does. */
async function ownTimings(server: Server): Promise<Row[]> {
  const rows: Row[] = [];
  for (const field of ['commitP50Ms', 'commitP99Ms', 'commitP999Ms', 'commitMaxMs']) {
    const value = await storeNumber(server, field);
    if (value === undefined) continue;
    rows.push({ bench: 'commit', name: `the store's own ${field}`, value, unit: 'ms' });
  }
  return rows;
}
