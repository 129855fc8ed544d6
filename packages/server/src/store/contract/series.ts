/** Contract: charts, summaries and pages of series say what the raw samples say. */
import { type JsonObject, makeHistogram, observe, type SeriesKey, toWire } from '@tacho/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openMemory } from '../memory.ts';
import {
  meetsSeriesFilter,
  type PointsQuery,
  type SamplePlace,
  type SamplesQuery,
} from '../store.ts';
import { type OpenStore, StoreBench, secondUs, startUs, withStore } from './harness.ts';
import { columns, gauge, type Plan, type PlanRow, rows, sample, sessionId } from './plan.ts';
import { checkInfos, checkPoints, rawSeries } from './series-answers.ts';

/** Cases and property tests; `rounds` histories each. */
export function seriesCases(open: OpenStore, rounds: number): void {
  chartCases(open);
  pageCases(open);
  it('any history is charted, summed up and paged as its raw samples say', () =>
    fc.assert(
      fc.asyncProperty(
        histories,
        fc.boolean(),
        fc.array(queries, { minLength: 1, maxLength: 4 }),
        check(open),
      ),
      { numRuns: rounds },
    ));
}

const counter: SeriesKey = { ...gauge('jobs'), type: 'counter' };
const histogram: SeriesKey = { ...gauge('sizes'), type: 'histogram' };
const plainQuery = {
  id: sessionId(1),
  filter: {},
  seriesMax: 100,
  points: 100,
  rate: true,
  quantiles: [],
  heatmap: true,
} satisfies PointsQuery;

function chartCases(open: OpenStore): void {
  it(
    'a counter that restarts is charted as its growth per second, exact across points and range',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const totals = [10, 30, 5, 8, 8, 100, 2];
      await bench.say(
        columns(
          totals.map((_, i) => i * secondUs),
          [counter],
          totals,
        ),
      );
      await bench.holds(async () => {
        const whole = await bench.store.points({ ...plainQuery, points: 1 });
        expect([...whole!.series[0]!.rate!.increase]).toEqual([20 + 5 + 3 + 0 + 92 + 2]);
        expect([...whole!.series[0]!.rate!.perSecond]).toEqual([122 / 6]);
        const each = await bench.store.points({ ...plainQuery, fromUs: 2 * secondUs });
        expect([...each!.series[0]!.rate!.increase]).toEqual([5, 3, 0, 92, 2]);
        expect([...each!.series[0]!.rate!.perSecond]).toEqual([5, 3, 0, 92, 2]);
        const first = await bench.store.points({ ...plainQuery, toUs: secondUs });
        expect([...first!.series[0]!.rate!.perSecond]).toEqual([Number.NaN]);
      });
    }),
  );

  it(
    'a histogram is charted by what its buckets took between samples',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const total = makeHistogram([1, 10]);
      const at = (i: number, ...values: number[]): PlanRow => {
        for (const value of values) observe(total, value);
        const metadata = toWire(total);
        return { series: histogram, atUs: i * secondUs, value: 0, detail: { metadata } };
      };
      await bench.say({
        session: 1,
        kind: 'samples',
        rows: [at(0, 0.5, 5), at(1, 5, 5, 50), at(2)],
      });
      await bench.holds(async () => {
        const found = await bench.store.points({ ...plainQuery, quantiles: [0.5] });
        const { heatmap, quantiles } = found!.series[0]!;
        expect(heatmap!.bounds).toEqual([1, 10]);
        expect([...heatmap!.counts]).toEqual([1, 1, 0, 0, 2, 1, 0, 0, 0]);
        expect(quantiles![0]![1]).toBeGreaterThan(1);
        expect(quantiles![0]![1]).toBeLessThanOrEqual(10);
        expect(quantiles![0]![2]).toBeNaN();
        const later = await bench.store.points({ ...plainQuery, fromUs: secondUs, points: 1 });
        expect([...later!.series[0]!.heatmap!.counts]).toEqual([0, 2, 1]);
      });
    }),
  );

  it(
    'series are filtered by name, type, unit and tags, and a session that is not there has none',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const keys = [
        gauge('b', 'x:1', 'y:2'),
        counter,
        gauge('a', 'x:1'),
        { ...gauge('a'), unit: 's' },
      ];
      await bench.say(...keys.map((key, i) => sample(key, i, i)));
      const names = async (filter: PointsQuery['filter']): Promise<string[]> => {
        const found = await bench.store.series({ id: sessionId(1), filter });
        return found!.map(({ key }) => [key.name, key.unit, ...key.tags].join(' '));
      };
      expect(await names({})).toEqual(['a  x:1', 'a s', 'b  x:1 y:2', 'jobs ']);
      expect(await names({ tags: ['x:1'] })).toEqual(['a  x:1', 'b  x:1 y:2']);
      expect(await names({ tags: ['y:2', 'x:1'] })).toEqual(['b  x:1 y:2']);
      expect(await names({ names: ['a', 'jobs'], unit: '' })).toEqual(['a  x:1', 'jobs ']);
      expect(await names({ types: ['counter'] })).toEqual(['jobs ']);
      const missing = { id: sessionId(9), filter: {} };
      expect(await bench.store.series(missing)).toBeUndefined();
      expect(await bench.store.points({ ...plainQuery, ...missing })).toBeUndefined();
      const page = { ...missing, limit: 1, descending: false };
      expect(await bench.store.samples(page)).toBeUndefined();
    }),
  );

  it(
    'series beyond the limit are counted',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      await bench.say(...['c', 'a', 'b'].map((name, i) => sample(gauge(name), i, i)));
      const found = await bench.store.points({ ...plainQuery, seriesMax: 2 });
      expect(found!.series.map(({ key }) => key.name)).toEqual(['a', 'b']);
      expect(found!.leftOut).toBe(1);
    }),
  );
}

