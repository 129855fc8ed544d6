/** `GET /api/aggregate`: functions, groups, steps of time, and what is said of bad questions. */
import { routes } from '@tacho/protocol';
import Value from 'typebox/value';
import { expect, it } from 'vitest';
import { Harness, type Json, startUs } from './testing/harness.ts';

/** Two versions; a timer with a tag, and a counter that restarts. */
async function recorded(): Promise<Harness> {
  const server = await Harness.start();
  const at = (seconds: number): string => new Date(startUs / 1000 + seconds * 1000).toISOString();
  for (const [version, base] of [
    ['1.0', 100],
    ['2.0', 200],
  ] as const) {
    const id = await server.create({ version });
    const latency = (value: number, i: number) => ({
      ...{ name: 'latency', type: 'timer', unit: 'ms', value, timestamp: at(i) },
      tags: [`endpoint:/${i % 2}`],
    });
    await server.post(
      `/api/sessions/${id}/metrics`,
      [base, base + 1, base + 2, base + 3].map(latency),
    );
    const jobs = (value: number, i: number) => ({
      ...{ name: 'jobs', type: 'counter', value, timestamp: at(i * 2) },
    });
    await server.post(`/api/sessions/${id}/metrics`, [10, 14, 2].map(jobs));
  }
  return server;
}

async function ask(server: Harness, query: string): Promise<Json> {
  const { status, json, text } = await server.ask(`/api/aggregate?${query}`);
  expect(status, text).toBe(200);
  expect(Value.Check(routes.aggregate.reply.schema, json), text).toBe(true);
  return json;
}

it('tells functions by version, exact ones as they are', async () => {
  const server = await recorded();
  const found = await ask(
    server,
    'metric=latency&by=version&fn=p50&fn=p99.9&fn=avg&fn=min&fn=max&fn=sum&fn=count&fn=rate&exact=true',
  );
  expect(found.quantile_error).toBe(0);
  expect(found.complete).toBe(true);
  expect(found.groups).toHaveLength(2);
  expect(found.groups[0]).toEqual({
    by: { version: '1.0' },
    sessions: 1,
    series: 2,
    results: {
      p50: 101,
      'p99.9': 102,
      avg: 101.5,
      min: 100,
      max: 103,
      sum: 406,
      count: 4,
      rate: null,
    },
  });
});

it('groups by tag, and filters sessions and series', async () => {
  const server = await recorded();
  const query = 'metric=latency&fn=count&fn=max&by=tag:endpoint&by=tag:none';
  const byTag = await ask(server, `${query}&version=2.0`);
  expect(byTag.groups.map(({ by, results }: Json) => [by, results])).toEqual([
    [
      { 'tag:endpoint': '/0', 'tag:none': null },
      { count: 2, max: 202 },
    ],
    [
      { 'tag:endpoint': '/1', 'tag:none': null },
      { count: 2, max: 203 },
    ],
  ]);
  const one = await ask(server, 'metric=latency&tag=endpoint:/1&fn=count');
  expect(one.groups.map(({ results }: Json) => results.count)).toEqual([4]);
  expect((await ask(server, 'metric=latency&type=gauge')).groups).toEqual([]);
  expect((await ask(server, 'metric=nothing')).groups).toEqual([]);
});

it('cuts time into steps, since 1970 or since the start of each session', async () => {
  const server = await recorded();
  const absolute = await ask(server, 'metric=jobs&fn=rate&every=4s');
  expect(absolute.groups.map(({ time, results }: Json) => [time, results.rate])).toEqual([
    ['2026-01-01T00:00:00.000Z', 2],
    ['2026-01-01T00:00:04.000Z', 1],
  ]);
  const relative = await ask(server, 'metric=jobs&fn=count&every=4s&since=start&version=1.0');
  expect(relative.groups.map(({ offset_ms, results }: Json) => [offset_ms, results.count])).toEqual(
    [
      [0, 2],
      [4000, 1],
    ],
  );
  const range = await ask(server, 'metric=jobs&fn=count&to=2026-01-01T00:00:02Z');
  expect(range.groups[0].results.count).toBe(2);
});

it.each([
  ['fn=p101&metric=a', 'fn'],
  ['fn=median&metric=a', 'fn'],
  ['by=colour&metric=a', 'by'],
  ['by=tag:&metric=a', 'by'],
  ['every=0s&metric=a', 'every'],
  ['fn=avg', 'metric'],
])('refuses %s and names the parameter', async (query, name) => {
  const server = await Harness.start();
  const { status, json } = await server.ask(`/api/aggregate?${query}`);
  expect(status).toBe(400);
  expect(json.code).toBe('invalid_field');
  expect(json.details).toMatch(new RegExp(`^${name} .*expected`));
});
