/** Bench: sessions of the mix exported over HTTP and by the command line, and what memory that takes. */
import { spawn } from 'node:child_process';
import { statSync } from 'node:fs';
import { get as httpGet } from 'node:http';
import { join } from 'node:path';
import {
  launcher,
  memoryOf,
  type Server,
  startServer,
  temporaryDirectory,
} from '../test/whole/server.ts';
import { MixBatches, samplesPerBatch } from './batches.ts';
import { nextOf } from './ingest.ts';
import { median } from './measure.ts';
import type { Row } from './report.ts';
import { type BenchContext, sendAll, untilSealed } from './target.ts';

const formats = ['ndjson', 'csv', 'parquet'] as const;
const bench = 'export';
const atLeast = 500_000;

/** Each session has as many samples as in the mix of 10 M; there are fewer of them. */
const shape = { sessions: 300, sessionsPerBatch: 5, rowsPerSession: 100 };

/** Samples per second of each format, bytes of a sample, and the memory of a small export and of the whole. */
export async function exported(context: BenchContext): Promise<Row[]> {
  const requests = context.quick ? 60 : 600;
  const samples = requests * samplesPerBatch(shape);
  const dataDir = temporaryDirectory('tacho-bench-');
  await fill(dataDir, requests, context);
  const rows: Row[] = [];
  for (const format of formats) rows.push(...(await measure(context, dataDir, format, samples)));
  return rows;
}

async function fill(dataDir: string, requests: number, context: BenchContext): Promise<void> {
  const server = await startServer({ dataDir });
  try {
    const batches = new MixBatches(1, shape);
    const start = [batches.start()];
    await sendAll(server.port, 1, () => nextOf(start));
    let left = requests;
    await sendAll(server.port, 4, () => {
      left -= 1;
      return left < 0 ? undefined : [batches.next()];
    });
    if (!context.quick) await untilSealed(server);
  } finally {
    await server.stop();
  }
}

/** A server of its own for each format, so that its memory is that of this export alone. */
async function measure(
  context: BenchContext,
  dataDir: string,
  format: (typeof formats)[number],
  samples: number,
): Promise<Row[]> {
  const server = await startServer({ dataDir });
  const seconds: number[] = [];
  let bytes = 0;
  let some: number;
  try {
    await download(`${server.url}/api/export?format=${format}&version=1.0.0`);
    some = server.memory().peakRssBytes;
    for (let round = 0; round < Math.min(3, context.rounds); round += 1) {
      const started = performance.now();
      bytes = await download(`${server.url}/api/export?format=${format}`);
      seconds.push((performance.now() - started) / 1_000);
    }
    context.peakRssBytes(bench, server.memory().peakRssBytes);
    const byCommand = await command(server, format);
    const whole = server.memory().peakRssBytes;
    const note = `${samples.toLocaleString('en')} samples in ${shape.sessions} sessions`;
    const unit = 'samples/s';
    const mebibytes = { bench, unit: 'MiB' };
    return [
      { bench, name: `${format} over HTTP`, value: samples / median(seconds), unit, atLeast, note },
      { bench, name: `${format} by tacho export`, value: samples / byCommand.seconds, unit },
      { bench, name: `${format}, size`, value: bytes / samples, unit: 'B/sample' },
      { ...mebibytes, name: `${format}, server after an eighth`, value: some / 2 ** 20 },
      { ...mebibytes, name: `${format}, server after all`, value: whole / 2 ** 20 },
      { ...mebibytes, name: `${format}, tacho export`, value: byCommand.peakRssBytes / 2 ** 20 },
    ];
  } finally {
    await server.stop();
  }
}

/** Reads an answer as it comes and keeps nothing; bytes of it. */
function download(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`${url} answers ${answer.statusCode}`));
      let bytes = 0;
      answer.on('data', (piece: Buffer) => {
        bytes += piece.length;
      });
      answer.on('error', reject);
      answer.on('end', () => resolve(bytes));
    });
    request.on('error', reject);
  });
}

/** The whole command from start to end, into a file. */
async function command(
  server: Server,
  format: string,
): Promise<{ seconds: number; peakRssBytes: number }> {
  const out = join(temporaryDirectory('tacho-bench-'), 'out');
  const args = ['export', '--server', server.url, '--format', format, '--out', out];
  const started = performance.now();
  const child = spawn(process.execPath, [launcher(), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let peakRssBytes = 0;
  const watch = setInterval(() => {
    peakRssBytes = Math.max(peakRssBytes, memoryOf(child.pid!).peakRssBytes);
  }, 50);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  if (code !== 0 || statSync(out).size === 0) throw new Error(`tacho export ended with ${code}`);
  return { seconds: (performance.now() - started) / 1_000, peakRssBytes };
}
