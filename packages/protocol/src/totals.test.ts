/** Totals: the same sums however growth is sliced, and nothing sent twice. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultBounds, fromWire, makeHistogram, observe } from './histogram.ts';
import type { JsonObject } from './json.ts';
import type { CounterGrowth, HistogramGrowth } from './local.ts';
import { Totals } from './totals.ts';

const session = '550e8400-e29b-41d4-a716-446655440000';

function counter(delta: number, changes: Partial<CounterGrowth> = {}): CounterGrowth {
  const series = { kind: 'growth', type: 'counter', session, unit: '', tags: [] } as const;
  return { ...series, name: 'n', atUs: 1, delta, ...changes };
}

function histogram(
  values: readonly number[],
  bounds: readonly number[] = defaultBounds,
  changes: Partial<HistogramGrowth> = {},
): HistogramGrowth {
  const gathered = makeHistogram(bounds);
  for (const value of values) observe(gathered, value);
  const { counts, sum, min, max, notFinite } = gathered;
  const series = { kind: 'growth', type: 'histogram', session, unit: 's', tags: [] } as const;
  const all = { ...series, name: 'h', atUs: 1, bounds: gathered.bounds };
  return { ...all, counts, sum, min, max, notFinite, ...changes };
}

const whole = fc.integer({ min: -1000, max: 1000 });
const cut = fc.nat({ max: 3 });

describe('totals', () => {
  it('of counters are the sums of their deltas, however often they are taken in between', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b'), whole, cut));
    fc.assert(
      fc.property(steps, (list) => {
        const totals = new Totals();
        const last = new Map<string, number>();
        const sums = new Map<string, number>();
        const take = () => {
          for (const { metric } of totals.take()) last.set(metric.name, metric.value);
        };
        for (const [name, delta, pause] of list) {
          totals.add(counter(delta, { name }));
          sums.set(name, (sums.get(name) ?? 0) + delta);
          if (pause === 0) take();
        }
        take();
        expect(last).toEqual(sums);
        expect(totals.take()).toEqual([]);
      }),
    );
  });

  it('of histograms are the histograms of all values, with any bounds', () => {
    const special = fc.constantFrom(Number.NaN, Infinity, -Infinity, 1e9);
    const values = fc.array(fc.array(fc.oneof(whole, whole, special)), { minLength: 1 });
    const edges = fc.oneof(
      fc.constant(defaultBounds),
      fc.uniqueArray(whole).map((list) => list.sort((a, b) => a - b)),
    );
    fc.assert(
      fc.property(values, edges, cut, (slices, bounds, pause) => {
        const totals = new Totals();
        let last: JsonObject = {};
        const take = () => {
          for (const { metric } of totals.take()) last = metric.metadata as JsonObject;
        };
        slices.forEach((slice, i) => {
          totals.add(histogram(slice, bounds));
          if (i % (pause + 1) === 0) take();
        });
        take();
        const all = makeHistogram(bounds);
        for (const value of slices.flat()) observe(all, value);
        expect(fromWire(last)).toEqual(all);
      }),
    );
  });

  it('do not depend on the order in which growth arrives', () => {
    const values = fc.array(whole, { minLength: 1 });
    const some = fc.array(fc.tuple(values, fc.integer({ min: 1, max: 9 }), fc.nat()));
    fc.assert(
      fc.property(some, (list) => {
        const sumUp = (growth: typeof list) => {
          const totals = new Totals();
          for (const [values, delta, atUs] of growth) {
            totals.add(histogram(values, defaultBounds, { atUs }));
            totals.add(counter(delta, { atUs }));
          }
          return totals.take().map(({ metric }) => metric);
        };
        expect(sumUp(list.toReversed())).toEqual(sumUp(list));
      }),
    );
  });

  it('are sent once when a series appears and again only when it grows', () => {
    const totals = new Totals();
    totals.add(counter(0));
    totals.add(histogram([]));
    expect(totals.take()).toHaveLength(2);
    expect(totals.add(counter(0))).toBe(false);
    expect(totals.add(histogram([]))).toBe(false);
    expect(totals.take()).toEqual([]);
    totals.add(counter(3, { atUs: 9 }));
    totals.add(counter(2, { atUs: 4 }));
    expect(totals.take()).toMatchObject([{ metric: { value: 5, atUs: 9, type: 'counter' } }]);
  });

  it('tell sessions, names, units, tags and bounds apart, but not the order of tags', () => {
    const totals = new Totals();
    totals.add(counter(1, { tags: ['a', 'b'] }));
    totals.add(counter(1, { tags: ['b', 'a'] }));
    totals.add(counter(1, { tags: ['a'] }));
    totals.add(counter(1, { unit: 's' }));
    totals.add(counter(1, { session: 'other' }));
    totals.add(histogram([1]));
    totals.add(histogram([1], [...defaultBounds]));
    totals.add(histogram([1], [1, 2]));
    const taken = totals.take().map(({ metric }) => metric.metadata?.count ?? metric.value);
    expect(taken).toEqual([2, 1, 1, 1, 2, 1]);
  });

  it('stay numbers where sums leave their range, and ignore deltas that are none', () => {
    const totals = new Totals();
    for (const delta of [Number.NaN, Infinity, -Infinity]) {
      expect(totals.add(counter(delta))).toBe(false);
    }
    expect(totals.take()).toEqual([]);
    totals.add(counter(Number.MAX_VALUE));
    totals.add(counter(Number.MAX_VALUE));
    totals.add(histogram([Number.MAX_VALUE, Number.MAX_VALUE]));
    const [count, values] = totals.take().map(({ metric }) => metric);
    expect(count?.value).toBe(Number.MAX_VALUE);
    expect(values?.metadata?.sum).toBe(Number.MAX_VALUE);
  });

  it('go on from a snapshot as if nothing had happened', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.array(whole), whole, cut)), fc.nat(), (list, at) => {
        const straight = new Totals();
        let resumed = new Totals();
        const taken: [unknown[], unknown[]] = [[], []];
        list.forEach(([values, delta, pause], i) => {
          if (i === at % (list.length + 1)) {
            const before = JSON.stringify(resumed.snapshot());
            resumed = new Totals();
            resumed.restore(JSON.parse(before));
          }
          for (const totals of [straight, resumed]) {
            totals.add(histogram(values, [1, 2, 3]));
            totals.add(counter(delta, { name: `n${pause}` }));
          }
          if (pause === 0) {
            taken[0].push(...straight.take());
            taken[1].push(...resumed.take());
          }
        });
        taken[0].push(...straight.take());
        taken[1].push(...resumed.take());
        const sorted = (entries: unknown[]) => entries.map((entry) => JSON.stringify(entry)).sort();
        expect(sorted(taken[1])).toEqual(sorted(taken[0]));
      }),
    );
  });

  it('keep nothing of what they were given, and forget sessions', () => {
    const totals = new Totals();
    const given = histogram([1, 2]);
    totals.add(given);
    given.counts.fill(99);
    totals.add(counter(1, { session: 'other' }));
    totals.forget('other');
    expect(totals.size).toBe(1);
    expect(totals.take()).toMatchObject([{ metric: { metadata: { count: 2 } } }]);
  });
});
