/** The metrics of one session over HTTP: summaries, charts, raw pages, and what is said of bad questions. */
import { type Route, routes } from '@tacho/protocol';
import Value from 'typebox/value';
import { expect, it } from 'vitest';
import { Harness, type Json, startUs } from './testing/harness.ts';

const startMs = startUs / 1000;

async function recorded(): Promise<{ server: Harness; id: string }> {
  const server = await Harness.start();
  const id = await server.create();
  const at = (i: number): string => new Date(startMs + i * 1000).toISOString();
  const buckets = (...counts: number[]) => [
    ...[1, 10].map((le, i) => ({ le, count: counts[i] })),
    { le: '+Inf', count: counts[2] },
  ];
  await server.post(`/api/sessions/${id}/metrics`, [
    ...[3, 1, 'NaN', 8].map((value, i) => ({
      name: 'mem',
      value,
      timestamp: at(i),
      tags: ['a:1'],
    })),
    ...[10, 14, 2].map((value, i) => ({ name: 'jobs', type: 'counter', value, timestamp: at(i) })),
    ...[buckets(1, 1, 1), buckets(1, 3, 4)].map((each, i) => ({
      ...{ name: 'sizes', type: 'histogram', value: 5, timestamp: at(i), count: 3 },
      metadata: { buckets: each, sum: 9, count: each[2]!.count },
    })),
  ]);
  return { server, id };
}

async function ask(server: Harness, path: string, { reply }: Route): Promise<Json> {
  const { status, json, text } = await server.ask(path);
  expect(status, text).toBe(200);
  expect(Value.Check(reply.schema, json), text).toBe(true);
  return json;
}

it('sums up the series of a session', async () => {
  const { server, id } = await recorded();
  const path = `/api/sessions/${id}/metrics`;
  const { series } = await ask(server, path, routes.sessionMetrics);
  expect(series.map(({ name }: Json) => name)).toEqual(['jobs', 'mem', 'sizes']);
  expect(series[0]).toMatchObject({ count: 3, last: 2, avg: null, rate: 3 });
  expect(series[1]).toMatchObject({ tags: ['a:1'], count: 4, nans: 1, min: 1, max: 8, avg: 4 });
  expect(series[1].advice.map((advice: Json) => advice.id)).toContain('unit-missing');
  expect(series[1]).toMatchObject({ first_at: '2026-01-01T00:00:00.000Z', last: 8 });
  const some = await ask(server, `${path}?tag=a:1&type=gauge`, routes.sessionMetrics);
  expect(some.series).toHaveLength(1);
});

it('charts series: extremes, rates, quantiles and heat maps', async () => {
  const { server, id } = await recorded();
  const path = `/api/sessions/${id}/series`;
  const one = await ask(server, `${path}?metric=mem&points=1&quantile=p50`, routes.sessionSeries);
  expect(one.series).toEqual([
    {
      ...{ name: 'mem', type: 'gauge', unit: '', tags: ['a:1'], t: [startMs] },
      ...{ min: [1], max: [8], avg: [4], last: [8], count: [4], nan: [1], quantiles: { p50: [3] } },
    },
  ]);
  const rate = await ask(server, `${path}?type=counter&as=rate`, routes.sessionSeries);
  expect(rate.series[0]).toMatchObject({ rate: [null, 4, 2], increase: [0, 4, 2] });
  const range = `from=${startMs + 1000}&to=${startMs + 2000}`;
  const map = await ask(server, `${path}?metric=sizes&heatmap=true&${range}`, routes.sessionSeries);
  expect(map.series[0].heatmap).toEqual({ bounds: [1, 10], counts: [[0, 2, 1]] });
  expect(map.left_out).toBe(0);
});

it.each(['asc', 'desc'])('gives raw samples page by page, %s', async (order) => {
  const { server, id } = await recorded();
  const found: unknown[] = [];
  for (let cursor = ''; ; ) {
    const path = `/api/sessions/${id}/samples?order=${order}&limit=2${cursor}`;
    const page = await ask(server, path, routes.sessionSamples);
    page.t.forEach((t: number, i: number) => {
      found.push([page.keys[page.series[i]].name, t - startMs, page.value[i]]);
    });
    if (page.next === null) break;
    cursor = `&cursor=${page.next}`;
  }
  const expected = [
    ...[
      ['mem', 0, 3],
      ['jobs', 0, 10],
      ['sizes', 0, 5],
    ],
    ...[
      ['mem', 1000, 1],
      ['jobs', 1000, 14],
      ['sizes', 1000, 5],
    ],
    ...[
      ['mem', 2000, 'NaN'],
      ['jobs', 2000, 2],
      ['mem', 3000, 8],
    ],
  ];
  expect(order === 'asc' ? found : found.reverse()).toEqual(expected);
});

it.each([
  ['series?points=0', 'points'],
  ['series?quantile=avg', 'quantile'],
  ['series?as=delta', 'as'],
  ['samples?limit=10001', 'limit'],
  ['samples?cursor=x', 'cursor'],
  ['metrics?type=meter', 'type'],
])('refuses %s and names the parameter', async (query, name) => {
  const { server, id } = await recorded();
  const { status, json } = await server.ask(`/api/sessions/${id}/${query}`);
  expect([status, json.code]).toEqual([400, 'invalid_field']);
  expect(json.details).toMatch(new RegExp(`^${name} .*expected`));
});

it('answers 404 for a session that is not there', async () => {
  const { server } = await recorded();
  const missing = '/api/sessions/ffffffff-0000-4000-8000-000000000000/series';
  expect((await server.ask(missing)).status).toBe(404);
});
