/** Metrics and events in lists: arrays and lines, of which the good items are kept. */
import { limits } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { Harness } from './testing/harness.ts';

const lines = { 'content-type': 'application/x-ndjson' };

describe('a list', () => {
  it('of metrics stores the good ones in one append and names the bad ones by index', async () => {
    const server = await Harness.start();
    const path = `/api/sessions/${await server.create()}/metrics`;
    const before = server.appends;
    const { status, json } = await server.post(path, [
      { name: 'a', value: 1, tags: ['x', 'y'] },
      { name: 'a', value: 'many' },
      { name: 'b', value: 2, type: 'timer', count: 3, unit: 's' },
      7,
      { name: 'a', value: 3, tags: ['y', 'x'], metadata: { k: 1 } },
    ]);
    expect(status).toBe(200);
    expect(json).toEqual({
      success: true,
      accepted: 3,
      rejected: [
        { index: 1, error: 'Invalid field', code: 'invalid_field', details: expect.any(String) },
        { index: 3, error: expect.any(String), code: 'invalid_body', details: expect.any(String) },
      ],
    });
    expect(server.appends - before).toBe(1);
    const { metrics } = (await server.ask(path.replace('/metrics', ''))).json;
    expect(metrics.map(({ timestamp, ...metric }: { timestamp: string }) => metric)).toEqual([
      { name: 'a', type: 'gauge', value: 1, tags: ['x', 'y'] },
      { name: 'a', type: 'gauge', value: 3, tags: ['x', 'y'], metadata: { k: 1 } },
      { name: 'b', type: 'timer', value: 2, count: 3, unit: 's' },
    ]);
  });

  it('of events keeps their order', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const { json } = await server.post(`/api/sessions/${id}/events`, [
      { name: 'one' },
      { name: 'two', level: 'critical' },
      { name: 3 },
    ]);
    expect(json).toMatchObject({ success: true, accepted: 2, rejected: [{ index: 2 }] });
    const { events } = await server.session(id);
    expect(events.map(({ name }: { name: string }) => name)).toEqual(['one', 'two']);
  });

  it('that is empty is a success', async () => {
    const server = await Harness.start();
    const id = await server.create();
    for (const what of ['metrics', 'events']) {
      const path = `/api/sessions/${id}/${what}`;
      const answers = [await server.post(path, []), await server.post(path, '\n \n', lines)];
      for (const { status, json } of answers) {
        expect([status, json]).toEqual([200, { success: true, accepted: 0 }]);
      }
    }
  });

  it('of which nothing is good is a 400 that says why, item by item', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const { status, json } = await server.post(`/api/sessions/${id}/metrics`, [{}, { name: 'x' }]);
    expect(status).toBe(400);
    expect(json).toMatchObject({
      code: 'invalid_body',
      details: expect.stringContaining('None of the 2 items'),
      accepted: 0,
      rejected: [{ index: 0 }, { index: 1 }],
    });
  });

  it('without rejects has no field for them', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const { json } = await server.post(`/api/sessions/${id}/metrics`, [{ name: 'x', value: 1 }]);
    expect(json).toEqual({ success: true, accepted: 1 });
  });

  it('of an unknown session is a 404', async () => {
    const server = await Harness.start();
    const { status } = await server.post(
      '/api/sessions/550e8400-e29b-41d4-a716-446655440000/metrics',
      [{ name: 'x', value: 1 }, { name: 'x' }],
    );
    expect(status).toBe(404);
  });

  it('is taken up to the limit and refused beyond it', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const items = Array.from({ length: limits.batchItemsMax }, (_, i) => ({ name: 'x', value: i }));
    const path = `/api/sessions/${id}/metrics`;
    expect((await server.post(path, items)).json.accepted).toBe(limits.batchItemsMax);
    items.push({ name: 'x', value: 0 });
    const asLines = items.map((item) => JSON.stringify(item)).join('\n');
    const answers = [await server.post(path, items), await server.post(path, asLines, lines)];
    for (const { status, json } of answers) {
      expect([status, json.code]).toEqual([413, 'too_many_items']);
    }
  });
});

describe('lines', () => {
  it('are read one by one: a broken one is reported, blank ones and CRLF do not matter', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const body = '{"name":"a","value":1}\r\n\n{"name":"b",\n  {"name":"c","value":NaN}\n"x"\n';
    const { status, json } = await server.post(`/api/sessions/${id}/metrics`, body, lines);
    expect(status).toBe(200);
    expect(json).toMatchObject({
      accepted: 2,
      rejected: [
        { index: 1, code: 'invalid_json' },
        { index: 3, code: 'invalid_body' },
      ],
    });
    const { metrics } = await server.session(id);
    expect(metrics.map((metric: { value: unknown }) => metric.value)).toEqual([1, 'NaN']);
  });

  it('are only taken where lists are', async () => {
    const server = await Harness.start();
    const id = await server.create();
    for (const path of ['/api/sessions', `/api/sessions/${id}/state`, '/api/ingest']) {
      expect((await server.post(path, '{}', lines)).status).toBe(415);
    }
    expect((await server.post(`/api/sessions/${id}/events`, '{"name":"e"}', lines)).status).toBe(
      200,
    );
  });
});
