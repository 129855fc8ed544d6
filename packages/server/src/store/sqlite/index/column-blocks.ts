/** Rows of numbers, kept as columns in blocks, so that a hundred thousand of them are read in a moment. */
import type { Database, Statement } from '../database.ts';

/** What a column holds: whole numbers below 2^32, or doubles. */
export type ColumnKind = 'u32' | 'f64';

/** A column of a block. */
export type Column = Uint32Array | Float64Array;

interface BlockRow {
  id: number;
  owner: number;
  n: number;
  data: Uint8Array;
}

/** Rows of one block; a full one with four columns has 24 KB. */
const blockRows = 1_024;

/** SQL of a table of blocks. */
export function blockSchema(table: string): string {
  return `
  CREATE TABLE ${table}(
    id INTEGER PRIMARY KEY,
    owner INTEGER NOT NULL,
    n INTEGER NOT NULL,
    session_min INTEGER NOT NULL,
    session_max INTEGER NOT NULL,
    data BLOB NOT NULL
  );
  CREATE INDEX ${table}_owner ON ${table}(owner, id, n, session_min, session_max);`;
}

/**
 * Blocks of rows, apart by owner, in the order in which they were added. The first column is the
 * number of the session that a row belongs to. The caller holds the transaction.
 */
export class ColumnBlocks {
  readonly #kinds: readonly ColumnKind[];
  /** Doubles stand before whole numbers in a blob, so that all of them are aligned. */
  readonly #order: readonly number[];
  readonly #sql: Record<
    'last' | 'insert' | 'update' | 'of' | 'all' | 'heads' | 'get' | 'delete',
    Statement
  >;

  constructor(index: Database, table: string, kinds: readonly ColumnKind[]) {
    this.#kinds = kinds;
    this.#order = [...kinds.keys()].sort((a, b) => width(kinds[b]!) - width(kinds[a]!));
    const prepare = (sql: string): Statement => index.prepare(sql);
    this.#sql = {
      last: prepare(
        `SELECT id, owner, n, data FROM ${table} WHERE id =
           (SELECT id FROM ${table} WHERE owner = ? ORDER BY id DESC LIMIT 1) AND n < ${blockRows}`,
      ),
      insert: prepare(
        `INSERT INTO ${table}(owner, n, session_min, session_max, data) VALUES(?, ?, ?, ?, ?)`,
      ),
      update: prepare(
        `UPDATE ${table} SET n = ?, session_min = ?, session_max = ?, data = ? WHERE id = ?`,
      ),
      of: prepare(`SELECT id, owner, n, data FROM ${table} WHERE owner = ? ORDER BY id`),
      all: prepare(`SELECT id, owner, n, data FROM ${table} ORDER BY id`),
      heads: prepare(
        `SELECT id FROM ${table} INDEXED BY ${table}_owner
         WHERE session_max >= ? AND session_min <= ? ORDER BY id`,
      ),
      get: prepare(`SELECT id, owner, n, data FROM ${table} WHERE id = ?`),
      delete: prepare(`DELETE FROM ${table} WHERE id = ?`),
    };
  }

  /** Adds rows of one owner; all columns have the same length. */
  append(owner: number, columns: readonly (readonly number[])[]): void {
    const rows = columns[0]!.length;
    let from = 0;
    const last = this.#sql.last.get(owner) as BlockRow | undefined;
    if (last) {
      from = Math.min(rows, blockRows - last.n);
      const before = this.#decode(last);
      const joined = this.#kinds.map((kind, i) => {
        const column = newColumn(kind, last.n + from);
        column.set(before[i]!);
        column.set(columns[i]!.slice(0, from), last.n);
        return column;
      });
      this.#update(last.id, joined);
    }
    for (; from < rows; from += blockRows) {
      const block = this.#kinds.map((kind, i) => {
        const part = columns[i]!.slice(from, from + blockRows);
        const column = newColumn(kind, part.length);
        column.set(part);
        return column;
      });
      const [min, max] = bounds(block[0]!);
      this.#sql.insert.run(owner, block[0]!.length, min, max, this.#encode(block));
    }
  }

  /** The blocks of an owner, in order. */
  of(owner: number): Column[][] {
    return (this.#sql.of.all(owner) as unknown as BlockRow[]).map((row) => this.#decode(row));
  }

  /** All blocks, in order. */
  all(): Column[][] {
    return (this.#sql.all.all() as unknown as BlockRow[]).map((row) => this.#decode(row));
  }

  /** Takes out all rows of some sessions; `dropped` gets what is left out, block by block. */
  drop(
    sessions: ReadonlySet<number>,
    dropped: (owner: number, columns: Column[], rows: number[]) => void = () => {},
  ): void {
    if (sessions.size === 0) return;
    const [min, max] = bounds(Float64Array.from(sessions));
    for (const { id } of this.#sql.heads.all(min, max) as { id: number }[]) {
      const row = this.#sql.get.get(id) as unknown as BlockRow;
      const columns = this.#decode(row);
      const [stay, go]: [number[], number[]] = [[], []];
      for (const [i, session] of columns[0]!.entries()) (sessions.has(session) ? go : stay).push(i);
      if (go.length === 0) continue;
      dropped(row.owner, columns, go);
      if (stay.length === 0) this.#sql.delete.run(id);
      else
        this.#update(
          id,
          columns.map((column) => pick(column, stay)),
        );
    }
  }

  #update(id: number, columns: Column[]): void {
    const [min, max] = bounds(columns[0]!);
    this.#sql.update.run(columns[0]!.length, min, max, this.#encode(columns), id);
  }

  #encode(columns: readonly Column[]): Uint8Array {
    const rows = columns[0]!.length;
    const size = this.#kinds.reduce((sum, kind) => sum + width(kind), 0);
    const data = new Uint8Array(rows * size);
    let at = 0;
    for (const i of this.#order) {
      const column = columns[i]!;
      data.set(new Uint8Array(column.buffer, column.byteOffset, column.byteLength), at);
      at += column.byteLength;
    }
    return data;
  }

  #decode({ n, data }: BlockRow): Column[] {
    const aligned = data.byteOffset % 8 === 0 ? data : data.slice();
    const columns: Column[] = [];
    let at = aligned.byteOffset;
    for (const i of this.#order) {
      const kind = this.#kinds[i]!;
      columns[i] =
        kind === 'u32'
          ? new Uint32Array(aligned.buffer, at, n)
          : new Float64Array(aligned.buffer, at, n);
      at += n * width(kind);
    }
    return columns;
  }
}

function width(kind: ColumnKind): number {
  return kind === 'u32' ? 4 : 8;
}

function newColumn(kind: ColumnKind, length: number): Column {
  return kind === 'u32' ? new Uint32Array(length) : new Float64Array(length);
}

function pick(column: Column, rows: readonly number[]): Column {
  const picked = newColumn(column instanceof Uint32Array ? 'u32' : 'f64', rows.length);
  rows.forEach((row, i) => {
    picked[i] = column[row]!;
  });
  return picked;
}

function bounds(column: Column): [min: number, max: number] {
  let min = Number.POSITIVE_INFINITY;
  let max = 0;
  for (const value of column) {
    if (value < min) min = value;
    if (value > max) max = value;
  }
  return [min, max];
}
