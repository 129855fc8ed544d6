/** The catalog: keeps the index up with the main database, and answers questions about many sessions. */
import { type Database, openReader } from '../database.ts';
import { Activity } from './activity.ts';
import { IndexDamage } from './block-store.ts';
import { indexFileOf, openIndex, removeIndex } from './index-database.ts';
import type { IndexPart } from './index-part.ts';
import { fitsMain, noteMain } from './main-identity.ts';
import { SearchIndex } from './search-index.ts';
import { SessionColumns } from './session-columns.ts';

/** What the catalog is started with. */
export interface CatalogOptions {
  /** The main database. */
  file: string;
  /** Silence after which an active session is called suspended. */
  suspendedAfterUs: number;
  /** The index; beside the main database when absent. */
  indexFile?: string;
}

/** A slice of indexing ends after so long, so that questions do not wait for it. */
const sliceMs = 8;

/** Rows that a part takes up in its first step; later ones follow from how long it took. */
const firstRows = 64;

/** An open index, by its parts. */
export interface OpenIndex {
  /** The main database, read-only. */
  main: Database;
  index: Database;
  columns: SessionColumns;
  activity: Activity;
  search: SearchIndex;
  /** All parts, as they are brought up to date. */
  parts: readonly IndexPart[];
  /** By part: rows that take about half a slice. */
  rows: number[];
}

/** Owns the index; not thread-safe and need not be: one per data directory. */
export class Catalog {
  readonly #main: Database;
  readonly #indexFile: string;
  #open: OpenIndex;
  #isInVain = false;

  constructor({ file, indexFile = indexFileOf(file) }: CatalogOptions) {
    this.#main = openReader(file);
    this.#indexFile = indexFile;
    try {
      this.#open = this.#openIndex();
    } catch {
      removeIndex(indexFile);
      this.#open = this.#openIndex();
    }
  }

  /** Takes up a slice of what is new; true while there is more. */
  step(): boolean {
    return this.#repairing(() =>
      this.#inTransaction(() => {
        noteMain(this.#main, this.#open.index);
        return this.#slice();
      }),
    );
  }

  /**
   * Answers a question: the body sees one moment of the main database, with all that was committed
   * before, and what it changes of the index is kept if it does not throw. The session columns are up
   * to date then; other parts bring themselves up to date when they are asked.
   */
  ask<T>(body: (open: OpenIndex) => T): T {
    return this.#repairing(() =>
      this.#inTransaction(() => {
        this.#open.columns.catchUp();
        return body(this.#open);
      }),
    );
  }

  close(): void {
    try {
      this.#inTransaction(() => {
        noteMain(this.#main, this.#open.index);
        this.#open.columns.write();
      });
    } catch {
      // Then it is taken up again at the next start.
    }
    this.#open.index.close();
    this.#main.close();
  }

  #openIndex(): OpenIndex {
    let index = openIndex(this.#indexFile);
    try {
      if (!fitsMain(this.#main, index)) {
        index.close();
        removeIndex(this.#indexFile);
        index = openIndex(this.#indexFile);
      }
      return partsOf(this.#main, index);
    } catch (error) {
      index.close();
      throw error;
    }
  }

  #slice(): boolean {
    const { parts, rows } = this.#open;
    const startMs = performance.now();
    let left = new Set(parts.keys());
    while (left.size > 0) {
      const more = new Set<number>();
      for (const i of left) {
        const fromMs = performance.now();
        if (fromMs - startMs > sliceMs) return true;
        if (parts[i]!.step(rows[i]!)) more.add(i);
        const tookMs = performance.now() - fromMs;
        if (tookMs < sliceMs / 4 && more.has(i)) rows[i] = rows[i]! * 2;
        else if (tookMs > sliceMs / 2) rows[i] = Math.max(1, rows[i]! >> 1);
      }
      left = more;
    }
    return false;
  }

  /** Runs a body that sees one moment of the main database and changes the index whole or not at all. */
  #inTransaction<T>(body: () => T): T {
    const { index, parts } = this.#open;
    this.#main.exec('BEGIN');
    try {
      index.exec('BEGIN');
      const result = body();
      index.exec('COMMIT');
      return result;
    } catch (error) {
      rollBack(index);
      if (!isDamage(error)) for (const part of parts) part.forget();
      throw error;
    } finally {
      rollBack(this.#main);
    }
  }

  /** A damaged index is made anew, and what met the damage is tried again. */
  #repairing<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      if (!isDamage(error) || this.#isInVain) throw error;
      this.#open.index.close();
      removeIndex(this.#indexFile);
      this.#open = this.#openIndex();
      // If it is met again, the damage is in the main database, and a new index does not help.
      this.#isInVain = true;
      const result = body();
      this.#isInVain = false;
      return result;
    }
  }
}

function partsOf(main: Database, index: Database): OpenIndex {
  const activity = new Activity(main, index);
  const columns = new SessionColumns(main, index, activity);
  const search = new SearchIndex(main, index);
  const parts = [columns, ...search.parts];
  return { main, index, columns, activity, search, parts, rows: parts.map(() => firstRows) };
}

/** SQLite's result codes for a file that is not what it should be. */
const damageCodes = [11, 26];

function isDamage(error: unknown): boolean {
  if (error instanceof IndexDamage) return true;
  const { errcode } = error as { errcode?: number };
  return errcode !== undefined && damageCodes.includes(errcode & 0xff);
}

function rollBack(db: Database): void {
  try {
    db.exec('ROLLBACK');
  } catch {
    // SQLite has rolled back by itself, or nothing was begun.
  }
}
