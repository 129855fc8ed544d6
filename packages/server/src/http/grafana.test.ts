/** What Grafana's JSON API data source asks for, and what it is told of bad questions. */
import { readFileSync } from 'node:fs';
import { routes } from '@tacho/protocol';
import { expect, it } from 'vitest';
import { expectReply, run } from './testing/fleet.ts';
import { Harness, type Json, startUs } from './testing/harness.ts';

const at = (seconds: number): string => new Date(startUs / 1000 + seconds * 1000).toISOString();
const range = { from: at(0), to: at(120) };

async function shop(): Promise<Harness> {
  const server = await Harness.start();
  for (const version of ['1.0', '2.0']) {
    const ending = version === '1.0' ? 'end' : 'crash';
    const metrics = [0, 1, 2].map((i) => ({
      ...{ name: 'cpu.usage', value: i + Number(version), timestamp: at(i + 1) },
      tags: ['core:0'],
    }));
    await run(server, { product: 'shop', version, hostname: 'h', metrics, ending });
  }
  server.pass(200);
  return server;
}

async function ask(server: Harness, path: string, body: unknown): Promise<Json> {
  const answer = await server.post(`/api/grafana/${path}`, body);
  expect(answer.status, answer.text).toBe(200);
  return answer.json;
}

it('lists metrics, labels and values, also as older versions ask', async () => {
  const server = await shop();
  expect((await server.ask('/api/grafana')).json).toEqual({ status: 'ok' });
  expect((await server.ask('/api/grafana/')).status).toBe(200);
  expect(await ask(server, 'metrics', {})).toEqual([
    { label: 'cpu_usage', value: 'cpu_usage', payloads: [] },
  ]);
  expect(await ask(server, 'search', { type: 'timeseries', target: '' })).toEqual(['cpu_usage']);
  expect(await ask(server, 'metric-payload-options', {})).toEqual([]);
  expect((await ask(server, 'tag-keys', {})).map(({ text }: Json) => text)).toContain('core');
  expect(await ask(server, 'tag-values', { key: 'version' })).toEqual([
    { text: '1.0' },
    { text: '2.0' },
  ]);
  const variable = async (target: string) =>
    (await ask(server, 'variable', { payload: { target }, range })).map(
      ({ __value }: Json) => __value,
    );
  expect(await variable('version')).toEqual(['1.0', '2.0']);
  expect(await variable('label_values(core)')).toEqual(['0']);
  expect(await variable('label_values(cpu_usage{version=~"2.*",core="0"}, version)')).toEqual([
    '2.0',
  ]);
});

it('answers panels with points, and with tables', async () => {
  const server = await shop();
  const body = {
    ...{ panelId: 1, range, interval: '30s', intervalMs: 30_000, maxDataPoints: 550 },
    targets: [
      { target: 'sum by (version) (cpu_usage)', refId: 'A' },
      { target: 'cpu_usage', refId: 'B', type: 'table' },
      { target: 'hidden (', refId: 'C', hide: true },
      { target: '1 / 0', refId: 'D' },
    ],
    adhocFilters: [{ key: 'version', operator: '=', value: '2.0' }],
  };
  const found = await ask(server, 'query', body);
  expectReply(routes.grafanaQuery.reply.schema, found);
  const ms = startUs / 1000;
  const instants = [30_000, 60_000, 90_000, 120_000].map((each) => ms + each);
  expect(found[0]).toEqual({
    ...{ target: '{version="2.0"}', refId: 'A' },
    datapoints: instants.map((each) => [4, each]),
  });
  expect(found[1].columns.map(({ text }: Json) => text)).toEqual([
    'Time',
    '__name__',
    'core',
    'hostname',
    'product',
    'session',
    'version',
    'Value',
  ]);
  expect(found[1].rows).toEqual([
    [ms + 120_000, 'cpu_usage', '0', 'h', 'shop', expect.any(String), '2.0', 4],
  ]);
  expect(found[2]).toMatchObject({ target: '1 / 0', refId: 'D' });
  expect(found[2].datapoints[0]).toEqual([null, ms]);
  expect(found).toHaveLength(3);
});

it('draws no more points than Grafana wants', async () => {
  const server = await shop();
  const ranges = { from: at(-86_400), to: at(0) };
  const body = { range: ranges, maxDataPoints: 100, intervalMs: 1000, targets: [{ target: '1' }] };
  const [{ datapoints }] = await ask(server, 'query', body);
  expect(datapoints.length).toBeGreaterThan(95);
  expect(datapoints.length).toBeLessThanOrEqual(101);
});

it('marks ends of sessions, crashes when nothing else is asked for', async () => {
  const server = await shop();
  const crash = {
    ...{ time: startUs / 1000 + 20_000, title: 'shop 2.0 crashed', tags: ['shop', '2.0', 'h'] },
    text: expect.stringContaining('SIGSEGV'),
  };
  const body = { range, annotation: { name: 'crashes', query: '' } };
  expect(await ask(server, 'annotations', body)).toEqual([crash]);
  const all = { range, annotation: { query: 'product=shop' } };
  expect((await ask(server, 'annotations', all)).map(({ title }: Json) => title)).toEqual([
    'shop 2.0 crashed',
    'shop 1.0 ended',
  ]);
  const early = { ...body, range: { from: at(0), to: at(19) } };
  expect(await ask(server, 'annotations', early)).toEqual([]);
});

it('says what is wrong as the page has it', async () => {
  const page = readFileSync(new URL('../../../../docs/grafana.md', import.meta.url), 'utf8');
  const rows = [
    ...page.matchAll(/^\| `(\S+) (\{.*\}|\[.*\])` \| (\d+) \| `(\w+)` \| `(.+)` \|$/gm),
  ];
  expect(rows.length).toBeGreaterThan(7);
  const server = await shop();
  for (const [, path, body = '', status, code, details] of rows) {
    const answer = await server.post(`/api/grafana/${path}`, JSON.parse(body));
    const { code: ownCode, details: own } = answer.json;
    expect([answer.status, ownCode, own], body).toEqual([Number(status), code, details]);
  }
});
