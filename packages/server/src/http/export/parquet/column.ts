/** The columns of one row group: what they take up while rows come, and their pages when it is complete. */
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import type { Cell, Column } from '../tables.ts';
import { bitsOf, hybridBytes } from './hybrid.ts';
import { type ThriftStruct, thriftBytes } from './thrift.ts';

/** The fastest level, in a thread of its own; higher ones take twice the time for a few per cent. */
const compress = promisify(zlib.gzip) as (bytes: Buffer, options: object) => Promise<Buffer>;
const level = 1;

/** Numbers of the format: types, encodings, kinds of pages, the codec. */
export const parquet = {
  types: { text: 6, instant: 2, whole: 2, number: 5 },
  encodings: { plain: 0, runs: 3, dictionary: 8 },
  pages: { data: 0, dictionary: 2 },
  gzip: 2,
} as const;

/** One column of a row group as bytes, and what its end of the file says of it. */
export interface Chunk {
  pages: Buffer[];
  /** Bytes of the dictionary page, which comes first; 0 when there is none. */
  dictionaryBytes: number;
  bytes: number;
  expandedBytes: number;
  nulls: number;
  /** Least and greatest value as the format has them; only of instants. */
  bounds: { min: Uint8Array; max: Uint8Array } | undefined;
}

/** A column of texts: each one once, and per row the number of its text. */
export class TextColumn {
  /** Numbers of texts by row; 0 is none, so the first text is 1. */
  readonly numbers: Uint32Array;
  /** Bytes of the texts, roughly. */
  size = 0;
  readonly #isOptional: boolean;
  readonly #numberOf = new Map<string, number>();

  constructor({ isOptional }: Column, rowsMax: number) {
    this.#isOptional = isOptional;
    this.numbers = new Uint32Array(rowsMax);
  }

  /** The number of a text. */
  number(text: Cell): number {
    if (text === null) return 0;
    const known = this.#numberOf.get(text as string);
    if (known !== undefined) return known;
    const number = this.#numberOf.size + 1;
    this.#numberOf.set(text as string, number);
    this.size += (text as string).length;
    return number;
  }

  set(row: number, cell: Cell): void {
    this.numbers[row] = this.number(cell);
  }

  async chunk(rows: number): Promise<Chunk> {
    const count = this.#numberOf.size;
    const texts = [...this.#numberOf.keys()].map((text) => Buffer.from(text));
    const plain = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + 4 + text.length, 0));
    let at = 0;
    for (const text of texts) {
      at = plain.writeUInt32LE(text.length, at);
      at += text.copy(plain, at);
    }
    const { dense, levels, nulls } = this.#isOptional
      ? withoutNulls(this.numbers, rows)
      : { dense: this.numbers.subarray(0, rows), levels: [], nulls: 0 };
    for (let i = 0; i < dense.length; i++) dense[i]! -= 1;
    const bits = bitsOf(Math.max(0, count - 1));
    const packed = [Buffer.of(bits), hybridBytes(dense, dense.length, bits)];
    const pages = [
      await page(plain, { kind: 'dictionary', count }),
      await page(Buffer.concat([...levels, ...packed]), { kind: 'data', count: rows }),
    ];
    return chunkOf(pages, { nulls, bounds: undefined });
  }

  clear(): void {
    this.#numberOf.clear();
    this.size = 0;
  }
}

/** A column of numbers of eight bytes. */
export class NumberColumn {
  readonly values: Float64Array;
  readonly size = 0;
  readonly #column: Column;
  /** Whether there is a value, by row; 1 or 0. */
  readonly #present: Uint32Array;

  constructor(column: Column, rowsMax: number) {
    this.#column = column;
    this.values = new Float64Array(rowsMax);
    this.#present = new Uint32Array(column.isOptional ? rowsMax : 0);
  }

