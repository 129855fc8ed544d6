/** Asks a server and takes the server's own time for the answer, from its Server-Timing header. */
import { get } from '../../test/whole/http.ts';
import type { Server } from '../../test/whole/server.ts';
import { median } from '../measure.ts';

/** An answer with the time that the server took for it. */
export interface TimedAnswer {
  tookMs: number;
  json: unknown;
}

/** Asks once. @throws when the answer is not 200 */
export async function ask(server: Server, path: string): Promise<TimedAnswer> {
  const answer = await get(`${server.url}${path}`, { timeoutMs: 120_000 });
  if (answer.status !== 200) throw new Error(`${path}: ${answer.status} ${answer.text}`);
  const timing = /\bdur=([\d.]+)/.exec(String(answer.headers['server-timing'] ?? ''));
  if (!timing) throw new Error(`${path}: no Server-Timing`);
  return { tookMs: Number(timing[1]), json: answer.json };
}

/** Median of several askings after a first one that is not counted; `path` may change from one to the next. */
export async function medianOf(
  server: Server,
  rounds: number,
  path: (round: number) => string,
): Promise<number> {
  await ask(server, path(-1));
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    times.push((await ask(server, path(round))).tookMs);
  }
  return median(times);
}

/** Median time of something done here, in milliseconds, after a first time that is not counted. */
export function medianHere(rounds: number, body: (round: number) => void): number {
  body(-1);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const from = performance.now();
    body(round);
    times.push(performance.now() - from);
  }
  return median(times);
}
