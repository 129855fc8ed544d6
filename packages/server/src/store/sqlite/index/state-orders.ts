/** The values of states in order: by path and block of sessions, so that a range of values is a scan of numbers. */
import type { StateOperator } from '@tacho/protocol';
import type { Database, Statement } from '../database.ts';
import { type Bits, setBit } from './bits.ts';

/** What is ordered: numbers among numbers, texts among texts. */
export type OrderKey = number | string;

/** Sessions of one block, as a power of two; a block of numbers has 6 KB at most. */
const blockShift = 9;
const blockSize = 1 << blockShift;

/** Blocks of one path and kind have ids from their number times this. */
const blocksMax = 2 ** 20;

/** Bytes before the columns of a block: entries, keys, and bytes of a code unit where the keys are texts. */
const headBytes = 16;

/** SQL of the table of blocks. */
export const stateOrderSchema = `
  CREATE TABLE state_order(id INTEGER PRIMARY KEY, data BLOB NOT NULL);
`;

type Kind = 'number' | 'text';
const kinds = ['number', 'text'] as const satisfies readonly Kind[];

/** Number or text of each session at a path, by number of path; a session has one at most. */
export class StateOrders {
  readonly #sql: Record<'get' | 'between' | 'put' | 'delete', Statement>;
  /** What is to be written, by path, block and session within it; undefined = there is nothing any more. */
  readonly #changes = new Map<number, Map<number, Map<number, OrderKey | undefined>>>();

  constructor(index: Database) {
    const prepare = (sql: string): Statement => index.prepare(sql);
    this.#sql = {
      get: prepare('SELECT data FROM state_order WHERE id = ?'),
      between: prepare('SELECT id, data FROM state_order WHERE id >= ? AND id < ?'),
      put: prepare(
        'INSERT INTO state_order VALUES(?, ?) ON CONFLICT(id) DO UPDATE SET data = excluded.data',
      ),
      delete: prepare('DELETE FROM state_order WHERE id = ?'),
    };
  }

  /** Has a session at a key, or nowhere; what is set last holds. `write` puts it into the index. */
  set(path: number, session: number, key: OrderKey | undefined): void {
    const block = session >>> blockShift;
    let blocks = this.#changes.get(path);
    if (!blocks) {
      blocks = new Map();
      this.#changes.set(path, blocks);
    }
    let sessions = blocks.get(block);
    if (!sessions) {
      sessions = new Map();
      blocks.set(block, sessions);
    }
    sessions.set(session & (blockSize - 1), key);
  }

  /** Writes what was set. */
  write(): void {
    for (const [path, blocks] of this.#changes) {
      for (const [block, sessions] of blocks) {
        for (const kind of kinds) this.#writeBlock(idOf(path, kind, block), kind, sessions);
      }
    }
    this.#changes.clear();
  }

  /** Lets go of what was set and not written. */
  forget(): void {
    this.#changes.clear();
  }

  /** Adds the sessions whose key at a path stands so to another one of its kind. */
  addTo(path: number, operator: StateOperator, wanted: OrderKey, into: Bits): void {
    const kind = kindOf(wanted);
    const start = idOf(path, kind, 0);
    const rows = this.#sql.between.all(start, start + blocksMax);
    for (const { id, data } of rows as { id: number; data: Uint8Array }[]) {
      const block = readBlock(data, kind);
      const [from, to] = rangeOf(block, operator, wanted);
      const first = (id - start) * blockSize;
      for (let i = 0; i < block.sessions.length; i++) {
        const code = block.codes[i]!;
        const session = first + block.sessions[i]!;
        if (code >= from && code < to && session >>> 5 < into.length) setBit(into, session);
      }
    }
  }

  #writeBlock(id: number, kind: Kind, changes: ReadonlyMap<number, OrderKey | undefined>): void {
    const row = this.#sql.get.get(id) as { data: Uint8Array } | undefined;
    const keys = new Map<number, OrderKey>();
    let hasChanged = false;
    if (row) {
      const { sessions, codes, key } = readBlock(row.data, kind);
      for (let i = 0; i < sessions.length; i++) {
        if (changes.has(sessions[i]!)) hasChanged = true;
        else keys.set(sessions[i]!, key(codes[i]!));
      }
    }
    for (const [session, key] of changes) {
      if (key === undefined || kindOf(key) !== kind) continue;
      keys.set(session, key);
      hasChanged = true;
    }
    if (!hasChanged) return;
    if (keys.size === 0) this.#sql.delete.run(id);
    else this.#sql.put.run(id, encodeBlock(keys, kind));
  }
}

