/** Causes of an end and outcomes of a session: concluded from what is on record. */
import { describe, expect, it } from 'vitest';
import { type CauseFacts, causeOf } from './cause.ts';
import { outcomeOf } from './outcome.ts';
import { advance, initialStatus, type SessionStatus, type Signal } from './session.ts';

const second = 1e6;
const minute = 60 * second;

/** The status after these signals, each received when it happened. */
function after(...signals: [kind: Signal['kind'], atUs: number, word?: string][]): SessionStatus {
  let status = initialStatus(0);
  for (const [kind, atUs, word = ''] of signals) {
    const when = { atUs, receivedUs: atUs };
    const signal: Signal =
      kind === 'crash'
        ? { kind, reason: word, ...when }
        : kind === 'returned'
          ? { kind, machineId: word, ...when }
          : { kind, ...when };
    status = advance(status, signal).status;
  }
  return status;
}

const cause = (status: SessionStatus, exception?: CauseFacts['exception']) =>
  causeOf({ status, createdUs: 0, ...(exception && { exception }) });

describe('the cause of an end', () => {
  it('is nothing while the session is active', () => {
    expect(cause(after(['heartbeat', second]))).toBeNull();
  });

  it('is said with the age of the session and what is known', () => {
    expect(cause(after(['end', 41 * minute]))).toEqual({
      kind: 'ended',
      sentence: 'Ended after 41 min',
    });
    expect(cause(after(['crash', 10 * second, 'parent_process_terminated']))).toEqual({
      kind: 'crashed',
      sentence: 'Crashed after 10 s: parent process terminated',
    });
    expect(cause(after(['crash', 10 * second, '']))?.sentence).toBe('Crashed after 10 s');
    expect(cause(after(['activity', 10 * minute], ['lost', 30 * minute]))).toEqual({
      kind: 'lost',
      sentence: 'Lost after 10 min: fell silent, and nobody saw why',
    });
    expect(cause(after(['heartbeat', minute], ['returned', 5 * minute, 'm']))).toEqual({
      kind: 'machine_lost',
      sentence: 'Crashed after 1 min: the machine came back without it',
    });
  });

  it('tells a death during a hang from one after it', () => {
    const hung = ['hang', 20 * second] as const;
    expect(cause(after([...hung], ['crash', 34 * second, 'SIGSEGV']))).toEqual({
      kind: 'killed_while_hung',
      sentence: 'Crashed while hung for 14 s: SIGSEGV',
    });
    const recovered = after([...hung], ['recover', 25 * second], ['crash', 34 * second, 'x']);
    expect(cause(recovered)?.kind).toBe('crashed');
    expect(cause(after([...hung], ['end', 34 * second]))?.sentence).toBe(
      'Ended after 34 s, still hung',
    );
  });

  it('is the exception that came just before a crash, and no older one', () => {
    const status = after(['crash', 60 * second, 'abnormal_termination']);
    const exception = { type: 'TypeError', message: 'x is undefined', atUs: 55 * second };
    expect(cause(status, exception)).toEqual({
      kind: 'uncaught',
      sentence: 'Crashed after 1 min: uncaught TypeError: x is undefined',
    });
    expect(cause(status, { ...exception, message: '' })?.sentence).toBe(
      'Crashed after 1 min: uncaught TypeError',
    );
    expect(cause(status, { ...exception, atUs: 54 * second })?.kind).toBe('crashed');
    expect(cause(after(['end', 60 * second]), exception)?.kind).toBe('ended');
  });

  it('never counts below zero when clocks disagree', () => {
    const status = { ...after(['end', second]), endedUs: -5 * second };
    expect(cause(status)?.sentence).toBe('Ended after 0 s');
  });
});

describe('the outcome of a session', () => {
  it.each<[string, SessionStatus, number, string]>([
    ['runs without trouble', after(['heartbeat', 1]), 0, 'healthy'],
    ['ended without trouble', after(['end', 1]), 0, 'healthy'],
    ['recorded an error', after(['end', 1]), 1, 'errored'],
    ['recovered from a hang', after(['hang', 1], ['recover', 2], ['end', 3]), 0, 'errored'],
    ['hangs', after(['hang', 1]), 0, 'abnormal'],
    ['ended while it hung', after(['hang', 1], ['end', 3]), 5, 'abnormal'],
    ['was lost', after(['lost', 1]), 5, 'abnormal'],
    ['crashed', after(['crash', 1, 'x']), 0, 'crashed'],
    ['crashed while it hung', after(['hang', 1], ['crash', 2, 'x']), 9, 'crashed'],
    [
      'did not return with its machine',
      after(['heartbeat', 1], ['returned', 2, 'm']),
      0,
      'crashed',
    ],
  ])('that %s', (_, status, errors, outcome) => {
    expect(outcomeOf(status, errors)).toBe(outcome);
  });
});