  set(row: number, cell: Cell): void {
    this.values[row] = (cell as number | null) ?? 0;
    if (this.#column.isOptional) this.#present[row] = cell === null ? 0 : 1;
  }

  async chunk(rows: number): Promise<Chunk> {
    const { isOptional, type } = this.#column;
    const { levels, nulls } = isOptional
      ? withoutNulls(this.#present, rows)
      : { levels: [], nulls: 0 };
    const bytes = Buffer.allocUnsafe((rows - nulls) * 8);
    const write = type === 'number' ? writeDouble : writeWhole;
    let at = 0;
    let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let row = 0; row < rows; row++) {
      if (isOptional && this.#present[row] === 0) continue;
      const value = this.values[row]!;
      if (value < min) min = value;
      if (value > max) max = value;
      write(bytes, at, value);
      at += 8;
    }
    const plain = Buffer.concat([...levels, bytes]);
    const pages = [await page(plain, { kind: 'data', count: rows, isPlain: true })];
    const hasBounds = type === 'instant' && min <= max;
    const bounds = hasBounds ? { min: wholeBytes(min), max: wholeBytes(max) } : undefined;
    return chunkOf(pages, { nulls, bounds });
  }

  clear(): void {}
}

/** The numbers that are not 0, and for each row whether its number was, as the format has it. */
function withoutNulls(numbers: Uint32Array, rows: number) {
  const dense = new Uint32Array(rows);
  const present = new Uint8Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) {
    const number = numbers[row]!;
    if (number === 0) continue;
    dense[count++] = number;
    present[row] = 1;
  }
  const levels = hybridBytes(present, rows, 1);
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32LE(levels.length);
  return { dense: dense.subarray(0, count), levels: [length, levels], nulls: rows - count };
}

function writeDouble(bytes: Buffer, at: number, value: number): void {
  bytes.writeDoubleLE(value, at);
}

/** A whole number of 64 bits; the upper half of one below zero borrows by being rounded down. */
function writeWhole(bytes: Buffer, at: number, value: number): void {
  const upper = Math.floor(value / 2 ** 32);
  bytes.writeUInt32LE(value - upper * 2 ** 32, at);
  bytes.writeInt32LE(upper, at + 4);
}

function wholeBytes(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8);
  writeWhole(bytes, 0, value);
  return bytes;
}

interface PageOptions {
  kind: 'data' | 'dictionary';
  count: number;
  isPlain?: boolean;
}

interface Page {
  kind: PageOptions['kind'];
  head: Uint8Array;
  body: Buffer;
  expandedBytes: number;
}

async function page(bytes: Buffer, { kind, count, isPlain }: PageOptions): Promise<Page> {
  const body = await compress(bytes, { level });
  const { plain, runs, dictionary } = parquet.encodings;
  const encoding = isPlain === true || kind === 'dictionary' ? plain : dictionary;
  const own: ThriftStruct = [
    [1, { i32: count }],
    [2, { i32: encoding }],
    [3, kind === 'data' ? { i32: runs } : undefined],
    [4, kind === 'data' ? { i32: runs } : undefined],
  ];
  const head = thriftBytes([
    [1, { i32: parquet.pages[kind] }],
    [2, { i32: bytes.length }],
    [3, { i32: body.length }],
    [kind === 'data' ? 5 : 7, { struct: own }],
  ]);
  return { kind, head, body, expandedBytes: head.length + bytes.length };
}

function chunkOf(pages: Page[], facts: Pick<Chunk, 'nulls' | 'bounds'>): Chunk {
  const sizes = pages.map(({ head, body }) => head.length + body.length);
  return {
    ...facts,
    pages: pages.flatMap(({ head, body }) => [Buffer.from(head), body]),
    dictionaryBytes: pages[0]!.kind === 'dictionary' ? sizes[0]! : 0,
    bytes: sizes.reduce((sum, size) => sum + size),
    expandedBytes: pages.reduce((sum, { expandedBytes }) => sum + expandedBytes, 0),
  };
}
