/** Contract: aggregates over many sessions say what the samples of these sessions say. */
import type { SeriesKey } from '@tacho/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openMemory } from '../memory.ts';
import type { AggregateGroup, AggregateQuery } from '../store.ts';
import { type OpenStore, StoreBench, secondUs, startUs, withStore } from './harness.ts';
import { columns, gauge, type Plan } from './plan.ts';
import { checkRank, same } from './series-answers.ts';

const counter: SeriesKey = { ...gauge('jobs'), type: 'counter' };
const plain: AggregateQuery = {
  filter: {},
  nowUs: startUs,
  metric: { names: ['jobs'] },
  by: [],
  quantiles: [],
  exact: false,
};

/** Cases and a property test; `rounds` histories. */
export function aggregateCases(open: OpenStore, rounds: number): void {
  it(
    'counters grow across chunks, restarts, steps of time and the edges of the range',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const totals = [10, 30, 5, 8, 8, 100, 2];
      const times = totals.map((_, i) => startUs + i * secondUs);
      await bench.say(columns(times, [counter], totals));
      await bench.holds(async () => {
        const [all] = await bench.store.aggregate(plain);
        expect([all!.increase, all!.seconds, all!.count]).toEqual([122, 6, 7]);
        const range = { fromUs: startUs + 2 * secondUs, toUs: startUs + 6 * secondUs };
        const [some] = await bench.store.aggregate({ ...plain, ...range });
        expect([some!.increase, some!.seconds, some!.count]).toEqual([100, 4, 4]);
        const steps = { widthUs: 3 * secondUs, since: 'start' as const };
        const stepped = await bench.store.aggregate({ ...plain, steps });
        expect(stepped.map(({ stepUs, increase, seconds }) => [stepUs, increase, seconds])).toEqual(
          [
            [0, 25, 2],
            [3 * secondUs, 95, 3],
            [6 * secondUs, 2, 1],
          ],
        );
      });
    }),
  );

  it(
    'an aggregate that is not wanted any more is given up, and others go on',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      await bench.say(columns([startUs], [counter], [1]));
      const leaving = new AbortController();
      const given = bench.store.aggregate(plain, leaving.signal);
      const kept = bench.store.aggregate(plain);
      leaving.abort(new Error('gone'));
      // Whoever is quick enough may still answer.
      await given.catch((error: Error) => expect(error.message).toBe('gone'));
      expect((await kept)[0]!.count).toBe(1);
      await expect(bench.store.aggregate(plain, leaving.signal)).rejects.toThrow('gone');
    }),
  );

  it('any history is aggregated as by the store in memory', () =>
    fc.assert(
      fc.asyncProperty(
        histories,
        fc.boolean(),
        fc.array(queries, { minLength: 3, maxLength: 4 }),
        check(open),
      ),
      { numRuns: Math.ceil(rounds / 2) },
    ));
}

const keys: SeriesKey[] = [
  gauge('cpu', 'core:0', 'hot'),
  gauge('cpu', 'core:1'),
  { ...gauge('cpu'), unit: '%' },
  counter,
  { ...counter, tags: ['core:0'] },
];

const values = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 1_000 }) },
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
);

/** Some are long enough for sketches. */
const plans: fc.Arbitrary<Plan> = fc
  .record({
    session: fc.integer({ min: 1, max: 4 }),
    start: fc.integer({ min: 0, max: 60 }),
    series: fc.subarray(keys, { minLength: 1 }),
    found: fc.array(values, { minLength: 1, maxLength: 90, size: 'max' }),
  })
  .map(({ session, start, series, found }) => {
    const timesUs = found.map((_, i) => startUs + start * secondUs + i * 100_000);
    const shifted = series.map((_, k) => found.map((__, i) => found[(i + k) % found.length]!));
    return { ...columns(timesUs, series, ...shifted), session };
  });

