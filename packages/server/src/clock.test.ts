/** The clock: fine, steady, and never far from the wall. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeClock } from './clock.ts';

/** Two hands that a test moves. */
function hands(wallMs: number) {
  const at = { wallMs, monotonicMs: 5_000.25 };
  const clock = makeClock({ wallMs: () => at.wallMs, monotonicMs: () => at.monotonicMs });
  const turn = (monotonicMs: number, wallMs: number): number => {
    at.monotonicMs += monotonicMs;
    at.wallMs += wallMs;
    return clock();
  };
  return { at, clock, turn };
}

describe('the clock', () => {
  it('tells the wall time in whole microseconds', () => {
    const { clock, turn } = hands(1_700_000_000_000);
    expect(clock()).toBe(1_700_000_000_000_000);
    expect(turn(0.25, 0)).toBe(1_700_000_000_000_250);
  });

  it('does not step back when the wall is corrected a little', () => {
    const { clock, turn } = hands(1_700_000_000_000);
    const before = clock();
    expect(turn(1, -40)).toBe(before + 1_000);
  });

  it('follows the wall when somebody sets the time or the machine slept', () => {
    const { turn } = hands(1_700_000_000_000);
    expect(turn(1, 3_600_000)).toBe(1_700_003_600_000_000);
    expect(turn(1, -7_200_000)).toBe(1_699_996_400_000_000);
  });

  it('is never further than 50 ms from the wall and only goes back with it', () => {
    const steps = fc.array(
      fc.tuple(fc.double({ min: 0, max: 1e4, noNaN: true }), fc.integer({ min: -1e5, max: 1e5 })),
    );
    fc.assert(
      fc.property(steps, (moves) => {
        const { at, clock, turn } = hands(1_700_000_000_000);
        let before = clock();
        for (const [monotonicMs, extraMs] of moves) {
          const now = turn(monotonicMs, monotonicMs + extraMs);
          expect(Number.isInteger(now)).toBe(true);
          expect(Math.abs(now / 1000 - at.wallMs)).toBeLessThanOrEqual(50.01);
          if (extraMs >= 0) expect(now).toBeGreaterThanOrEqual(before - 50_000);
          before = now;
        }
      }),
    );
  });

  it('runs with the real hands', () => {
    const before = Date.now() * 1000;
    const now = makeClock()();
    expect(now).toBeGreaterThan(before - 60_000);
    expect(now).toBeLessThan(before + 60_000_000);
  });
});
