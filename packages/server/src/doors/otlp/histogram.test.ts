/** Exponential histograms: their bounds hold what the sender counted, also merged and also when many. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exponentialHistogram, mergeExponential, withBounds } from './histogram.ts';
import type { ExponentialPoint } from './messages.ts';

/** What an SDK counts: buckets over (base^i, base^(i+1)], base = 2^(2^-scale). */
function counted(values: readonly number[], scale: number): ExponentialPoint {
  const side = (some: readonly number[]) => {
    const indexes = some.map((value) => Math.ceil(Math.log2(value) * 2 ** scale) - 1);
    const offset = Math.min(...indexes, 0);
    const bucketCounts: number[] = [];
    for (const index of indexes) {
      while (bucketCounts.length <= index - offset) bucketCounts.push(0);
      bucketCounts[index - offset]!++;
    }
    return { offset, bucketCounts };
  };
  return {
    scale,
    positive: side(values.filter((value) => value > 0)),
    negative: side(values.filter((value) => value < 0).map(Math.abs)),
    zeroCount: values.filter((value) => value === 0).length,
    count: values.length,
    sum: values.reduce((sum, value) => sum + value, 0),
    ...(values.length > 0 && { min: Math.min(...values), max: Math.max(...values) }),
  };
}

/** Never on a bound, where rounding would decide. */
const value = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 1, max: 1_000 }).map((n) => n * 1.0000001),
  fc.integer({ min: 1, max: 1_000 }).map((n) => -n * 1.0000001),
  fc.double({ min: 1e-9, max: 1e9, noNaN: true }).map((n) => n * 1.0000001),
);
const values = fc.array(value, { maxLength: 60 });
const scale = fc.integer({ min: -2, max: 6 });

/** Every bucket holds as many of the values as its count says, but for rounding at its edges. */
function expectCounts(histogram: ReturnType<typeof withBounds>, all: readonly number[]): void {
  const { bounds, counts } = histogram;
  expect(counts).toHaveLength(bounds.length + 1);
  expect(bounds).toEqual([...new Set(bounds)].sort((a, b) => a - b));
  let running = 0;
  bounds.forEach((bound, i) => {
    running += counts[i]!;
    const near = Math.abs(bound) * 1e-9;
    const least = all.filter((each) => each < bound - near).length;
    const most = all.filter((each) => each <= bound + near).length;
    expect(running, `up to ${bound}`).toBeGreaterThanOrEqual(least);
    expect(running, `up to ${bound}`).toBeLessThanOrEqual(most);
  });
  expect([running + counts.at(-1)!, histogram.count]).toEqual([all.length, all.length]);
}

describe('an exponential histogram', () => {
  it('becomes buckets that hold what was counted', () => {
    fc.assert(
      fc.property(values, scale, (all, at) => {
        expectCounts(withBounds(exponentialHistogram(counted(all, at), 'h')), all);
      }),
    );
  });

  it('merges with one of another scale into what both counted', () => {
    fc.assert(
      fc.property(values, scale, values, scale, (a, atA, b, atB) => {
        const [x, y] = [counted(a, atA), counted(b, atB)].map((p) => exponentialHistogram(p, 'h'));
        const merged = mergeExponential(x!, y!);
        expectCounts(withBounds(merged), [...a, ...b]);
        const all = [...a, ...b];
        expect(merged.min).toBe(all.length === 0 ? null : Math.min(...all));
        expect(merged.max).toBe(all.length === 0 ? null : Math.max(...all));
      }),
    );
  });

  it('has at most 160 buckets on a side, whatever it came with', () => {
    const all = Array.from({ length: 2_000 }, (_, i) => 1.01 ** i * 1.0000001);
    const { bounds, ...rest } = withBounds(exponentialHistogram(counted(all, 6), 'h'));
    expectCounts({ bounds, ...rest }, all);
    expect(bounds.length).toBeLessThanOrEqual(161);
    expect(bounds.length).toBeGreaterThan(80);
  });

  it('leaves out bounds beyond all doubles', () => {
    const largest = { scale: 0, count: 1, positive: { offset: 1023, bucketCounts: [1] } };
    expect(withBounds(exponentialHistogram(largest, 'h'))).toMatchObject({
      bounds: [2 ** 1023],
      counts: [0, 1],
    });
  });

  it('has the zero bucket up to its threshold', () => {
    const point = { zeroCount: 2, zeroThreshold: 0.5, count: 3, negative: { bucketCounts: [1] } };
    expect(withBounds(exponentialHistogram(point, 'h'))).toMatchObject({
      bounds: [-2, -1, -0.5, 0.5],
      counts: [0, 1, 0, 2, 0],
    });
  });
});
