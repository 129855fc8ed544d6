/** Opens the SQLite file: pragmas, migrations, and the lock that keeps a second server out. */
import { chmodSync, existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import {
  DatabaseSync,
  type DatabaseSyncInstance,
  type StatementSyncInstance,
} from '@photostructure/sqlite';
import { migrations } from './migrations.ts';

/** A connection. */
export type Database = DatabaseSyncInstance;

/** A prepared statement. */
export type Statement = StatementSyncInstance;

/** Name of the database inside the data directory. */
export const databaseFile = 'tacho.db';

/** Bytes of a database page; 16 KiB wastes least on chunks of about 2 KB (docs/format.md). */
const pageBytes = 16 * 1024;

/** Why a data directory cannot be opened; the message is one sentence for the person who started us. */
export class OpenError extends Error {
  override name = 'OpenError';
}

/** Creates the data directory if need be, for its owner only, and returns the path of the database. */
export function prepareDirectory(dir: string): string {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new OpenError(`cannot create the data directory ${dir}: ${(error as Error).message}`);
  }
  return join(dir, databaseFile);
}

/**
 * Takes the exclusive lock of a data directory and returns its release. The lock is SQLite's own
 * on a file beside the database, so it ends with the process however that ends.
 */
export function lockDirectory(dir: string): () => void {
  let lock: Database;
  try {
    lock = new DatabaseSync(join(dir, 'tacho.lock'), { timeout: 500 });
  } catch (error) {
    throw new OpenError(`cannot write to the data directory ${dir}: ${(error as Error).message}`);
  }
  try {
    lock.exec('PRAGMA journal_mode = MEMORY; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (/locked|busy/i.test((error as Error).message)) {
      throw new OpenError(`another tacho is using the data directory ${dir}`);
    }
    throw new OpenError(`cannot write to the data directory ${dir}: ${(error as Error).message}`);
  }
  return () => lock.close();
}

/**
 * Keeps every writer out of a directory until it is released. A file, and a directory that nobody
 * can write to, need no lock.
 */
export function lockForReading(path: string): () => void {
  if (!existsSync(path) || !statSync(path).isDirectory()) return () => {};
  try {
    return lockDirectory(path);
  } catch (error) {
    if ((error as Error).message.startsWith('another tacho')) throw error;
    return () => {};
  }
}

/** Opens the writing connection: durable commits, our page size, the newest schema. */
export function openWriter(file: string): Database {
  const isNew = !existsSync(file);
  const db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    if (isNew) {
      db.exec(`PRAGMA page_size = ${pageBytes}; PRAGMA auto_vacuum = INCREMENTAL`);
      chmodSync(file, 0o600);
    }
    // The sealer checkpoints beside us; the journal's size is bounded by truncating after that.
    db.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 0;
      PRAGMA foreign_keys = OFF;
      PRAGMA cache_size = -6144;
      PRAGMA temp_store = MEMORY;
    `);
    migrate(db, file);
  } catch (error) {
    db.close();
    if (error instanceof OpenError) throw error;
    throw new OpenError(`cannot open ${file}: ${(error as Error).message}`);
  }
  return db;
}

/** Opens a connection for queries; it sees everything that was committed when a query starts. */
export function openReader(file: string, cacheKiB = 4_096): Database {
  const db = new DatabaseSync(file, { timeout: 5_000, readOnly: true });
  db.exec(`PRAGMA query_only = 1; PRAGMA cache_size = -${cacheKiB}; PRAGMA temp_store = MEMORY`);
  return db;
}

/** Opens a connection that reads and can checkpoint: for that, SQLite needs a file it may write. */
export function openCheckpointer(file: string): Database {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  db.exec('PRAGMA query_only = 1; PRAGMA cache_size = -1024; PRAGMA temp_store = MEMORY');
  return db;
}

function migrate(db: Database, file: string): void {
  const version = schemaVersion(db);
  if (version > migrations.length) {
    throw new OpenError(
      `${file} was written by a newer tacho (schema ${version}, this one knows ${migrations.length})`,
    );
  }
  for (let next = version; next < migrations.length; next++) {
    db.exec('BEGIN IMMEDIATE');
    try {
      db.exec(migrations[next]!);
      db.exec(`PRAGMA user_version = ${next + 1}`);
      db.exec('COMMIT');
    } catch (error) {
      db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** Version of the schema in the file; 0 for an empty one. */
export function schemaVersion(db: Database): number {
  const row = db.prepare('PRAGMA user_version').get() as { user_version: number };
  return row.user_version;
}
