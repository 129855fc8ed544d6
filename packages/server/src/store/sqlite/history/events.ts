/** The events of one session: searched in both directions, in slices of bounded work. */
import { type EventRecord, eventNames, parseJson, searchWords } from '@tacho/protocol';
import {
  type EventCount,
  EventCounter,
  type EventFilter,
  type EventPlace,
  type EventRow,
  meetsEventFilter,
} from '../../store.ts';
import type { Answered, HistorySession, HistorySource } from './sessions.ts';

/** A search through a stretch of a session's events. */
export interface EventSearch {
  id: string;
  filter: EventFilter;
  /** The places at both ends are not part of it. */
  after: EventPlace;
  before: EventPlace;
  /** From the end to the beginning. */
  isBackward: boolean;
  /** Most events to find. */
  limit: number;
  /** Events to look at in this slice. */
  look: number;
}

/** What a slice found, in the direction of the search. */
export interface EventSlice {
  rows: EventRow[];
  /** The last place that was looked at; undefined when the search is through. */
  upto: EventPlace | undefined;
}

interface Row {
  seq: number;
  at_us: number;
  received_us: number;
  record: string;
}

/** What a slice of a search counted. */
export interface CountSlice {
  counts: EventCount[];
  /** As in `EventSlice`. */
  upto: EventPlace | undefined;
}

/** Searches events. Levels and names are read from the index, everything else from the records. */
export class EventHistory {
  readonly #source: HistorySource;

  constructor(source: HistorySource) {
    this.#source = source;
  }

  /** One slice of a search; undefined when the session does not exist. */
  search(search: EventSearch): Answered<EventSlice> | undefined {
    return this.#source.answer(search.id, (session) => this.#slice(session, search));
  }

  /** How many events one slice of a search has, of each kind; undefined when the session does not exist. */
  count(search: EventSearch): Answered<CountSlice> | undefined {
    return this.#source.answer(search.id, (session) => this.#count(session, search));
  }

  /** Where the event of a number lies; Infinity when there is none. */
  place({ id, seq }: { id: string; seq: number }): Answered<EventPlace> | undefined {
    return this.#source.answer(id, ({ no }) => {
      const sql = 'SELECT at_us FROM event WHERE session = ? AND seq = ?';
      const row = this.#source.statement(sql).get(no, seq) as { at_us: number } | undefined;
      return { atUs: row?.at_us ?? Infinity, seq };
    });
  }

  #slice(session: HistorySession, search: EventSearch): EventSlice {
    const { filter, limit, isBackward } = search;
    const { upto, from, values } = this.#stretch(session, search);
    const rows = this.#source.statement(
      `SELECT seq, at_us, received_us, record FROM event ${from} ORDER BY ${orderOf(isBackward)}`,
    );
    const found: EventRow[] = [];
    for (const row of rows.iterate(...values) as Iterable<Row>) {
      const event = this.#eventOf(session, row);
      if (!event || !meetsEventFilter(event.event, filter)) continue;
      found.push(event);
      if (found.length === limit) break;
    }
    return { rows: found, upto };
  }

  /** What SQLite can tell by itself it counts; records are read where only they can tell. */
  #count(session: HistorySession, search: EventSearch): CountSlice {
    const { filter } = search;
    const { upto, from, values } = this.#stretch(session, search);
    const counter = new EventCounter();
    const hasType = `instr(record, '"exception_type":') > 0`;
    const isTold = Object.keys(filter).every((field) => field === 'levels' || field === 'names');
    if (isTold) {
      const grouped = this.#source.statement(
        `SELECT name, level, count(*) AS count FROM event ${from} AND NOT ${hasType}
         GROUP BY name, level`,
      );
      for (const kind of grouped.iterate(...values)) counter.add(kind as unknown as EventCount);
    }
    const rows = this.#source.statement(
      `SELECT seq, at_us, received_us, record FROM event ${from} ${isTold ? `AND ${hasType}` : ''}`,
    );
    for (const row of rows.iterate(...values) as Iterable<Row>) {
      const event = this.#eventOf(session, row)?.event;
      if (event && meetsEventFilter(event, filter)) counter.addEvent(event);
    }
    return { counts: counter.ordered(), upto };
  }

  /** The part of the SQL that names the events of a slice, its values, and where the slice ends. */
  #stretch(session: HistorySession, search: EventSearch) {
    const { filter, isBackward } = search;
    const upto = this.#lookedUpto(session.no, search);
    let { after, before } = search;
    // Half a number beyond the last place, because the ends of a stretch are not part of it.
    if (upto && isBackward) after = { atUs: upto.atUs, seq: upto.seq - 0.5 };
    else if (upto) before = { atUs: upto.atUs, seq: upto.seq + 0.5 };
    const { from, ends } = stretchOf(filter, after, before);
    const { where, values } = conditionsOf(filter);
    return {
      upto,
      from: `${from} ${where.map((one) => `AND ${one}`).join(' ')}`,
      values: [session.no, ...ends, ...values],
    };
  }

  /** The place at which this slice ends; undefined when all that is left fits into it. */
  #lookedUpto(no: number, search: EventSearch): EventPlace | undefined {
    const { filter, after, before, isBackward, look } = search;
    // Without a filter the first rows are the answer.
    if (Object.keys(filter).length === 0) return undefined;
    const count = this.#source.statement('SELECT events FROM status WHERE session = ?').get(no);
    if (((count as { events: number } | undefined)?.events ?? Infinity) <= look) return undefined;
    const { from, ends } = stretchOf(filter, after, before);
    const row = this.#source
      .statement(
        `SELECT at_us, seq FROM event ${from} ORDER BY ${orderOf(isBackward)} LIMIT 1 OFFSET ?`,
      )
      .get(no, ...ends, look - 1) as { at_us: number; seq: number } | undefined;
    return row && { atUs: row.at_us, seq: row.seq };
  }

  #eventOf({ id }: HistorySession, row: Row): EventRow | undefined {
    const { seq, at_us: atUs, received_us: receivedUs, record } = row;
    return this.#source.attempt('events', `event ${seq} of ${id}`, id, () => {
      const event = parseJson(record) as unknown as EventRecord;
      return { seq, atUs, receivedUs, event };
    });
  }
}

