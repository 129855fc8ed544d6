/** Sends one message: no redirects, a bounded answer, a bounded time; every way to fail has words. */
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { limits, stringifyJson } from '@tacho/protocol';
import { version } from '../version.ts';
import type { Notice } from './notice.ts';
import type { Rule } from './rule.ts';
import { signedHeaders } from './signature.ts';
import { slackBody } from './slack.ts';

/** What came of it. */
export interface Sent {
  ms: number;
  status: number | null;
  /** Why it does not count as delivered; null when it does. */
  error: string | null;
  /** How long the receiver asked to wait, in milliseconds. */
  retryAfterMs?: number;
}

/** Sends a message to the receiver of a rule; never rejects but when `stopping` aborts. */
export async function sendMessage(
  rule: Rule,
  { message }: Notice,
  nowUs: number,
  stopping: AbortSignal,
): Promise<Sent> {
  const body = stringifyJson(rule.format === 'slack' ? slackBody(message) : message);
  const headers = {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    'user-agent': `tacho/${version}`,
    ...signedHeaders(rule.secret, message.id, body, nowUs),
  };
  const startMs = performance.now();
  const timeout = AbortSignal.timeout(limits.webhookTimeoutMs);
  let answer: Omit<Sent, 'ms'>;
  try {
    answer = await post(rule.url, headers, body, AbortSignal.any([timeout, stopping]));
  } catch (error) {
    stopping.throwIfAborted();
    answer = { status: null, error: timeout.aborted ? slow : wordsOf(error as Error) };
  }
  return { ...answer, ms: Math.round(performance.now() - startMs) };
}

const slow = `no answer within ${limits.webhookTimeoutMs / 1000} s`;

function post(
  url: string,
  headers: Record<string, string>,
  body: string,
  signal: AbortSignal,
): Promise<Omit<Sent, 'ms'>> {
  return new Promise((resolve, reject) => {
    const open = url.startsWith('https:') ? httpsRequest : httpRequest;
    // A connection of its own: what waits in a pool may have gone away.
    const request = open(url, { method: 'POST', headers, signal, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      const retryAfterMs = 1000 * Number(response.headers['retry-after'] ?? Number.NaN);
      const answer = {
        status,
        error: refusalOf(status),
        ...(retryAfterMs > 0 && { retryAfterMs }),
      };
      let bytes = 0;
      // What it says is not kept; it is read so that the receiver can finish, up to a bound.
      response.on('data', (piece: Buffer) => {
        bytes += piece.length;
        if (bytes <= limits.webhookAnswerBytesMax) return;
        resolve(answer);
        response.destroy();
      });
      response.on('end', () => resolve(answer));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

function refusalOf(status: number): string | null {
  if (status >= 200 && status < 300) return null;
  if (status >= 300 && status < 400) return `status ${status}: redirects are not followed`;
  return `status ${status}`;
}

/** With the code: `DEPTH_ZERO_SELF_SIGNED_CERT` says more to who looks it up than any sentence. */
function wordsOf(error: Error): string {
  const { code = '' } = error as { code?: string };
  const { errors = [] } = error as { errors?: Error[] };
  const text = error.message || errors.map(({ message }) => message).join(', ');
  return (text.includes(code) ? text : `${code}: ${text}`).slice(0, 300);
}
