/** The query API of Prometheus as Grafana uses it: answers, labels, bounds, and what is said of bad questions. */
import { readFileSync } from 'node:fs';
import { limits, routes } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { expectReply } from './testing/fleet.ts';
import { type Answer, Harness, type Json, startUs } from './testing/harness.ts';

const startS = startUs / 1e6;
const time = String(startS + 600);
const at = (seconds: number): string => new Date(startUs / 1000 + seconds * 1000).toISOString();

/** Two versions of a shop with a gauge, a counter and a histogram, a sample each 15 s. */
async function shop(): Promise<Harness> {
  const server = await Harness.start();
  for (const version of ['1.0', '2.0']) {
    const start = { product: 'shop', version, machine_id: `m-${version}`, hostname: 'h' };
    const id = await server.create(start);
    const base = version === '1.0' ? 0 : 100;
    const metrics = Array.from({ length: 41 }, (_, i) => {
      const timestamp = at(i * 15 + 1);
      const seen = (i + 1) * 10;
      const buckets = [
        { le: 0.1, count: seen / 2 },
        { le: 1, count: (seen * 9) / 10 },
        { le: '+Inf', count: seen },
      ];
      return [
        { name: 'cpu.usage', value: base + i, timestamp, tags: ['core:0', 'busy'] },
        { name: 'cpu.usage', value: base + 2 * i, timestamp, tags: ['core:1'] },
        { name: 'jobs', type: 'counter', value: 100 + i * 6, timestamp },
        {
          ...{ name: 'latency', type: 'histogram', value: 0.5, unit: 's', timestamp },
          metadata: { buckets, sum: seen * 0.5, count: seen },
        },
      ];
    }).flat();
    await server.post(`/api/sessions/${id}/metrics`, metrics);
  }
  server.pass(605);
  return server;
}

async function ask(
  server: Harness,
  path: string,
  params: [string, string][] | Record<string, string>,
): Promise<Json> {
  const answer = await server.ask(`/api/v1/${path}?${new URLSearchParams(params)}`);
  expect(answer.status, answer.text).toBe(200);
  return answer.json.data;
}

function form(server: Harness, path: string, params: Record<string, string>): Promise<Answer> {
  return server.ask(`/api/v1/${path}`, {
    method: 'POST',
    body: String(new URLSearchParams(params)),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });
}

/** What a vector says, by the labels named. */
async function values(server: Harness, query: string, ...labels: string[]): Promise<Json> {
  const { result } = await ask(server, 'query', { query, time });
  const rows = result.map(({ metric, value }: Json) => [
    labels.map((label) => metric[label]).join(' '),
    Number(value[1]),
  ]);
  return Object.fromEntries(rows);
}

it('answers what Grafana sends when a data source is saved and a panel is drawn', async () => {
  const server = await shop();
  const health = await form(server, 'query', { query: '1+1', time });
  expect(health.json).toEqual({
    status: 'success',
    data: { resultType: 'scalar', result: [startS + 600, '2'] },
  });
  expectReply(
    routes.promBuildinfo.reply.schema,
    (await server.ask('/api/v1/status/buildinfo')).json,
  );
  const range = { start: String(startS), end: time, step: '60' };
  const panel = await form(server, 'query_range', {
    query: 'max by (version) (cpu_usage)',
    ...range,
  });
  expect(panel.json.data.resultType).toBe('matrix');
  expect(panel.json.data.result.map(({ metric }: Json) => metric)).toEqual([
    { version: '1.0' },
    { version: '2.0' },
  ]);
  const [first] = panel.json.data.result;
  // Nothing at the start, where no sample was yet; two cores after a minute, the third sample of four.
  expect(first.values.slice(0, 2)).toEqual([
    [startS + 60, '6'],
    [startS + 120, '14'],
  ]);
  expect(first.values).toHaveLength(10);
  const names = await form(server, 'labels', { 'match[]': 'cpu_usage', ...range });
  expect(names.json.data).toEqual([
    '__name__',
    'busy',
    'core',
    'hostname',
    'machine',
    'product',
    'session',
    'version',
  ]);
  const series = await form(server, 'series', { 'match[]': 'jobs{version="2.0"}', ...range });
  expect(series.json.data).toEqual([
    {
      ...{ __name__: 'jobs', product: 'shop', version: '2.0', machine: 'm-2.0', hostname: 'h' },
      session: expect.stringMatching(/^[0-9a-f-]{36}$/),
    },
  ]);
  expect((await ask(server, 'metadata', { metric: 'latency' })).latency).toEqual([
    { type: 'histogram', help: '', unit: 's' },
  ]);
});

it('shows tags, facts of sessions and buckets as labels', async () => {
  const server = await shop();
  expect(await values(server, 'cpu_usage', 'version', 'core', 'busy')).toEqual({
    ...{ '1.0 0 true': 39, '1.0 1 ': 78, '2.0 0 true': 139, '2.0 1 ': 178 },
  });
  expect(await values(server, '{"cpu.usage",core="1",version=~"2.*"}', 'core')).toEqual({ 1: 178 });
  expect(await values(server, '{__name__!~"cpu.usage|lat.*",product="shop"}', '__name__')).toEqual({
    jobs: 334,
  });
  expect(await values(server, 'latency_bucket{version="1.0"}', 'le')).toEqual({
    0.1: 200,
    1: 360,
    '+Inf': 400,
  });
  expect(await values(server, 'latency_sum / latency_count', 'version')).toEqual({
    '1.0': 0.5,
    '2.0': 0.5,
  });
  expect(
    await values(server, 'histogram_quantile(0.7, sum by (le) (rate(latency_bucket[5m])))'),
  ).toEqual({ '': expect.closeTo(0.55, 12) });
  const label = (name: string, more = {}) => ask(server, `label/${name}/values`, more);
  expect(await label('core')).toEqual(['0', '1']);
  expect(await label('core', { 'match[]': 'cpu_usage{busy="true"}' })).toEqual(['0']);
  expect(await label('busy')).toEqual(['true']);
  expect(await label('le')).toEqual(['+Inf', '0.1', '1']);
  expect(await label('version', { 'match[]': 'jobs{product="shop"}' })).toEqual(['1.0', '2.0']);
  expect(await label('version', { 'match[]': 'jobs{product="other"}' })).toEqual([]);
  expect(await label('session')).toHaveLength(2);
  expect(await label('__name__', { limit: '2' })).toEqual(['cpu_usage', 'jobs']);
  expect(await label('nothing')).toEqual([]);
});

