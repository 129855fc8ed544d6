/** Opens a data directory for reading: without the lock, without threads, and without a change to it. */
import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TachoError } from '@tacho/protocol';
import { databaseFile, OpenError, openReader, schemaVersion } from './database.ts';
import { startReadOnlyEngine } from './engine.ts';
import { indexFileOf } from './index/index-database.ts';
import { migrations } from './migrations.ts';
import { type SqliteOptions, SqliteStore } from './sqlite.ts';

/** How to open a directory, or a backup, for reading. */
export type ReadOnlyOptions = Pick<SqliteOptions, 'dir' | 'clock' | 'log' | 'suspendedAfterUs'>;

/**
 * Opens the store for reading; a server may run on it meanwhile. The index is worked with as a copy
 * in a temporary directory, which closing removes. Rejects with OpenError when there is nothing that
 * this version can read.
 */
export async function openReadOnly(options: ReadOnlyOptions): Promise<SqliteStore> {
  const path = databaseOf(resolve(options.dir));
  if (!existsSync(path)) throw new OpenError(`nothing was recorded in ${options.dir}`);
  const file = readableName(path);
  checkVersion(file, path);
  const copy = new IndexCopy(path);
  const { suspendedAfterUs } = options;
  const engine = startReadOnlyEngine({
    file,
    catalog: () => ({ file, suspendedAfterUs, indexFile: copy.make() }),
  });
  const store = new SqliteStore({ ...options, returnGraceUntilUs: 0 }, engine, blank, () =>
    copy.remove(),
  );
  await store.freeze(
    new TachoError('store_unavailable', `${options.dir} is open for reading only`),
  );
  return store;
}

/** A backup is a database by itself. */
function databaseOf(path: string): string {
  return existsSync(path) && statSync(path).isFile() ? path : join(path, databaseFile);
}

/** What a store that writes nothing has to know about what is there: nothing. */
const blank = {
  lastSession: 0,
  lastSeries: 0,
  unsealed: 0,
  journalFirst: 0,
  journalLast: 0,
  quarantined: 0,
};

/**
 * The database as SQLite is to open it. Without a log beside it nobody has it open, and as long as
 * that is so it cannot change: then SQLite is told so, or it would make a log just to look.
 */
function readableName(path: string): string {
  const log = `${path}-wal`;
  const isQuiet = !existsSync(log) || (statSync(log).size === 0 && !existsSync(`${path}-shm`));
  return isQuiet ? `${pathToFileURL(path).href}?immutable=1` : path;
}

function checkVersion(file: string, path: string): void {
  let version: number;
  try {
    const db = openReader(file);
    version = schemaVersion(db);
    db.close();
  } catch (error) {
    throw new OpenError(`cannot read ${path}: ${(error as Error).message}`);
  }
  if (version > migrations.length) {
    throw new OpenError(`${path} was written by a newer tacho (schema ${version})`);
  }
  if (version < migrations.length) {
    throw new OpenError(
      `${path} was written by an older tacho (schema ${version}); start tacho serve on it once, which brings it up to date`,
    );
  }
}

/** The index in a directory of its own, so that bringing it up to date changes nothing else. */
class IndexCopy {
  readonly #source: string;
  #dir: string | undefined;
  readonly #onExit = () => this.remove();

  constructor(mainPath: string) {
    this.#source = indexFileOf(mainPath);
  }

  /** Copies what there is; an index that cannot be copied is made anew there. Returns its path. */
  make(): string {
    this.#dir = mkdtempSync(join(tmpdir(), 'tacho-index-'));
    process.once('exit', this.#onExit);
    const target = indexFileOf(join(this.#dir, databaseFile));
    if (!existsSync(this.#source)) return target;
    try {
      const db = openReader(readableName(this.#source));
      try {
        db.exec('PRAGMA query_only = 0');
        db.prepare('VACUUM INTO ?').run(target);
      } finally {
        db.close();
      }
    } catch {
      rmSync(target, { force: true });
    }
    return target;
  }

  remove(): void {
    if (this.#dir === undefined) return;
    process.removeListener('exit', this.#onExit);
    rmSync(this.#dir, { recursive: true, force: true });
    this.#dir = undefined;
  }
}
