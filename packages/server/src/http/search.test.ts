/** Searching over HTTP: events, exceptions and metrics of many sessions, and what is said of bad questions. */
import { describe, expect, it } from 'vitest';
import { recordedGroup, recordedServer } from './testing/history.ts';

describe('GET /api/events', () => {
  it('finds events of many sessions by text, level and name, newest first, page by page', async () => {
    const { server, ids } = await recordedServer();
    const query = '/api/events?text=card+decl&level=error&level=critical&product=shop';
    const { json } = await server.ask(query);
    expect(json.events).toHaveLength(10);
    expect(json.next).toBeNull();
    expect(json.events[0]).toMatchObject({
      session: ids.active,
      product: 'shop',
      version: '2.4.0',
      name: 'out_of_disk',
      level: 'critical',
    });
    const found: string[] = [];
    for (let cursor = ''; ; ) {
      const page = (await server.ask(`${query}&limit=3${cursor}`)).json;
      found.push(
        ...page.events.map((event: { session: string; seq: number }) => event.session + event.seq),
      );
      if (page.next === null) break;
      cursor = `&cursor=${page.next}`;
    }
    expect(found).toEqual(
      json.events.map((event: { session: string; seq: number }) => event.session + event.seq),
    );
  });

  it('asks text and event of the events themselves, everything else of their sessions', async () => {
    const { server, ids } = await recordedServer();
    const { json } = await server.ask('/api/events?event=exception&cause=uncaught');
    expect(json.events).toMatchObject([
      { session: ids.uncaught, exception_type: 'ZeroDivisionError', source_line: 12 },
    ]);
    const others = await server.ask('/api/events?exception=ZeroDivisionError&event=page_shown');
    expect(others.json.events).toMatchObject([{ session: ids.uncaught, name: 'page_shown' }]);
    expect((await server.ask('/api/events?text=-')).json).toEqual({ events: [], next: null });
  });
});

describe('GET /api/exceptions', () => {
  it('groups exceptions, and tells what their sessions have in common', async () => {
    const { server, ids } = await recordedServer();
    const { json } = await server.ask('/api/exceptions?sort=count&order=asc');
    expect(json.exceptions).toMatchObject([
      {
        id: recordedGroup,
        type: 'ZeroDivisionError',
        message: 'division by zero',
        frames: [
          { function: 'rate', file: 'shop.py' },
          { function: 'total', file: 'shop.py' },
        ],
        count: 1,
        sessions: 1,
        versions: [{ product: 'shop', version: '2.4.0', sessions: 1 }],
        latest: { session: ids.uncaught },
      },
    ]);
    for (let i = 0; i < 3; i++) {
      const id = await server.create({ product: 'shop', state: { gpu: 'Arc A380' } });
      const event = { name: 'e', exception_type: 'E', stacktrace: [`at f (/a/${i}/b.js:${i}:1)`] };
      await server.post(`/api/sessions/${id}/events`, event);
    }
    const { exceptions } = (await server.ask('/api/exceptions?exception=E')).json;
    expect(exceptions).toHaveLength(1);
    const detail = (await server.ask(`/api/exceptions/${exceptions[0].id.toUpperCase()}`)).json;
    expect(detail).toMatchObject({ ...exceptions[0], count: 3 });
    expect(detail.commons[0]).toMatchObject({
      path: 'gpu',
      value: 'Arc A380',
      sessions: 3,
      share: 1,
      others: 0,
      others_share: 0,
    });
  });

  it('says when no session of the filter has an exception of a group', async () => {
    const { server } = await recordedServer();
    for (const path of ['000000000000', `${recordedGroup}?product=kiosk`]) {
      const { status, json } = await server.ask(`/api/exceptions/${path}`);
      expect([status, json.code]).toEqual([404, 'not_found']);
    }
    expect((await server.ask(`/api/exceptions/${recordedGroup}?product=shop`)).status).toBe(200);
  });
});

describe('GET /api/metrics', () => {
  it('lists metrics with units, types, tags and advice', async () => {
    const { server } = await recordedServer();
    const { json } = await server.ask('/api/metrics?name=FRAME&product=shop');
    expect(json).toMatchObject({
      metrics: [
        {
          name: 'frame_time_ms',
          type: 'gauge',
          unit: '',
          canonical_unit: 'milliseconds',
          dimension: 'time',
          series: 10,
          sessions: 5,
          tags: [
            { key: 'core', values: 1 },
            { key: 'cpu', values: 1 },
            { key: 'gpu', values: 1 },
          ],
          products: ['shop'],
          advice: [],
        },
      ],
      next: null,
    });
    const load = (await server.ask('/api/metrics?name=load')).json.metrics[0];
    expect(load).toMatchObject({ type: 'timer', unit: 'seconds', canonical_unit: 'seconds' });
    const limit = (await server.ask('/api/metrics?name=limit')).json.metrics[0];
    expect([limit.canonical_unit, limit.dimension]).toEqual([null, null]);
    expect((await server.ask('/api/metrics?product=none')).json).toEqual({
      metrics: [],
      next: null,
    });
  });
});

it.each([
  ['/api/events?level=loud', 'level'],
  ['/api/events?limit=1001', 'limit'],
  ['/api/events?cursor=nonsense', 'cursor'],
  ['/api/events?colour=red', 'colour'],
  ['/api/exceptions?sort=name', 'sort'],
  ['/api/exceptions?order=up', 'order'],
  ['/api/exceptions?cursor=WyJ4Il0', 'cursor'],
  ['/api/exceptions/000000000000?limit=1', 'limit'],
  ['/api/metrics?name=', 'name'],
  ['/api/metrics?cursor=x', 'cursor'],
  ['/api/metrics?state=a%3D1&state=%3D', 'state'],
])('%s is refused', async (path, name) => {
  const { server } = await recordedServer();
  const { status, json } = await server.ask(path);
  expect([status, json.code]).toEqual([400, 'invalid_field']);
  expect(json.details).toContain(name);
});
