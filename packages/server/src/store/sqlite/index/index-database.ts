/** The index database: derived from the main one, in a file of its own, made anew whenever it does not fit. */
import { chmodSync, existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { type Database, type Statement, schemaVersion } from '../database.ts';
import { indexSchema, indexVersion } from './index-schema.ts';

/** Name of the index database inside the data directory. */
const indexFile = 'tacho-index.db';

/** Path of the index that belongs to a database. */
export function indexFileOf(mainFile: string): string {
  return join(dirname(mainFile), indexFile);
}

/**
 * Opens the index, for writing. One that is missing, damaged or of another version is made anew,
 * empty. Where no file can be written the index lives in memory.
 */
export function openIndex(file: string): Database {
  try {
    return openFile(file);
  } catch {
    removeIndex(file);
  }
  try {
    return openFile(file);
  } catch {
    return setUp(new DatabaseSync(':memory:'));
  }
}

/** Deletes the index; nothing is lost by that but time. */
export function removeIndex(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(file + suffix, { force: true });
}

/** How far the parts of the index have come, by name; 0 where they have not begun. */
export class Cursors {
  readonly #get: Statement;
  readonly #set: Statement;

  constructor(index: Database) {
    this.#get = index.prepare('SELECT value FROM cursor WHERE name = ?');
    this.#set = index.prepare(
      'INSERT INTO cursor VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value',
    );
  }

  get(name: string): number {
    return (this.#get.get(name) as { value: number } | undefined)?.value ?? 0;
  }

  set(name: string, value: number): void {
    this.#set.run(name, value);
  }
}

function openFile(file: string): Database {
  const isNew = !existsSync(file);
  let db = new DatabaseSync(file, { timeout: 5_000 });
  try {
    if (!isNew && schemaVersion(db) !== indexVersion) {
      db.close();
      removeIndex(file);
      db = new DatabaseSync(file, { timeout: 5_000 });
    }
    setUp(db);
    chmodSync(file, 0o600);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function setUp(db: Database): Database {
  // Losing the last commits to a power cut only means to take them up again, so nobody waits for the disk.
  db.exec(`
    PRAGMA page_size = 8192;
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = NORMAL;
    PRAGMA cache_size = -8192;
    PRAGMA temp_store = MEMORY;
    PRAGMA wal_autocheckpoint = 4000;
  `);
  if (schemaVersion(db) === indexVersion) return db;
  db.exec('BEGIN IMMEDIATE');
  for (const sql of indexSchema) db.exec(sql);
  db.exec(`PRAGMA user_version = ${indexVersion}; COMMIT`);
  return db;
}
