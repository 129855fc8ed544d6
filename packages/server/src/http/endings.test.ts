/** How a session came to its end, over HTTP: what moved before it, and its dated steps. */
import { type Route, routes } from '@tacho/protocol';
import { Value } from 'typebox/value';
import { expect, it } from 'vitest';
import { Harness, type Json, startUs } from './testing/harness.ts';

const startMs = startUs / 1000;

/** A session of ten minutes whose heap rises in the last two, until it dies. */
async function ended(): Promise<{ server: Harness; path: string }> {
  const server = await Harness.start();
  const id = await server.create({ state: { scene: { name: 'lobby' } } });
  const path = `/api/sessions/${id}`;
  const metrics: Json[] = [];
  for (let i = 0; i < 120; i++) {
    const timestamp = startMs + i * 5_000;
    const heap = 100 + (i % 3) + Math.max(0, i - 96) * 20;
    metrics.push({ name: 'heap_mb', value: heap, timestamp });
    metrics.push({ name: 'fps', value: 60 - (i % 2), timestamp });
    metrics.push({ name: 'jobs', type: 'counter', value: i * 5, timestamp });
    if (i > 117) metrics.push({ name: 'late', value: 1, timestamp });
  }
  await server.post(`${path}/metrics`, metrics);
  const say = (at: number, what: string, body: Json) =>
    server.post(`${path}/${what}`, { ...body, timestamp: startMs + at * 1000 });
  for (let i = 0; i < 20; i++) {
    const state = { tick: i, ...(i === 9 && { scene: { name: 'arena' } }) };
    await server.post(`${path}/state`, { state, timestamp: startMs + i * 20_000 });
  }
  await say(580, 'events', { name: 'application_appears_hung', message: 'No heartbeat for 20 s' });
  await say(590, 'events', {
    name: 'boom',
    exception_type: 'OutOfMemory',
    message: 'heap is full',
  });
  server.pass(600);
  return { server, path };
}

async function ask(server: Harness, route: Route, path: string): Promise<Json> {
  const answer = await server.ask(path);
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
  expect(Value.Errors(route.reply.schema, answer.json)).toEqual([]);
  return answer.json;
}

it('movers are ranked by how far they moved before the end, or any instant', async () => {
  const { server, path } = await ended();
  await server.post(`${path}/crash`, { reason: 'oom' });
  const found = await ask(server, routes.listMovers, `${path}/movers?before=death`);
  expect(found.movers[0]).toMatchObject({ name: 'heap_mb', direction: 'up', rate: false });
  expect(found.movers[0].score).toBeGreaterThan(10);
  expect(found.movers.map((one: Json) => one.name).sort()).toEqual(['fps', 'heap_mb', 'jobs']);
  const jobs = found.movers.find((one: Json) => one.name === 'jobs');
  expect(jobs).toMatchObject({ rate: true, before: 1, after: 1, score: 0 });
  expect(found.skipped).toEqual({ few_samples_before: 1, few_samples_in_window: 0, no_numbers: 0 });
  const early = `${path}/movers?before=${startMs + 120_000}&window=30s&limit=1`;
  const calm = await ask(server, routes.listMovers, early);
  expect(calm.movers.length).toBe(1);
  expect(calm.movers[0].score).toBeLessThan(3.5);
});

it('the moments of an ending are dated and in order', async () => {
  const { server, path } = await ended();
  await server.post(`${path}/crash`, { reason: 'oom' });
  const found = await ask(server, routes.listMoments, `${path}/moments`);
  const kinds = found.moments.map((one: Json) => one.kind);
  expect(kinds).toEqual(['state', 'trend', 'hang', 'exception', 'death']);
  const [state, trend, hang, exception, death] = found.moments;
  expect(state).toMatchObject({ path: 'scene.name', title: 'scene.name became "arena"' });
  expect(trend).toMatchObject({ title: 'heap_mb began to rise', series: { name: 'heap_mb' } });
  expect(Math.abs(Date.parse(trend.timestamp) - startMs - 480_000)).toBeLessThanOrEqual(15_000);
  expect(hang).toMatchObject({ detail: 'No heartbeat for 20 s', seq: 0 });
  expect(exception).toMatchObject({ title: 'OutOfMemory: heap is full', seq: 1 });
  expect(death.title).toBe(found.cause);
  const pinned = await ask(server, routes.listMoments, `${path}/moments?pin=tick`);
  expect(pinned.moments.find((one: Json) => one.kind === 'state').title).toBe('tick became 19');
});

it('of a session that is alive, what is known is told, and no death', async () => {
  const { server, path } = await ended();
  await server.post(`${path}/heartbeat`, {});
  const found = await ask(server, routes.listMoments, `${path}/moments`);
  expect(found.cause).toBe(null);
  const kinds = found.moments.map((one: Json) => one.kind);
  expect(kinds).toContain('heartbeat');
  expect(kinds).toContain('recovery');
  expect(kinds).not.toContain('death');
  const refused = await server.ask(`${path}/movers?before=death`);
  expect([refused.status, refused.json.details]).toEqual([
    400,
    'before is "death", but the session is active; expected "now" or an instant.',
  ]);
});

it.each([
  ['movers', 'before=start', 'before'],
  ['movers', 'before=revision:1', 'before'],
  ['movers', 'window=0s', 'window'],
  ['movers', 'limit=x', 'limit'],
  ['moments', 'pin=', 'pin'],
])('%s?%s is refused and says what is accepted', async (what, query, field) => {
  const server = await Harness.start();
  const answer = await server.ask(`/api/sessions/${await server.create()}/${what}?${query}`);
  expect([answer.status, answer.json.code]).toEqual([400, 'invalid_field']);
  expect(answer.json.details).toMatch(new RegExp(`^${field} .*expected`));
});
