/** Segments: the terms and sessions of a range of events, written once and read many times. */
import type { Database, Statement } from '../database.ts';
import { type Bits, intersect, newBits } from './bits.ts';
import type { Clause } from './event-terms.ts';
import { addPosting, leafTerms, type Term } from './posting.ts';

/** What is asked of the events of a range, written or not. An event's place is its id less `first`. */
export interface EventRange {
  readonly first: number;
  /** Places are below it. */
  readonly size: number;
  /** Session of each place; 0 where there is no event or its session was deleted. */
  sessions(): Uint32Array;
  /** Puts the places of a term into a set. */
  addTerm(term: string, into: Bits): void;
  /** Puts the places of all terms that begin so into a set. */
  addPrefix(prefix: string, into: Bits): void;
}

/** Places of a range where all clauses hold. */
export function placesWhere(range: EventRange, clauses: readonly Clause[]): Bits {
  let places: Bits | undefined;
  for (const { terms, prefix } of clauses) {
    const met = newBits(range.size);
    for (const term of terms) range.addTerm(term, met);
    if (prefix !== undefined) range.addPrefix(prefix, met);
    if (places) intersect(places, met);
    else places = met;
    if (!places.some((word) => word !== 0)) break;
  }
  return places ?? newBits(range.size).fill(0xffffffff);
}

/** Leaves of one segment have ids from its number times this. */
const leavesMax = 2 ** 20;

/** Bytes of session columns that are kept in memory, over all segments. */
const sessionBytesMax = 16 * 1024 * 1024;

/** A segment in the index. */
export class Segment implements EventRange {
  readonly no: number;
  /** 0 as events were taken up, 1 after several were merged. */
  readonly level: number;
  readonly first: number;
  readonly size: number;
  /** Events in it when it was written. */
  readonly events: number;
  /** Events in it whose sessions were not deleted since. */
  remaining: number;
  readonly #directory: readonly string[];
  readonly #store: SegmentStore;

  constructor(row: SegmentRow, store: SegmentStore) {
    this.no = row.no;
    this.level = row.level;
    this.first = row.first;
    this.size = row.size;
    this.events = row.events;
    this.remaining = row.remaining;
    this.#directory = JSON.parse(row.directory) as string[];
    this.#store = store;
  }

  sessions(): Uint32Array {
    return this.#store.sessionsOf(this.no);
  }

  addTerm(term: string, into: Bits): void {
    for (const found of this.terms(term)) {
      if (found.term === term) addPosting(found.posting, into);
      if (found.term >= term) return;
    }
  }

  addPrefix(prefix: string, into: Bits): void {
    for (const { term, posting } of this.terms(prefix)) {
      if (term.startsWith(prefix)) addPosting(posting, into);
      else if (term > prefix) return;
    }
  }

