/** The sentence of a session: what is known is said, what is not is left out. */
import { describe, expect, test } from 'vitest';
import { hourMinute } from '../../../format/time.ts';
import type { SessionRow } from '../../../outcome.ts';
import { age, causeWords, type Moment, plain, verdictOf } from './sentence.ts';

const minute = 60_000;
const endMs = Date.parse('2026-03-01T13:41:03Z');

function row(changes: Partial<SessionRow>): SessionRow {
  const common = { lifecycle: 'crashed', liveness: null, active: false, suspended: false } as const;
  return {
    ...{ id: 'c4a5bed0-6666-4666-8666-666666666666', product: 'shop', version: '2.4.0' },
    ...{ created_at: '2026-03-01T13:00:00Z', updated_at: '2026-03-01T13:41:03Z' },
    ...{ ended_at: '2026-03-01T13:41:03Z', last_heartbeat: null, duration_ms: 2_463_000 },
    ...{ ...common, crashed: true, hung: false, hangs: 0, hung_ms: 0, outcome: 'crashed' },
    ...{ cause: { kind: 'crashed', sentence: '' }, reason: null },
    ...{ events: 3, errors: 0, patches: 1, samples: 16 },
    ...changes,
  };
}

const mover = {
  ...{ name: 'memory_rss', type: 'gauge', unit: 'bytes', tags: [], rate: false, score: 40 },
  ...{ direction: 'up' as const, before: 1.36 * 2 ** 30, after: 3.1 * 2 ** 30, spread: 1 },
};

const trend: Moment = {
  ...{ kind: 'trend', timestamp: '2026-03-01T13:40:17Z', title: 'memory_rss began to rise' },
  ...{ detail: '', series: { name: 'memory_rss', type: 'gauge', unit: 'bytes', tags: [] } },
};

const signaled = { kind: 'signaled', sentence: '', signal: 'SIGSEGV', hung_ms: 14_300 } as const;

describe('the sentence', () => {
  test('says outcome, age, cause, liveness, place and what moved', () => {
    const parts = verdictOf({
      ...{ row: row({ cause: signaled }), endMs, movers: [mover], moments: [trend] },
      place: { path: 'scene.name', value: 'level_load', isPinned: false },
    });
    expect(plain(parts)).toBe(
      'Crashed after 41 min: SIGSEGV while hung for 14 s in level_load, memory_rss 3.1 GiB and rising',
    );
    expect(parts[0]).toEqual({ text: 'Crashed', isFact: true, ink: 'crashed' });
    expect(parts.filter(({ isFact }) => !isFact).map(({ text }) => text)).toContain(' while ');
  });

  test('leaves out what is not known, and metrics that did not really move', () => {
    const still = { ...mover, score: 3.4 };
    expect(plain(verdictOf({ row: row({}), endMs, movers: [still] }))).toBe('Crashed after 41 min');
  });

  test('tells a jump from a climb', () => {
    const jump = { ...trend, title: 'memory_rss jumped up' };
    const facts = { row: row({}), endMs, movers: [mover], moments: [jump] };
    expect(plain(verdictOf(facts))).toMatch(/, memory_rss 3.1 GiB, up from 1.36 GiB$/);
  });

  test('names a pinned value by its path where one cannot be in it', () => {
    const place = { path: 'cart.items', value: 3, isPinned: true };
    expect(plain(verdictOf({ row: row({}), endMs, place }))).toBe(
      'Crashed after 41 min, cart.items 3',
    );
    const passing = { ...place, isPinned: false };
    expect(plain(verdictOf({ row: row({}), endMs, place: passing }))).toBe('Crashed after 41 min');
  });

  test('keeps to what matters of a good end', () => {
    const cause = { kind: 'exited', sentence: '', exit_code: 0 } as const;
    const facts = { row: row({ cause, hangs: 2, errors: 1 }), endMs, movers: [mover] };
    expect(plain(verdictOf(facts))).toBe(
      'Exited after 41 min: exit status 0, after 2 hangs, with 1 error',
    );
  });

  test('of a live session says how it is doing', () => {
    const live = {
      lifecycle: 'active',
      active: true,
      liveness: 'responsive',
      cause: null,
    } as const;
    const at = Date.parse('2026-03-01T13:09:00Z');
    expect(plain(verdictOf({ row: row(live), endMs: at }))).toBe('Alive for 9 min, responsive');
    const silent = {
      ...live,
      liveness: 'suspended',
      last_heartbeat: '2026-03-01T13:05:00Z',
    } as const;
    expect(plain(verdictOf({ row: row(silent), endMs: at }))).toBe(
      `Alive for 9 min, without a heartbeat since ${hourMinute(Date.parse('2026-03-01T13:05:00Z'))}`,
    );
  });
});

describe('the cause in words', () => {
  test.each([
    [{ kind: 'failed', exit_code: 3 }, 'exit status 3'],
    [{ kind: 'failed' }, undefined],
    [{ kind: 'out_of_memory', signal: 'SIGKILL' }, 'out of memory'],
    [{ kind: 'machine_lost', boot_id: 'b' }, 'the machine came back with another boot'],
    [{ kind: 'lost' }, `silent since ${hourMinute(endMs)}`],
    [{ kind: 'ended' }, undefined],
    [{ kind: 'crashed' }, 'watchdog said so'],
  ] as const)('of %j is %s', (cause, words) => {
    const known = row({ cause: { sentence: '', ...cause }, reason: 'watchdog_said_so' });
    expect(causeWords(known, endMs)).toBe(words);
  });

  test('cuts what is far too long', () => {
    const exception = { type: 'E'.repeat(500), message: '', at: '2026-03-01T13:41:03Z' };
    const cause = { kind: 'uncaught', sentence: '' } as const;
    expect(causeWords(row({ cause, exception }), endMs)).toHaveLength('uncaught '.length + 61);
  });
});

test('an age has a second unit only while the first one is small', () => {
  expect(age(41 * minute + 3_000)).toBe('41 min');
  expect(age(80 * minute)).toBe('1 h 20 min');
  expect(age(-5)).toBe('0 ms');
});
