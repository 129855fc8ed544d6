/** What had to be dropped, told in each session concerned, so that nobody takes a gap for silence. */
import { formatTime, type LocalEntry } from '@tacho/protocol';
import type { DropReason } from './spool.ts';

/** What was lost of one session for one reason. */
interface Loss {
  batches: number;
  entries: number;
  fromUs: number;
  toUs: number;
}

/** A batch that was dropped. */
export interface LostBatch {
  us: number;
  head: { entries: number; sessions: readonly string[] };
}

/** Adds up losses until they can be told. */
export class Losses {
  #bySession = new Map<string, Map<DropReason, Loss>>();

  /** A batch was dropped. */
  note({ us, head }: LostBatch, reason: DropReason): void {
    for (const session of head.sessions) {
      const losses = this.#bySession.get(session) ?? new Map<DropReason, Loss>();
      const { batches, entries, fromUs, toUs } = losses.get(reason) ?? noLoss;
      losses.set(reason, {
        batches: batches + 1,
        entries: entries + head.entries,
        fromUs: Math.min(fromUs, us),
        toUs: Math.max(toUs, us),
      });
      this.#bySession.set(session, losses);
    }
  }

  /** Events that tell of it, for sessions that are still known; nothing is told twice. */
  take(nowUs: number, isKnown: (session: string) => boolean): LocalEntry[] {
    const events: LocalEntry[] = [];
    for (const [session, losses] of this.#bySession) {
      if (!isKnown(session)) continue;
      for (const [reason, loss] of losses) events.push(eventOf(session, nowUs, reason, loss));
    }
    this.#bySession = new Map();
    return events;
  }
}

const noLoss: Loss = {
  batches: 0,
  entries: 0,
  fromUs: Number.POSITIVE_INFINITY,
  toUs: Number.NEGATIVE_INFINITY,
};

function eventOf(session: string, atUs: number, reason: DropReason, loss: Loss): LocalEntry {
  const { batches, entries, fromUs, toUs } = loss;
  const from = formatTime(fromUs);
  const to = formatTime(toUs);
  return {
    kind: 'event',
    session,
    atUs,
    event: {
      name: 'tacho.data_lost',
      level: 'warning',
      category: 'warning',
      group: 'tacho.agent',
      labels: ['data_lost'],
      message: `${batches} batches with ${entries} entries were dropped before they could be delivered`,
      data: { batches, entries, from, to, reason },
    },
  };
}
