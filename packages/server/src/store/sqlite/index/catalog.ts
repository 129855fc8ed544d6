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

/** A commit comes after so long; what a crash takes away in between is taken up again. */
const commitIntervalMs = 250;

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
  /** Whether a transaction of the index is open, and since when. */
  #isBegun = false;
  #begunMs = 0;
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

  /**
   * Takes up a slice of what is new; true while there is more. Slices become durable several at a
   * time, because a commit costs as much as a slice; questions see all of them.
   */
  step(): boolean {
    return this.#repairing(() =>
      this.#inMain(() => {
        this.#begin();
        const isMore = this.#changing(() => this.#slice());
        if (!isMore || performance.now() - this.#begunMs > commitIntervalMs) this.#commit();
        return isMore;
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
      this.#inMain(() => {
        // What slices before it took up stays, whatever becomes of the question.
        if (this.#isBegun) this.#commit();
        this.#begin();
        const answer = this.#changing(() => {
          this.#open.columns.catchUp();
          return body(this.#open);
        });
        this.#commit();
        return answer;
      }),
    );
  }

  close(): void {
    try {
      this.#inMain(() => {
        this.#begin();
        this.#open.columns.write();
        this.#commit();
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

  /** Runs a body that sees one moment of the main database. */
  #inMain<T>(body: () => T): T {
    this.#main.exec('BEGIN');
    try {
      return body();
    } finally {
      rollBack(this.#main);
    }
  }

  /** Runs a body that changes the index; when it fails, all since the last commit is taken up again. */
  #changing<T>(body: () => T): T {
    try {
      return body();
    } catch (error) {
      this.#undo(error);
      throw error;
    }
  }

  #undo(error: unknown): void {
    const { index, parts } = this.#open;
    rollBack(index);
    this.#isBegun = false;
    if (!isDamage(error)) for (const part of parts) part.forget();
  }

  #begin(): void {
    if (this.#isBegun) return;
    this.#open.index.exec('BEGIN');
    this.#isBegun = true;
    this.#begunMs = performance.now();
  }

  #commit(): void {
    const { index, parts } = this.#open;
    this.#changing(() => {
      for (const part of parts) part.settle?.();
      noteMain(this.#main, index);
      index.exec('COMMIT');
    });
    this.#isBegun = false;
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
