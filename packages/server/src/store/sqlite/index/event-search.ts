/** Pages of events from the index, with their records from the main database. */
import { type EventRecord, parseJson } from '@tacho/protocol';
import { readCursor, writeCursor } from '../../page-cursor.ts';
import type { EventSearch, FoundEvent, FoundEvents } from '../../store.ts';
import type { Database, Statement } from '../database.ts';
import type { Bits } from './bits.ts';
import type { EventIndex } from './event-index.ts';

/** Answers `SearchQuestions.searchEvents`. */
export class EventSearcher {
  readonly #events: EventIndex;
  readonly #row: Statement;

  constructor(main: Database, events: EventIndex) {
    this.#events = events;
    this.#row = main.prepare(
      `SELECT e.id, e.seq, e.at_us, e.received_us, e.record, s.id AS session, s.product, s.version
       FROM event e JOIN session s ON s.no = e.session WHERE e.id = ?`,
    );
  }

  /** A page of the events of some sessions; the index has caught up. */
  search(query: EventSearch, sessions: Bits): FoundEvents {
    const { limit, cursor } = query;
    const before =
      cursor === undefined ? Infinity : Number(readCursor('events', cursor, ['number']));
    const rows: FoundEvent[] = [];
    let last = 0;
    for (const id of this.#events.newest(query, sessions, before)) {
      const row = this.#row.get(id) as FoundRow | undefined;
      // Its session was deleted a moment ago.
      if (!row) continue;
      if (rows.length === limit) return { rows, next: writeCursor('events', [last]) };
      rows.push(foundEvent(row));
      last = id;
    }
    return { rows };
  }
}

interface FoundRow {
  id: number;
  seq: number;
  at_us: number;
  received_us: number;
  record: string;
  session: string;
  product: string;
  version: string;
}

function foundEvent(row: FoundRow): FoundEvent {
  return {
    session: row.session,
    product: row.product,
    version: row.version,
    seq: row.seq,
    atUs: row.at_us,
    receivedUs: row.received_us,
    event: parseJson(row.record) as unknown as EventRecord,
  };
}
