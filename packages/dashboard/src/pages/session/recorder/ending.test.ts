/** The end of a session in one word. */
import { expect, test } from 'vitest';
import type { SessionRow } from '../../../outcome.ts';
import { endName, endWord } from './ending.ts';

const row = (cause: object | null, more: object = {}): SessionRow =>
  ({ lifecycle: cause === null ? 'active' : 'crashed', cause, ...more }) as SessionRow;

test('the end of a session has one word', () => {
  expect(endWord(row({ kind: 'signaled', signal: 'SIGSEGV' }))).toBe('SIGSEGV');
  expect(endWord(row({ kind: 'failed', exit_code: 3 }))).toBe('exit 3');
  expect(endWord(row({ kind: 'uncaught' }, { exception: { type: 'KeyError' } }))).toBe('KeyError');
  expect(endWord(row({ kind: 'killed_while_hung' }))).toBe('killed');
  expect(endWord(row(null))).toBe('');
});

test('who finished did not die', () => {
  expect(endName(row({ kind: 'exited' }))).toBe('end');
  expect(endName(row({ kind: 'lost' }))).toBe('death');
  expect(endName(row(null))).toBe('now');
});
