/** Sizes of sealed samples: exact for few chunks, close for many, and none of what was deleted. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { StoreBench } from '../../contract/harness.ts';
import { gauge, type Plan, sessionId } from '../../contract/plan.ts';
import { databaseFile, openReader } from '../database.ts';
import { openSqlite, type SqliteStore } from '../sqlite.ts';
import { productsOf } from './client.ts';
import { productSizes } from './sizes.ts';

let dir: string;
let bench: StoreBench;
let store: SqliteStore;
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tacho-storage-'));
  const seal = { rangeSamples: 1_000, chunkSamplesMax: 16, sliceChunksMax: 50 };
  bench = await StoreBench.open(async (options) => {
    store = await openSqlite({ ...options, dir, log: quiet, local: true, seal });
    return { store };
  });
});

afterEach(async () => {
  await bench.store.close();
  rmSync(dir, { recursive: true, force: true });
});

/** Rough values take more space than even ones. */
function run(session: number, product: string, samples: number, isRough: boolean): Plan[] {
  const times = Array.from({ length: samples }, (_, i) => bench.time.nowUs + i * 1_000);
  const values = times.map((_, i) => (isRough ? Math.sin(i * session) : 1));
  const series = [gauge('a'), gauge('b')];
  return [
    { session, kind: 'start', product },
    { session, kind: 'columns', timesUs: times, series, values: [values, values] },
  ];
}

it('the sealed samples of all products are all that the tables of samples hold', async () => {
  await bench.say(...run(1, 'even', 300, false), ...run(2, 'rough', 300, true));
  const unsealed = await bench.store.storage();
  expect(unsealed.products.map(({ sampleBytes }) => sampleBytes)).toEqual([0, 0]);
  await store.seal();
  const { products, isEstimated, engine } = await bench.store.storage();
  expect([engine, isEstimated]).toEqual(['sqlite', false]);
  const [even = 0, rough = 0] = products.map(({ sampleBytes }) => sampleBytes);
  expect(even).toBeGreaterThan(0);
  expect(rough).toBeGreaterThan(2 * even);
  const db = openReader(join(dir, databaseFile));
  const { bytes } = db
    .prepare(
      `SELECT (SELECT sum(length(summary) + length(data) + coalesce(length(details), 0)) FROM chunk)
         + (SELECT sum(length(data)) FROM times) AS bytes`,
    )
    .get() as { bytes: number };
  db.close();
  expect(Math.abs(even + rough - bytes)).toBeLessThanOrEqual(1);
});

it('of many chunks some are measured, which comes close for each product', async () => {
  for (let session = 1; session <= 20; session++) {
    const isRough = session % 4 === 0;
    await bench.say(...run(session, isRough ? 'rough' : 'even', 400, isRough));
  }
  await store.seal();
  const exact = await bench.store.storage();
  const sizes = productSizes(join(dir, databaseFile), { chunksMax: 10, probes: 200 });
  expect(sizes.isSample).toBe(true);
  const estimated = productsOf(exact.products, sizes);
  for (const [i, { product, sampleBytes = 0 }] of exact.products.entries()) {
    const ratio = (estimated[i]?.sampleBytes ?? 0) / sampleBytes;
    expect(Math.abs(ratio - 1), product).toBeLessThan(0.1);
  }
});

it('a product that no measured chunk is of is taken to be like all others', () => {
  const times = { oldestUs: 0, newestUs: 0 };
  const counts = { product: 'rare', sessions: 1, events: 0, samples: 30, ...times };
  const chunks = new Map([['often', { samples: 100, bytes: 250 }]]);
  const sizes = { patches: new Map<string, number>(), chunks };
  expect(productsOf([counts], { ...sizes, isSample: true })[0]?.sampleBytes).toBe(75);
  expect(productsOf([counts], { ...sizes, isSample: false })[0]?.sampleBytes).toBe(0);
});

it('what was deleted counts for nobody', async () => {
  await bench.say(...run(1, 'gone', 2_000, true), ...run(2, 'kept', 100, true));
  await store.seal();
  const before = await bench.store.storage();
  await bench.store.remove(sessionId(1));
  const after = await bench.store.storage();
  expect(after.products).toEqual(before.products.filter(({ product }) => product === 'kept'));
});
