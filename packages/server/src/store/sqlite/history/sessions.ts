/** What the questions about one session's history share: the session's row, and damage that they meet. */
import type { Database, Statement } from '../database.ts';
import type { Damage } from '../writer.ts';

/** A session as its history needs it. */
export interface HistorySession {
  no: number;
  id: string;
  createdUs: number;
  startState: string;
}

/** An answer together with the damage that was met on the way. */
export interface Answered<T> {
  value: T;
  damages: Damage[];
}

/** The connection of the history, and the damage of the question under way. */
export class HistorySource {
  readonly db: Database;
  readonly #byId: Statement;
  readonly #statements = new Map<string, Statement>();
  #damages: Damage[] = [];

  constructor(db: Database) {
    this.db = db;
    this.#byId = db.prepare('SELECT no, id, created_us, start_state FROM session WHERE id = ?');
  }

  /** A statement for a text, prepared once; texts must be few. */
  statement(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known) return known;
    const statement = this.db.prepare(sql);
    if (this.#statements.size >= statementsMax) this.#statements.clear();
    this.#statements.set(sql, statement);
    return statement;
  }

  /** Answers about one session within one transaction, so that all parts of the answer belong together. */
  answer<T>(id: string, body: (session: HistorySession) => T): Answered<T> | undefined {
    this.db.exec('BEGIN');
    try {
      const row = this.#byId.get(id) as
        | { no: number; id: string; created_us: number; start_state: string }
        | undefined;
      if (!row) return undefined;
      const { no, created_us: createdUs, start_state: startState } = row;
      const value = body({ no, id, createdUs, startState });
      return { value, damages: this.#damages };
    } finally {
      this.#damages = [];
      this.db.exec('COMMIT');
    }
  }

  /** What a body gives; when it fails because a row is damaged, that is noted, and the answer is undefined. */
  attempt<T>(what: string, place: string, session: string, body: () => T): T | undefined {
    try {
      return body();
    } catch (error) {
      this.#damages.push({ what, place, session, problem: (error as Error).message });
      return undefined;
    }
  }
}

/** Statements kept; filters with different numbers of values have texts of their own. */
const statementsMax = 100;
