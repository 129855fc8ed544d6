/** One session's history over HTTP: events in pages, states as they were, the timeline. */
import { type Route, routes } from '@tacho/protocol';
import { Value } from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { Harness, type Json, startUs } from './testing/harness.ts';

const startMs = startUs / 1000;

/** A server with one session whose events and patches are a second apart. */
async function started(): Promise<{ server: Harness; path: string }> {
  const server = await Harness.start();
  const id = await server.create({ state: { scene: { name: 'menu' }, big: 7 } });
  const path = `/api/sessions/${id}`;
  const levels = ['debug', 'info', 'warning', 'error', 'critical'];
  for (let i = 0; i < 10; i++) {
    const timestamp = startMs + i * 1000;
    const event = { name: `e${i}`, level: levels[i % 5], message: `Größe ${i}`, timestamp };
    await server.post(`${path}/events`, event);
    const state = { scene: { name: `s${i >> 1}` }, 'a.b': i, n: i };
    await server.post(`${path}/state`, { state, timestamp });
  }
  server.pass(10);
  return { server, path };
}

/** What a question is answered, held against the schema of its route. */
async function ask(server: Harness, route: Route, path: string): Promise<Json> {
  const answer = await server.ask(path);
  expect([answer.status, answer.status === 200 ? '' : answer.text]).toEqual([200, '']);
  expect(Value.Errors(route.reply.schema, answer.json)).toEqual([]);
  return answer.json;
}

const names = (json: Json): string => json.events.map((one: Json) => one.name.slice(1)).join('');

describe('events of a session', () => {
  it('come in pages that lead on and back, in either order', async () => {
    const { server, path } = await started();
    const list = (query: string) => ask(server, routes.listEvents, `${path}/events?${query}`);
    for (const [order, all] of [
      ['asc', '0123456789'],
      ['desc', '9876543210'],
    ] as const) {
      const first = await list(`order=${order}&limit=4`);
      const second = await list(`order=${order}&limit=4&cursor=${first.next}`);
      const third = await list(`order=${order}&limit=4&cursor=${second.next}`);
      expect([first, second, third].map(names).join('')).toBe(all);
      expect([first.previous, third.next]).toEqual([null, null]);
      const back = await list(`order=${order}&limit=4&cursor=${third.previous}`);
      expect(names(back)).toBe(all.slice(4, 8));
    }
  });

  it('are filtered, and a window opens around any of them', async () => {
    const { server, path } = await started();
    const list = (query: string) => ask(server, routes.listEvents, `${path}/events?${query}`);
    expect(names(await list('level=error&level=critical'))).toBe('3489');
    expect(names(await list('text=grosse%205'))).toBe('');
    expect(names(await list(`text=${encodeURIComponent('größe 5')}`))).toBe('5');
    expect(names(await list(`from=${startMs + 2000}&to=${startMs + 5000}&name=e3`))).toBe('3');
    expect(names(await list('around=seq:5&limit=4'))).toBe('3456');
    expect(names(await list(`around=${startMs + 9000}&limit=4&order=desc`))).toBe('9876');
  });
});

describe('counts of events', () => {
  it('tell levels and kinds of what a filter lets through, the most frequent first', async () => {
    const { server, path } = await started();
    const count = (query: string) =>
      ask(server, routes.countEvents, `${path}/events/counts?${query}`);
    const crash = { name: 'e3', level: 'error', exception_type: 'KeyError', exception_msg: 'x' };
    for (let i = 0; i < 2; i++) await server.post(`${path}/events`, crash);
    const all = await count('limit=2');
    expect(all.total).toBe(12);
    expect(all.levels).toEqual({ debug: 2, info: 2, warning: 2, error: 4, critical: 2 });
    expect(all.kinds).toEqual([
      { name: 'e3', level: 'error', exception_type: 'KeyError', count: 2 },
      { name: 'e0', level: 'debug', count: 1 },
    ]);
    expect(all.left_out).toBe(9);
    expect((await count('name=e3')).kinds).toEqual([
      { name: 'e3', level: 'error', exception_type: 'KeyError', count: 2 },
      { name: 'e3', level: 'error', count: 1 },
    ]);
    expect((await count(`text=${encodeURIComponent('größe')}`)).total).toBe(10);
    expect((await count(`to=${startMs + 2000}`)).total).toBe(2);
    expect((await server.ask('/api/sessions/00000000/events/counts')).status).toBe(404);
  });
});

describe('the end of all times', () => {
  it.each([
    'timeline?from=253402300799999',
    'timeline?from=9999-12-31T23:59:59.999999Z',
    'timeline?to=9999-12-31T23:59:59.999999Z',
    'movers?before=9999-12-31T23:59:59.999999Z',
    'events?from=253402300799999',
    'events?around=9999-12-31T23:59:59.999999Z',
    'events/counts?to=9999-12-31T23:59:59.999999Z',
    'state?at=9999-12-31T23:59:59.999999Z',
    'state/diff?to=9999-12-31T23:59:59.999999Z',
    'state/history?to=9999-12-31T23:59:59.999999Z',
    'series?to=9999-12-31T23:59:59.999999Z',
    'samples?from=9999-12-31T23:59:59.999999Z',
  ])('is no failure: %s', async (query) => {
    const { server, path } = await started();
    await server.post(`${path}/metrics`, { name: 'm', value: 1 });
    const { status, text } = await server.ask(`${path}/${query}`);
    expect([200, 400], text).toContain(status);
  });
});

