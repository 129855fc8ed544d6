/** `GET /api/storage` over HTTP: what is kept, in what space, for how long, and what became of the rest. */
import { limits, routes } from '@tacho/protocol';
import { expect, it } from 'vitest';
import type { ProductUse, StoreUse } from '../../store/store.ts';
import { version } from '../../version.ts';
import { expectReply, run, runs } from '../testing/fleet.ts';
import { Harness, type Json, openStore } from '../testing/harness.ts';

async function storage(server: Harness): Promise<Json> {
  const { status, text, json } = await server.ask('/api/storage');
  expect(status, text).toBe(200);
  expectReply(routes.storage.reply.schema, json);
  return json;
}

it('counts each product, the largest first', async () => {
  const server = await Harness.start();
  const metrics = [
    { name: 'm', value: 1 },
    { name: 'm', value: 2 },
  ];
  await run(server, { product: 'kiosk', state: { a: 1 } });
  await runs(server, 2, { product: 'shop', metrics, events: [{ name: 'e' }] });
  const { engine, disk, products, estimated } = await storage(server);
  expect([engine, disk, estimated]).toEqual(['memory', {}, false]);
  expect(products).toEqual([
    {
      ...{ product: 'shop', sessions: 2, events: 2, patches: 0, samples: 4 },
      ...{ oldest: '2026-01-01T00:00:10.000Z', newest: '2026-01-01T00:00:20.000Z' },
    },
    {
      ...{ product: 'kiosk', sessions: 1, events: 0, patches: 0, samples: 0 },
      ...{ oldest: '2026-01-01T00:00:00.000Z', newest: '2026-01-01T00:00:00.000Z' },
    },
  ]);
});

it('tells the settings in force, the version, and the same counters as /health', async () => {
  const server = await Harness.start({ retentionDays: 30, lostAfterMs: 120_000 });
  await run(server);
  await server.post('/api/sessions', { product: 1 });
  const { retention, counters, ...rest } = await storage(server);
  expect(rest).toMatchObject({ version, uptime_seconds: 10 });
  expect(retention).toEqual({
    days: 30,
    ...{ expire_interval_ms: 3_600_000, suspended_after_ms: 60_000, lost_after_ms: 120_000 },
  });
  expect(counters.requests.failed).toEqual({ invalid_field: 1 });
  expect((await server.counters()).entries).toEqual(counters.entries);
});

it('adds up what lies on disk, and leaves out the smallest of very many products', async () => {
  const product = (i: number): ProductUse => ({
    ...{ product: `p${i}`, sessions: 1, events: 0, patches: 0, samples: 3, sampleBytes: 5 },
    ...{ oldestUs: 0, newestUs: 0 },
  });
  const products = Array.from({ length: limits.pageRowsMax + 2 }, (_, i) => product(i));
  const use: StoreUse = { engine: 'sqlite', products, isEstimated: true, reusableBytes: 7 };
  const server = await Harness.start({}, async (options) => {
    const store = await openStore(options);
    const files = { fileBytes: { database: 100, journal: 20, index: 3 }, diskFreeBytes: 9 };
    const health = { ...(await store.health()), ...files };
    return Object.assign(store, { storage: async () => use, health: async () => health });
  });
  const found = await storage(server);
  expect(found.disk).toEqual({
    used_bytes: 123,
    ...{ files: { database: 100, journal: 20, index: 3 }, free_bytes: 9 },
    ...{ reusable_bytes: 7, sample_bytes: 5 * products.length },
  });
  expect(found.products).toHaveLength(limits.pageRowsMax);
  expect([found.products_left_out, found.estimated]).toEqual([2, true]);
});

it('needs a token that may read', async () => {
  const server = await Harness.start({ apiKey: 'secret' });
  expect((await server.ask('/api/storage')).status).toBe(401);
  const headers = { authorization: 'Bearer secret' };
  expect((await server.ask('/api/storage', { headers })).status).toBe(200);
});
