/** How sessions ended, in few words. */
import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../../outcome.ts';
import { causeWords, splitSentence } from './cause-words.ts';

const nowMs = Date.parse('2026-03-01T12:00:00Z');

const ended = (
  cause: NonNullable<SessionRow['cause']>,
  more: Partial<SessionRow> = {},
): SessionRow => ({ lifecycle: 'crashed', cause, ...more }) as SessionRow;

const running = (more: Partial<SessionRow>): SessionRow =>
  ({
    lifecycle: 'active',
    cause: null,
    liveness: 'responsive',
    hangs: 0,
    hung_ms: 0,
    ...more,
  }) as SessionRow;

const said = (row: SessionRow): string => {
  const { strong, rest } = causeWords(row, 'crashed', nowMs);
  return `${strong}|${rest}`;
};

describe('a sentence of the server', () => {
  it.each([
    ['Crashed after 24 min 58 s: SIGABRT, core dumped', 'SIGABRT', 'core dumped'],
    ['Crashed after 2.1 s: SIGSEGV', 'SIGSEGV', ''],
    ['Crashed while hung for 2 min 25 s: SIGKILL', 'Crashed while hung for 2 min 25 s', 'SIGKILL'],
    ['Crashed after 22 min: lost', 'Crashed', 'lost'],
    ['Crashed after 5 min: parent: gone', 'Crashed', 'parent: gone'],
    [
      'Crashed after 840 ms: its process was gone, and nobody saw why',
      'Crashed',
      'its process was gone, and nobody saw why',
    ],
    [
      'Lost after 10 min: fell silent, and nobody saw why',
      'Lost',
      'fell silent, and nobody saw why',
    ],
    [
      'Lost after 2 d 4 h together with its machine, which was started anew',
      'Lost',
      'together with its machine, which was started anew',
    ],
    ['Terminated by the user after 25 min 14 s (SIGINT)', 'Terminated by the user', '(SIGINT)'],
    ['Something new', 'Something new', ''],
    ['', '', ''],
  ])('"%s" is "%s" and "%s"', (sentence, strong, rest) => {
    expect(splitSentence(sentence)).toEqual({ strong, rest });
  });
});

describe('a session that has ended', () => {
  it('says little when it ended well', () => {
    expect(said(ended({ kind: 'ended', sentence: 'Ended after 5 min' }))).toBe('|Ended');
    expect(said(ended({ kind: 'ended', sentence: 'Ended after 5 min, still hung' }))).toBe(
      '|Ended, still hung',
    );
    expect(said(ended({ kind: 'exited', sentence: '', exit_code: 0 }))).toBe('|Exit 0');
  });

  it('begins with what it died of', () => {
    const exception = { type: 'KeyError', message: 'coupon', at: '' };
    expect(said(ended({ kind: 'uncaught', sentence: '' }, { exception }))).toBe(
      'Uncaught KeyError|coupon',
    );
    expect(said(ended({ kind: 'uncaught', sentence: '' }))).toBe('Uncaught exception|');
    expect(said(ended({ kind: 'failed', sentence: '', exit_code: 3 }, { exception }))).toBe(
      'Exit 3|KeyError: coupon',
    );
    const resources = { rss_bytes: 7.8 * 2 ** 30 };
    expect(said(ended({ kind: 'out_of_memory', sentence: '', signal: 'SIGKILL', resources }))).toBe(
      'Out of memory|at 7.8 GiB, killed by SIGKILL',
    );
  });
});

describe('a session that runs', () => {
  it('says how it is doing', () => {
    expect(said(running({}))).toBe('|Responsive');
    expect(said(running({ liveness: 'hung', hangs: 1, hung_ms: 22_400 }))).toBe(
      'Hung for 22 s|and still alive',
    );
    expect(said(running({ liveness: 'hung', hangs: 3, hung_ms: 300_000 }))).toBe(
      'Hung|and still alive, 5 min in 3 hangs',
    );
    const asleep = running({ liveness: 'suspended', last_heartbeat: '2026-03-01T11:48:05Z' });
    expect(said(asleep)).toBe('|Asleep for 12 min');
  });
});
