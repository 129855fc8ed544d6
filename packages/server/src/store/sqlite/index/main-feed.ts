/** What happened in the main database since a point: changed and deleted sessions, events, and what the journal says. */
import { eventNames, initialStatus, parseJson, type SessionStatus } from '@tacho/protocol';
import type { Database, Statement } from '../database.ts';
import { decodeTouches, type Touch } from '../frame.ts';

/** A session whose status was written. */
export interface ChangedSession {
  session: number;
  rev: number;
  updatedUs: number;
  events: number;
  samples: number;
  skewUs: number;
  journalUpto: number;
  status: SessionStatus;
}

/** A session as it started. */
export interface StartedSession {
  created_us: number;
  product: string;
  version: string;
  machine_id: string | null;
  hostname: string | null;
}

/** An event in short. */
export interface FreshEvent {
  id: number;
  session: number;
  atUs: number;
  isError: boolean;
  isHang: boolean;
  /** It is an error and carries an exception. */
  hasException: boolean;
}

/** Position in each of the tables that are followed. */
export interface Position {
  rev: number;
  gone: number;
  event: number;
  journal: number;
}

interface StatusRow {
  session: number;
  rev: number;
  updated_us: number;
  events: number;
  samples: number;
  skew_us: number | null;
  journal_upto: number;
  status: string;
}

/** Reads in pages, in the order in which things happened. */
export class MainFeed {
  readonly #sql: ReturnType<typeof prepareAll>;

  constructor(main: Database) {
    this.#sql = prepareAll(main);
  }

  /** Sessions changed after `rev`. */
  changed(rev: number, rows: number): ChangedSession[] {
    return (this.#sql.changed.all(rev, rows) as unknown as StatusRow[]).map((row) => ({
      session: row.session,
      rev: row.rev,
      updatedUs: row.updated_us,
      events: row.events,
      samples: row.samples,
      skewUs: row.skew_us ?? Number.NaN,
      journalUpto: row.journal_upto,
      status: readStatus(row),
    }));
  }

  /** How a session started. */
  started(session: number): StartedSession | undefined {
    return this.#sql.started.get(session) as StartedSession | undefined;
  }

  /** Deletions after `rev`. */
  gone(rev: number, rows: number): { rev: number; session: number }[] {
    return this.#sql.gone.all(rev, rows) as { rev: number; session: number }[];
  }

  /** Events that arrived after the one with this id. */
  events(id: number, rows: number): FreshEvent[] {
    const found = this.#sql.events.all(id, rows) as {
      id: number;
      session: number;
      at_us: number;
      level: string;
      name: string;
      record: string | null;
    }[];
    return found.map((row) => ({
      id: row.id,
      session: row.session,
      atUs: row.at_us,
      isError: isErrorLevel(row.level),
      isHang: isHangName(row.name),
      hasException: row.record !== null && hasException(row.record),
    }));
  }

  /** Journal rows after the one with this id. One that is damaged says nothing. */
  journal(id: number, rows: number): { id: number; touches: Touch[] }[] {
    const found = this.#sql.journal.all(id, rows) as { id: number; touch: Uint8Array }[];
    return found.map((row) => ({ id: row.id, touches: touchesOf(row.touch) }));
  }
}

/** Levels that count as errors. */
export function isErrorLevel(level: string): boolean {
  return level === 'error' || level === 'critical';
}

/** Whether an event of this name reports a hang. */
export function isHangName(name: string): boolean {
  return name === eventNames.hang;
}

function hasException(record: string): boolean {
  try {
    const { exception_type, exception_msg } = parseJson(record) as Record<string, unknown>;
    return Boolean(exception_type) || Boolean(exception_msg);
  } catch {
    return false;
  }
}

/** A damaged status reads as if the session had just started, as in a session read alone. */
function readStatus(row: StatusRow): SessionStatus {
  try {
    return JSON.parse(row.status) as SessionStatus;
  } catch {
    return initialStatus(row.updated_us);
  }
}

function touchesOf(data: Uint8Array): Touch[] {
  try {
    return decodeTouches(data);
  } catch {
    return [];
  }
}

function prepareAll(main: Database) {
  const prepare = (sql: string): Statement => main.prepare(sql);
  return {
    changed: prepare(
      `SELECT session, rev, updated_us, events, samples, skew_us, journal_upto, status
       FROM status WHERE rev > ? ORDER BY rev LIMIT ?`,
    ),
    started: prepare(
      'SELECT created_us, product, version, machine_id, hostname FROM session WHERE no = ?',
    ),
    gone: prepare('SELECT rev, session FROM gone WHERE rev > ? ORDER BY rev LIMIT ?'),
    events: prepare(
      `SELECT id, session, at_us, level, name,
         CASE WHEN level IN ('error', 'critical') AND instr(record, '"exception_') > 0
           THEN record END AS record
       FROM event WHERE id > ? ORDER BY id LIMIT ?`,
    ),
    journal: prepare('SELECT id, touch FROM journal WHERE id > ? ORDER BY id LIMIT ?'),
  };
}
