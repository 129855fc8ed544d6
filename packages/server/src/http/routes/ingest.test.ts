/** Agents' batches over HTTP: many sessions at once, each batch once. */
import { describe, expect, it } from 'vitest';
import { Harness, type Json } from '../testing/harness.ts';

const a = 'aaaaaaaa-0000-4000-8000-000000000001';
const b = 'bbbbbbbb-0000-4000-8000-000000000002';
const start = (session: string) => ({ kind: 'start', session, product: 'P', version: 'V' });

describe('a batch', () => {
  it('says things about several sessions, which it may start itself', async () => {
    const server = await Harness.start();
    await server.create({ id: b });
    const before = server.appends;
    const at = '2025-12-31T23:59:58.500Z';
    const { status, json } = await server.post('/api/ingest', {
      spoolId: 's',
      seq: 1,
      entries: [
        { ...start(a), at, machine_id: 'm', state: { k: 1 } },
        { kind: 'patch', session: a, at, patch: { k: 2 } },
        { kind: 'event', session: a, at, name: 'e', level: 'warning' },
        { kind: 'metric', session: a, at, name: 'm', value: 1, unit: 'ms' },
        { kind: 'metric', session: b, name: 'm', value: 'NaN' },
        { kind: 'metric', session: a, at, name: 'm', value: 2, unit: 'ms' },
        { kind: 'heartbeat', session: b },
        { kind: 'crash', session: b, at, reason: 'r' },
        { kind: 'end', session: a, at },
      ],
    });
    expect([status, json]).toEqual([200, { success: true, accepted: 9 }]);
    expect(server.appends - before).toBe(1);
    expect(await server.session(a)).toMatchObject({
      created_at: at,
      ended_at: at,
      active: false,
      machine_id: 'm',
      state: { product: 'P', version: 'V', k: 2 },
      state_history: [{ timestamp: at }],
      events: [{ timestamp: at, name: 'e', level: 'warning' }],
      metrics: [
        { timestamp: at, name: 'm', value: 1, unit: 'ms' },
        { timestamp: at, name: 'm', value: 2, unit: 'ms' },
      ],
    });
    expect(await server.session(b)).toMatchObject({
      crashed: true,
      ended_at: at,
      last_heartbeat: '2026-01-01T00:00:00.000Z',
      metrics: [{ value: 'NaN' }],
    });
  });

  it('may hold columns, with times counted from a start', async () => {
    const server = await Harness.start();
    await server.create({ id: a });
    const { json } = await server.post('/api/ingest', {
      spoolId: 's',
      seq: 1,
      entries: [
        {
          kind: 'columns',
          session: a,
          startMs: 1_767_225_600_000,
          times: [0, 1.5],
          series: [
            { name: 'x', values: [1, 'Infinity'] },
            { name: 'y', type: 'counter', unit: 'By', tags: ['t'], values: [3, 4] },
          ],
        },
      ],
    });
    expect(json).toEqual({ success: true, accepted: 1 });
    expect((await server.session(a)).metrics).toEqual([
      { timestamp: '2026-01-01T00:00:00.000Z', name: 'x', type: 'gauge', value: 1 },
      {
        ...{ timestamp: '2026-01-01T00:00:00.000Z', name: 'y', type: 'counter', value: 3 },
        ...{ unit: 'By', tags: ['t'] },
      },
      { timestamp: '2026-01-01T00:00:00.001500Z', name: 'x', type: 'gauge', value: 'Infinity' },
      {
        ...{ timestamp: '2026-01-01T00:00:00.001500Z', name: 'y', type: 'counter', value: 4 },
        ...{ unit: 'By', tags: ['t'] },
      },
    ]);
  });

  it('counts once however often it is delivered, also after later ones', async () => {
    const server = await Harness.start();
    const batch = (seq: number) => ({
      spoolId: 's',
      seq,
      entries: [start(a), { kind: 'event', session: a, name: `e${seq}` }],
    });
    for (const seq of [1, 3, 2, 3, 1, 2]) {
      const { status, json } = await server.post('/api/ingest', batch(seq));
      expect([status, json.success, json.accepted]).toEqual([200, true, 2]);
    }
    const again = await server.post('/api/ingest', batch(2));
    expect(again.json).toEqual({ success: true, accepted: 2, duplicate: true });
    const other = await server.post('/api/ingest', { ...batch(2), spoolId: 'other' });
    expect(other.json.duplicate).toBeUndefined();
    const { events } = await server.session(a);
    expect(events.map(({ name }: Json) => name)).toEqual(['e1', 'e3', 'e2', 'e2']);
  });

  it('keeps its good entries, and names those that were bad or of unknown sessions', async () => {
    const server = await Harness.start();
    const { status, json } = await server.post('/api/ingest', {
      spoolId: 's',
      seq: 1,
      entries: [
        { kind: 'heartbeat', session: a },
        { kind: 'nonsense', session: a },
        start(a),
        { kind: 'metric', session: a, name: 'm' },
        { kind: 'metric', session: b, name: 'm', value: 1 },
        { kind: 'heartbeat', session: a },
      ],
    });
    expect(status).toBe(200);
    expect(json.accepted).toBe(2);
    expect(json.rejected.map(({ index, code }: Json) => [index, code])).toEqual([
      [0, 'session_not_found'],
      [1, 'invalid_field'],
      [3, 'invalid_field'],
      [4, 'session_not_found'],
    ]);
    expect((await server.counters()).entries).toMatchObject({
      received: 6,
      stored: 2,
      rejected: { session_not_found: 2, invalid_field: 2 },
    });
  });

  it('of which nothing was good is done with as well', async () => {
    const server = await Harness.start();
    const batch = { spoolId: 's', seq: 1, entries: [{ kind: 'end', session: a }] };
    const { status, json } = await server.post('/api/ingest', batch);
    expect([status, json.accepted, json.rejected.length]).toEqual([200, 0, 1]);
    expect((await server.post('/api/ingest', batch)).json.duplicate).toBe(true);
    const empty = await server.post('/api/ingest', { spoolId: 's', seq: 2, entries: [] });
    expect([empty.status, empty.json]).toEqual([200, { success: true, accepted: 0 }]);
  });

  it('starts a session that exists without changing it', async () => {
    const server = await Harness.start();
    await server.create({ id: a, version: 'old' });
    await server.post('/api/ingest', { spoolId: 's', seq: 1, entries: [start(a)] });
    expect((await server.session(a)).state.version).toBe('old');
  });

  it.each([
    ['{}'],
    ['[]'],
    ['{"spoolId":"s","seq":1}'],
    ['{"spoolId":"s","seq":0,"entries":[]}'],
    ['{"spoolId":"","seq":1,"entries":[]}'],
    ['{"spoolId":"s","seq":1.5,"entries":[]}'],
    ['{"spoolId":"s","seq":1,"entries":{}}'],
    [''],
  ])('that is no batch is a 400: %s', async (body) => {
    const server = await Harness.start();
    const { status, json } = await server.post('/api/ingest', body);
    expect([status, json.code]).toEqual([400, expect.stringMatching(/^invalid_/)]);
  });
});
