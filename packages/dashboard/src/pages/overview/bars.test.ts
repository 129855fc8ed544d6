/** Bars hold every session once, and what is drawn is what they hold. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { barsOf, countTicks, greatestOf, stacked, stackPaths, totalsOf, yOf } from './bars.ts';
import type { CountGroup } from './health.ts';

const hour = 3_600_000;
const fromMs = Date.UTC(2026, 2, 1);
const window = { fromMs, toMs: fromMs + 24 * hour, beforeMs: 0 };

function group(atMs: number, cause: string | null, sessions: number): CountGroup {
  const totals = { active: 0, suspended: 0, hung: 0, healthy: 0, errored: 0 };
  const time = new Date(atMs).toISOString();
  return { by: { cause }, time, sessions, ...totals, abnormal: 0, crashed: 0 };
}

describe('barsOf', () => {
  it('puts sessions into the bar in which they started, and leaves earlier ones out', () => {
    const bars = barsOf(
      [
        group(fromMs - hour, null, 5),
        group(fromMs, 'exited', 3),
        group(fromMs + 23 * hour, null, 2),
        group(fromMs + 23 * hour, 'signaled', 1),
      ],
      window,
      hour,
    );
    expect(bars).toHaveLength(24);
    expect(bars[0]).toMatchObject({ fromMs, sessions: 3, counts: { clean: 3, live: 0 } });
    expect(bars[23]).toMatchObject({ sessions: 3, counts: { live: 2, crashed: 1 } });
    expect(totalsOf(bars)).toMatchObject({ clean: 3, live: 2, crashed: 1, lost: 0 });
  });

  it('shows every session as exactly one outcome', () => {
    const causes = fc.constantFrom(null, 'exited', 'failed', 'lost', 'out_of_memory', 'new_kind');
    const groups = fc.array(
      fc
        .tuple(fc.integer({ min: 0, max: 23 }), causes, fc.nat(50))
        .map(([step, cause, sessions]) => group(fromMs + step * hour, cause, sessions)),
    );
    fc.assert(
      fc.property(groups, (all) => {
        const sessions = all.reduce((sum, one) => sum + one.sessions, 0);
        const bars = barsOf(all, window, hour);
        const shown = Object.values(totalsOf(bars)).reduce((sum, one) => sum + one, 0);
        expect(shown).toBe(sessions);
        expect(bars.reduce((sum, bar) => sum + bar.sessions, 0)).toBe(sessions);
      }),
    );
  });
});

describe('stackPaths', () => {
  const box = { left: 0, right: 240, top: 0, bottom: 100 };

  it('stacks trouble at the baseline and everything else above', () => {
    const bars = barsOf([group(fromMs, 'signaled', 25), group(fromMs, 'exited', 75)], window, hour);
    const paths = stackPaths(bars, stacked, greatestOf(bars, stacked), box);
    expect(paths).toEqual([
      { outcome: 'crashed', d: 'M0 100h9V75h-9z' },
      { outcome: 'clean', d: 'M0 75h9V0h-9z' },
    ]);
  });

  it('lets one session among thousands be seen', () => {
    const bars = barsOf([group(fromMs, 'lost', 1), group(fromMs + hour, null, 9000)], window, hour);
    const [lost] = stackPaths(bars, stacked, 9000, box);
    expect(lost).toEqual({ outcome: 'lost', d: 'M0 100h9V99h-9z' });
  });
});

describe('countTicks', () => {
  it('says at most two round numbers that are not above the greatest', () => {
    expect(countTicks(0)).toEqual([]);
    expect(countTicks(1)).toEqual([1]);
    expect(countTicks(8)).toEqual([2, 4]);
    expect(countTicks(114)).toEqual([50, 100]);
  });

  it('keeps them in the picture', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e8 }), (greatest) => {
        for (const tick of countTicks(greatest)) {
          expect(
            yOf(tick, greatest, { left: 0, right: 1, top: 10, bottom: 90 }),
          ).toBeGreaterThanOrEqual(10);
        }
      }),
    );
  });
});
