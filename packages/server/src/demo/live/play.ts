/** Plays the troupe to a server: every second, what its runs say. */
import { randomUUID } from 'node:crypto';
import { batchText, entryText } from '@tacho/protocol';
import type { Clock } from '../../clock.ts';
import { reasonOf } from '../../failure.ts';
import type { WeekOptions } from '../week.ts';
import { Troupe } from './troupe.ts';

/** Where it is played. */
export interface Stage {
  /** Of the server. */
  url: string;
  clock: Clock;
  /** Called with a sentence when the server does not take what was said. */
  onProblem: (sentence: string) => void;
}

const tickMs = 1_000;

/** Plays until the returned function is called; it resolves when nothing is on its way any more. */
export function play(week: WeekOptions, { url, clock, onProblem }: Stage): () => Promise<void> {
  const troupe = new Troupe(week);
  const spoolId = `demo-${randomUUID()}`;
  let seq = 0;
  let sending = Promise.resolve();
  let isSending = false;
  const tick = (): void => {
    // What a slow server has no time for is said at the next tick.
    if (isSending) return;
    const entries = troupe.entries(clock());
    if (entries.length === 0) return;
    isSending = true;
    seq += 1;
    sending = send(
      url,
      batchText(
        spoolId,
        seq,
        entries.map((entry) => entryText(entry)),
      ),
    )
      .catch((error: unknown) => onProblem(`the demo was not taken: ${reasonOf(error)}`))
      .finally(() => {
        isSending = false;
      });
  };
  const timer = setInterval(tick, tickMs);
  tick();
  return async () => {
    clearInterval(timer);
    await sending;
  };
}

async function send(url: string, body: string): Promise<void> {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${url}/api/ingest`, { method: 'POST', headers, body });
  const text = await answer.text();
  if (!answer.ok || text.includes('"rejected"')) throw new Error(text.slice(0, 300));
}
