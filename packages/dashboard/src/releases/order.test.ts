/** Which version is the newest, and which one it is judged by. */
import { describe, expect, it } from 'vitest';
import { newestFirst, versionBefore } from './order.ts';

const release = (version: string, day: number, sessions = 100) => ({
  version,
  sessions,
  first_seen: `2026-03-${String(day).padStart(2, '0')}T00:00:00.000Z`,
});

describe('newestFirst', () => {
  it('goes by numbers, so that a late fix of an old line is not the newest', () => {
    const all = [release('1.9.9', 9), release('2.0.0', 3), release('1.10.0', 1)];
    expect(newestFirst(all).map(({ version }) => version)).toEqual(['2.0.0', '1.10.0', '1.9.9']);
  });

  it('goes by time where a version is no number, also where a hash begins with digits', () => {
    const all = [release('7f3c1e', 1), release('1e3b77', 5), release('main', 3)];
    expect(newestFirst(all).map(({ version }) => version)).toEqual(['1e3b77', 'main', '7f3c1e']);
  });
});

describe('versionBefore', () => {
  it('passes over versions that hardly ran', () => {
    const all = [release('3', 3), release('2', 2, 4), release('1', 1)];
    expect(versionBefore(all, '3')?.version).toBe('1');
  });

  it('takes what there is when no older version ran enough, and nothing before the first', () => {
    const all = [release('2', 2), release('1', 1, 3)];
    expect(versionBefore(all, '2')?.version).toBe('1');
    expect(versionBefore(all, '1')).toBeUndefined();
  });
});
