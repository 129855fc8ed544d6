/** Answers questions from its own read-only connection; everything committed before a question is seen. */
import {
  applyPatch,
  type EventRecord,
  initialStatus,
  type JsonObject,
  limits,
  parseJson,
  type SeriesKey,
  type SessionStatus,
  stringifyJson,
} from '@tacho/protocol';
import type {
  EventRow,
  PatchRow,
  ReadParts,
  SampleRows,
  SessionPart,
  SessionRow,
  TokenRow,
} from '../store.ts';
import { type Database, openReader, type Statement } from './database.ts';
import { JournalIndex } from './journal-index.ts';
import { applyTouch, type StatusRow } from './live.ts';
import { sizeOf } from './part-size.ts';
import { SampleReader, type SeriesRow } from './sample-reader.ts';
import type { ReadSource } from './series/pieces.ts';
import { parseSeriesText } from './series-text.ts';
import { Handover, type Transfer } from './thread.ts';
import { TokenTable } from './tokens.ts';
import type { Damage } from './writer.ts';

/** A session found by id or prefix, with what is needed to write to it. */
export interface Found {
  no: number;
  id: string;
  series: { no: number; key: string }[];
}

/** Answer to `find`. */
export type FindAnswer =
  | { kind: 'found'; found: Found }
  | { kind: 'missing' }
  | { kind: 'ambiguous'; ids: string[] };

/** Some pieces of a session; `cursor` is undefined when there are no more. */
export interface Pieces {
  cursor: number | undefined;
  parts: SessionPart[];
  damages: Damage[];
}

/** An answer, and what was found damaged on the way to it. */
export interface Answered<T> {
  value: T;
  damages: Damage[];
}

/** A row of table session. */
interface SessionTableRow {
  no: number;
  id: string;
  created_us: number;
  product: string;
  version: string;
  machine_id: string | null;
  hostname: string | null;
  boot_id: string | null;
  agent_id: string | null;
  start_state: string;
}

/** Rough size of one answer, in characters and bytes. */
const answerSize = 256 * 1024;
const eventPage = 500;
const patchPage = 200;
const idPage = 1_000;
/** Reads that nobody continued for this long are given up. */
const cursorLifeMs = 120_000;

/** Not thread-safe and need not be: one per thread. */
export class Reader {
  readonly #db: Database;
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #journal: JournalIndex;
  /** What other answers of this thread read from. */
  readonly source: ReadSource;
  readonly #cursors = new Map<number, { pieces: Iterator<SessionPart>; usedMs: number }>();
  #nextCursor = 1;
  readonly #damages: Damage[] = [];

