/** Proves where runs are laid over each other, and what is in view. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../../outcome.ts';
import { alignOf, limitsOf, loudOf, originOf, runsOf, spanOf, windowOf } from './runs.ts';

const row = (createdMs: number, durationMs: number, more: Partial<SessionRow> = {}): SessionRow =>
  ({
    id: `run-${createdMs}`,
    created_at: new Date(createdMs).toISOString(),
    duration_ms: durationMs,
    lifecycle: 'ended',
    cause: { kind: 'ended', sentence: 'Ended' },
    ...more,
  }) as SessionRow;

describe('runs on one axis', () => {
  const runs = runsOf([row(1_000, 500), row(5_000, 2_000)]);

  it('have letters in their order', () => {
    expect(runs.map(({ letter }) => letter)).toEqual(['A', 'B']);
  });

  it('begin together when they are aligned at their starts', () => {
    expect(runs.map((run) => run.startMs - originOf(run, 'start'))).toEqual([0, 0]);
    expect(spanOf(runs, 'start')).toEqual([0, 2_000]);
  });

  it('end together when they are aligned at their deaths', () => {
    expect(runs.map((run) => run.endMs - originOf(run, 'death'))).toEqual([0, 0]);
    expect(spanOf(runs, 'death')).toEqual([-2_000, 0]);
  });

  it('stand where they were when they are aligned by the clock', () => {
    expect(spanOf(runs, 'clock')).toEqual([1_000, 7_000]);
  });

  it('are aligned at their deaths unless one is alive, a suspended one as well', () => {
    expect(alignOf(runs)).toBe('death');
    const suspended = row(1, 1, { lifecycle: 'active', active: false, cause: null });
    expect(alignOf(runsOf([row(1, 1), suspended]))).toBe('start');
  });
});

describe('a window', () => {
  it('holds the last part of the runs with room for values right of the end', () => {
    const [from, to] = windowOf([-600_000, 0], 'death', 120_000);
    expect(from).toBe(-120_000);
    expect(to).toBeGreaterThan(10_000);
  });

  it('holds the first part of them when they are aligned at their starts', () => {
    expect(windowOf([0, 600_000], 'start', 120_000)).toEqual([0, 120_000]);
  });

  it('is never longer than the runs and their room, and never leaves the limits', () => {
    const align = fc.constantFrom('start' as const, 'death' as const, 'clock' as const);
    const length = fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), align, length, (whole, at, lengthMs) => {
        const span = at === 'death' ? ([-whole, 0] as const) : ([0, whole] as const);
        const [from, to] = windowOf(span, at, lengthMs);
        const [least, most] = limitsOf(span);
        expect(from).toBeGreaterThanOrEqual(least);
        expect(to).toBeLessThanOrEqual(most * (1 + 1e-9));
        expect(to).toBeGreaterThan(from);
      }),
    );
  });
});

describe('runs that stand out', () => {
  it('are all of a few', () => {
    expect(loudOf([1, 2, undefined, 4])).toEqual([true, true, true, true]);
  });

  it('are the two that are farthest from the others', () => {
    expect(loudOf([5, 90, 5, 6, undefined, -40])).toEqual([false, true, false, false, false, true]);
  });
});
