/** The blocks of the session columns: in memory within a bound, and in the index. */
import type { Database, Statement } from '../database.ts';
import { blockRows, decodeBlock, encodeBlock, SessionBlock } from './session-block.ts';

/** Blocks kept in memory; together with their dictionaries about 130 MB. */
const residentMax = 1_024;

/** A row of a block. */
export interface Place {
  block: SessionBlock;
  row: number;
}

/**
 * Blocks by number. The newest ones stay in memory; when there are more than the bound, older ones
 * are read for each use. Changed ones stay until `write` has put all of them into the index, because
 * only together do they agree with the cursors.
 */
export class BlockStore {
  readonly #resident = new Map<number, SessionBlock>();
  readonly #stored = new Set<number>();
  readonly #sql: Record<'get' | 'put' | 'drop' | 'all', Statement>;

  constructor(index: Database) {
    const prepare = (sql: string): Statement => index.prepare(sql);
    this.#sql = {
      get: prepare('SELECT data FROM session_block WHERE no = ?'),
      put: prepare(
        'INSERT INTO session_block VALUES(?, ?) ON CONFLICT(no) DO UPDATE SET data = excluded.data',
      ),
      drop: prepare('DELETE FROM session_block WHERE no = ?'),
      all: prepare('SELECT no FROM session_block'),
    };
    this.load();
  }

  /** Blocks that differ from what the index has. */
  get dirty(): number {
    let dirty = 0;
    for (const block of this.#resident.values()) if (block.isDirty) dirty += 1;
    return dirty;
  }

  /** Starts from what the index has. */
  load(): void {
    this.#resident.clear();
    this.#stored.clear();
    for (const { no } of this.#sql.all.all() as { no: number }[]) this.#stored.add(no);
  }

  /** The place of a session that may have none yet. */
  make(session: number): Place {
    const no = Math.floor(session / blockRows);
    let block = this.#get(no);
    if (!block) {
      block = new SessionBlock(no * blockRows);
      this.#keep(no, block);
    }
    return { block, row: session % blockRows };
  }

  /** The place of a session that the columns hold. */
  find(session: number): Place | undefined {
    const block = this.#get(Math.floor(session / blockRows));
    const row = session % blockRows;
    return block && block.lifecycle[row]! > 0 ? { block, row } : undefined;
  }

  /** Blocks in order of their numbers: all that hold sessions, or those of them in `among`. */
  *all(descending: boolean, among?: ReadonlySet<number>): Generator<SessionBlock> {
    const known = new Set([...this.#resident.keys(), ...this.#stored]);
    const nos = [...known].filter((no) => among === undefined || among.has(no));
    nos.sort((a, b) => (descending ? b - a : a - b));
    for (const no of nos) {
      const block = this.#get(no);
      if (block && block.count > 0) yield block;
    }
  }

  /** Puts what has changed into the index; the caller holds the transaction. */
  write(): void {
    for (const [no, block] of this.#resident) {
      if (!block.isDirty) continue;
      if (block.count > 0) {
        this.#sql.put.run(no, encodeBlock(block));
        this.#stored.add(no);
      } else {
        this.#sql.drop.run(no);
        this.#stored.delete(no);
        this.#resident.delete(no);
      }
      block.isDirty = false;
    }
    this.#trim();
  }

  #get(no: number): SessionBlock | undefined {
    const known = this.#resident.get(no);
    if (known || !this.#stored.has(no)) return known;
    const { data } = this.#sql.get.get(no) as { data: Uint8Array };
    const block = decodeBlock(no * blockRows, data);
    if (!block) throw new IndexDamage(`block ${no} of the sessions is damaged`);
    this.#keep(no, block);
    return block;
  }

  #keep(no: number, block: SessionBlock): void {
    this.#resident.set(no, block);
    if (this.#resident.size > residentMax) this.#trim(no);
  }

  /** Lets go of the oldest blocks that the index has just as they are, but not of `used`. */
  #trim(used = -1): void {
    if (this.#resident.size <= residentMax) return;
    for (const no of [...this.#resident.keys()].sort((a, b) => a - b)) {
      if (this.#resident.size <= residentMax) break;
      if (no !== used && !this.#resident.get(no)!.isDirty) this.#resident.delete(no);
    }
  }
}

/** Something in the index is not what was written: the index must be made anew. */
export class IndexDamage extends Error {
  override name = 'IndexDamage';
}