const histories = fc.array(
  fc.oneof({ weight: 5, arbitrary: plans }, fc.constant('reopen' as const)),
  {
    minLength: 1,
    maxLength: 4,
  },
);

const edges = fc.option(
  fc.integer({ min: 0, max: 80 }).map((n) => startUs + n * secondUs),
  { nil: undefined },
);

const queries: fc.Arbitrary<AggregateQuery> = fc
  .record({
    filter: fc.constantFrom<AggregateQuery['filter'][]>(
      {},
      { versions: ['1', '2'] },
      { products: ['none'] },
    ),
    metric: fc.constantFrom<AggregateQuery['metric'][]>(
      { names: ['cpu'] },
      { names: ['cpu'], unit: '' },
      { names: ['jobs'] },
      { names: ['cpu'], tags: ['core:0'] },
      { names: ['jobs', 'cpu'], types: ['counter'] },
    ),
    by: fc.subarray<AggregateQuery['by'][number]>([
      { by: 'version' },
      { by: 'session' },
      { by: 'machine' },
      { by: 'tag', key: 'core' },
      { by: 'tag', key: 'hot' },
      { by: 'outcome' },
    ]),
    steps: fc.constantFrom<AggregateQuery['steps'][]>(
      undefined,
      { widthUs: 7 * secondUs, since: 'epoch' },
      { widthUs: 30 * secondUs, since: 'start' },
    ),
    fromUs: edges,
    toUs: edges,
    quantiles: fc.constantFrom([], [0.5], [0, 0.95, 1]),
    exact: fc.boolean(),
  })
  .map(({ steps, fromUs, toUs, ...query }) => ({
    ...query,
    nowUs: startUs,
    ...(steps && { steps }),
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && { toUs }),
  }));

function check(open: OpenStore) {
  return async (history: (Plan | 'reopen')[], tight: boolean, asked: AggregateQuery[]) => {
    const engine = await StoreBench.open(open, { tight });
    const oracle = await StoreBench.open(async (options) => ({ store: openMemory(options) }));
    const starts = [1, 2, 3, 4].map((n): Plan => {
      const machine = n % 2 === 0 ? { machineId: `m${n}` } : {};
      return { session: n, kind: 'start', version: String(n % 3), ...machine };
    });
    for (const plan of [...starts, ...history]) {
      if (plan === 'reopen') await engine.reopen();
      else await Promise.all([engine.say(plan), oracle.say(plan)]);
    }
    for (const query of asked) {
      const [found, expected, exact] = await Promise.all([
        engine.store.aggregate(query),
        oracle.store.aggregate(query),
        engine.store.aggregate({ ...query, exact: true }),
      ]);
      compare(found, expected, query, query.exact ? 0 : 0.01);
      compare(exact, expected, query, 0);
    }
    await Promise.all([engine.store.close(), oracle.store.close()]);
  };
}

function compare(
  found: readonly AggregateGroup[],
  expected: readonly AggregateGroup[],
  { quantiles }: AggregateQuery,
  error: number,
): void {
  const counted = ({ values: of, stepUs, sessions, series, count, nans }: AggregateGroup) => ({
    ...{ of, stepUs, sessions, series, count, nans },
  });
  expect(found.map(counted)).toEqual(expected.map(counted));
  found.forEach((group, i) => {
    const other = expected[i]!;
    same(group.min, other.min);
    same(group.max, other.max);
    for (const name of ['sum', 'increase', 'seconds'] as const) {
      if (Number.isFinite(other[name])) expect(group[name]).toBeCloseTo(other[name], 4);
      else same(group[name], other[name]);
    }
    quantiles.forEach((_, k) => {
      if (error === 0) same(group.quantiles[k]!, other.quantiles[k]!);
      else checkRank(group.quantiles[k]!, Float64Array.of(other.quantiles[k]!), 0);
      // A quantile beyond the greatest value reads like a mistake, however near it is.
      expect(group.quantiles[k]! < group.min || group.quantiles[k]! > group.max).toBe(false);
    });
  });
}
