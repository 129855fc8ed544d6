/** How a session ended, in few words: the strong part in the ink of its outcome, and the rest. */
import { duration, ms } from '../../format/time.ts';
import { isRunning, type SessionRow, type ShownOutcome } from '../../outcome.ts';

/** A sentence in two parts; either may be empty. */
export interface CauseWords {
  strong: string;
  rest: string;
}

/** What the list says of a session; `nowMs` is for those that run. */
export function causeWords(row: SessionRow, outcome: ShownOutcome, nowMs: number): CauseWords {
  if (isRunning(row)) return liveWords(row, nowMs);
  if (row.cause === null) return { strong: outcome === 'lost' ? 'Lost' : '', rest: '' };
  return endedWords(row, row.cause);
}

/** How a session that runs is doing. */
function liveWords(row: SessionRow, nowMs: number): CauseWords {
  const { liveness, last_heartbeat: beat, hangs, hung_ms: hungMs } = row;
  if (liveness === 'suspended') {
    const since = ms(beat ?? row.updated_at);
    return { strong: '', rest: `Asleep for ${roughly(nowMs - since)}` };
  }
  if (liveness !== 'hung') return { strong: '', rest: 'Responsive' };
  // Of several hangs only the sum is known.
  if (hangs > 1) {
    return { strong: 'Hung', rest: `and still alive, ${roughly(hungMs)} in ${hangs} hangs` };
  }
  return { strong: `Hung for ${roughly(hungMs)}`, rest: 'and still alive' };
}

function endedWords(row: SessionRow, cause: NonNullable<SessionRow['cause']>): CauseWords {
  const { exception } = row;
  switch (cause.kind) {
    case 'ended':
      return {
        strong: '',
        rest: cause.sentence.includes('still hung') ? 'Ended, still hung' : 'Ended',
      };
    case 'exited':
      return { strong: '', rest: `Exit ${cause.exit_code ?? 0}` };
    case 'failed':
      return {
        strong: cause.exit_code === undefined ? 'Failed' : `Exit ${cause.exit_code}`,
        rest: exceptionWords(exception),
      };
    case 'uncaught':
      return {
        strong: exception?.type ? `Uncaught ${exception.type}` : 'Uncaught exception',
        rest: exception?.message ?? '',
      };
    case 'out_of_memory':
      return { strong: 'Out of memory', rest: memoryWords(cause) };
    case 'lost':
      return { strong: 'Lost', rest: 'silent, and nobody saw why' };
    case 'machine_lost':
      return { strong: 'Lost', rest: 'together with its machine' };
    case 'terminated_by_user':
      return { strong: '', rest: joined(splitSentence(cause.sentence)) };
    default:
      return splitSentence(cause.sentence);
  }
}

/**
 * Splits a sentence of the server where its joint is. How long the run took stands in a column of
 * its own and is left out; a signal says more than that it was a crash.
 */
export function splitSentence(sentence: string): CauseWords {
  const short = sentence
    .replace(/ after (?:[\d.,]+ \p{L}+ ?){1,2}(?=$|[ :,(]|\b)/u, ' ')
    .replace(/ +([:,]|$)/g, '$1');
  const [, head = short, rest = ''] = /^([^:]*): (.*)$/s.exec(short) ?? [];
  const [, signal, more = ''] = /^(SIG[A-Z0-9]+)(?:, (.*))?$/s.exec(rest) ?? [];
  if (head === 'Crashed' && signal !== undefined) return { strong: signal, rest: more };
  if (rest !== '') return { strong: head, rest };
  const [, first = short, others = ''] =
    /^(Lost|Terminated by the user|Crashed) ?(.*)$/s.exec(short) ?? [];
  return { strong: first, rest: others };
}

function joined({ strong, rest }: CauseWords): string {
  return [strong, rest].filter((part) => part !== '').join(' ');
}

function exceptionWords(exception: SessionRow['exception']): string {
  return [exception?.type, exception?.message].filter((part) => part).join(': ');
}

function memoryWords({ resources, signal }: NonNullable<SessionRow['cause']>): string {
  const size = resources?.rss_bytes;
  const at = size === undefined ? '' : `at ${(size / 2 ** 30).toFixed(1)} GiB`;
  return [at, signal === undefined ? '' : `killed by ${signal}`].filter((part) => part).join(', ');
}

/** A length that moves: whole seconds, then whole minutes. */
function roughly(lengthMs: number): string {
  const whole = lengthMs < 120_000 ? 1_000 : 60_000;
  return duration(Math.max(1_000, Math.round(lengthMs / whole) * whole)).replace(/\.0 s$/, ' s');
}
