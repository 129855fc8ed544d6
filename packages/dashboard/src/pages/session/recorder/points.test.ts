/** Series as they are drawn. */
import { expect, test } from 'vitest';
import { type ChartAnswer, drawn, extent, pointAt, trendAt } from './points.ts';

const answer = (t: number[], avg: (number | string | null)[], more = {}): ChartAnswer =>
  ({
    ...{ name: 'm', type: 'gauge', unit: '', tags: [], t, avg },
    ...{ min: avg, max: avg, last: avg, count: t.map(() => 1) },
    ...more,
  }) as ChartAnswer;

const every = (step: number, n: number): number[] => [...Array(n)].map((_, i) => i * step);

test('a gap is where samples stop for much longer than usual, and is never joined across', () => {
  const t = [...every(10, 10), 190, 200, 210];
  const series = drawn(
    answer(
      t,
      t.map(() => 1),
    ),
  );
  expect(series.gaps).toEqual([{ fromMs: 90, toMs: 190 }]);
  expect(series.t.length).toBe(t.length + 1);
  expect(series.t.slice(9, 12)).toEqual([90, 140, 190]);
  expect(series.avg.slice(9, 12)).toEqual([1, null, 1]);
  expect(series.count.slice(9, 12)).toEqual([1, 0, 1]);
});

test('what comes by chance has no gaps, and too few samples tell nothing', () => {
  const t = [0, 10, 11, 60, 65, 130, 131, 190];
  expect(drawn(answer(t, t)).gaps).toEqual([]);
  expect(drawn(answer([0, 10, 900], [1, 2, 3])).gapMs).toBe(undefined);
});

test('a point of many samples stands for its time, which is no gap', () => {
  const t = [0, 1_000, 2_000, 3_000, 6_000, 7_000];
  const count = [100, 100, 100, 100, 100, 50];
  const series = drawn(answer(t, [1, 2, 3, 4, 5, 6], { count }), 10);
  expect(series.gaps).toEqual([{ fromMs: 3_990, toMs: 6_000 }]);
  // Each is drawn as the block that it is, the last one up to its last sample.
  expect(series.t.slice(0, 4)).toEqual([0, 990, 1_000, 1_990]);
  expect(series.avg.slice(0, 4)).toEqual([1, 1, 2, 2]);
  expect(series.endMs).toBe(7_490);
  expect(series.avg[pointAt(series, 5_200) ?? -1]).toBe(undefined);
  expect(series.avg[pointAt(series, 7_300) as number]).toBe(6);
});

test('points as wide as asked for are points', () => {
  const t = every(100, 5);
  const series = drawn(answer(t, t, { count: [10, 10, 10, 10, 10] }), 100);
  expect(series.t).toEqual([...t, 490]);
});

test('what is no number is a hole', () => {
  const series = drawn(answer([0, 10, 20, 30], [1, 'NaN', 'Infinity', 4]));
  expect(series.avg).toEqual([1, null, null, 4]);
});

test('counters as rate have one value per point', () => {
  const series = drawn(answer([0, 10], [], { rate: [null, 5], min: undefined, max: undefined }));
  expect(series.avg).toEqual([null, 5]);
  expect(series.min).toBe(undefined);
});

test('a point stands for the time up to the next one, not for a silence', () => {
  const t = [...every(10, 10), 190, 200];
  const series = drawn(answer(t, t));
  expect(series.avg[pointAt(series, 25) as number]).toBe(20);
  expect(pointAt(series, -1)).toBe(undefined);
  expect(pointAt(series, 150)).toBe(undefined);
  expect(series.avg[pointAt(series, 240) as number]).toBe(200);
  expect(pointAt(series, 500)).toBe(undefined);
});

test('the extent holds what is in view and the points beside it', () => {
  const series = drawn(answer(every(10, 10), [9, 1, 2, 3, 4, 5, 6, 7, 8, 99]));
  expect(extent([series], 25, 55)).toEqual([2, 6]);
  expect(extent([], 0, 1)).toEqual([Infinity, -Infinity]);
});

test('a trend is a line through the points, or none', () => {
  const t = every(100, 20);
  const rising = { t, avg: t.map((at) => 5 + at * 0.25) };
  expect(trendAt(rising, 1_900, 1_000, 500)).toBeCloseTo(0.25);
  expect(trendAt(rising, 1_900, 1_000, 1e6)).toBe(undefined);
  expect(trendAt({ t, avg: t.map((_, i) => (i % 2) * 100) }, 1_900, 1_000, 100)).toBe(undefined);
  expect(trendAt({ t, avg: t.map(() => 7) }, 1_900, 1_000, 1)).toBe(undefined);
  expect(trendAt(rising, 200, 1_000, 10)).toBe(undefined);
});
