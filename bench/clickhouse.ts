/** Bench: the store on ClickHouse beside the one on SQLite, with the same requests and questions. */
import installEngine from '../test/clickhouse/install.ts';
import { type ClickHouse, startClickHouse } from '../test/clickhouse/running.ts';
import { type Server, startServer } from '../test/whole/server.ts';
import { type BatchShape, MixBatches, samplesPerBatch } from './batches.ts';
import { FieldRequests, type FieldShape } from './clickhouse/field.ts';
import { startNull } from './clickhouse/null.ts';
import { median } from './measure.ts';
import { medianOf } from './query/ask.ts';
import type { Row } from './report.ts';
import { type BenchContext, sendAll, untilSealed } from './target.ts';

const bench = 'clickhouse';
const connections = 16;
const shape: BatchShape = { sessions: 1_000, sessionsPerBatch: 10, rowsPerSession: 100 };

/** Rates and answers of both engines, bytes on disk, and what a second server adds. */
export async function clickhouse(context: BenchContext): Promise<Row[]> {
  await installEngine();
  const engine = await startClickHouse();
  const store = `${engine.url.replace('http', 'clickhouse')}/bench`;
  try {
    const sqlite = await startServer();
    const served = await startServer({ args: ['--store', store] });
    try {
      const rows = [
        ...(await writeRows(context, engine, sqlite, served)),
        ...(await questionRows(context, engine, sqlite, served)),
      ];
      context.peakRssBytes(bench, served.memory().peakRssBytes);
      return [...rows, ...(await serverRows(context))];
    } catch (error) {
      throw new Error(`${String(error)}\n${served.stderr().slice(-2_000)}`, { cause: error });
    } finally {
      await Promise.all([sqlite.stop(), served.stop()]);
    }
  } finally {
    await engine.stop();
  }
}

async function writeRows(
  context: BenchContext,
  engine: ClickHouse,
  sqlite: Server,
  served: Server,
): Promise<Row[]> {
  const batches = context.quick ? 4 : 100;
  const rates = { sqlite: [] as number[], clickhouse: [] as number[] };
  for (let round = 0; round < context.rounds; round += 1) {
    const requests = requestsOf(7 + round, batches);
    rates.sqlite.push(await rateOf(sqlite, requests));
    rates.clickhouse.push(await rateOf(served, requests));
  }
  await ask(engine, 'OPTIMIZE TABLE entry FINAL');
  const bytes = await ask(
    engine,
    `SELECT sum(data_compressed_bytes) FROM system.parts
     WHERE active AND database = 'bench' AND table = 'entry'`,
  );
  const samples = context.rounds * batches * samplesPerBatch(shape);
  const note = `batches of ${samplesPerBatch(shape)}, ${connections} connections`;
  return [
    {
      ...{ bench, name: 'samples through Tacho into ClickHouse', unit: 'samples/s', note },
      ...{ value: median(rates.clickhouse), atLeast: context.quick ? 1 : 150_000 },
    },
    { bench, name: 'the same into SQLite', unit: 'samples/s', value: median(rates.sqlite) },
    {
      ...{ bench, name: 'a sample of the mix on disk, with everything of the log', unit: 'B' },
      ...{ value: Number(bytes) / samples, atMost: context.quick ? 1_000 : 3 },
    },
  ];
}

/** A long series and a metric of many sessions, asked for on both. */
async function questionRows(
  context: BenchContext,
  engine: ClickHouse,
  sqlite: Server,
  served: Server,
): Promise<Row[]> {
  const field: FieldShape = context.quick
    ? { sessions: 4, samplesEach: 20_000, longSamples: 20_000 }
    : { sessions: 100, samplesEach: 100_000, longSamples: 1_000_000 };
  for (const server of [sqlite, served]) {
    const requests = new FieldRequests(field);
    const from = performance.now();
    await sendAll(server.port, 1, one(requests.start()));
    await sendAll(server.port, 8, () => pieces(requests.next()));
    context.say(`clickhouse: filled in ${((performance.now() - from) / 1_000).toFixed(0)} s`);
  }
  if (!context.quick) await untilSealed(sqlite);
  await ask(engine, 'OPTIMIZE TABLE entry FINAL');
  const rounds = context.quick ? 2 : 15;
  const chart = `/api/sessions/${FieldRequests.longId}/series?metric=frame&points=1000`;
  const p95 = '/api/aggregate?metric=frame&by=version&fn=p95';
  const list = '/api/sessions?limit=50';
  const rows: Row[] = [];
  for (const [name, path, atMost] of [
    [`chart of ${field.longSamples} samples`, chart, 60],
    [`p95 by version over ${field.sessions * field.samplesEach} samples`, p95, 300],
    ['the first page of sessions', list, undefined],
  ] as const) {
    rows.push({
      ...{ bench, name: `${name}, ClickHouse`, unit: 'ms' },
      value: await medianOf(served, rounds, () => path),
      ...(atMost !== undefined && { atMost: context.quick ? 60_000 : atMost }),
    });
    const value = await medianOf(sqlite, rounds, () => path);
    rows.push({ bench, name: `${name}, SQLite`, unit: 'ms', value });
  }
  return rows;
}

/** What two servers take beside what one does, in front of a ClickHouse that costs nothing. */
async function serverRows(context: BenchContext): Promise<Row[]> {
  const engine = await startNull();
  const args = ['--store', `${engine.url.replace('http', 'clickhouse')}/null`];
  const servers = await Promise.all([startServer({ args }), startServer({ args })]);
  const batches = context.quick ? 4 : 150;
  const alone: number[] = [];
  const together: number[] = [];
  try {
    for (let round = 0; round < context.rounds; round += 1) {
      alone.push(await rateOf(servers[0]!, requestsOf(31 + round, batches)));
      const both = servers.map((server, i) =>
        rateOf(server, requestsOf(61 + 2 * round + i, batches)),
      );
      together.push((await Promise.all(both)).reduce((sum, rate) => sum + rate, 0));
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
    await engine.stop();
  }
  const atLeast = context.quick ? 0.01 : 1.6;
  const note = 'the generator and the empty engine use the same cores';
  return [
    { bench, name: 'one server, empty engine', unit: 'samples/s', value: median(alone) },
    { bench, name: 'two servers, empty engine', unit: 'samples/s', value: median(together) },
    {
      ...{ bench, name: 'two servers against one', unit: '', atLeast, note },
      value: median(together) / median(alone),
    },
  ];
}

function requestsOf(seed: number, batches: number): { start: Buffer; batches: Buffer[] } {
  const mix = new MixBatches(seed, shape);
  return { start: mix.start(), batches: Array.from({ length: batches }, () => mix.next()) };
}

async function rateOf(
  server: Server,
  { start, batches }: { start: Buffer; batches: Buffer[] },
): Promise<number> {
  await sendAll(server.port, 1, one(start));
  let sent = 0;
  const seconds = await sendAll(server.port, connections, () => pieces(batches[sent++]));
  return (batches.length * samplesPerBatch(shape)) / seconds;
}

function one(request: Buffer): () => Buffer[] | undefined {
  let left: Buffer | undefined = request;
  return () => {
    const next = pieces(left);
    left = undefined;
    return next;
  };
}

function pieces(request: Buffer | undefined): Buffer[] | undefined {
  return request === undefined ? undefined : [request];
}

async function ask(engine: ClickHouse, query: string): Promise<string> {
  const answer = await fetch(`${engine.url}/?database=bench`, { method: 'POST', body: query });
  const text = await answer.text();
  if (!answer.ok) throw new Error(text);
  return text.trim();
}
