/** The stretch of events that is loaded: where the cursor stands in it, and how it grows. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { covers, fatalSeq, indexAt, refreshed, type SessionEvent, type Stretch } from './rows.ts';

function event(seq: number, second: number, changes: Partial<SessionEvent> = {}): SessionEvent {
  const timestamp = new Date(Date.UTC(2026, 2, 1, 13, 0, second)).toISOString();
  return {
    ...{ seq, timestamp, received_at: timestamp, name: 'tick', level: 'info', category: 'info' },
    ...{ group: '', labels: null, message: '', data: null },
    ...changes,
  };
}

const at = (second: number) => Date.UTC(2026, 2, 1, 13, 0, second);

const stretch = (seconds: readonly number[], ends: Partial<Stretch> = {}): Stretch => ({
  events: seconds.map((second) => event(second, second)),
  ...{ newer: null, older: null, ...ends },
});

describe('the place of the cursor', () => {
  test('is above the first event that is not later', () => {
    const { events } = stretch([9, 7, 5]);
    expect([10, 9, 8, 5, 4].map((second) => indexAt(events, at(second)))).toEqual([0, 0, 1, 2, 3]);
  });

  test('is known where nothing lies between it and what is loaded', () => {
    const all = stretch([9, 5]);
    const middle = stretch([9, 5], { newer: 'n', older: 'o' });
    expect([10, 7, 1].map((second) => covers(all, at(second)))).toEqual([true, true, true]);
    expect([10, 9, 7, 5, 1].map((second) => covers(middle, at(second)))).toEqual([
      ...[false, true, true, true, false],
    ]);
  });
});

describe('newer events', () => {
  test('join what is loaded, in order of time and without doubles', () => {
    const joined = refreshed(
      stretch([5, 4, 3], { older: 'o' }),
      stretch([7, 5, 4], { older: 'p' }),
    );
    expect(joined.events.map(({ seq }) => seq)).toEqual([7, 5, 4, 3]);
    expect(joined.older).toBe('o');
  });

  test('take its place when some may lie between', () => {
    const newest = stretch([90, 89], { older: 'p' });
    expect(refreshed(stretch([5, 4]), newest)).toBe(newest);
  });

  test('are all that is kept when the stretch has become long', () => {
    let tail = stretch([0]);
    let most = 0;
    for (let seq = 1; seq <= 20_000; seq += 50) {
      const events = Array.from({ length: 200 }, (_, i) => event(seq + 49 - i, 0));
      tail = refreshed(tail, { events, newer: null, older: 'o' });
      most = Math.max(most, tail.events.length);
      expect(tail.events[0]?.seq).toBe(seq + 49);
    }
    expect(most).toBeGreaterThan(1_000);
    expect(most).toBeLessThanOrEqual(2_000);
    expect(tail.older).toBe('o');
  });

  test('always leave a stretch that is sorted and has no double', () => {
    const seconds = fc.uniqueArray(fc.nat(59), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(seconds, seconds, (old, fresh) => {
        const down = (list: number[]) => stretch(list.sort((a, b) => b - a));
        const seqs = refreshed(down(old), down(fresh)).events.map(({ seq }) => seq);
        expect(seqs).toEqual([...new Set([...old, ...fresh])].sort((a, b) => b - a));
      }),
    );
  });
});

test('the exception at the end is what ended it, else what the server said of the crash', () => {
  const crash = event(9, 31, { name: 'session_crashed_detected', level: 'critical' });
  const exception = { exception_type: 'KeyError', level: 'error' } as const;
  expect(fatalSeq([crash, event(8, 30, exception)], at(31))).toBe(8);
  expect(fatalSeq([crash, event(8, 20, exception)], at(31))).toBe(9);
  expect(fatalSeq([event(8, 30)], at(31))).toBeUndefined();
});
