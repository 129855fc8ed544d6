/** Errors: what the world gets to see of them. */
import { describe, expect, it } from 'vitest';
import { errorTable, TachoError } from './errors.ts';

describe('an error', () => {
  it('replies with short text, sentence and code, and with further fields where it has some', () => {
    const error = new TachoError('session_ambiguous', 'two sessions start with 550e8400', {
      extra: { sessions: ['a', 'b'], code: 'not this' },
    });
    expect(error.status).toBe(409);
    expect(error.toReply()).toEqual({
      error: 'Session id prefix is ambiguous',
      details: 'two sessions start with 550e8400',
      code: 'session_ambiguous',
      sessions: ['a', 'b'],
    });
  });

  it('keeps its cause out of the reply', () => {
    const error = new TachoError('internal', 'Something went wrong.', { cause: new Error('EIO') });
    expect(error.cause).toBeInstanceOf(Error);
    expect(Object.keys(error.toReply()).sort()).toEqual(['code', 'details', 'error']);
  });

  it('carries the time to wait only when there is one', () => {
    expect(new TachoError('overloaded', 'x', { retryAfterSeconds: 2 }).retryAfterSeconds).toBe(2);
    expect(new TachoError('overloaded', 'x').retryAfterSeconds).toBeUndefined();
  });
});

describe('the table', () => {
  it('calls retryable what time can mend, and nothing that the sender has to mend', () => {
    for (const { status, retryable } of Object.values(errorTable)) {
      expect(retryable).toBe(status >= 500 || status === 408 || status === 429);
    }
  });
});
