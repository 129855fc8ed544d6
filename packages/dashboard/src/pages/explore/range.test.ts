/** Proves what instants of the address mean, and that steps fit into one answer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instantMs, stepFor, stepText } from './range.ts';

describe('an instant of the address', () => {
  it('is so long ago, a number, a text or now', () => {
    expect(instantMs('-7d', 700_000_000)).toBe(95_200_000);
    expect(instantMs('-90s', 100_000)).toBe(10_000);
    expect(instantMs('1500', 0)).toBe(1_500);
    expect(instantMs('1970-01-01T00:00:02Z', 0)).toBe(2_000);
    expect(instantMs('now', 7)).toBe(7);
  });

  it('is none for anything else', () => {
    expect(instantMs(null, 0)).toBeUndefined();
    expect(instantMs('', 0)).toBeUndefined();
    expect(instantMs('last week', 0)).toBeUndefined();
  });
});

describe('steps', () => {
  it('are round', () => {
    expect(stepText(stepFor([0, 3_600_000], 900, 1))).toBe('30 s');
    expect(stepText(stepFor([0, 7 * 86_400_000], 900, 1))).toBe('2 h');
    expect(stepText(1_500)).toBe('1500 ms');
  });

  it('are wide enough to be pointed at, and few enough for one answer', () => {
    const range = fc.integer({ min: 1, max: 300 * 86_400_000 });
    fc.assert(
      fc.property(
        range,
        fc.integer({ min: 1, max: 3_000 }),
        fc.integer({ min: 0, max: 5_000 }),
        (length, width, groups) => {
          const steps = length / stepFor([0, length], width, groups);
          expect(steps).toBeLessThanOrEqual(Math.max(1, width / 6));
          expect(steps * Math.max(1, groups)).toBeLessThanOrEqual(Math.max(9_000, groups));
        },
      ),
    );
  });
});
