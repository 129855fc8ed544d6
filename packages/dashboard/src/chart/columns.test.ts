/** Several series on the same columns of pixels. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onColumns, quantileBand, quantileOf } from './columns.ts';

const value = fc.option(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { nil: null });

const points = fc
  .array(fc.record({ at: fc.integer({ min: -500, max: 5_000 }), a: value, b: value }), {
    maxLength: 60,
  })
  .map((rows) => {
    const sorted = rows.sort((a, b) => a.at - b.at);
    const both = (pick: (a: number, b: number) => number) =>
      sorted.map(({ a, b }) => (a === null || b === null ? (a ?? b) : pick(a, b)));
    return {
      t: sorted.map(({ at }) => at),
      min: both(Math.min),
      max: both(Math.max),
      avg: both((a, b) => (a + b) / 2),
    };
  });

const numbers = (values: readonly (number | null | undefined)[]): number[] =>
  values.filter((each) => typeof each === 'number');

test('the least and the greatest of every column stay', () => {
  fc.assert(
    fc.property(
      fc.array(points, { maxLength: 4 }),
      fc.integer({ min: 1, max: 900 }),
      (all, width) => {
        const { t, series } = onColumns(all, 0, width);
        expect(series.length).toBe(all.length);
        all.forEach((one, i) => {
          t.forEach((start, place) => {
            const inside = (values: readonly (number | null)[]): number[] =>
              numbers(
                values.filter((_, n) => Math.floor((one.t[n] as number) / width) * width === start),
              );
            const [lows, highs] = [inside(one.min), inside(one.max)];
            expect(series[i]?.min[place] ?? null).toBe(
              lows.length === 0 ? null : Math.min(...lows),
            );
            expect(series[i]?.max[place] ?? null).toBe(
              highs.length === 0 ? null : Math.max(...highs),
            );
          });
        });
      },
    ),
  );
});

test('columns ascend, none is empty, and a mean lies between the extremes', () => {
  fc.assert(
    fc.property(fc.array(points, { minLength: 1, maxLength: 3 }), (all) => {
      const { t, series } = onColumns(all, 0, 100);
      expect(t).toEqual([...new Set(t)].sort((a, b) => a - b));
      t.forEach((_, place) => {
        expect(series.some(({ avg }) => avg[place] !== undefined)).toBe(true);
        for (const { min, max, avg } of series) {
          if (typeof avg[place] !== 'number') continue;
          expect(avg[place]).toBeGreaterThanOrEqual((min[place] as number) - 1e-6);
          expect(avg[place]).toBeLessThanOrEqual((max[place] as number) + 1e-6);
        }
      });
    }),
  );
});

test('a gap of one series is null, a column that only others use is nothing', () => {
  const { t, series } = onColumns(
    [
      { t: [0, 10, 20], avg: [1, null, 3] },
      { t: [5, 20], avg: [7, 8] },
    ],
    0,
    5,
  );
  expect(t).toEqual([0, 5, 10, 20]);
  expect(series[0]?.avg).toEqual([1, undefined, null, 3]);
  expect(series[1]?.avg).toEqual([undefined, 7, undefined, 8]);
});

test('the band holds all but the outermost series, and a silent series where it was', () => {
  const flat = (level: number) => ({ t: [0, 10], avg: [level, level] });
  const columns = onColumns(
    [...Array(21)].map((_, i) => flat(i)).concat({ t: [0], avg: [100] } as never),
    0,
    10,
  );
  const band = quantileBand(columns, 0.05, 0.95);
  expect(band.low).toEqual([1.05, 1.05]);
  expect(band.high.map((each) => Math.round(each as number))).toEqual([20, 20]);
  expect(quantileOf([], 0.5)).toBe(null);
  expect(quantileOf([1, 3], 0.5)).toBe(2);
});
