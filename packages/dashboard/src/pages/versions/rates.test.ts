/** The scale of rates is made by versions that ran enough, and ends at all sessions. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { lowestRate, placeOf, rateTicks } from './rates.ts';

const version = (sessions: number, low: number) => ({
  sessions,
  crash_free_rate: { value: (low + 1) / 2, low, high: 1 },
});

it('is not stretched by a version that ran three times', () => {
  expect(lowestRate([version(3, 0.2), version(500, 0.95)])).toBe(0.95);
  expect(lowestRate([version(3, 0.2)])).toBe(0.2);
});

it('does not make a fall of a hundredth of a point', () => {
  expect(lowestRate([version(100_000, 0.9999)])).toBe(0.99);
  expect(lowestRate([])).toBe(0.99);
});

it('places every rate on the scale, in order, with few ticks that are on it', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(share, share, fc.double({ min: 0, max: 0.99, noNaN: true }), (a, b, lowest) => {
      const [least = 0, greatest = 0] = [a, b].sort((x, y) => x - y);
      expect(placeOf(least, lowest)).toBeLessThanOrEqual(placeOf(greatest, lowest));
      expect(placeOf(1, lowest)).toBe(1);
      const ticks = rateTicks(lowest);
      expect(ticks.length).toBeLessThanOrEqual(4);
      expect(ticks[0]).toBe(1);
      for (const tick of ticks) expect(tick).toBeGreaterThanOrEqual(lowest - 1e-9);
    }),
  );
});
