/** Bench: the data directory with 10 M samples of the mix, and how fast a server starts on it. */
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startServer, temporaryDirectory } from '../test/whole/server.ts';
import { benchShape, MixBatches, samplesPerBatch } from './batches.ts';
import { nextOf } from './ingest.ts';
import { median, sleep } from './measure.ts';
import type { Row } from './report.ts';
import { type BenchContext, sendAll, untilSealed } from './target.ts';

const connections = 4;
const starts = 5;

/** Bytes per sample of the whole directory once nothing moves any more, then start-up times. */
export async function size(context: BenchContext): Promise<Row[]> {
  const requests = context.quick ? 20 : 2_000;
  const samples = requests * samplesPerBatch(benchShape);
  const dataDir = temporaryDirectory('tacho-bench-');
  const server = await startServer({ dataDir });
  let seconds: number;
  let settledSeconds: number;
  try {
    const batches = new MixBatches(1, benchShape);
    const start = [batches.start()];
    await sendAll(server.port, 1, () => nextOf(start));
    let left = requests;
    seconds = await sendAll(server.port, connections, () => {
      left -= 1;
      return left < 0 ? undefined : [batches.next()];
    });
    const settling = performance.now();
    if (!context.quick) await untilSealed(server);
    await untilStill(dataDir, context.quick ? 1_000 : 10_000);
    settledSeconds = (performance.now() - settling) / 1_000;
    context.peakRssBytes('size', server.memory().peakRssBytes);
  } finally {
    await server.stop();
  }
  const bytes = bytesBelow(dataDir);
  const bench = 'size';
  const note = `${samples.toLocaleString('en')} samples, ${bytes.toLocaleString('en')} bytes`;
  return [
    { bench, name: 'directory', value: bytes / samples, unit: 'B/sample', atMost: 2.7, note },
    {
      bench,
      name: 'ingest of all, generator included',
      value: samples / seconds,
      unit: 'samples/s',
    },
    { bench, name: 'until sealed and still', value: settledSeconds, unit: 's' },
    await startUp(context, dataDir),
  ];
}

async function startUp(context: BenchContext, dataDir: string): Promise<Row> {
  const timesMs: number[] = [];
  for (let i = 0; i < starts; i += 1) {
    const server = await startServer({ dataDir });
    timesMs.push(server.readyMs);
    context.peakRssBytes('start', server.memory().peakRssBytes);
    await server.stop();
  }
  return {
    bench: 'start',
    name: 'until the ready line',
    value: median(timesMs),
    unit: 'ms',
    atMost: 300,
    note: `on the directory of size, ${timesMs.map((ms) => ms.toFixed(0)).join(', ')}`,
  };
}

/** Waits until the directory has not become smaller for a while, two minutes at most. */
async function untilStill(dir: string, quietMs: number): Promise<void> {
  const deadline = performance.now() + 120_000;
  let smallest = bytesBelow(dir);
  let since = performance.now();
  while (performance.now() - since < quietMs && performance.now() < deadline) {
    await sleep(200);
    const bytes = bytesBelow(dir);
    if (bytes < smallest) {
      smallest = bytes;
      since = performance.now();
    }
  }
}

/** Bytes of all files below a directory. */
function bytesBelow(dir: string): number {
  let sum = 0;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) sum += bytesBelow(path);
    else sum += statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  }
  return sum;
}
