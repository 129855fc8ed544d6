/** Functions of windows, against values worked out by hand from what Prometheus publishes. */
import { describe, expect, it } from 'vitest';
import { bucketQuantile } from './buckets.ts';
import {
  quantileOf,
  type Samples,
  sumOf,
  type WindowFunction,
  walk,
  windowFunctions,
} from './window.ts';

const samples = (pairs: [seconds: number, value: number][]): Samples => ({
  timesUs: Float64Array.from(pairs, ([seconds]) => seconds * 1e6),
  values: Float64Array.from(pairs, ([, value]) => value),
});

/** The value of a function over a window of so many seconds that ends at 60 s. */
function given(name: string, pairs: [number, number][], seconds = 60): number | undefined {
  const look = {
    rangeMs: seconds * 1000,
    offsetMs: 0,
    of: windowFunctions[name] as WindowFunction,
  };
  const grid = { startMs: 60_000, stepMs: 1, points: 1 };
  return [...walk(samples(pairs), grid, look)][0]?.[1];
}

describe('rate and increase', () => {
  it('reach to the edges where samples are about one interval away', () => {
    // 30 in 30 s between samples; 10 s before and 10 s after belong to it: 30 × 50 / 30.
    expect(
      given(
        'increase',
        [
          [20, 100],
          [30, 110],
          [40, 120],
          [50, 130],
        ],
        50,
      ),
    ).toBeCloseTo(50, 12);
    expect(
      given(
        'rate',
        [
          [20, 100],
          [30, 110],
          [40, 120],
          [50, 130],
        ],
        50,
      ),
    ).toBeCloseTo(1, 12);
  });

  it('reach half an interval further where the edges are far away', () => {
    // The edges are 25 s and 15 s away: 5 s are added at each side.
    expect(
      given('increase', [
        [25, 100],
        [35, 110],
        [45, 120],
      ]),
    ).toBeCloseTo((20 * 30) / 20, 12);
  });

  it('never reach below zero', () => {
    // At 1 per second the counter was 0 two seconds before its first sample.
    expect(
      given(
        'increase',
        [
          [40, 2],
          [50, 12],
          [60, 22],
        ],
        30,
      ),
    ).toBeCloseTo((20 * 22) / 20, 12);
    // Far from the edge it is half an interval that is cut at zero, as in Prometheus 3.
    expect(
      given('increase', [
        [40, 8],
        [50, 18],
        [60, 28],
      ]),
    ).toBeCloseTo((20 * 25) / 20, 12);
    // What goes up and down has no zero to stop at.
    expect(
      given(
        'delta',
        [
          [40, 2],
          [50, 12],
          [60, 22],
        ],
        30,
      ),
    ).toBeCloseTo(30, 12);
  });

  it('take a fall for a restart from zero', () => {
    expect(
      given(
        'increase',
        [
          [20, 100],
          [30, 110],
          [40, 5],
          [50, 15],
        ],
        50,
      ),
    ).toBeCloseTo((25 * 50) / 30, 12);
    expect(
      given(
        'resets',
        [
          [20, 100],
          [30, 110],
          [40, 5],
        ],
        50,
      ),
    ).toBe(1);
  });

  it('tell nothing of one sample', () => {
    expect(given('rate', [[50, 1]])).toBeUndefined();
    expect(given('irate', [[50, 1]])).toBeUndefined();
  });

  it('see a window without its start and with its end', () => {
    expect(
      given('count_over_time', [
        [0, 1],
        [1, 1],
        [60, 1],
        [61, 1],
      ]),
    ).toBe(2);
  });
});

describe('functions over time', () => {
  it.each([
    ['avg_over_time', 3],
    ['sum_over_time', 9],
    ['min_over_time', 1],
    ['max_over_time', 6],
    ['count_over_time', 3],
    ['last_over_time', 2],
    ['changes', 2],
    ['idelta', -4],
    ['irate', 0.2],
    ['stdvar_over_time', 14 / 3],
  ])('%s', (name, value) => {
    expect(
      given(name, [
        [40, 1],
        [50, 6],
        [60, 2],
      ]),
    ).toBeCloseTo(value, 12);
  });

  it('pass NaN over in extremes only', () => {
    const pairs: [number, number][] = [
      [40, Number.NaN],
      [50, 6],
      [60, 2],
    ];
    expect(given('max_over_time', pairs)).toBe(6);
    expect(given('sum_over_time', pairs)).toBeNaN();
  });

  it('lose nothing in sums of very different numbers', () => {
    expect(sumOf([1, 1e100, 1, -1e100])).toBe(2);
    expect(sumOf([Infinity, 1])).toBe(Infinity);
  });
});

describe('quantiles', () => {
  it('of values lie between the two nearest ranks', () => {
    expect(quantileOf([3, 1, 2, 4], 0.5)).toBe(2.5);
    expect(quantileOf([1, 2], 1.1)).toBe(Infinity);
    expect(quantileOf([1, 2], -0.1)).toBe(-Infinity);
    expect(quantileOf([], 0.5)).toBeNaN();
  });

  const buckets = [
    { edge: 0.1, count: 50 },
    { edge: 1, count: 90 },
    { edge: Infinity, count: 100 },
  ];

  it('of buckets lie on a line inside one', () => {
    expect(bucketQuantile(0.25, buckets)).toBeCloseTo(0.05, 12);
    expect(bucketQuantile(0.7, buckets)).toBeCloseTo(0.1 + 0.9 * 0.5, 12);
    expect(bucketQuantile(0.95, buckets)).toBe(1);
    expect(bucketQuantile(0.7, [...buckets].reverse())).toBeCloseTo(0.55, 12);
  });

  it('need a bucket without bound, and something in it', () => {
    expect(bucketQuantile(0.5, buckets.slice(0, 2))).toBeNaN();
    expect(
      bucketQuantile(
        0.5,
        buckets.map(({ edge }) => ({ edge, count: 0 })),
      ),
    ).toBeNaN();
    expect(bucketQuantile(2, buckets)).toBe(Infinity);
  });

  it('take counts that fall for as many as before', () => {
    const torn = [
      { edge: 1, count: 10 },
      { edge: 2, count: 8 },
      { edge: Infinity, count: 10 },
    ];
    expect(bucketQuantile(0.99, torn)).toBeCloseTo(0.99, 12);
  });
});
