/** The history of one session, kept for the next question: events and patches, renewed by what came since. */
import type { Recorded as History } from '../memory/history.ts';
import type { EventRow, PatchRow } from '../store.ts';
import type { Shard } from './connection.ts';
import { type EventColumns, eventOfRow } from './events.ts';
import { quoted } from './sql.ts';
import { type HeadRow, headColumns } from './tables.ts';

/** Events and patches that are kept of all sessions together. */
const keptRowsMax = 200_000;

/** A session with its events and patches. */
export interface Recorded extends History {
  head: HeadRow;
  events: EventRow[];
  patches: PatchRow[];
}

/** Histories of sessions; the least recently asked for go when there are too many rows. */
export class Histories {
  readonly #kept = new Map<string, Recorded>();

  /** The history of a session as it stands; undefined when there is none. */
  async of(shard: Shard, id: string): Promise<Recorded | undefined> {
    const head = await headOf(shard, id);
    if (head === undefined) {
      this.#kept.delete(id);
      return undefined;
    }
    const kept = this.#kept.get(id);
    const before = kept?.head.gen === head.gen ? kept : undefined;
    if (before?.head.known === head.known) return before;
    const recorded = await renewed(shard, head, before);
    this.#kept.delete(id);
    this.#kept.set(id, recorded);
    this.#trim();
    return recorded;
  }

  #trim(): void {
    let rows = 0;
    for (const { events, patches } of this.#kept.values()) rows += events.length + patches.length;
    for (const [id, { events, patches }] of this.#kept) {
      if (rows <= keptRowsMax || this.#kept.size === 1) return;
      this.#kept.delete(id);
      rows -= events.length + patches.length;
    }
  }
}

/** The row of a session that is there. */
export async function headOf(shard: Shard, id: string): Promise<HeadRow | undefined> {
  const [head] = await shard.rows<HeadRow>(
    `SELECT ${headColumns} FROM head FINAL WHERE session = ${quoted(id)} AND NOT gone`,
  );
  return head;
}

/** Reads what changed since `before`: rows of a later fold know more of the log. */
async function renewed(
  shard: Shard,
  head: HeadRow,
  before: Recorded | undefined,
): Promise<Recorded> {
  const which = `session = '${head.session}' AND gen = ${head.gen} AND known > ${before?.head.known ?? 0}`;
  const [events, patches] = await Promise.all([
    shard.rows<EventColumns>(
      `SELECT seq, at_us, received_us, body FROM event FINAL
       WHERE ${which} AND seq < ${head.events} ORDER BY seq`,
    ),
    shard.rows<{ revision: number; at_us: number; received_us: number; patch: string }>(
      `SELECT revision, at_us, received_us, patch FROM patch FINAL
       WHERE ${which} AND revision <= ${head.patches} ORDER BY revision`,
    ),
  ]);
  const all: Recorded = {
    head,
    events: (before?.events ?? []).slice(0, head.events),
    patches: (before?.patches ?? []).slice(0, head.patches),
    start: { atUs: head.created_us },
    row: () => ({ startState: head.start_state }),
  };
  for (const row of events) all.events[row.seq] = eventOfRow(row);
  for (const { revision, at_us: atUs, received_us: receivedUs, patch } of patches) {
    all.patches[revision - 1] = { revision, atUs, receivedUs, patch };
  }
  return all;
}