/** The conditions of the partial indexes in the words of the tables, so that SQLite takes them. */
const severe = "level IN ('error', 'critical')";
const signal = `name IN (${Object.values(eventNames)
  .map((name) => `'${name}'`)
  .join(', ')})`;

/** The part of the SQL that names a stretch. Ends that lie beyond everything are left out, because they cost. */
function stretchOf(
  { levels, names }: EventFilter,
  after: EventPlace,
  before: EventPlace,
): { from: string; ends: number[] } {
  const signals: readonly string[] = Object.values(eventNames);
  let index = 'INDEXED BY event_session WHERE session = ?';
  if (names?.every((name) => signals.includes(name))) {
    index = `INDEXED BY event_signal WHERE ${signal} AND session = ?`;
  } else if (levels?.every((level) => level === 'error' || level === 'critical')) {
    index = `INDEXED BY event_severe WHERE ${severe} AND session = ?`;
  }
  const later = after.atUs > -Number.MAX_SAFE_INTEGER ? ' AND (at_us, seq) > (?, ?)' : '';
  const earlier = before.atUs < Number.MAX_SAFE_INTEGER ? ' AND (at_us, seq) < (?, ?)' : '';
  const ends: number[] = [];
  if (later !== '') ends.push(after.atUs, after.seq);
  if (earlier !== '') ends.push(before.atUs, before.seq);
  return { from: `${index}${later}${earlier}`, ends };
}

function orderOf(isBackward: boolean): string {
  return isBackward ? 'at_us DESC, seq DESC' : 'at_us, seq';
}

/**
 * What SQLite can tell about a filter. Levels and names are exact. The rest only passes over records
 * that cannot meet it, so that few of them have to be read as JSON.
 */
function conditionsOf(filter: EventFilter): { where: string[]; values: string[] } {
  const where: string[] = [];
  const values: string[] = [];
  const add = (wanted: readonly string[], form: (marks: string[]) => string): void => {
    where.push(form(wanted.map(() => '?')));
    values.push(...wanted);
  };
  const { levels, names, categories, groups, labels, text, exception } = filter;
  if (levels) add(levels, (marks) => `level IN (${marks.join(', ')})`);
  if (names) add(names, (marks) => `name IN (${marks.join(', ')})`);
  if (categories) add(pieces('"category":', categories), holdsAny);
  if (groups) add(pieces('"group":', groups), holdsAny);
  if (labels) add(pieces('', labels), holdsAny);
  if (exception) add(['"exception_type":'], holdsAny);
  // Words of ASCII text stand in the record as they are; with other letters only the words tell.
  if (text !== undefined && searchWords(text).length > 0) {
    add(searchWords(text), (marks) => {
      const all = marks.map((mark) => `instr(lower(record), ${mark}) > 0`).join(' AND ');
      return `(length(record) <> length(CAST(record AS BLOB)) OR (${all}))`;
    });
  }
  return { where, values };
}

/** Texts as they stand in a record, after the key that they are the value of. */
function pieces(key: string, texts: readonly string[]): string[] {
  return texts.map((text) => `${key}${JSON.stringify(text)}`);
}

function holdsAny(marks: string[]): string {
  return `(${marks.map((mark) => `instr(record, ${mark}) > 0`).join(' OR ')})`;
}