function pageCases(open: OpenStore): void {
  it(
    'pages give each sample once, also those stored meanwhile whose place is still ahead',
    withStore(open, async (bench) => {
      const [a, b] = [gauge('a'), gauge('b')];
      await bench.say({ session: 1, kind: 'start' });
      const said = [0, 1, 1, 1, 2, 3].map((t, i): [SeriesKey, number, number] => [a, t, i]);
      await bench.say(rows(...said, [b, 1, 10], [b, 3, 11]));
      let arrivals = 100;
      for (const descending of [false, true]) {
        const query: SamplesQuery = { id: sessionId(1), filter: {}, limit: 2, descending };
        const { samples } = await bench.session(1);
        const known = samples.map(([, , value]) => value);
        const seen: (string | number)[] = [];
        for (let after: SamplePlace | undefined | null = null; after !== undefined; ) {
          const page = await bench.store.samples({ ...query, ...(after && { after }) });
          seen.push(...page!.values);
          after = page!.next;
          await bench.say(rows([a, 1, ++arrivals], [b, 2, ++arrivals]));
        }
        const old = seen.filter((value) => known.includes(value));
        expect(descending ? old.reverse() : old).toEqual(known);
        const fresh = seen.filter((value) => !known.includes(value));
        expect(new Set(fresh).size).toBe(fresh.length);
      }
    }),
  );
}

const seriesKeys: SeriesKey[] = [
  gauge('cpu'),
  gauge('cpu', 'core:0', 'host:a'),
  { ...gauge('cpu'), unit: '%' },
  counter,
  { ...counter, tags: ['queue:a'] },
  histogram,
  { ...gauge('latency', 'host:a'), type: 'timer', unit: 's' },
];

/** Few instants, so that many are equal, and late ones are frequent. */
const instants = fc.integer({ min: 0, max: 40 }).map((n) => startUs + n * 250_000);

const values = fc.oneof(
  fc.double({ min: -1e100, max: 1e100 }),
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 50 }) },
  fc.integer({ min: -100_000, max: 100_000 }).map((n) => n / 100),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0),
);

const buckets: fc.Arbitrary<JsonObject> = fc
  .tuple(fc.constantFrom([1, 10], [1, 5, 10], []), fc.array(fc.nat({ max: 12 }), { maxLength: 6 }))
  .map(([bounds, seen]) => {
    const made = makeHistogram(bounds);
    for (const value of seen) observe(made, value);
    return toWire(made);
  });

