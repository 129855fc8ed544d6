/** How much a series moved, and where its trend starts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { moveOf } from './movers.ts';
import { trendOf } from './trend.ts';

/** Halving the smallest doubles loses digits, which is no matter of units. */
const value = fc
  .double({ min: -1e9, max: 1e9, noNaN: true })
  .map((x) => (Math.abs(x) < 1e-290 ? 0 : x));
const rest = fc.array(value, { minLength: 5, maxLength: 40 });
const window = fc.array(value, { minLength: 2, maxLength: 20 });

describe('a move', () => {
  it('is 0 for a series that is constant', () => {
    fc.assert(
      fc.property(value, fc.integer({ min: 5, max: 50 }), (constant, n) => {
        const move = moveOf(Array(n).fill(constant), Array(3).fill(constant));
        expect(move).toMatchObject({ score: 0, direction: 'flat' });
      }),
    );
  });

  it('has the same score in any unit, upwards or downwards, and is bounded', () => {
    fc.assert(
      fc.property(rest, window, fc.constantFrom(0.5, 2, 1024), (usual, now, factor) => {
        const move = moveOf(usual, now);
        const scaled = moveOf(
          usual.map((x) => x * factor),
          now.map((x) => x * factor),
        );
        const mirrored = moveOf(
          usual.map((x) => -x),
          now.map((x) => -x),
        );
        if (typeof move === 'string') throw new Error(move);
        expect(move.score).toBeLessThanOrEqual(200.001);
        expect(scaled).toMatchObject({ score: expect.closeTo(move.score, 6) });
        expect(mirrored).toMatchObject({ score: expect.closeTo(move.score, 6) });
      }),
    );
  });

  it('is not hidden by outliers, and stands out from noise', () => {
    const noise = Array.from({ length: 100 }, (_, i) => 10 + (i % 5) / 10);
    const quiet = moveOf([...noise, 1e6, -1e6], [10.1, 10.3, 10.2]);
    const loud = moveOf([...noise, 1e6, -1e6], [14, 14.2, 13.9]);
    expect(quiet).toMatchObject({ score: expect.closeTo(0, 0) });
    expect(loud).toMatchObject({ direction: 'up', before: 10.2, after: 14 });
    expect((loud as { score: number }).score).toBeGreaterThan(3.5);
  });

  it('is not told from too little, and says what was missing', () => {
    expect(moveOf([1, 2, 3, 4], [1, 2])).toBe('few_samples_before');
    expect(moveOf([1, 2, 3, 4, 5], [1])).toBe('few_samples_in_window');
    expect(moveOf([Number.NaN], [Number.POSITIVE_INFINITY])).toBe('no_numbers');
  });
});

describe('a trend', () => {
  const times = Array.from({ length: 60 }, (_, i) => i * 1e6);
  const noise = (i: number) => ((i * 7919) % 13) / 13 - 0.5;

  it('starts where a flat course begins to rise or fall', () => {
    for (const start of [10, 30, 50]) {
      for (const slope of [3, -3]) {
        const values = times.map((_, i) => 100 + noise(i) + Math.max(0, i - start) * slope);
        const found = trendOf(times, values);
        expect(found).toMatchObject({ direction: slope > 0 ? 'up' : 'down', isJump: false });
        expect(Math.abs(found!.start - start)).toBeLessThanOrEqual(2);
      }
    }
  });

  it('starts where a level changes at once', () => {
    const values = times.map((_, i) => (i < 40 ? 5 : 50) + noise(i));
    expect(trendOf(times, values)).toEqual({ start: 40, direction: 'up', isJump: true });
  });

  it('is not there in noise, in a constant, or in one straight line', () => {
    expect(
      trendOf(
        times,
        times.map((_, i) => noise(i)),
      ),
    ).toBe(undefined);
    expect(
      trendOf(
        times,
        times.map(() => 7),
      ),
    ).toBe(undefined);
    expect(
      trendOf(
        times,
        times.map((_, i) => i + noise(i)),
      ),
    ).toBe(undefined);
    expect(trendOf([1, 2], [1, 2])).toBe(undefined);
  });
});