  constructor(file: string) {
    this.#db = openReader(file);
    this.#sql = prepareAll(this.#db);
    this.#journal = new JournalIndex(this.#db);
    const onDamage = (damage: Damage): void => void this.#damages.push(damage);
    const samples = new SampleReader(this.#db, this.#journal, onDamage);
    this.source = { db: this.#db, journal: this.#journal, samples, onDamage };
  }

  /** The session with this id or unique prefix, lower case. */
  find(idOrPrefix: string): FindAnswer {
    const exact = this.#sql.byId.get(idOrPrefix) as SessionTableRow | undefined;
    if (exact) return { kind: 'found', found: this.#found(exact) };
    if (idOrPrefix.length < limits.idPrefixMin) return { kind: 'missing' };
    const after = `${idOrPrefix}\u{10ffff}`;
    const rows = this.#sql.byPrefix.all(idOrPrefix, after, limits.ambiguousIdsMax) as {
      no: number;
      id: string;
    }[];
    if (rows.length > 1) return { kind: 'ambiguous', ids: rows.map(({ id }) => id) };
    return rows[0] ? { kind: 'found', found: this.#found(rows[0]) } : { kind: 'missing' };
  }

  /** A page of ids in order of creation. */
  ids(after: number): { ids: string[]; after: number | undefined } {
    const rows = this.#sql.ids.all(after, idPage) as { no: number; id: string }[];
    const more = rows.length === idPage ? rows.at(-1)!.no : undefined;
    return { ids: rows.map(({ id }) => id), after: more };
  }

  /** What is kept of a spool. */
  spool(id: string): { floor: number; ahead: number[] } | undefined {
    const row = this.#sql.spool.get(id) as { floor: number; ahead: string } | undefined;
    return row && { floor: row.floor, ahead: JSON.parse(row.ahead) as number[] };
  }

  /** What is kept of an idempotency key. */
  key(key: string): { fingerprint: string; reply: string; createdUs: number } | undefined {
    const row = this.#sql.key.get(key) as
      | { fingerprint: string; reply: string; created_us: number }
      | undefined;
    return row && { fingerprint: row.fingerprint, reply: row.reply, createdUs: row.created_us };
  }

  /** All tokens. */
  tokens(): TokenRow[] {
    return new TokenTable(this.#db).list();
  }

  /** Starts to read a session; undefined when it does not exist. */
  read({ id, parts }: { id: string; parts: ReadParts }): Handover<Pieces> | undefined {
    this.#dropStale();
    // All that decides what is seen is read in one transaction; the rest is fetched when its turn comes.
    this.#db.exec('BEGIN');
    let pieces: Iterator<SessionPart> | undefined;
    try {
      pieces = this.#open(id, parts);
    } finally {
      this.#db.exec('COMMIT');
    }
    if (!pieces) return undefined;
    const cursor = this.#nextCursor++;
    this.#cursors.set(cursor, { pieces, usedMs: Date.now() });
    return this.next(cursor);
  }

  /** Goes on reading. */
  next(cursor: number): Handover<Pieces> {
    const open = this.#cursors.get(cursor);
    if (!open) throw new Error('this read was given up because nobody continued it');
    open.usedMs = Date.now();
    const parts: SessionPart[] = [];
    const transfer: ArrayBuffer[] = [];
    let size = 0;
    let isDone = false;
    while (size < answerSize && !isDone) {
      const { value, done } = open.pieces.next();
      if (done) isDone = true;
      else {
        parts.push(value);
        size += sizeOf(value, transfer);
      }
    }
    if (isDone) this.#cursors.delete(cursor);
    const damages = this.#takeDamages();
    const answer = { cursor: isDone ? undefined : cursor, parts, damages };
    return new Handover(answer, transfer as unknown as Transfer);
  }

  /** Answers from `source`. */
  answer<T>(ask: () => T): Answered<T> {
    return { value: ask(), damages: this.#takeDamages() };
  }

  /** Gives up a read. */
  abandon(cursor: number): void {
    this.#cursors.delete(cursor);
  }

  close(): void {
    this.#db.close();
  }

  #takeDamages(): Damage[] {
    return this.#damages.splice(0);
  }

  #found({ no, id }: { no: number; id: string }): Found {
    return { no, id, series: this.#sql.series.all(no) as { no: number; key: string }[] };
  }

  #open(id: string, parts: ReadParts): Iterator<SessionPart> | undefined {
    const session = this.#sql.byId.get(id) as SessionTableRow | undefined;
    if (!session) return undefined;
    this.#journal.refresh(this.#damages);
    const row = this.#row(session);
    const lastEvent = parts.events ? (this.#sql.lastEvent.get() as { id: number | null }).id : 0;
    let keys: SeriesKey[] = [];
    let merged: Generator<Omit<SampleRows, 'keys'>> | undefined;
    if (parts.samples) {
      const series = this.#sql.series.all(session.no) as unknown as SeriesRow[];
      keys = series.map(({ key }) => parseSeriesText(key));
      merged = this.source.samples.open(session.no, id, series);
    }
    return this.#pieces(session.no, row, parts, lastEvent ?? 0, keys, merged);
  }

  *#pieces(
    no: number,
    row: SessionRow,
    parts: ReadParts,
    lastEvent: number,
    keys: SeriesKey[],
    merged: Generator<Omit<SampleRows, 'keys'>> | undefined,
  ): Generator<SessionPart> {
    yield { kind: 'session', row };
    if (parts.patches) yield* this.#guard(row.id, 'patches', this.#patches(no, row.patches));
    if (parts.events) yield* this.#guard(row.id, 'events', this.#events(no, lastEvent));
    if (!merged) return;
    for (const rows of merged) {
      const { details, ...columns } = rows;
      yield { kind: 'samples', rows: { keys, ...columns, ...(details && { details }) } };
      // The keys travel once.
      keys = [];
    }
  }

  /** Ends a part at the first damaged page, which is reported, instead of failing the whole session. */
  *#guard(id: string, what: string, part: Generator<SessionPart>): Generator<SessionPart> {
    try {
      yield* part;
    } catch (error) {
      const problem = (error as Error).message;
      this.#damages.push({ what, place: `${what} of ${id}`, session: id, problem });
    }
  }

  *#patches(no: number, count: number): Generator<SessionPart> {
    for (let from = 0; from < count; from += patchPage) {
      const upto = Math.min(count, from + patchPage);
      const rows = this.#sql.patches.all(no, from, upto) as {
        revision: number;
        at_us: number;
        received_us: number;
        patch: string;
      }[];
      const patches = rows.map<PatchRow>(({ revision, at_us, received_us, patch }) => ({
        revision,
        atUs: at_us,
        receivedUs: received_us,
        patch,
      }));
      yield { kind: 'patches', rows: patches };
    }
  }

