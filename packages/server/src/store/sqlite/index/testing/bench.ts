/** A part of the index under test: a real store in a directory of its own, and an index beside it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OpenedStore, StoreBench } from '../../../contract/harness.ts';
import { type Database, databaseFile, openReader } from '../../database.ts';
import { openSqlite } from '../../sqlite.ts';
import { openIndex } from '../index-database.ts';
import type { IndexPart } from '../index-part.ts';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };

/** A store, its database as an index sees it, and a part that follows it. */
export class PartBench<P extends IndexPart> {
  readonly store: StoreBench;
  readonly main: Database;
  readonly index: Database;
  part: P;
  readonly #dir: string;
  readonly #make: (main: Database, index: Database) => P;

  private constructor(
    dir: string,
    store: StoreBench,
    make: (main: Database, index: Database) => P,
  ) {
    this.#dir = dir;
    this.#make = make;
    this.store = store;
    this.main = openReader(join(dir, databaseFile));
    this.index = openIndex(join(dir, 'part.db'));
    this.part = make(this.main, this.index);
  }

  static async open<P extends IndexPart>(
    make: (main: Database, index: Database) => P,
  ): Promise<PartBench<P>> {
    const dir = mkdtempSync(join(tmpdir(), 'tacho-part-'));
    const store = await StoreBench.open(async (options): Promise<OpenedStore> => {
      return { store: await openSqlite({ ...options, dir, log: quiet, local: true }) };
    });
    return new PartBench(dir, store, make);
  }

  /** Runs a body inside a transaction of both databases, as the catalog does. */
  within<T>(body: (part: P) => T): T {
    this.main.exec('BEGIN');
    this.index.exec('BEGIN');
    try {
      return body(this.part);
    } finally {
      this.part.settle?.();
      this.index.exec('COMMIT');
      this.main.exec('COMMIT');
    }
  }

  /** Takes up everything, `rows` at a time. */
  catchUp(rows = 3): void {
    while (this.within((part) => part.step(rows)));
  }

  /** The part as it is after a restart. */
  restart(): void {
    this.part = this.#make(this.main, this.index);
  }

  /** Number of the session with this id in the main database; undefined when it is not there. */
  no(id: string): number | undefined {
    const row = this.main.prepare('SELECT no FROM session WHERE id = ?').get(id);
    return (row as { no: number } | undefined)?.no;
  }

  /** Ends all sessions that are silent since now, and deletes those that ended. */
  async expireAll(): Promise<void> {
    this.store.pass(1);
    const { nowUs } = this.store.time;
    await this.store.store.sweep({ nowUs, lostAfterUs: 0 });
    await this.store.store.expire({ beforeUs: nowUs + 1, sessionsMax: 1_000 });
  }

  async close(): Promise<void> {
    await this.store.store.close();
    this.main.close();
    this.index.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
