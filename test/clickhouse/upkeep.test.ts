/** What was deleted is taken away from every table some time later, and nothing else is. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StoreBench, secondUs } from '../../packages/server/src/store/contract/harness.ts';
import { gauge, type Plan, sessionId } from '../../packages/server/src/store/contract/plan.ts';
import { type ClickHouse, startClickHouse } from './running.ts';
import { freshAddress, openServers } from './stores.ts';

const dayUs = 24 * 3600 * secondUs;
const tables = ['entry', 'head', 'state', 'event', 'patch', 'series'] as const;

let clickhouse: ClickHouse;

beforeAll(async () => {
  clickhouse = await startClickHouse();
});

afterAll(() => clickhouse.stop());

function life(session: number): Plan[] {
  return [
    { session, kind: 'start' },
    { session, kind: 'patch', patch: { level: session } },
    { session, kind: 'event', event: { name: 'e' } },
    { session, kind: 'sample', series: gauge('cpu'), value: session },
  ];
}

async function ask(address: string, query: string): Promise<string> {
  const url = `${clickhouse.url}/?database=${address.split('/').at(-1)}`;
  const answer = await fetch(url, { method: 'POST', body: query });
  expect(answer.status).toBe(200);
  return (await answer.text()).trim();
}

/** Rows of a session, by table. */
async function rowsOf(address: string, session: number): Promise<number[]> {
  const counts = tables.map((table) =>
    ask(address, `SELECT count() FROM ${table} WHERE session = '${sessionId(session)}'`),
  );
  return (await Promise.all(counts)).map(Number);
}

async function expire({ store, time }: StoreBench, ageUs: number): Promise<number> {
  return store.expire({ beforeUs: time.nowUs - ageUs, sessionsMax: 100 });
}

it('takes a deleted session away after an hour, and its id begins anew', async () => {
  const address = freshAddress(clickhouse);
  const [server] = await openServers(address, 1);
  await server!.say(...life(1), ...life(2));
  await server!.store.remove(sessionId(1));
  await expire(server!, 365 * dayUs);
  expect((await rowsOf(address, 1)).every((count) => count > 0)).toBe(true);
  const kept = await server!.session(2);
  server!.pass(2 * 3600 * secondUs);
  expect(await expire(server!, 365 * dayUs)).toBe(0);
  expect(await rowsOf(address, 1)).toEqual(tables.map(() => 0));
  expect(await server!.session(2)).toEqual(kept);
  await server!.say(...life(1));
  expect((await server!.row(1)).samples).toBe(1);
});

it('drops whole days that nothing needs any more, with batches that were counted in them', async () => {
  const address = freshAddress(clickhouse);
  const [server] = await openServers(address, 1);
  const days = () => ask(address, 'SELECT uniqExact(day) FROM entry');
  for (const session of [1, 2, 3]) {
    await server!.deliver(life(session), { kind: 'spool', spoolId: randomUUID(), seq: 0 });
    await server!.say({ session, kind: 'end' });
    server!.pass(3 * dayUs);
  }
  expect(await days()).toBe('3');
  expect(await expire(server!, 4 * dayUs)).toBe(2);
  server!.pass(2 * 3600 * secondUs);
  await expire(server!, 4 * dayUs);
  expect(await days()).toBe('1');
  expect((await server!.dump()).map(({ row }) => row.id)).toEqual([sessionId(3)]);
});
