/** Tables as Parquet: row groups as they fill up, and at the end what says where they are. */
import { stringifyJson } from '@tacho/protocol';
import type { SampleRows } from '../../../store/store.ts';
import type { TableWriter } from '../table-writer.ts';
import { type Cell, type Column, samplesHeadColumns, seriesCells } from '../tables.ts';
import { type Chunk, NumberColumn, parquet, TextColumn } from './column.ts';
import { type ThriftStruct, thriftAround, thriftBytes } from './thrift.ts';

/** Rows from which a row group is complete. */
const rowsMin = 131_072;

/** It may have so many more, as they come up to so many at a time. */
const rowsMax = rowsMin + 1_024;

/** Bytes of texts from which it is complete with fewer rows, so that long texts do not fill the memory. */
const textBytesMin = 8 * 2 ** 20;

const magic = Buffer.from('PAR1');

/** Writes the rows of one table. */
export class ParquetWriter implements TableWriter {
  readonly #columns: readonly Column[];
  readonly #data: (TextColumn | NumberColumn)[];
  readonly #about: string;
  #rows = 0;
  /** Bytes given so far. */
  #offset = 0;
  /** What the end of the file says of each row group, encoded; about a thousand bytes for each. */
  readonly #groups: Buffer[] = [];
  #rowsBefore = 0;
  /** Numbers of the texts of each series of one session in this row group, by column. */
  #series: number[][] = [];
  #seriesOf: readonly Cell[] | undefined;

