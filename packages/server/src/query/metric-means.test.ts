/** Means of metrics, session by session. */
import type { MetricType } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { sessionMeans } from './metric-means.ts';

function series(
  name: string,
  {
    sum = 0,
    count = 0,
    nans = 0,
    rate,
  }: { sum?: number; count?: number; nans?: number; rate?: number },
  type: MetricType = 'gauge',
) {
  const key = { name, type, unit: '', tags: [] };
  return { key, sum, count, nans, ...(rate === undefined ? {} : { rate }) };
}

const meansOf = (...all: ReturnType<typeof series>[]): Record<string, number> =>
  Object.fromEntries(sessionMeans(all).map(({ name, mean }) => [name, mean]));

describe('the metrics of a session', () => {
  it('have one mean over all series, each sample counting once', () => {
    expect(
      meansOf(
        series('m', { sum: 30, count: 3 }),
        series('m', { sum: 10, count: 2, nans: 1 }),
        series('n', { sum: 7, count: 1 }),
      ),
    ).toEqual({ m: 10, n: 7 });
  });

  it('have none where all values are NaN', () => {
    expect(meansOf(series('m', { sum: Number.NaN, count: 2, nans: 2 }))).toEqual({ m: Number.NaN });
    expect(
      meansOf(
        series('m', { sum: Number.NaN, count: 2, nans: 2 }),
        series('m', { sum: 4, count: 1 }),
      ),
    ).toEqual({ m: 4 });
  });

  it('are rates where they are counters, added up over the series that have one', () => {
    const once = { sum: 5, count: 1, rate: Number.NaN };
    expect(
      meansOf(
        series('c', { sum: 90, count: 3, rate: 2 }, 'counter'),
        series('c', once, 'counter'),
        series('c', { sum: 9, count: 3, rate: 0.5 }, 'counter'),
        series('once', once, 'counter'),
      ),
    ).toEqual({ c: 2.5, once: Number.NaN });
  });

  it('of the same name are apart when type or unit differ', () => {
    const found = sessionMeans([
      series('m', { sum: 1, count: 1 }),
      series('m', { sum: 2, count: 1 }, 'timer'),
    ]);
    expect(found.map(({ type, mean }) => [type, mean])).toEqual([
      ['gauge', 1],
      ['timer', 2],
    ]);
  });
});
