/** PromQL on ClickHouse: the answers are those over the store in memory. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Harness, startUs } from '../../packages/server/src/http/testing/harness.ts';
import { openClickhouse } from '../../packages/server/src/store/clickhouse/clickhouse.ts';
import { type ClickHouse, startClickHouse } from './running.ts';

let clickhouse: ClickHouse;

beforeAll(async () => {
  clickhouse = await startClickHouse();
});

afterAll(() => clickhouse.stop());

const startS = startUs / 1e6;
const at = (seconds: number): string => new Date(startUs / 1000 + seconds * 1000).toISOString();

async function fill(server: Harness): Promise<void> {
  for (const version of ['1.0', '2.0']) {
    const id = `0000000${version[0]}-0000-4000-8000-000000000001`;
    await server.create({ id, product: 'shop', version, machine_id: `m-${version}` });
    const metrics = Array.from({ length: 40 }, (_, i) => {
      const timestamp = at(i * 15 + 1);
      const seen = (i + 1) * 10;
      const buckets = [
        { le: 0.1, count: seen / 2 },
        { le: '+Inf', count: seen },
      ];
      return [
        { name: 'cpu.usage', value: (i * 37) % 50, timestamp, tags: ['core:0', 'busy'] },
        { name: 'cpu.usage', value: (i * 53) % 50, timestamp, tags: ['core:1'] },
        { name: 'jobs', type: 'counter', value: i < 20 ? i * 6 : i, timestamp },
        {
          ...{ name: 'latency', type: 'histogram', value: 0.5, timestamp },
          metadata: { buckets, sum: seen / 2, count: seen },
        },
      ];
    }).flat();
    const answer = await server.post(`/api/sessions/${id}/metrics`, metrics);
    expect(answer.status, answer.text).toBe(200);
  }
  server.pass(605);
}

const range = `start=${startS}&end=${startS + 700}&step=30`;

const questions = [
  ...[
    'cpu_usage',
    'cpu_usage{core="1",version=~"2.*"}',
    'cpu_usage{busy="true"}',
    'sum by (version) (rate(jobs[2m]))',
    'histogram_quantile(0.7, sum by (le) (rate(latency_bucket[5m])))',
    'max_over_time(cpu_usage{session=~"00000001.*"}[3m])',
  ].map((query) => `query_range?query=${encodeURIComponent(query)}&${range}`),
  'labels',
  'label/core/values',
  'label/version/values?match%5B%5D=jobs',
  'label/le/values',
  'label/__name__/values',
  'series?match%5B%5D=latency_bucket',
  'metadata',
];

it('answers as over the store in memory', { timeout: 120_000 }, async () => {
  const url = `${clickhouse.url.replace('http', 'clickhouse')}/t_${randomUUID().replaceAll('-', '')}`;
  const log = pino({ level: 'silent' });
  const [memory, tables] = [
    await Harness.start(),
    await Harness.start({}, (options) => openClickhouse({ ...options, url, log })),
  ];
  await fill(memory);
  await fill(tables);
  for (const question of questions) {
    const [expected, found] = [
      await memory.ask(`/api/v1/${question}`),
      await tables.ask(`/api/v1/${question}`),
    ];
    expect(expected.json.status, question).toBe('success');
    expect(found.json, question).toEqual(expected.json);
  }
});
