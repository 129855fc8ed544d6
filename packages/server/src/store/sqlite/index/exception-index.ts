/** The exceptions of all sessions by group: when each happened, in which session. */
import { type EventRecord, exceptionKind, type Frame } from '@tacho/protocol';
import type { Database, Statement } from '../database.ts';
import { ColumnBlocks } from './column-blocks.ts';
import { GoneFeed } from './gone.ts';
import { Cursors } from './index-database.ts';
import type { IndexPart } from './index-part.ts';

/** A group of exceptions in the index. */
export interface KnownGroup {
  /** Number in the index; it changes when the index is made anew. */
  no: number;
  id: string;
  type: string;
  /** Innermost first. */
  frames: Frame[];
}

/** All exceptions in order of arrival, by group apart; those of deleted sessions may be among them. */
export interface ExceptionColumns {
  /** Numbers of sessions. */
  sessions: Uint32Array;
  /** When each happened, epoch microseconds. */
  atUs: Float64Array;
  /** `event.id` in the main database. */
  events: Float64Array;
}

/** Deleted sessions that one step takes up. */
const goneRows = 1_000;

/** Events taken up at once before a question. */
const catchUpRows = 2_000;

/** Follows those rows of table `event` that carry an exception. */
export class ExceptionIndex implements IndexPart {
  readonly #sql: ReturnType<typeof prepareAll>;
  readonly #cursors: Cursors;
  readonly #gone: GoneFeed;
  readonly #blocks: ColumnBlocks;

  constructor(main: Database, index: Database) {
    this.#sql = prepareAll(main, index);
    this.#cursors = new Cursors(index);
    this.#gone = new GoneFeed(main);
    this.#blocks = new ColumnBlocks(index, 'exception_block', ['u32', 'f64', 'f64']);
  }

  step(rows: number): boolean {
    return this.#take(rows) || this.#drop();
  }

  forget(): void {
    // Nothing is remembered outside of the tables.
  }

  /** Takes up everything that is committed. */
  catchUp(): void {
    while (this.#take(catchUpRows));
  }

  /** All groups. */
  groups(): KnownGroup[] {
    return (this.#sql.groups.all() as unknown as GroupRow[]).map(groupOf);
  }

  /** The group with this id. */
  group(id: string): KnownGroup | undefined {
    const row = this.#sql.byId.get(id) as GroupRow | undefined;
    return row && groupOf(row);
  }

  /** The exceptions of a group. */
  exceptionsOf(group: KnownGroup): ExceptionColumns {
    const blocks = this.#blocks.of(group.no);
    const rows = blocks.reduce((sum, [sessions]) => sum + sessions!.length, 0);
    const sessions = new Uint32Array(rows);
    const atUs = new Float64Array(rows);
    const events = new Float64Array(rows);
    let at = 0;
    for (const block of blocks) {
      sessions.set(block[0]!, at);
      atUs.set(block[1]!, at);
      events.set(block[2]!, at);
      at += block[0]!.length;
    }
    return { sessions, atUs, events };
  }

  /** Numbers of the sessions with an exception of one of these types, or of a group with one of these ids. */
  sessionsWith(typesOrIds: readonly string[]): Uint32Array {
    const wanted = this.groups().filter(
      ({ id, type }) => typesOrIds.includes(type) || typesOrIds.includes(id),
    );
    const found = new Set<number>();
    for (const { no } of wanted) {
      for (const [sessions] of this.#blocks.of(no)) for (const one of sessions!) found.add(one);
    }
    return Uint32Array.from(found);
  }

  /** Takes up some events; true while there are more. */
  #take(rows: number): boolean {
    const from = this.#cursors.get('exceptions');
    if (from === 0) this.#cursors.set('exceptions_gone', this.#gone.last());
    const last = (this.#sql.last.get() as { id: number | null }).id ?? 0;
    if (last <= from) return false;
    const { id: upto } = (this.#sql.nth.get(from, rows - 1) as { id: number } | undefined) ?? {
      id: last,
    };
    const byGroup = new Map<number, [number[], number[], number[]]>();
    for (const row of this.#sql.between.all(from, upto) as unknown as ExceptionRow[]) {
      const kind = kindOf(row.record);
      if (kind === undefined) continue;
      this.#sql.add.run(kind.id, kind.type, JSON.stringify(kind.frames));
      const { no } = this.#sql.byId.get(kind.id) as { no: number };
      let columns = byGroup.get(no);
      if (!columns) {
        columns = [[], [], []];
        byGroup.set(no, columns);
      }
      columns[0].push(row.session);
      columns[1].push(row.at_us);
      columns[2].push(row.id);
    }
    for (const [no, columns] of byGroup) {
      this.#blocks.append(no, columns);
      this.#sql.use.run(columns[0].length, no);
    }
    this.#cursors.set('exceptions', upto);
    return upto < last;
  }

  /** Takes some deleted sessions out; false when there are none. */
  #drop(): boolean {
    const from = this.#cursors.get('exceptions_gone');
    const { sessions, upto } = this.#gone.after(from, goneRows);
    if (sessions.size === 0) return false;
    const groups = new Map<number, number>();
    this.#blocks.drop(sessions, (no, _columns, rows) => {
      groups.set(no, (groups.get(no) ?? 0) + rows.length);
    });
    for (const [no, count] of groups) this.#sql.use.run(-count, no);
    if (groups.size > 0) this.#sql.dropUnused.run();
    this.#cursors.set('exceptions_gone', upto);
    return true;
  }
}

interface GroupRow {
  no: number;
  id: string;
  type: string;
  frames: string;
}

interface ExceptionRow {
  id: number;
  session: number;
  at_us: number;
  record: string;
}

function groupOf({ no, id, type, frames }: GroupRow): KnownGroup {
  return { no, id, type, frames: JSON.parse(frames) as Frame[] };
}

/** A damaged record carries no exception that could be told. */
function kindOf(record: string): ReturnType<typeof exceptionKind> {
  try {
    return exceptionKind(JSON.parse(record) as EventRecord);
  } catch {
    return undefined;
  }
}

function prepareAll(main: Database, index: Database) {
  const prepare = (sql: string): Statement => index.prepare(sql);
  return {
    last: main.prepare('SELECT max(id) AS id FROM event') as Statement,
    nth: main.prepare(
      'SELECT id FROM event WHERE id > ? ORDER BY id LIMIT 1 OFFSET ?',
    ) as Statement,
    // Most events carry none, and reading them as JSON costs more than looking for the field.
    between: main.prepare(
      `SELECT id, session, at_us, record FROM event
       WHERE id > ? AND id <= ? AND instr(record, '"exception_type"') > 0
         AND EXISTS(SELECT 1 FROM session WHERE session.no = event.session)
       ORDER BY id`,
    ) as Statement,
    add: prepare(
      'INSERT OR IGNORE INTO exception_group(id, type, frames, uses) VALUES(?, ?, ?, 0)',
    ),
    byId: prepare('SELECT no, id, type, frames FROM exception_group WHERE id = ?'),
    groups: prepare('SELECT no, id, type, frames FROM exception_group ORDER BY no'),
    use: prepare('UPDATE exception_group SET uses = uses + ? WHERE no = ?'),
    dropUnused: prepare('DELETE FROM exception_group WHERE uses <= 0'),
  };
}
