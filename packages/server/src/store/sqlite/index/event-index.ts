/** The index of events: which of them have which words, names and levels, and in which sessions. */
import { type EventRecord, parseJson } from '@tacho/protocol';
import type { Database, Statement } from '../database.ts';
import { type Bits, hasBit, membersOf, newBits, setBit } from './bits.ts';
import { EventTail } from './event-tail.ts';
import { clausesOf, type EventCriteria, type EventTexts, meetsCriteria } from './event-terms.ts';
import { GoneFeed } from './gone.ts';
import { Cursors } from './index-database.ts';
import type { IndexPart } from './index-part.ts';
import { type EventRange, placesWhere, type Segment, SegmentStore } from './segment.ts';
import { SegmentMerge } from './segment-merge.ts';
import type { SessionNumbers } from './session-sets.ts';

/** Small segments that are merged at once, and at which merging goes before taking up more. */
const mergeSegments = 16;
const mergeFirst = 64;

/** Ids that the range of a segment has room for, as events are taken up and after merging. */
const segmentPlaces = { tail: 4_096, merged: 65_536 } as const;

/** Terms that are merged for each row that a step may take up. */
const termsPerRow = 8;

/** Deleted sessions that one step takes up. */
const goneRows = 1_000;

/** Follows table `event`: the newest events in memory, the others in segments. */
export class EventIndex implements IndexPart {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #places: { tail: number; merged: number };
  readonly #cursors: Cursors;
  readonly #gone: GoneFeed;
  readonly #store: SegmentStore;
  /** By range of ids; undefined until it is read. */
  #segments: Segment[] | undefined;
  #tail: EventTail | undefined;
  #merge: SegmentMerge | undefined;
  /** Events up to this id are in segments or in the tail. */
  #taken = 0;

  constructor(
    main: Database,
    index: Database,
    places: { tail: number; merged: number } = segmentPlaces,
  ) {
    this.#places = places;
    this.#sql = prepareAll(main);
    this.#cursors = new Cursors(index);
    this.#gone = new GoneFeed(main);
    this.#store = new SegmentStore(index);
  }

