/** Histograms: their laws, their error and their wire form. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bucketCounts,
  cumulativeCounts,
  defaultBounds,
  fromWire,
  type Histogram,
  histogramGrowth,
  makeHistogram,
  mergeHistograms,
  observe,
  quantile,
  readBounds,
  toWire,
} from './histogram.ts';
import { type JsonObject, parseJson, stringifyJson } from './json.ts';

/** Whole numbers, so that sums are exact and the laws hold to the last bit. */
const wholeValues = fc.array(fc.integer({ min: -50, max: 50 }), { maxLength: 30 });
const anyValues = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), {
  minLength: 1,
  maxLength: 60,
});
const wholeBounds = fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 8 });
const anyBounds = fc.array(fc.double(), { maxLength: 12 });
const anyHistogram = fc.tuple(wholeBounds, wholeValues).map(([b, v]) => of(v, b));

function of(values: readonly number[], bounds?: readonly number[]): Histogram {
  const histogram = makeHistogram(bounds);
  for (const value of values) observe(histogram, value);
  return histogram;
}

describe('observing', () => {
  it('counts each value in the bucket of the first bound at or above it', () => {
    fc.assert(
      fc.property(anyValues, anyBounds, (values, bounds) => {
        const h = of(values, bounds);
        expect(h.counts).toEqual(
          [...h.bounds, Infinity].map((bound, i) => {
            const lower = h.bounds[i - 1] ?? -Infinity;
            return values.filter((v) => v <= bound && (i === 0 || v > lower)).length;
          }),
        );
        expect(h.count).toBe(values.length);
        expect(h.min).toBe(Math.min(...values));
        expect(h.max).toBe(Math.max(...values));
      }),
    );
  });

  it('has ascending finite bounds, each once, whatever it was given', () => {
    fc.assert(
      fc.property(anyBounds, (bounds) => {
        const { bounds: clean } = makeHistogram([...bounds, ...bounds]);
        expect(clean).toEqual([...new Set(clean)].sort((a, b) => a - b));
        expect(new Set(clean)).toEqual(new Set(bounds.filter(Number.isFinite).map((b) => b + 0)));
      }),
    );
  });

  it('counts NaN and infinities apart', () => {
    const h = of([1, Number.NaN, Infinity, -Infinity, 100]);
    expect(h).toMatchObject({ count: 2, sum: 101, min: 1, max: 100, notFinite: 3 });
    expect(h.counts.at(-1)).toBe(1);
  });

  it('counts a value several times at once as if one by one', () => {
    const h = makeHistogram();
    observe(h, 3, 4);
    observe(h, 7, 0);
    expect(h).toEqual(of([3, 3, 3, 3]));
  });
});

describe('merging', () => {
  it('equals observing everything in one histogram', () => {
    fc.assert(
      fc.property(wholeBounds, wholeValues, wholeValues, (bounds, a, b) => {
        expect(mergeHistograms(of(a, bounds), of(b, bounds))).toEqual(of([...a, ...b], bounds));
      }),
    );
  });

  it('with different bounds equals observing everything under the shared ones', () => {
    fc.assert(
      fc.property(wholeBounds, wholeBounds, wholeValues, wholeValues, (boundsA, boundsB, a, b) => {
        const shared = boundsA.filter((bound) => boundsB.includes(bound));
        const merged = mergeHistograms(of(a, boundsA), of(b, boundsB));
        expect(merged).toEqual(of([...a, ...b], shared));
      }),
      { numRuns: 500 },
    );
  });

  it('is associative and commutative, and an empty histogram of equal bounds is its identity', () => {
    fc.assert(
      fc.property(anyHistogram, anyHistogram, anyHistogram, (a, b, c) => {
        const left = mergeHistograms(mergeHistograms(a, b), c);
        expect(mergeHistograms(a, mergeHistograms(b, c))).toEqual(left);
        expect(mergeHistograms(b, a)).toEqual(mergeHistograms(a, b));
        expect(mergeHistograms(a, makeHistogram(a.bounds))).toEqual(a);
        expect(mergeHistograms(makeHistogram(a.bounds), a)).toEqual(a);
      }),
      { numRuns: 500 },
    );
  });

  it('does not know extremes that one of two did not say', () => {
    const foreign = fromWire({ buckets: [{ le: 1, count: 2 }], sum: 1, count: 2 }) as Histogram;
    expect(mergeHistograms(of([0.5], [1]), foreign)).toMatchObject({ min: null, max: null });
    expect(mergeHistograms(of([], [1]), foreign)).toEqual(foreign);
  });
});

