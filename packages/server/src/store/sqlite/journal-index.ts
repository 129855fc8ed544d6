/** Where the unsealed samples of a session are: an index over the journal, kept up as it grows. */
import type { Database, Statement } from './database.ts';
import { type Block, decodeFrame, decodeTouches, type Touch } from './frame.ts';
import type { Damage } from './writer.ts';

/** A journal row that says something about a session. */
export interface JournalRef {
  id: number;
  touch: Touch;
}

/** Refreshed inside the reader's transaction, so that it fits what the other queries see. */
export class JournalIndex {
  readonly #bySession = new Map<number, JournalRef[]>();
  #last = 0;
  #first = 0;
  readonly #fresh: Statement;
  readonly #frame: Statement;
  readonly #bounds: Statement;

  constructor(db: Database) {
    this.#fresh = db.prepare('SELECT id, touch FROM journal WHERE id > ? ORDER BY id');
    this.#frame = db.prepare('SELECT frame FROM journal WHERE id = ?');
    this.#bounds = db.prepare('SELECT min(id) AS first FROM journal');
  }

  /** Takes up new rows and forgets deleted ones. */
  refresh(damages: Damage[]): void {
    const { first } = this.#bounds.get() as { first: number | null };
    this.#forget(first ?? Number.MAX_SAFE_INTEGER);
    for (const { id, touch } of this.#fresh.iterate(this.#last) as Iterable<{
      id: number;
      touch: Uint8Array;
    }>) {
      this.#last = id;
      try {
        for (const one of decodeTouches(touch)) this.#add(one.session, { id, touch: one });
      } catch (error) {
        damages.push(journalDamage(id, error));
      }
    }
  }

  /** Rows that speak of a session, in order. */
  of(session: number): readonly JournalRef[] {
    return this.#bySession.get(session) ?? [];
  }

  /** The samples of a journal row; none when it is damaged. */
  blocks(id: number, damages: Damage[]): Block[] {
    const row = this.#frame.get(id) as { frame: Uint8Array | null } | undefined;
    if (!row?.frame) return [];
    try {
      return decodeFrame(row.frame);
    } catch (error) {
      damages.push(journalDamage(id, error));
      return [];
    }
  }

  #add(session: number, ref: JournalRef): void {
    const refs = this.#bySession.get(session);
    if (refs) refs.push(ref);
    else this.#bySession.set(session, [ref]);
  }

  #forget(first: number): void {
    if (first <= this.#first) return;
    this.#first = first;
    for (const [session, refs] of this.#bySession) {
      const kept = refs.filter(({ id }) => id >= first);
      if (kept.length === 0) this.#bySession.delete(session);
      else this.#bySession.set(session, kept);
    }
  }
}

function journalDamage(id: number, error: unknown): Damage {
  const problem = (error as Error).message;
  return { what: 'journal row', place: `journal ${id}`, session: null, problem };
}