  /** All terms from the leaf on in which `from` would stand, in order. */
  *terms(from = ''): Generator<Term> {
    for (let leaf = this.#leafOf(from); leaf < this.#directory.length; leaf++) {
      yield* leafTerms(this.#store.leaf(this.no, leaf));
    }
  }

  /** The last leaf that begins at or before a term. */
  #leafOf(term: string): number {
    let low = 0;
    let high = this.#directory.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#directory[middle]! <= term) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** A row of table event_segment without its column of sessions. */
export interface SegmentRow {
  no: number;
  level: number;
  first: number;
  size: number;
  events: number;
  remaining: number;
  directory: string;
}

/** Reads and writes the tables of segments; the caller holds the transaction. */
export class SegmentStore {
  readonly #sql: ReturnType<typeof prepareAll>;
  /** The most recently used ones come last. */
  readonly #sessions = new Map<number, Uint32Array>();
  #sessionBytes = 0;

  constructor(index: Database) {
    this.#sql = prepareAll(index);
  }

  /** All segments by the range of their events. */
  all(): Segment[] {
    const rows = this.#sql.all.all() as unknown as SegmentRow[];
    return rows.map((row) => new Segment(row, this));
  }

  /** The number of the next segment; numbers are not given out twice. */
  nextNo(): number {
    return (this.#sql.nextNo.get() as { no: number }).no;
  }

  leaf(segment: number, ordinal: number): Uint8Array {
    const row = this.#sql.leaf.get(segment * leavesMax + ordinal) as { data: Uint8Array };
    return row.data;
  }

  writeLeaf(segment: number, ordinal: number, data: Uint8Array): void {
    this.#sql.writeLeaf.run(segment * leavesMax + ordinal, data);
  }

  /** Adds a segment whose leaves are written. */
  add(row: Omit<SegmentRow, 'directory'>, directory: string[], sessions: Uint32Array): Segment {
    const { no, level, first, size, events, remaining } = row;
    const text = JSON.stringify(directory);
    this.#sql.add.run(no, level, first, size, events, remaining, text, bytesOf(sessions));
    return new Segment({ ...row, directory: text }, this);
  }

  /** Deletes a segment, or the leaves of one that was never added. */
  remove(segment: number): void {
    this.forget(segment);
    this.#sql.remove.run(segment);
    this.#sql.removeLeaves.run(segment * leavesMax, (segment + 1) * leavesMax);
  }

  sessionsOf(segment: number): Uint32Array {
    const known = this.#sessions.get(segment);
    this.#sessions.delete(segment);
    const sessions = known ?? this.#readSessions(segment);
    this.#sessions.set(segment, sessions);
    for (const [oldest, column] of this.#sessions) {
      if (this.#sessionBytes <= sessionBytesMax || oldest === segment) break;
      this.#sessions.delete(oldest);
      this.#sessionBytes -= column.byteLength;
    }
    return sessions;
  }

  writeSessions(segment: number, sessions: Uint32Array, remaining: number): void {
    this.#sql.writeSessions.run(bytesOf(sessions), remaining, segment);
  }

  /** Lets go of what is in memory: of a segment, or of all. */
  forget(segment?: number): void {
    if (segment === undefined) {
      this.#sessions.clear();
      this.#sessionBytes = 0;
      return;
    }
    this.#sessionBytes -= this.#sessions.get(segment)?.byteLength ?? 0;
    this.#sessions.delete(segment);
  }

  #readSessions(segment: number): Uint32Array {
    const { sessions } = this.#sql.sessions.get(segment) as { sessions: Uint8Array };
    const column = new Uint32Array(sessions.slice().buffer);
    this.#sessionBytes += column.byteLength;
    return column;
  }
}

function bytesOf(column: Uint32Array): Uint8Array {
  return new Uint8Array(column.buffer, column.byteOffset, column.byteLength);
}

function prepareAll(index: Database) {
  const prepare = (sql: string): Statement => index.prepare(sql);
  return {
    all: prepare(
      'SELECT no, level, first, size, events, remaining, directory FROM event_segment ORDER BY first',
    ),
    nextNo: prepare(
      `INSERT INTO cursor VALUES('event_segment', 1)
       ON CONFLICT(name) DO UPDATE SET value = value + 1 RETURNING value AS no`,
    ),
    add: prepare(
      `INSERT INTO event_segment(no, level, first, size, events, remaining, directory, sessions)
       VALUES(?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    remove: prepare('DELETE FROM event_segment WHERE no = ?'),
    removeLeaves: prepare('DELETE FROM event_leaf WHERE id >= ? AND id < ?'),
    leaf: prepare('SELECT data FROM event_leaf WHERE id = ?'),
    writeLeaf: prepare('INSERT INTO event_leaf(id, data) VALUES(?, ?)'),
    sessions: prepare('SELECT sessions FROM event_segment WHERE no = ?'),
    writeSessions: prepare('UPDATE event_segment SET sessions = ?, remaining = ? WHERE no = ?'),
  };
}