/** A block as it is read: sessions within it, and the codes of their keys, which stand in order. */
interface Block {
  sessions: Uint16Array;
  codes: Uint16Array;
  /** How many keys there are. */
  size: number;
  key(code: number): OrderKey;
}

function idOf(path: number, kind: Kind, block: number): number {
  return (path * kinds.length + kinds.indexOf(kind)) * blocksMax + block;
}

function kindOf(key: OrderKey): Kind {
  return typeof key === 'number' ? 'number' : 'text';
}

/** Codes that meet a comparison, half open. */
function rangeOf(block: Block, operator: StateOperator, wanted: OrderKey): [number, number] {
  // Where an equal key would stand: before it, and after it.
  const isAfter = operator === '<=' || operator === '>';
  let low = 0;
  let high = block.size;
  while (low < high) {
    const middle = (low + high) >> 1;
    const key = block.key(middle);
    if (key < wanted || (isAfter && key === wanted)) low = middle + 1;
    else high = middle;
  }
  return operator.startsWith('<') ? [0, low] : [low, block.size];
}

function encodeBlock(bySession: ReadonlyMap<number, OrderKey>, kind: Kind): Uint8Array {
  const keys = [...new Set(bySession.values())].sort((a, b) => (a < b ? -1 : 1));
  const code = new Map(keys.map((key, i) => [key, i]));
  const ends = keys.length * (kind === 'number' ? 8 : 4);
  const [n, text] = [bySession.size, kind === 'text' ? keys.join('') : ''];
  const unit = isNarrow(text) ? 1 : 2;
  const data = Buffer.alloc(headBytes + ends + n * 4 + text.length * unit);
  new Uint32Array(data.buffer, data.byteOffset, 3).set([n, keys.length, unit]);
  if (kind === 'number') {
    new Float64Array(data.buffer, data.byteOffset + headBytes, keys.length).set(keys as number[]);
  } else {
    let end = 0;
    const column = new Uint32Array(data.buffer, data.byteOffset + headBytes, keys.length);
    for (let i = 0; i < keys.length; i++) {
      end += (keys[i] as string).length;
      column[i] = end;
    }
    data.write(text, headBytes + ends + n * 4, unit === 1 ? 'latin1' : 'utf16le');
  }
  const sessions = new Uint16Array(data.buffer, data.byteOffset + headBytes + ends, n * 2);
  sessions.set([...bySession.keys()]);
  let i = n;
  for (const key of bySession.values()) sessions[i++] = code.get(key)!;
  return data;
}

function readBlock(data: Uint8Array, kind: Kind): Block {
  const { buffer } = data.slice();
  const [n, size, unit] = new Uint32Array(buffer, 0, 3) as unknown as [number, number, number];
  const at = headBytes + size * (kind === 'number' ? 8 : 4);
  const block = {
    size,
    sessions: new Uint16Array(buffer, at, n),
    codes: new Uint16Array(buffer, at + n * 2, n),
  };
  if (kind === 'number') {
    const numbers = new Float64Array(buffer, headBytes, size);
    return { ...block, key: (code) => numbers[code]! };
  }
  const ends = new Uint32Array(buffer, headBytes, size);
  const text = Buffer.from(buffer, at + n * 4);
  const encoding = unit === 1 ? 'latin1' : 'utf16le';
  const key = (code: number): string =>
    text.toString(encoding, (code === 0 ? 0 : ends[code - 1]!) * unit, ends[code]! * unit);
  return { ...block, key };
}

/** Whether every code unit fits into a byte. */
function isNarrow(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}