describe('the state of a session', () => {
  it('is found at an instant, a revision, the start, the end and now', async () => {
    const { server, path } = await started();
    const at = (query: string) => ask(server, routes.getState, `${path}/state?${query}`);
    const base = { product: 'P', version: '1.0', big: 7 };
    expect((await at('at=start')).state).toEqual({ ...base, scene: { name: 'menu' } });
    const third = await at(`at=${startMs + 2999}`);
    expect(third).toMatchObject({ revision: 3, timestamp: '2026-01-01T00:00:02.000Z' });
    expect(third.state).toEqual({ ...base, scene: { name: 's1' }, 'a.b': 2, n: 2 });
    expect(third.changed).toEqual(['scene.name', 'a.b', 'n']);
    expect((await at('revision=3')).state).toEqual(third.state);
    expect((await at('')).revision).toBe(10);
    expect((await server.ask(`${path}/state?at=death`)).json.details).toContain('active');
    expect((await server.ask(`${path}/state?revision=11`)).status).toBe(400);
    await server.post(`${path}/end`, {});
    expect((await at('at=death')).revision).toBe(10);
  });

  it('has a history, of one path on request, and differences', async () => {
    const { server, path } = await started();
    const lane = await ask(
      server,
      routes.listStateHistory,
      `${path}/state/history?path=scene.name&order=desc&limit=2`,
    );
    expect(lane.revisions.map((one: Json) => [one.revision, one.from, one.to])).toEqual([
      [9, 's3', 's4'],
      [7, 's2', 's3'],
    ]);
    const next = `${path}/state/history?path=scene.name&order=desc&cursor=${lane.next}`;
    const rest = await ask(server, routes.listStateHistory, next);
    expect(rest.revisions.map((one: Json) => one.revision)).toEqual([5, 3, 1]);
    const diff = await ask(server, routes.diffState, `${path}/state/diff?from=revision:9`);
    expect(diff.changes).toEqual([
      { path: 'a.b', names: ['a.b'], kind: 'changed', from: 8, to: 9 },
      { path: 'n', kind: 'changed', from: 8, to: 9 },
    ]);
  });

  it('keeps the digits of large integers', async () => {
    const { server, path } = await started();
    const body = '{"big":123456789012345678901}';
    const headers = { 'content-type': 'application/json' };
    await server.ask(`${path}/state`, { method: 'POST', body, headers });
    for (const query of ['state', 'state/history?path=big', 'state/diff']) {
      expect((await server.ask(`${path}/${query}`)).text).toContain('123456789012345678901');
    }
  });
});

it('a timeline shows counts, marks, and how the session stood', async () => {
  const { server, path } = await started();
  await server.post(`${path}/events`, {
    ...{ name: 'application_appears_hung', level: 'warning', timestamp: startMs + 4_000 },
  });
  await server.post(`${path}/events`, {
    ...{ name: 'application_recovered', timestamp: startMs + 6_000 },
  });
  await server.post(`${path}/events`, {
    ...{ name: 'boom', exception_type: 'TypeError', timestamp: startMs + 7_000 },
  });
  await server.post(`${path}/crash`, { reason: 'oom' });
  server.pass(5);
  const timeline = await ask(server, routes.getTimeline, `${path}/timeline?width=40`);
  expect(timeline.buckets).toBe(10);
  expect(timeline.status.map((one: Json) => one.status)).toEqual([
    'responsive',
    'hung',
    'responsive',
    'crashed',
  ]);
  expect(timeline.life.map((one: Json) => one.kind)).toEqual(['start', 'hang', 'recover', 'crash']);
  const sum = (counts: Json): number => counts.count.reduce((a: number, b: number) => a + b, 0);
  expect(Object.values(timeline.events).map(sum)).toEqual([2, 3, 3, 3, 3]);
  expect(sum(timeline.state)).toBe(10);
  expect(timeline.exceptions).toMatchObject([{ name: 'boom', exception_type: 'TypeError' }]);
  expect(timeline.marks[0]).toMatchObject({ name: 'e4', level: 'critical', message: 'Größe 4' });
});

it.each([
  ['events', 'level=loud', 'level'],
  ['events', 'limit=0', 'limit'],
  ['events', 'cursor=x', 'cursor'],
  ['events', 'cursor=ra1', 'cursor'],
  ['events', 'order=up', 'order'],
  ['events', 'around=seq:x', 'around'],
  ['events', 'from=yesterday', 'from'],
  ['events', 'cursor=ea1.1&around=seq:1', 'around'],
  ['state', 'at=noon', 'at'],
  ['state', 'at=now&revision=1', 'revision'],
  ['state/history', 'path=', 'path'],
  ['state/history', 'cursor=ea1.1', 'cursor'],
  ['state/diff', 'from=revision:99', 'from'],
  ['state/diff', 'to=death', 'to'],
  ['timeline', 'width=9', 'width'],
  ['timeline', 'from=now&to=-1s', 'to'],
])('%s?%s is refused and says what is accepted', async (what, query, field) => {
  const { server, path } = await started();
  const answer = await server.ask(`${path}/${what}?${query}`);
  expect([answer.status, answer.json.code]).toEqual([400, 'invalid_field']);
  expect(answer.json.details).toMatch(new RegExp(`^${field} .*expected`));
});