const details = fc.oneof(
  fc.constant(undefined),
  fc.record({ count: fc.nat() }),
  fc.record({ metadata: buckets }),
);

const planRows: fc.Arbitrary<PlanRow> = fc
  .record({
    series: fc.constantFrom(...seriesKeys),
    atUs: instants,
    value: values,
    detail: details,
  })
  .map(({ detail, ...row }) => (detail === undefined ? row : { ...row, detail }));

const planColumns = fc
  .record({
    start: instants,
    series: fc.subarray(seriesKeys, { minLength: 1 }),
    found: fc.array(values, { minLength: 1, maxLength: 30 }),
  })
  .map(({ start, series, found }): Plan => {
    const timesUs = found.map((_, i) => start + i * 100_000);
    const shifted = series.map((_, k) => found.map((__, i) => found[(i + k) % found.length]!));
    return columns(timesUs, series, ...shifted);
  });

const plans: fc.Arbitrary<Plan> = fc.oneof(
  fc
    .array(planRows, { maxLength: 40 })
    .map((found): Plan => ({ session: 1, kind: 'samples', rows: found })),
  planColumns,
);

/** Batches of samples, with restarts between them. */
const histories = fc.array(
  fc.oneof({ weight: 5, arbitrary: plans }, fc.constant('reopen' as const)),
  {
    minLength: 1,
    maxLength: 12,
  },
);

const filters: fc.Arbitrary<PointsQuery['filter']> = fc.constantFrom(
  {},
  { names: ['cpu', 'jobs'] },
  { types: ['counter', 'histogram'] as const },
  { tags: ['host:a'] },
);

const edges = fc.option(
  fc.integer({ min: 0, max: 100 }).map((n) => startUs + n * 125_000),
  { nil: undefined },
);

const queries = fc
  .record({
    filter: filters,
    fromUs: edges,
    toUs: edges,
    points: fc.integer({ min: 1, max: 60 }),
    rate: fc.boolean(),
    quantiles: fc.constantFrom([], [0.5], [0, 0.95, 1]),
    heatmap: fc.boolean(),
    limit: fc.integer({ min: 20, max: 90 }),
    descending: fc.boolean(),
  })
  .map(({ fromUs, toUs, ...query }) => ({
    ...query,
    id: sessionId(1),
    seriesMax: 4,
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && { toUs }),
  }));

type Query = PointsQuery & SamplesQuery;

function check(open: OpenStore) {
  return async (history: (Plan | 'reopen')[], tight: boolean, asked: Query[]): Promise<void> => {
    const engine = await StoreBench.open(open, { tight });
    const oracle = await StoreBench.open(async (options) => ({ store: openMemory(options) }));
    for (const plan of [{ session: 1, kind: 'start' } as const, ...history]) {
      if (plan === 'reopen') await engine.reopen();
      else await Promise.all([engine.say(plan), oracle.say(plan)]);
      // What an engine remembers of a question must not become the answer to a later one.
      await engine.store.series(asked[0]!);
    }
    const raw = await rawSeries(engine.store, sessionId(1));
    for (const { store } of [engine, oracle]) {
      for (const query of asked) {
        const wanted = raw.filter(({ key }) => meetsSeriesFilter(key, query.filter));
        checkInfos((await store.series(query))!, wanted);
        checkPoints((await store.points(query))!, query, raw);
      }
    }
    for (const query of asked) await checkPages(engine, oracle, query);
    await Promise.all([engine.store.close(), oracle.store.close()]);
  };
}

/** Both give the same pages; together they are all samples in order. */
async function checkPages(engine: StoreBench, oracle: StoreBench, query: Query): Promise<void> {
  const whole = await oracle.store.samples({ ...query, limit: 1_000_000 });
  let row = 0;
  for (let after: SamplePlace | undefined | null = null; after !== undefined; ) {
    const asked = { ...query, ...(after && { after }) };
    const page = await engine.store.samples(asked);
    expect(page).toEqual(await oracle.store.samples(asked));
    const n = page!.timesUs.length;
    expect([...page!.values]).toEqual([...whole!.values.subarray(row, row + n)]);
    row += n;
    after = page!.next;
  }
  expect(row).toBe(whole!.values.length);
}