  step(rows: number): boolean {
    const segments = this.#load();
    const isBehind = segments.filter(({ level }) => level === 0).length >= mergeFirst;
    if (!isBehind && this.#take(rows) === rows) return true;
    return this.#drop() || this.#mergeSome(rows * termsPerRow) || isBehind;
  }

  forget(): void {
    this.#segments = undefined;
    this.#tail = undefined;
    this.#merge = undefined;
    this.#store.forget();
  }

  /** Takes up everything that is committed. */
  catchUp(): void {
    this.#load();
    while (this.#take(catchUpRows) === catchUpRows);
  }

  /** Writes the newest events as a segment, however few they are. */
  flush(): void {
    this.#endTail();
  }

  /**
   * Ids of the events that meet some criteria, the newest first, below `before` and of these
   * sessions (undefined: of all). Events of deleted sessions may be among them.
   */
  *newest(criteria: EventCriteria, sessions: Bits | undefined, before: number): Generator<number> {
    const clauses = clausesOf(criteria);
    if (!clauses) return;
    for (const range of this.#ranges()) {
      if (range.first >= before) continue;
      const places = placesWhere(range, clauses.all);
      for (const id of descending(range, places, sessions)) {
        if (id < before && (!clauses.isVague || this.#meets(id, criteria))) yield id;
      }
    }
  }

  /** Sessions with an event that meets some criteria. */
  sessionsWith(criteria: EventCriteria): SessionNumbers {
    const clauses = clausesOf(criteria);
    if (!clauses) return new Uint32Array();
    const found = newBits((this.#sql.lastSession.get() as { no: number }).no + 1);
    for (const range of this.#ranges()) {
      const places = placesWhere(range, clauses.all);
      const sessions = range.sessions();
      if (clauses.isVague) {
        for (const id of descending(range, places, undefined)) {
          const session = sessions[id - range.first]!;
          if (!hasBit(found, session) && this.#meets(id, criteria)) setBit(found, session);
        }
      } else addSessions(places, sessions, found);
    }
    return membersOf(found);
  }

  /** Newest first. */
  #ranges(): EventRange[] {
    const ranges: EventRange[] = [...this.#load()].reverse();
    if (this.#tail) ranges.unshift(this.#tail);
    return ranges;
  }

  #load(): Segment[] {
    if (this.#segments) return this.#segments;
    const unfinished = this.#cursors.get('event_merge');
    if (unfinished > 0) this.#endMerge(unfinished);
    this.#segments = this.#store.all();
    this.#taken = this.#cursors.get('events');
    // With nothing taken up yet there is nothing to take out.
    if (this.#taken === 0) this.#cursors.set('events_gone', this.#gone.last());
    return this.#segments;
  }

  /** Takes up some events; says how many rows it saw. */
  #take(rows: number): number {
    const found = this.#sql.after.all(this.#taken, rows) as unknown as TakenRow[];
    for (const { id, session, name, level, record, alive } of found) {
      if (alive === 1) {
        if (this.#tail && !this.#tail.hasPlace(id)) this.#endTail();
        this.#tail ??= new EventTail(id, this.#places.tail);
        this.#tail.add(id, session, textsOf(name, level, record));
      }
      this.#taken = id;
    }
    return found.length;
  }

  #endTail(): void {
    const segment = this.#tail?.write(this.#store);
    if (segment) this.#segments?.push(segment);
    this.#tail = undefined;
    this.#cursors.set('events', this.#taken);
  }

  /** Takes deleted sessions out; false when there are none. */
  #drop(): boolean {
    const { sessions, upto } = this.#gone.after(this.#cursors.get('events_gone'), goneRows);
    if (sessions.size === 0) return false;
    this.#tail?.drop(sessions);
    const segments = this.#load();
    for (const segment of segments) this.#dropFrom(segment, sessions);
    this.#segments = segments.filter((segment) => !this.#isEmpty(segment));
    this.#cursors.set('events_gone', upto);
    return true;
  }

  #dropFrom(segment: Segment, gone: ReadonlySet<number>): void {
    const column = segment.sessions();
    let left = 0;
    let hasChanged = false;
    for (let place = 0; place < column.length; place++) {
      if (column[place] === 0) continue;
      if (gone.has(column[place]!)) {
        column[place] = 0;
        hasChanged = true;
      } else left++;
    }
    if (!hasChanged) return;
    segment.remaining = left;
    this.#store.writeSessions(segment.no, column, left);
  }

  /** Removes a segment without events, unless a merge is about to. */
  #isEmpty(segment: Segment): boolean {
    if (segment.remaining > 0 || this.#merge?.segments.includes(segment)) return false;
    this.#store.remove(segment.no);
    return true;
  }

  /** Goes on merging where that is due; false when it is not. */
  #mergeSome(terms: number): boolean {
    if (!this.#merge) {
      const due = mergeDue(this.#load(), this.#places.merged);
      if (!due) return false;
      this.#merge = new SegmentMerge(this.#store, due);
      this.#cursors.set('event_merge', this.#merge.no);
    }
    const { isDone, merged } = this.#merge.step(terms);
    if (!isDone) return true;
    const { segments } = this.#merge;
    const all = this.#load();
    const at = all.indexOf(segments[0]!);
    all.splice(at, segments.length, ...(merged ? [merged] : []));
    this.#merge = undefined;
    this.#cursors.set('event_merge', 0);
    return true;
  }

  /** Removes what a merge left that did not come to its end. */
  #endMerge(no: number): void {
    this.#store.remove(no);
    this.#cursors.set('event_merge', 0);
  }

  #meets(id: number, criteria: EventCriteria): boolean {
    const row = this.#sql.record.get(id) as { record: string } | undefined;
    return (
      row !== undefined && meetsCriteria(parseJson(row.record) as unknown as EventRecord, criteria)
    );
  }
}

/** Events taken up at once before a question. */
const catchUpRows = 1_000;

interface TakenRow {
  id: number;
  session: number;
  name: string;
  level: string;
  record: string;
  alive: 0 | 1;
}

/** Neighbouring segments to merge next; undefined when none are due. */
function mergeDue(segments: readonly Segment[], places: number): Segment[] | undefined {
  // Less than half of it is left: the same segment without the rest.
  const sparse = segments.find(
    ({ level, remaining, events }) => level > 0 && remaining * 2 < events,
  );
  if (sparse) return [sparse];
  const from = segments.findIndex(({ level }) => level === 0);
  if (from < 0) return undefined;
  const { first } = segments[from]!;
  const fits = ({ first: start, size }: Segment) => start + size - first <= places;
  const group = segments.slice(from, from + mergeSegments).filter(fits);
  // Only what can get no more neighbours is merged.
  return from + group.length < segments.length || group.length === mergeSegments
    ? group
    : undefined;
}

/** The words are in few fields of the record, which may be large, and whose damage must not stop the index. */
function textsOf(name: string, level: string, record: string): EventTexts {
  const texts = { name, level: level as EventTexts['level'], message: '' };
  try {
    const { message, exception_type, exception_msg } = JSON.parse(record) as EventRecord;
    return {
      ...texts,
      message,
      ...(exception_type !== undefined && { exception_type }),
      ...(exception_msg !== undefined && { exception_msg }),
    };
  } catch {
    return texts;
  }
}

/** Ids of places, the greatest first, whose session is there and among `sessions`. */
function* descending(
  range: EventRange,
  places: Bits,
  sessions: Bits | undefined,
): Generator<number> {
  const column = range.sessions();
  for (let w = places.length - 1; w >= 0; w--) {
    let word = places[w]!;
    while (word !== 0) {
      const bit = 31 - Math.clz32(word);
      word &= ~(1 << bit);
      const session = column[(w << 5) + bit] ?? 0;
      if (session !== 0 && (!sessions || hasBit(sessions, session))) {
        yield range.first + (w << 5) + bit;
      }
    }
  }
}

function addSessions(places: Bits, sessions: Uint32Array, into: Bits): void {
  for (let w = 0; w < places.length; w++) {
    let word = places[w]!;
    while (word !== 0) {
      const low = word & -word;
      const session = sessions[(w << 5) + 31 - Math.clz32(low)] ?? 0;
      if (session !== 0) setBit(into, session);
      word ^= low;
    }
  }
}

function prepareAll(main: Database) {
  const prepare = (sql: string): Statement => main.prepare(sql);
  return {
    after: prepare(
      `SELECT id, session, name, level, record,
         EXISTS(SELECT 1 FROM session WHERE session.no = event.session) AS alive
       FROM event WHERE id > ? ORDER BY id LIMIT ?`,
    ),
    record: prepare('SELECT record FROM event WHERE id = ?'),
    lastSession: prepare('SELECT coalesce(max(no), 0) AS no FROM session'),
  };
}