describe('a quantile', () => {
  const rankOf = (q: number, n: number) => Math.max(1, Math.ceil(q * n));

  it('is within its stated error of the true one', () => {
    fc.assert(
      fc.property(
        anyValues,
        anyBounds,
        fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 0.5, 0.99, 1)),
        (values, bounds, q) => {
          const h = of(values, bounds);
          const estimate = quantile(h, q);
          const truth = [...values].sort((a, b) => a - b)[rankOf(q, values.length) - 1] as number;
          expect(estimate).toBeDefined();
          if (estimate === undefined) return;
          const { value, low, high } = estimate;
          expect(low <= truth && truth <= high).toBe(true);
          expect(low <= value && value <= high).toBe(true);
          // The range is no wider than the bucket and the extremes make it.
          const upper = h.bounds.find((bound) => truth <= bound) ?? Infinity;
          const lower = h.bounds.findLast((bound) => bound < truth) ?? -Infinity;
          expect(low).toBeGreaterThanOrEqual(Math.max(lower, Math.min(...values)));
          expect(high).toBeLessThanOrEqual(Math.min(upper, Math.max(...values)));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('never falls as q grows', () => {
    fc.assert(
      fc.property(anyValues, anyBounds, (values, bounds) => {
        const h = of(values, bounds);
        let last = -Infinity;
        for (let q = 0; q <= 1; q += 0.05) {
          const { value } = quantile(h, q) as { value: number };
          expect(value).toBeGreaterThanOrEqual(last);
          last = value;
        }
      }),
    );
  });

  it('is nothing of nothing, and of no other share', () => {
    expect(quantile(makeHistogram(), 0.5)).toBeUndefined();
    for (const q of [-0.1, 1.1, Number.NaN]) expect(quantile(of([1]), q)).toBeUndefined();
  });

  it('of a histogram without extremes says that its range is open', () => {
    const h = fromWire({
      buckets: [
        { le: 1, count: 1 },
        { le: '+Inf', count: 2 },
      ],
    }) as Histogram;
    expect(quantile(h, 1)).toEqual({ value: 1, low: 1, high: Infinity });
    expect(quantile(h, 0)).toEqual({ value: 1, low: -Infinity, high: 1 });
  });
});

describe('the wire form', () => {
  it('is cumulative with inclusive bounds and ends with +Inf', () => {
    expect(toWire(of([1, 2, 2, 9, Number.NaN], [2, 1]))).toEqual({
      buckets: [
        { le: 1, count: 1 },
        { le: 2, count: 3 },
        { le: '+Inf', count: 4 },
      ],
      sum: 14,
      count: 4,
      min: 1,
      max: 9,
      not_finite: 1,
    });
  });

  it('is read back as the same histogram, also through JSON text', () => {
    fc.assert(
      fc.property(fc.array(fc.double(), { maxLength: 40 }), anyBounds, (values, bounds) => {
        const h = of(
          values.map((v) => v + 0),
          bounds,
        );
        const text = stringifyJson(toWire(h));
        expect(fromWire(parseJson(text) as JsonObject)).toEqual(h);
      }),
      { numRuns: 500 },
    );
  });

  it('of cumulative counts and of counts per bucket are inverse', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100)), (counts) => {
        expect(bucketCounts(cumulativeCounts(counts))).toEqual(counts);
      }),
    );
  });

  it('of an agent of DataCat is read as counts per bucket, however they rise', () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(20), { minLength: defaultBounds.length, maxLength: defaultBounds.length }),
        (counts) => {
          const count = counts.reduce((a, b) => a + b, 0);
          const buckets = defaultBounds.map((le, i) => ({ le, count: counts[i] as number }));
          const h = fromWire({ buckets, sum: 1, count });
          expect(h?.counts).toEqual([...counts, 0]);
          expect(h).toMatchObject({ count, min: null, max: null });
        },
      ),
    );
  });

  const b = (...pairs: [number | string, number][]) => pairs.map(([le, count]) => ({ le, count }));
  it.each<[string, JsonObject, number[]]>([
    ['cumulative', { buckets: b([1, 2], [2, 5], ['+Inf', 6]), count: 6 }, [2, 3, 1]],
    ['cumulative without count', { buckets: b([1, 2], [2, 5], ['+Inf', 6]) }, [2, 3, 1]],
    ['cumulative out of order', { buckets: b(['inf', 6], [2, 5], [1, 2]), count: 6 }, [2, 3, 1]],
    ['cumulative without +Inf', { buckets: b([1, 2], [2, 5]), count: 9 }, [2, 3, 4]],
    ['cumulative with nothing else', { buckets: b([1, 2], [2, 5]) }, [2, 3, 0]],
    [
      'per bucket as they fall',
      { buckets: b([1, 5], [2, 3], ['Infinity', 1]), count: 9 },
      [5, 3, 1],
    ],
    [
      'per bucket as they end below',
      { buckets: b([1, 1], [2, 3], ['+Inf', 4]), count: 8 },
      [1, 3, 4],
    ],
    ['per bucket by their sum', { buckets: b([1, 1], [2, 2]), count: 3 }, [1, 2, 0]],
    ['per bucket with the rest beyond', { buckets: b([1, 3], [2, 2]), count: 7 }, [3, 2, 2]],
    ['twice the same bound', { buckets: b([1, 2], [1, 0], [2, 1]), count: 3 }, [2, 1, 0]],
  ])('of foreign counts is recognised: %s', (_, metadata, counts) => {
    const h = fromWire(metadata);
    expect(h?.bounds).toEqual([1, 2]);
    expect(h?.counts).toEqual(counts);
    expect(h?.count).toBe(counts.reduce((x, y) => x + y, 0));
  });

  it.each<JsonObject>([
    {},
    { buckets: [] },
    { buckets: [1, 2, 'inf'] },
    { buckets: b([1, -1]) },
    { buckets: b([1, 1.5]) },
    { buckets: b(['x', 1]) },
    { buckets: [{ le: 1 }] },
    { buckets: [null] },
    { buckets: { le: 1, count: 1 } },
    { buckets: Array.from({ length: 502 }, (_, le) => ({ le, count: 0 })) },
  ])('of %j is none', (metadata) => {
    expect(fromWire(metadata)).toBeUndefined();
  });

  it('does not believe extremes outside of the buckets in use', () => {
    const buckets = b([1, 2], [2, 5], ['+Inf', 5]);
    expect(fromWire({ buckets, min: 0.5, max: 2 })).toMatchObject({ min: 0.5, max: 2 });
    expect(fromWire({ buckets, min: 1.5, max: 3 })).toMatchObject({ min: null, max: null });
  });

  it('of a program that asks for buckets is a list of bounds', () => {
    expect(readBounds([30, 10, 'inf', null, 10])).toEqual([10, 30]);
    for (const none of [undefined, [], ['inf'], 'x', [{ le: 1 }]]) {
      expect(readBounds(none)).toBeUndefined();
    }
  });
});

