/** The range is whole steps, and ends with the bar that grows. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { rangeOf, ranges, windowOf } from './range.ts';

it('holds the whole range in whole bars and whole steps of trends, whatever the time', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...ranges),
      fc.integer({ min: Date.UTC(2020, 0), max: Date.UTC(2040, 0) }),
      (range, nowMs) => {
        const { fromMs, toMs } = windowOf(range, nowMs);
        expect(toMs).toBeGreaterThan(nowMs);
        expect(toMs - nowMs).toBeLessThanOrEqual(range.barMs);
        expect(nowMs - fromMs).toBeGreaterThanOrEqual(range.lengthMs);
        expect((toMs - fromMs) % range.barMs).toBe(0);
        expect(fromMs % range.trendMs).toBe(0);
      },
    ),
  );
});

it('is 7 days where nobody chose, or chose what there is not', () => {
  expect(rangeOf(null).name).toBe('7d');
  expect(rangeOf('1y').name).toBe('7d');
  expect(rangeOf('24h').name).toBe('24h');
});
