/** Rows of the log as a block of the format Native, which is how they are inserted. */
import { type LogRow, logKinds, scaled, scaleOf } from './log-row.ts';
import { Int64Column, NativeBlock, uuidWords } from './native.ts';

/** Samples that were said in one go about one session. */
export interface SampleRun {
  session: string;
  gen: number;
  turn: number;
  batch: number;
  server: bigint;
  product: string;
  version: string;
  day: number;
  replay: boolean;
  /** By sample: index into `hashes`. */
  series: ArrayLike<number>;
  hashes: readonly bigint[];
  timesUs: ArrayLike<number>;
  values: ArrayLike<number>;
  /** Details as texts, by sample. */
  details: ReadonlyMap<number, string>;
}

const sampleKind = logKinds.indexOf('sample') + 1;

/** Rows and samples as bytes. */
export function blockOf(rows: readonly LogRow[], runs: readonly SampleRun[]): Buffer[] {
  const count = runs.reduce((sum, { timesUs }) => sum + timesUs.length, rows.length);
  const block = new LogBlock(count);
  for (const row of rows) block.addRow(row);
  for (const run of runs) block.addRun(run);
  return block.pieces;
}

class LogBlock {
  readonly #count: number;
  readonly #session: Uint32Array;
  readonly #series: Uint32Array;
  readonly #server: Uint32Array;
  readonly #at: Int64Column;
  readonly #turn: Int64Column;
  readonly #batch: Int64Column;
  readonly #received: Int64Column;
  readonly #mantissa: Int64Column;
  readonly #place: Uint32Array;
  readonly #gen: Uint32Array;
  readonly #kind: Int8Array;
  readonly #replay: Uint8Array;
  readonly #scale: Int8Array;
  readonly #value: Float64Array;
  readonly #day: Uint16Array;
  readonly #products: string[] = [];
  readonly #versions: string[] = [];
  readonly #bodies: string[] = [];
  #row = 0;

  constructor(count: number) {
    this.#count = count;
    this.#session = new Uint32Array(count * 4);
    this.#series = new Uint32Array(count * 2);
    this.#server = new Uint32Array(count * 2);
    this.#at = new Int64Column(count);
    this.#turn = new Int64Column(count);
    this.#batch = new Int64Column(count);
    this.#received = new Int64Column(count);
    this.#mantissa = new Int64Column(count);
    this.#place = new Uint32Array(count);
    this.#gen = new Uint32Array(count);
    this.#kind = new Int8Array(count);
    this.#replay = new Uint8Array(count);
    this.#scale = new Int8Array(count);
    this.#value = new Float64Array(count);
    this.#day = new Uint16Array(count);
  }

  addRow(row: LogRow): void {
    const at = this.#row++;
    this.#session.set(uuidWords(row.session), at * 4);
    this.#series.set(wordsOf(row.series), at * 2);
    this.#server.set(wordsOf(row.server), at * 2);
    this.#at.set(at, row.atUs);
    this.#turn.set(at, row.turn);
    this.#batch.set(at, row.batch);
    this.#received.set(at, row.receivedUs);
    this.#place[at] = row.place;
    this.#gen[at] = row.gen;
    this.#kind[at] = logKinds.indexOf(row.kind) + 1;
    this.#replay[at] = row.replay ? 1 : 0;
    this.#day[at] = row.day;
    this.#setValue(at, row.value);
    this.#products.push(row.product);
    this.#versions.push(row.version);
    this.#bodies.push(row.body);
  }

  addRun(run: SampleRun): void {
    const session = uuidWords(run.session);
    const server = wordsOf(run.server);
    const hashes = run.hashes.map(wordsOf);
    const { length } = run.timesUs;
    for (let i = 0; i < length; i += 1) {
      const at = this.#row++;
      this.#session.set(session, at * 4);
      this.#series.set(hashes[run.series[i]!]!, at * 2);
      this.#server.set(server, at * 2);
      this.#at.set(at, run.timesUs[i]!);
      this.#turn.set(at, run.turn);
      this.#batch.set(at, run.batch);
      this.#place[at] = i;
      this.#setValue(at, run.values[i]!);
      this.#products.push(run.product);
      this.#versions.push(run.version);
      this.#bodies.push(run.details.get(i) ?? '');
    }
    const from = this.#row - length;
    this.#gen.fill(run.gen, from, this.#row);
    this.#kind.fill(sampleKind, from, this.#row);
    this.#replay.fill(run.replay ? 1 : 0, from, this.#row);
    this.#day.fill(run.day, from, this.#row);
  }

  get pieces(): Buffer[] {
    const block = new NativeBlock(this.#count);
    const bytes = (array: ArrayBufferView): Uint8Array =>
      new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
    block.add('session', 'UUID', bytes(this.#session));
    block.add('series', 'UInt64', bytes(this.#series));
    block.add('at_us', 'Int64', this.#at.bytes);
    block.add('turn', 'Int64', this.#turn.bytes);
    block.add('server', 'UInt64', bytes(this.#server));
    block.add('place', 'UInt32', bytes(this.#place));
    block.add('gen', 'UInt32', bytes(this.#gen));
    block.add('batch', 'UInt64', this.#batch.bytes);
    block.add('kind', 'Int8', bytes(this.#kind));
    block.add('replay', 'UInt8', bytes(this.#replay));
    block.add('received_us', 'Int64', this.#received.bytes);
    block.addTexts('product', this.#products);
    block.addTexts('version', this.#versions);
    block.add('mantissa', 'Int64', this.#mantissa.bytes);
    block.add('scale', 'Int8', bytes(this.#scale));
    block.add('value', 'Float64', bytes(this.#value));
    block.addTexts('body', this.#bodies);
    block.add('day', 'Date', bytes(this.#day));
    return block.pieces;
  }

  #setValue(at: number, value: number): void {
    const scale = scaleOf(value);
    this.#scale[at] = scale;
    if (scale < 0) this.#value[at] = value;
    else this.#mantissa.set(at, scaled(value, scale));
  }
}

function wordsOf(value: bigint): Uint32Array {
  return Uint32Array.of(Number(value & 0xffff_ffffn), Number(value >> 32n));
}
