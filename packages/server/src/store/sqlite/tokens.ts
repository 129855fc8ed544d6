/** The table of tokens: how rows are written and read. */
import { scopes } from '@tacho/protocol';
import type { TokenRow } from '../store.ts';
import type { Database, Statement } from './database.ts';

/** A row as SQLite has it; `scopes` are words between blanks. */
interface StoredToken {
  id: string;
  name: string;
  scopes: string;
  hash: string;
  created_us: number;
  expires_us: number | null;
  used_us: number | null;
}

/** Tokens over the writing connection; each call is a transaction of its own. */
export class TokenTable {
  readonly #db: Database;
  readonly #list: Statement;
  readonly #insert: Statement;
  readonly #delete: Statement;
  readonly #use: Statement;

  constructor(db: Database) {
    this.#db = db;
    this.#list = db.prepare('SELECT * FROM token ORDER BY created_us, id');
    this.#insert = db.prepare(
      `INSERT INTO token(id, name, scopes, hash, created_us, expires_us, used_us)
       VALUES(?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#delete = db.prepare('DELETE FROM token WHERE id = ?');
    this.#use = db.prepare('UPDATE token SET used_us = ? WHERE id = ?');
  }

  list(): TokenRow[] {
    return (this.#list.all() as unknown as StoredToken[]).map(tokenRow);
  }

  add({ id, name, scopes, hash, createdUs, expiresUs, usedUs }: TokenRow): void {
    const times = [createdUs, expiresUs ?? null, usedUs ?? null];
    this.#insert.run(id, name, scopes.join(' '), hash, ...times);
  }

  remove(id: string): boolean {
    return Number(this.#delete.run(id).changes) > 0;
  }

  noteUse(uses: ReadonlyMap<string, number>): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      for (const [id, usedUs] of uses) this.#use.run(usedUs, id);
      this.#db.exec('COMMIT');
    } catch (error) {
      this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** A word that is no scope of ours gives no right. */
function tokenRow(row: StoredToken): TokenRow {
  const words = row.scopes.split(' ');
  return {
    id: row.id,
    name: row.name,
    scopes: scopes.filter((scope) => words.includes(scope)),
    hash: row.hash,
    createdUs: row.created_us,
    ...(row.expires_us !== null && { expiresUs: row.expires_us }),
    ...(row.used_us !== null && { usedUs: row.used_us }),
  };
}