  /** `about` names the program that writes. */
  constructor(columns: readonly Column[], about: string) {
    this.#columns = columns;
    this.#about = about;
    this.#data = columns.map((column) =>
      column.type === 'text' ? new TextColumn(column, rowsMax) : new NumberColumn(column, rowsMax),
    );
  }

  get isFull(): boolean {
    if (this.#rows >= rowsMin) return true;
    return this.#data.reduce((sum, { size }) => sum + size, 0) >= textBytesMin;
  }

  row(cells: readonly Cell[]): void {
    const row = this.#rows++;
    for (let i = 0; i < cells.length; i++) this.#data[i]!.set(row, cells[i]!);
  }

  samples(session: readonly Cell[], rows: SampleRows, from: number, to: number): void {
    if (this.#seriesOf !== session) {
      this.#seriesOf = session;
      this.#series = [];
    }
    const start = this.#rows;
    this.#rows += to - from;
    const [times, values, counts, metadata] = this.#data.slice(samplesHeadColumns) as [
      NumberColumn,
      NumberColumn,
      NumberColumn,
      TextColumn,
    ];
    for (let i = 0; i < session.length; i++) {
      const column = this.#data[i] as TextColumn;
      column.numbers.fill(column.number(session[i]!), start, this.#rows);
    }
    times.values.set(rows.timesUs.subarray(from, to), start);
    values.values.set(rows.values.subarray(from, to), start);
    for (let i = from; i < to; i++) {
      const row = start + i - from;
      const detail = rows.details?.get(i);
      counts.set(row, detail?.count ?? null);
      metadata.set(row, detail?.metadata === undefined ? null : stringifyJson(detail.metadata));
    }
    this.#setSeries(session.length, rows, from, to);
  }

  #setSeries(first: number, { keys, series }: SampleRows, from: number, to: number): void {
    const start = this.#rows - (to - from);
    const columns = this.#data.slice(first, samplesHeadColumns) as TextColumn[];
    for (let i = from; i < to; i++) {
      const one = series[i]!;
      this.#series[one] ??= seriesCells(keys[one]!).map((cell, k) => columns[k]!.number(cell));
      const numbers = this.#series[one];
      const row = start + i - from;
      for (let k = 0; k < columns.length; k++) columns[k]!.numbers[row] = numbers[k]!;
    }
  }

  async take(): Promise<Buffer> {
    const pieces: Buffer[] = [];
    if (this.#offset === 0) this.#give(pieces, magic);
    if (this.#rows > 0) await this.#giveGroup(pieces);
    return Buffer.concat(pieces);
  }

  async end(): Promise<Buffer> {
    const last = await this.take();
    const footer = this.#footer();
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(footer.length);
    return Buffer.concat([last, footer, length, magic]);
  }

  async #giveGroup(pieces: Buffer[]): Promise<void> {
    // Threads compress one column while the next one is put together.
    const made = await Promise.all(this.#data.map((column) => column.chunk(this.#rows)));
    const chunks = made.map((chunk) => {
      const offset = this.#offset;
      this.#give(pieces, ...chunk.pages);
      return { chunk, offset };
    });
    for (const column of this.#data) column.clear();
    this.#groups.push(groupBytes(this.#columns, chunks, this.#rows));
    this.#rowsBefore += this.#rows;
    this.#rows = 0;
    this.#series = [];
  }

  #give(pieces: Buffer[], ...more: Buffer[]): void {
    for (const piece of more) this.#offset += piece.length;
    pieces.push(...more);
  }

  #footer(): Buffer {
    const root: ThriftStruct = [
      [4, { text: 'schema' }],
      [5, { i32: this.#columns.length }],
    ];
    const elements = [root, ...this.#columns.map(elementOf)].map(thriftBytes);
    const { head, end } = thriftAround(
      [
        [1, { i32: 2 }],
        [2, { list: 'struct', of: elements }],
        [3, { i64: this.#rowsBefore }],
      ],
      ...([4, this.#groups.length] as const),
      [
        [6, { text: this.#about }],
        // Bounds are by the order of the type; without this readers must not trust them.
        [7, { list: 'struct', of: this.#columns.map(() => typeOrder) }],
      ],
    );
    return Buffer.concat([head, ...this.#groups, end]);
  }
}

const typeOrder = thriftBytes([[1, { struct: [] }]]);

const utf8 = 0;
const microseconds = 10;

/** A column in the schema. */
function elementOf({ name, type, isOptional }: Column): ThriftStruct {
  const converted = { text: utf8, instant: microseconds, whole: undefined, number: undefined };
  const meaning = converted[type];
  return [
    [1, { i32: parquet.types[type] }],
    [3, { i32: isOptional ? 1 : 0 }],
    [4, { text: name }],
    [6, meaning === undefined ? undefined : { i32: meaning }],
    [10, logicalType(type)],
  ];
}

function logicalType(type: Column['type']): { struct: ThriftStruct } | undefined {
  if (type === 'text') return { struct: [[1, { struct: [] }]] };
  if (type !== 'instant') return undefined;
  const timestamp: ThriftStruct = [
    [1, { flag: true }],
    [2, { struct: [[2, { struct: [] }]] }],
  ];
  return { struct: [[8, { struct: timestamp }]] };
}

function groupBytes(
  columns: readonly Column[],
  chunks: readonly { chunk: Chunk; offset: number }[],
  rows: number,
): Buffer {
  const sum = (of: (chunk: Chunk) => number) =>
    chunks.reduce((total, { chunk }) => total + of(chunk), 0);
  const struct: ThriftStruct = [
    [1, { list: 'struct', of: chunks.map((one, i) => chunkBytes(columns[i]!, one, rows)) }],
    [2, { i64: sum(({ expandedBytes }) => expandedBytes) }],
    [3, { i64: rows }],
    [5, { i64: chunks[0]!.offset }],
    [6, { i64: sum(({ bytes }) => bytes) }],
  ];
  return Buffer.from(thriftBytes(struct));
}

function chunkBytes(
  { name, type }: Column,
  { chunk, offset }: { chunk: Chunk; offset: number },
  rows: number,
): Uint8Array {
  const { dictionaryBytes, bounds } = chunk;
  const { plain, runs, dictionary } = parquet.encodings;
  const hasDictionary = dictionaryBytes > 0;
  const statistics: ThriftStruct = [
    [3, { i64: chunk.nulls }],
    [5, bounds && { bytes: bounds.max }],
    [6, bounds && { bytes: bounds.min }],
  ];
  const about: ThriftStruct = [
    [1, { i32: parquet.types[type] }],
    [2, { list: 'i32', of: hasDictionary ? [plain, runs, dictionary] : [plain, runs] }],
    [3, { list: 'text', of: [name] }],
    [4, { i32: parquet.gzip }],
    [5, { i64: rows }],
    [6, { i64: chunk.expandedBytes }],
    [7, { i64: chunk.bytes }],
    [9, { i64: offset + dictionaryBytes }],
    [11, hasDictionary ? { i64: offset } : undefined],
    [12, { struct: statistics }],
  ];
  return thriftBytes([
    [2, { i64: 0 }],
    [3, { struct: about }],
  ]);
}
