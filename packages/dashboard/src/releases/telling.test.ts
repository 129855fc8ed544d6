/** The pair of versions that is told about: a fall that is no chance, else the newest that ran enough. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rateDifference, tellingPair } from './telling.ts';

const release = (version: string, sessions: number, crashed: number) => ({
  ...{ version, sessions, crashed, first_seen: '2026-03-01T00:00:00.000Z' },
});

function told(...releases: ReturnType<typeof release>[]): string | undefined {
  const pair = tellingPair(releases);
  return pair && `${pair.base.version} → ${pair.candidate.version}`;
}

describe('tellingPair', () => {
  it('is the newest version and the one before it, where nothing fell', () => {
    expect(told(release('2', 100, 1), release('1', 100, 1))).toBe('1 → 2');
  });

  it('stays with a version that fell while its fix hardly runs', () => {
    const fall = [release('2.4.0', 400, 20), release('2.3.9', 300, 1)];
    expect(told(release('2.4.1', 30, 0), ...fall)).toBe('2.3.9 → 2.4.0');
  });

  it('passes over a newest version that ran a few times', () => {
    expect(told(release('3', 2, 1), release('2', 100, 1), release('1', 100, 1))).toBe('1 → 2');
    expect(told(release('3', 2, 1), release('2', 5, 1))).toBe('2 → 3');
  });

  it('forgets falls of long ago', () => {
    const old = [release('2', 500, 100), release('1', 500, 1)];
    const new_ = ['5', '4', '3'].map((version) => release(version, 500, 100));
    expect(told(...new_, ...old)).toBe('4 → 5');
  });

  it('needs two versions', () => {
    expect(told(release('1', 100, 50))).toBeUndefined();
  });
});

describe('rateDifference', () => {
  it('is the same in both directions but for its sign', () => {
    const tally = fc
      .tuple(fc.integer({ min: 1, max: 1e6 }), fc.double({ min: 0, max: 1, noNaN: true }))
      .map(([sessions, share]) => ({ sessions, crashed: Math.round(sessions * share) }));
    fc.assert(
      fc.property(tally, tally, (a, b) => {
        const there = rateDifference(a, b);
        const back = rateDifference(b, a);
        expect(there?.errors).toBeCloseTo(-(back?.errors ?? 0));
        expect(there?.isCertain).toBe(back?.isCertain);
      }),
    );
  });

  it('is never certain of what a single crash makes', () => {
    const quiet = { sessions: 1000, crashed: 0 };
    expect(rateDifference({ sessions: 30, crashed: 1 }, quiet)?.isCertain).toBe(false);
    expect(rateDifference({ sessions: 3, crashed: 3 }, quiet)?.isCertain).toBe(false);
    expect(rateDifference({ sessions: 30, crashed: 6 }, quiet)?.isCertain).toBe(true);
  });

  it('is nothing without sessions', () => {
    expect(rateDifference({ sessions: 0, crashed: 0 }, { sessions: 9, crashed: 0 })).toBeNull();
  });
});
