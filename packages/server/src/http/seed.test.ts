/** Requests as they stand in the documentation of the DataCat protocol and as its clients send them. */
import { describe, expect, it } from 'vitest';
import { Harness } from './testing/harness.ts';

const id = '550e8400-e29b-41d4-a716-446655440000';

async function withSession(): Promise<Harness> {
  const server = await Harness.start();
  await server.create({ id });
  return server;
}

/** Bodies of the metrics page, letter by letter. */
const documented = [
  `{
  "name": "response_time_ms",
  "value": 123.45,
  "tags": ["api", "v2", "user"]
}`,
  `{
    "name": "memory_mb",
    "value": 512.5,
    "tags": ["backend"]
  }`,
  `{
  "name": "response_time_ms",
  "value": 45.2,
  "tags": ["api", "endpoint:users"]
}`,
  `{
  "name": "memory_usage_mb",
  "value": 1024.5,
  "tags": ["heap", "java"]
}`,
  `{
  "name": "transactions_processed",
  "value": 1523,
  "tags": ["payment", "success"]
}`,
  `{
  "name": "error_count",
  "value": 3,
  "tags": ["validation", "user_input"]
}`,
];

describe('the metrics page', () => {
  it.each(documented)('takes %s and gives it back', async (body) => {
    const server = await withSession();
    const { status, text } = await server.post('/api/sessions/550e8400/metrics', body);
    expect([status, text]).toEqual([200, '{"success":true}\n']);
    const { metrics } = await server.session(id);
    expect(metrics).toEqual([
      { ...JSON.parse(body), timestamp: '2026-01-01T00:00:00.000Z', type: 'gauge' },
    ]);
  });
});

/** Bodies of the unmodified Python client as its daemon passes them on, and what is read afterwards. */
const metrics: [name: string, body: string, stored: Record<string, unknown>][] = [
  [
    'gauge',
    '{"name":"g","type":"gauge","value":1.5,"tags":["t"],"unit":"u"}',
    { name: 'g', type: 'gauge', value: 1.5, tags: ['t'], unit: 'u' },
  ],
  [
    'counter',
    '{"name":"c","type":"counter","value":0.0,"tags":["b","a"],"delta":3.0}',
    { name: 'c', type: 'counter', value: 0, tags: ['b', 'a'] },
  ],
  [
    'histogram',
    '{"name":"h","type":"histogram","value":0.1,"tags":[],"unit":"s","metadata":{"buckets":[1,2]}}',
    { name: 'h', type: 'histogram', value: 0.1, unit: 's', metadata: { buckets: [1, 2] } },
  ],
  [
    'histogram with a bare Infinity',
    '{"name":"h","type":"histogram","value":0.1,"tags":[],"metadata":{"buckets":[1, Infinity]}}',
    { name: 'h', type: 'histogram', value: 0.1, metadata: { buckets: [1, 'Infinity'] } },
  ],
  [
    'bare NaN',
    '{"name":"g","type":"gauge","value":NaN,"tags":[]}',
    { name: 'g', type: 'gauge', value: 'NaN' },
  ],
  [
    'infinities as text',
    '{"name":"g","value":"-Infinity"}',
    { name: 'g', type: 'gauge', value: '-Infinity' },
  ],
  [
    'timer',
    '{"name":"t","type":"timer","value":2.0,"tags":[],"count":4,"unit":"seconds"}',
    { name: 't', type: 'timer', value: 2, count: 4, unit: 'seconds' },
  ],
  [
    'count of zero and a time of its own',
    '{"name":"t","type":"timer","value":2,"count":0,"timestamp":"2025-12-31T23:00:00.5+01:00"}',
    { name: 't', type: 'timer', value: 2, count: 0, timestamp: '2025-12-31T22:00:00.500Z' },
  ],
];

describe('metrics of DataCat clients', () => {
  it.each(metrics)('%s', async (_name, body, stored) => {
    const server = await withSession();
    const { status, text } = await server.post(`/api/sessions/${id}/metrics`, body, {
      'user-agent': 'Python-urllib/3.11',
      'accept-encoding': 'identity',
    });
    expect([status, text]).toEqual([200, '{"success":true}\n']);
    const session = await server.session(id);
    expect(session.metrics).toEqual([{ timestamp: '2026-01-01T00:00:00.000Z', ...stored }]);
  });
});

const nothing = { group: '', labels: null, message: '', data: null };

const events: [name: string, body: Record<string, unknown>, stored: Record<string, unknown>][] = [
  [
    'the plainest',
    { name: 'e', data: {}, category: 'info', labels: [] },
    { ...nothing, name: 'e', level: 'info', category: 'info', labels: [], data: {} },
  ],
  [
    'data in the place of the category',
    { name: 'e', data: {}, category: { x: 1 }, labels: [] },
    { ...nothing, name: 'e', level: 'info', category: 'info', labels: [], data: { x: 1 } },
  ],
  [
    'everything',
    {
      ...{ name: 'e', data: { k: [1] }, category: 'warning', group: 'g', labels: ['l'] },
      ...{ message: 'm', stacktrace: ['t'] },
    },
    {
      ...{ name: 'e', data: { k: [1] }, level: 'warning', category: 'warning', group: 'g' },
      ...{ labels: ['l'], message: 'm', stacktrace: ['t'] },
    },
  ],
  [
    'an exception',
    {
      ...{ name: 'exception', category: 'error', group: 'exception', message: 'division by zero' },
      ...{ labels: ['exception', 'ZeroDivisionError'], stacktrace: ['a', 'b'] },
      ...{ exception_type: 'ZeroDivisionError', exception_msg: 'division by zero' },
      ...{ source_file: 'x.py', source_line: 38, source_function: '<module>', data: {} },
    },
    {
      ...{
        name: 'exception',
        category: 'error',
        level: 'error',
        exception_type: 'ZeroDivisionError',
      },
      ...{ source_line: 38, source_function: '<module>' },
    },
  ],
  [
    'a log record',
    {
      ...{ name: 'log.my.log', category: 'warning', group: 'my.log', message: 'hi x' },
      ...{ labels: ['warning', 'my.log', '<module>'], data: { logger: 'my.log', lineno: 3 } },
    },
    {
      name: 'log.my.log',
      level: 'warning',
      group: 'my.log',
      data: { logger: 'my.log', lineno: 3 },
    },
  ],
  ['a name alone', { name: 'x' }, { ...nothing, name: 'x', level: 'info', category: 'info' }],
];

describe('events of DataCat clients', () => {
  it.each(events)('%s', async (_name, body, stored) => {
    const server = await withSession();
    const { status, text } = await server.post(`/api/sessions/${id}/events`, body);
    expect([status, text]).toEqual([200, '{"success":true}\n']);
    const session = await server.session(id);
    expect(session.events).toHaveLength(1);
    expect(session.events[0]).toMatchObject({ timestamp: '2026-01-01T00:00:00.000Z', ...stored });
    expect(Object.keys(session.events[0])[0]).toBe('timestamp');
  });
});

describe('state of DataCat clients', () => {
  it('deletes with null in the form that the client sends', async () => {
    const server = await withSession();
    await server.post(`/api/sessions/${id}/state`, { b: 1 });
    await server.post(`/api/sessions/${id}/state`, { state: { a: 1, b: null } });
    expect((await server.session(id)).state).toEqual({ product: 'P', version: '1.0', a: 1 });
  });
});