it('tells series apart that would look the same, and keeps the last of one instant', async () => {
  const server = await Harness.start();
  const id = await server.create({ id: '5e551000-5555-4555-8555-555555555555' });
  const timestamp = at(1);
  await server.post(`/api/sessions/${id}/metrics`, [
    { name: 'a.b', value: 1, timestamp },
    { name: 'a_b', value: 2, timestamp, tags: ['version:9', 'le:x', 'x-y:1', 'x-y:2'] },
    { name: 'a_b', value: 3, timestamp },
    { name: 'a_b', value: 4, timestamp },
  ]);
  server.pass(10);
  const { result } = await ask(server, 'query', { query: 'sort(a_b)', time: String(startS + 2) });
  const own = { __name__: 'a_b', product: 'P', version: '1.0', session: id };
  expect(result.map(({ metric, value }: Json) => [metric, value[1]])).toEqual([
    [{ ...own, tacho_name: 'a.b', tacho_type: 'gauge' }, '1'],
    [{ ...own, exported_version: '9', exported_le: 'x', x_y: '1,2' }, '2'],
    [{ ...own, tacho_name: 'a_b', tacho_type: 'gauge' }, '4'],
  ]);
});

it('lets values grow old after five minutes, or as it is told', async () => {
  const server = await shop();
  const count = async (seconds: number, more = {}): Promise<number> => {
    const params = { query: 'jobs', time: String(startS + seconds), ...more };
    return (await ask(server, 'query', params)).result.length;
  };
  expect([await count(0.999), await count(1)]).toEqual([0, 2]);
  expect([await count(900.999), await count(901)]).toEqual([2, 0]);
  expect([
    await count(630, { lookback_delta: '20s' }),
    await count(630, { lookback_delta: '30' }),
  ]).toEqual([0, 2]);
});

it('asks for a token with scope read', async () => {
  const server = await shop();
  const made = async (scopes: string[]) => {
    const headers = admin === '' ? {} : { authorization: `Bearer ${admin}` };
    return (await server.post('/api/tokens', { name: scopes[0], scopes }, headers)).json
      .token as string;
  };
  let admin = '';
  admin = await made(['admin']);
  const [read, ingest] = [await made(['read']), await made(['ingest'])];
  const status = async (token: string): Promise<number> => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Bearer ${token}`,
    };
    return (await server.ask('/api/v1/query', { method: 'POST', body: 'query=1', headers })).status;
  };
  expect([await status(read), await status(ingest), await status('tacho_x')]).toEqual([
    200, 403, 401,
  ]);
});

describe('bad questions', () => {
  const page = readFileSync(new URL('../../../../docs/grafana.md', import.meta.url), 'utf8');
  const [, table = ''] = /^## Bad questions\n(.*?)^The JSON API/ms.exec(page) ?? [];
  const rows = [...table.matchAll(/^\| `(.+)` \| (\d+) \| `(\w+)` \| `(.+)` \|$/gm)].map((row) =>
    row.slice(1),
  );

  it('are answered as the page says', async () => {
    const server = await shop();
    await server.create({ product: 'x', version: '1' });
    expect(rows.length).toBeGreaterThan(15);
    for (const [question = '', status, errorType, error] of rows) {
      const [path, query = ''] = question.split(/\?(.*)/s);
      const params = query
        .split('&')
        .filter(Boolean)
        .map((pair) => pair.split(/=(.*)/s).slice(0, 2) as [string, string]);
      if (!params.some(([name]) => name === 'time') && path === 'query')
        params.push(['time', time]);
      const answer = await server.ask(`/api/v1/${path}?${new URLSearchParams(params)}`);
      expect([answer.status, answer.json], question).toEqual([
        Number(status),
        { status: 'error', errorType, error },
      ]);
    }
  });

  it('that are too large are refused before they are worked out', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const tags = (i: number) => [`n:${i}`];
    await server.post(
      `/api/sessions/${id}/metrics`,
      Array.from({ length: 400 }, (_, i) => ({
        name: 'm',
        value: i,
        timestamp: at(1),
        tags: tags(i),
      })),
    );
    server.pass(10);
    const range = { start: String(startS), end: String(startS + 10_999), step: '1' };
    const { status, json } = await form(server, 'query_range', {
      query: 'last_over_time(m[4h])',
      ...range,
    });
    expect([status, json.errorType]).toEqual([422, 'execution']);
    expect(json.error).toContain(`more than ${limits.promqlValuesMax} values`);
    const timed = await form(server, 'query', {
      query: 'm',
      time: String(startS + 2),
      timeout: '1ms',
    });
    expect([timed.status, timed.json.errorType]).toEqual([503, 'timeout']);
    expect(timed.headers['retry-after']).toBe('5');
  });
});