  *#events(no: number, lastEvent: number): Generator<SessionPart> {
    let at = -Number.MAX_SAFE_INTEGER;
    let seq = -1;
    for (;;) {
      const rows = this.#sql.events.all(no, at, seq, lastEvent, eventPage) as {
        seq: number;
        at_us: number;
        received_us: number;
        record: string;
      }[];
      if (rows.length === 0) return;
      const events = rows.map<EventRow>(({ seq, at_us, received_us, record }) => ({
        seq,
        atUs: at_us,
        receivedUs: received_us,
        event: parseJson(record) as unknown as EventRecord,
      }));
      yield { kind: 'events', rows: events };
      at = rows.at(-1)!.at_us;
      seq = rows.at(-1)!.seq;
    }
  }

  #row(session: SessionTableRow): SessionRow {
    const { table, status } = this.#status(session);
    const live = {
      status,
      updatedUs: table.updated_us,
      samples: table.samples,
      skewUs: table.skew_us,
    };
    for (const { id, touch } of this.#journal.of(session.no)) {
      if (id > table.journal_upto) applyTouch(live, touch);
    }
    const { machine_id, hostname, boot_id, agent_id } = session;
    return {
      id: session.id,
      createdUs: session.created_us,
      updatedUs: live.updatedUs,
      product: session.product,
      version: session.version,
      ...(machine_id !== null && { machineId: machine_id }),
      ...(hostname !== null && { hostname }),
      ...(boot_id !== null && { bootId: boot_id }),
      ...(agent_id !== null && { agentId: agent_id }),
      status: live.status,
      state: this.#state(session, table.patches),
      startState: session.start_state,
      patches: table.patches,
      events: table.events,
      samples: live.samples,
      ...(live.skewUs !== null && { clockSkewUs: live.skewUs }),
    };
  }

  /** Where a session stands; one whose row is damaged reads as if it had just started. */
  #status(session: SessionTableRow): { table: StatusRow; status: SessionStatus } {
    try {
      const table = this.#sql.status.get(session.no) as StatusRow | undefined;
      if (!table) throw new Error('the row is missing');
      return { table, status: JSON.parse(table.status) as SessionStatus };
    } catch (error) {
      const problem = (error as Error).message;
      const place = `status of ${session.id}`;
      this.#damages.push({ what: 'status', place, session: session.id, problem });
      const updated_us = session.created_us;
      const none = { patches: 0, events: 0, samples: 0, skew_us: null, journal_upto: 0 };
      const table = { session: session.no, updated_us, ...none, status: '' };
      return { table, status: initialStatus(updated_us) };
    }
  }

  /** The state after the last patch: the nearest snapshot and what came after it. */
  #state(session: SessionTableRow, patches: number): string {
    if (patches === 0) return session.start_state;
    try {
      const snapshot = this.#sql.snapshot.get(session.no, patches) as
        | { revision: number; state: string }
        | undefined;
      const from = snapshot?.revision ?? 0;
      if (from === patches) return snapshot!.state;
      let state = parseJson(snapshot?.state ?? session.start_state) as JsonObject;
      for (const { patch } of this.#sql.patches.all(session.no, from, patches) as {
        patch: string;
      }[]) {
        state = applyPatch(state, parseJson(patch) as JsonObject);
      }
      return stringifyJson(state);
    } catch (error) {
      const problem = (error as Error).message;
      const place = `state of ${session.id}`;
      this.#damages.push({ what: 'state', place, session: session.id, problem });
      return session.start_state;
    }
  }

  #dropStale(): void {
    const nowMs = Date.now();
    for (const [cursor, { usedMs }] of this.#cursors) {
      if (nowMs - usedMs > cursorLifeMs) this.#cursors.delete(cursor);
    }
  }
}

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  return {
    byId: prepare('SELECT * FROM session WHERE id = ?'),
    byPrefix: prepare('SELECT no, id FROM session WHERE id >= ? AND id < ? ORDER BY id LIMIT ?'),
    ids: prepare('SELECT no, id FROM session WHERE no > ? ORDER BY no LIMIT ?'),
    status: prepare('SELECT * FROM status WHERE session = ?'),
    series: prepare('SELECT no, local, key FROM series WHERE session = ? ORDER BY local'),
    snapshot: prepare(
      `SELECT revision, state FROM snapshot WHERE session = ? AND revision <= ?
       ORDER BY revision DESC LIMIT 1`,
    ),
    patches: prepare(
      `SELECT revision, at_us, received_us, patch FROM patch
       WHERE session = ? AND revision > ? AND revision <= ? ORDER BY revision`,
    ),
    lastEvent: prepare('SELECT max(id) AS id FROM event'),
    events: prepare(
      `SELECT seq, at_us, received_us, record FROM event
       WHERE session = ? AND (at_us, seq) > (?, ?) AND id <= ? ORDER BY at_us, seq LIMIT ?`,
    ),
    spool: prepare('SELECT floor, ahead FROM spool WHERE id = ?'),
    key: prepare('SELECT fingerprint, reply, created_us FROM once WHERE key = ?'),
  };
}