describe('the growth of a histogram', () => {
  /** Bounds as an exponential histogram has them: powers around what it has seen. */
  const powers = (values: readonly number[], step: number): number[] => {
    const exponents = values.map((value) => Math.ceil(Math.log2(value) / step) * step);
    const bounds: number[] = [];
    const last = Math.max(...exponents);
    for (let at = Math.min(...exponents) - step; at <= last; at += step) bounds.push(2 ** at);
    return bounds;
  };
  const histogramOf = (values: readonly number[], step: number): Histogram => {
    const histogram = makeHistogram(values.length === 0 ? [] : powers(values, step));
    for (const value of values) observe(histogram, value);
    return histogram;
  };
  const some = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 30 });
  const step = fc.constantFrom(1, 2, 4);

  it('is what came since, also when its bounds move with the values', () => {
    fc.assert(
      fc.property(some, some, step, step, (first, later, fine, coarse) => {
        const before = histogramOf(first, fine);
        const now = histogramOf([...first, ...later], Math.max(fine, coarse));
        const growth = histogramGrowth(before, now);
        const wanted = makeHistogram(growth.bounds);
        for (const value of later) observe(wanted, value);
        const { counts, count, sum } = wanted;
        expect(growth).toMatchObject({ counts, count, sum });
      }),
    );
  });

  it('keeps the bounds beyond what it had seen before', () => {
    const growth = histogramGrowth(histogramOf([3, 5], 1), histogramOf([3, 5, 100], 1));
    expect(growth.bounds).toEqual([2, 4, 8, 16, 32, 64, 128]);
    expect(growth.counts).toEqual([0, 0, 0, 0, 0, 0, 1, 0]);
  });

  it('is all of it when it started anew', () => {
    const now = histogramOf([3], 1);
    expect(histogramGrowth(histogramOf([3, 5], 1), now)).toBe(now);
    expect(histogramGrowth(undefined, now)).toBe(now);
    const other = makeHistogram([7]);
    observe(other, 1);
    observe(other, 9);
    expect(histogramGrowth(histogramOf([1, 9], 4), other)).toBe(other);
  });
});
