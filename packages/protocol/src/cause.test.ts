/** Causes of an end and outcomes of a session: concluded from what is on record. */
import { describe, expect, it } from 'vitest';
import { type CauseFacts, type CauseReport, causeOf } from './cause.ts';
import { outcomeOf } from './outcome.ts';
import { readCrash, readEnd } from './schema/crash.ts';
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

describe('a cause that somebody saw', () => {
  const said: [CauseReport, string][] = [
    [{ kind: 'ended' }, 'Ended after 3 s'],
    [{ kind: 'exited', exit_code: 0 }, 'Exited after 3 s without a word (status 0)'],
    [{ kind: 'failed', exit_code: 2 }, 'Failed after 3 s: exit status 2'],
    [
      { kind: 'signaled', signal: 'SIGSEGV', core_dumped: true },
      'Crashed after 3 s: SIGSEGV, core dumped',
    ],
    [{ kind: 'out_of_memory', oom: true }, 'Killed after 3 s: out of memory'],
    [{ kind: 'out_of_memory', signal: 'SIGKILL' }, 'Killed after 3 s: out of memory (SIGKILL)'],
    [{ kind: 'uncaught' }, 'Crashed after 3 s: uncaught exception'],
    [
      { kind: 'killed_while_hung', signal: 'SIGKILL', hung_ms: 14_000 },
      'Crashed while hung for 14 s: SIGKILL',
    ],
    [{ kind: 'machine_lost' }, 'Lost after 3 s together with its machine, which was started anew'],
    [{ kind: 'terminated_by_user', signal: 'SIGINT' }, 'Terminated by the user after 3 s (SIGINT)'],
    [{ kind: 'crashed' }, 'Crashed after 3 s: its process was gone, and nobody saw why'],
  ];

  it.each(said)('%j', (report, sentence) => {
    const status = { ...after(['end', 3 * second]), cause: report };
    expect(cause(status)).toEqual({ kind: report.kind, sentence, report });
  });

  it('names the exception that brought it down', () => {
    const status = { ...after(['crash', 3 * second]), cause: { kind: 'uncaught' } as const };
    const exception = { type: 'KeyError', message: 'id', atUs: 2.9 * second };
    expect(cause(status, exception)?.sentence).toBe('Crashed after 3 s: uncaught KeyError: id');
  });

  it('is read as far as it is understood, and never refused', () => {
    expect(
      readCrash({ reason: 'x', cause: { kind: 'failed', exit_code: 2.5, signal: 7 } }),
    ).toEqual({ reason: 'x', cause: { kind: 'failed' } });
    for (const odd of [null, 7, [], 'failed', { kind: 'exited' }, { kind: 'lost' }, {}]) {
      expect(readCrash({ reason: 'x', cause: odd })).toEqual({ reason: 'x' });
    }
    expect(readEnd({ cause: { kind: 'failed' } })).toEqual({});
    expect(readEnd(undefined)).toEqual({});
    const full = {
      ...{ kind: 'terminated_by_user', exit_code: 130, signal: 'SIGINT', core_dumped: false },
      ...{ oom: false, hung_ms: 2, boot_id: 'b', resources: { cpu_percent: 1, rss_bytes: 2 } },
    };
    expect(readEnd({ cause: full })).toEqual({ cause: full });
  });
});
