/** Says what is wrong with the answers to a fuzz case, if anything. */
import { limits } from '@tacho/protocol';
import type { WireAnswer } from '../whole/wire.ts';
import type { FuzzCase } from './cases.ts';
import type { Outcome } from './exchange.ts';

/**
 * The promises: no 5xx but a 503 with Retry-After; never a hang; every whole request is answered
 * unless its connection was closed behind an earlier answer; errors are `{error, details, code}`.
 */
export function problemOf(fuzzCase: FuzzCase, outcome: Outcome): string | undefined {
  for (const answer of outcome.answers) {
    const problem = answerProblem(answer, fuzzCase.bodyless);
    if (problem)
      return `${problem}: ${answer.head.trim()}\n${answer.body.toString('utf8', 0, 500)}`;
  }
  if (fuzzCase.afterwards === 'reset') return undefined;
  if (outcome.hung) return `hung after ${outcome.answers.length} of ${fuzzCase.answers} answers`;
  if (fuzzCase.answers > 0 && outcome.answers.length === 0) {
    /* Who is refused while still sending may see the end of the connection before the answer. */
    return sentBytes(fuzzCase) > limits.bodyBytesMax ? undefined : 'hung up without an answer';
  }
  const last = outcome.answers.at(-1);
  const cutShort = outcome.answers.length < fuzzCase.answers;
  if (cutShort && last && !/\r\nconnection: *close\r\n/i.test(last.head)) {
    return `hung up after ${outcome.answers.length} of ${fuzzCase.answers} answers`;
  }
  return undefined;
}

function sentBytes(fuzzCase: FuzzCase): number {
  return fuzzCase.pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

function answerProblem(answer: WireAnswer, bodyless: boolean): string | undefined {
  const { status, head } = answer;
  const header = (name: string): string | undefined =>
    new RegExp(`\\r\\n${name}: *([^\\r]*)\\r\\n`, 'i').exec(head)?.[1];
  if (!(status >= 200 && status < 600)) return 'not a final status';
  // Odd forms of the address of a page lead to the page, and nowhere else.
  if (status === 308 && /^\.{1,2}\//.test(header('location') ?? '')) return undefined;
  if (status >= 300 && status < 400) return 'a redirect';
  if (status >= 500 && status !== 503) return 'a 5xx';
  if ((status === 503 || status === 429) && !header('retry-after')) return 'no Retry-After';
  if (status === 405 && !header('allow')) return 'no Allow';
  if (bodyless || status < 400) return undefined;
  if (!header('content-type')?.startsWith('application/json')) return 'an error that is not JSON';
  return errorProblem(answer.body.toString('utf8'));
}

function errorProblem(text: string): string | undefined {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return 'an error whose body is not JSON';
  }
  if (typeof body !== 'object' || body === null) return 'an error that is not an object';
  const fields = body as Record<string, unknown>;
  // The query API of Prometheus has the errors of Prometheus.
  if (fields.status === 'error' && fields.errorType && fields.error) return undefined;
  for (const name of ['error', 'details', 'code']) {
    if (typeof fields[name] !== 'string' || fields[name] === '') return `an error without ${name}`;
  }
  return undefined;
}
