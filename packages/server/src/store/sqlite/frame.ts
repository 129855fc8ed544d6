/** The journal's frame: the samples of one group commit, as docs/format.md lays them out. */
import { crc32 } from 'node:zlib';
import { type JsonValue, parseJson, stringifyJson } from '@tacho/protocol';
import type { SampleDetail } from '../store.ts';

/** 'TJ' and the version, read as a little-endian 32-bit number. */
const magic = 0x00014a54;
const headerBytes = 16;
const rowBytes = 24;
const kinds = { rows: 1, columns: 2, details: 3 } as const;

/** A frame that does not hold what it should. */
class FrameError extends Error {
  override name = 'FrameError';
}

/** Samples of many series in order of arrival; `f64[3i+1]`, `f64[3i+2]` are time and value of row i. */
interface RowsBlock {
  kind: 'rows';
  n: number;
  /** `u32[6i]` is the series, `u32[6i+1]` the session of row i. */
  u32: Uint32Array;
  f64: Float64Array;
  /** By row of this block. */
  details: Map<number, SampleDetail> | undefined;
}

/** Series of one session that share their instants; `values[k * n + i]` is series k at time i. */
interface ColumnsBlock {
  kind: 'columns';
  session: number;
  n: number;
  series: Uint32Array;
  timesUs: Float64Array;
  values: Float64Array;
}

/** A block of a frame. */
export type Block = RowsBlock | ColumnsBlock;

/** Collects samples and lays them out as one frame. */
export class FrameBuilder {
  /** Samples collected so far. */
  samples = 0;
  #blocks: Uint8Array[] = [];
  #bytes = headerBytes;
  #rows = new ArrayBuffer(64 * rowBytes);
  #u32 = new Uint32Array(this.#rows);
  #f64 = new Float64Array(this.#rows);
  #rowCount = 0;
  #details: [number, SampleDetail][] = [];

  /** Bytes that the frame has so far. */
  get bytes(): number {
    return this.#bytes + this.#rowCount * rowBytes;
  }

  /** Adds one sample. */
  row(session: number, series: number, atUs: number, value: number, detail?: SampleDetail): void {
    const row = this.#rowCount++;
    if ((row + 1) * rowBytes > this.#rows.byteLength) this.#grow(row + 1);
    this.#u32[row * 6] = series;
    this.#u32[row * 6 + 1] = session;
    this.#f64[row * 3 + 1] = atUs;
    this.#f64[row * 3 + 2] = value;
    this.samples++;
    if (detail) this.#details.push([row, detail]);
  }

  /** Adds many samples; `nos[series[i]]` is the series number of row i. */
  rows(
    session: number,
    nos: readonly number[],
    series: Uint32Array,
    timesUs: Float64Array,
    values: Float64Array,
  ): number {
    const first = this.#rowCount;
    const n = series.length;
    if ((first + n) * rowBytes > this.#rows.byteLength) this.#grow(first + n);
    const u32 = this.#u32;
    const f64 = this.#f64;
    for (let i = 0; i < n; i++) {
      const row = first + i;
      u32[row * 6] = nos[series[i]!]!;
      u32[row * 6 + 1] = session;
      f64[row * 3 + 1] = timesUs[i]!;
      f64[row * 3 + 2] = values[i]!;
    }
    this.#rowCount += n;
    this.samples += n;
    return first;
  }

  /** Gives row `row` (as counted by `rows`) a detail. */
  detail(row: number, detail: SampleDetail): void {
    this.#details.push([row, detail]);
  }

  /** Adds series that share their instants. */
  columns(session: number, nos: readonly number[], timesUs: Float64Array, values: Float64Array[]) {
    this.#closeRows();
    const n = timesUs.length;
    const m = nos.length;
    const seriesBytes = pad8(m * 4);
    const block = new ArrayBuffer(16 + seriesBytes + n * 8 + n * m * 8);
    const head = new Uint32Array(block, 0, 4);
    head[0] = kinds.columns;
    head[1] = session;
    head[2] = n;
    head[3] = m;
    new Uint32Array(block, 16, m).set(nos);
    new Float64Array(block, 16 + seriesBytes, n).set(timesUs);
    const columns = new Float64Array(block, 16 + seriesBytes + n * 8, n * m);
    for (let k = 0; k < m; k++) columns.set(values[k]!, k * n);
    this.#add(new Uint8Array(block));
    this.samples += n * m;
  }

  /** The frame, without its checksum (`sealFrame` adds it), or undefined when there are no samples. */
  finish(): Uint8Array | undefined {
    this.#closeRows();
    if (this.samples === 0) return undefined;
    const frame = new Uint8Array(this.#bytes);
    const head = new Uint32Array(frame.buffer, 0, 4);
    head[0] = magic;
    head[1] = this.#blocks.length;
    head[2] = this.#bytes;
    let at = headerBytes;
    for (const block of this.#blocks) {
      frame.set(block, at);
      at += block.length;
    }
    this.#blocks = [];
    this.#bytes = headerBytes;
    this.samples = 0;
    return frame;
  }

  #closeRows(): void {
    const n = this.#rowCount;
    if (n === 0) return;
    const rows = new Uint8Array(8 + n * rowBytes);
    new Uint32Array(rows.buffer, 0, 2).set([kinds.rows, n]);
    rows.set(new Uint8Array(this.#rows, 0, n * rowBytes), 8);
    this.#add(rows);
    this.#rowCount = 0;
    if (this.#details.length > 0) {
      const json = new TextEncoder().encode(stringifyJson(this.#details as unknown as JsonValue));
      const block = new Uint8Array(8 + pad8(json.length));
      const view = new Uint32Array(block.buffer, 0, 2);
      view[0] = kinds.details;
      view[1] = json.length;
      block.set(json, 8);
      this.#add(block);
      this.#details = [];
    }
    // A large batch must not leave its buffer behind for ever.
    if (this.#rows.byteLength > 1 << 20) {
      this.#rows = new ArrayBuffer(64 * rowBytes);
      this.#u32 = new Uint32Array(this.#rows);
      this.#f64 = new Float64Array(this.#rows);
    }
  }

  #add(block: Uint8Array): void {
    this.#bytes += block.length;
    this.#blocks.push(block);
  }

  #grow(rows: number): void {
    const bytes = Math.max(rows * rowBytes, this.#rows.byteLength * 2);
    const bigger = new ArrayBuffer(Math.ceil(bytes / rowBytes) * rowBytes);
    new Uint8Array(bigger).set(new Uint8Array(this.#rows));
    this.#rows = bigger;
    this.#u32 = new Uint32Array(bigger);
    this.#f64 = new Float64Array(bigger);
  }
}

/** Writes the checksum of a finished frame into its header. */
export function sealFrame(frame: Uint8Array): void {
  const head = new Uint32Array(frame.buffer, frame.byteOffset, 4);
  head[3] = checksum(frame);
}

/** The blocks of a frame; throws FrameError when it is damaged. The views share the frame's memory. */
export function decodeFrame(stored: Uint8Array): Block[] {
  const frame = stored.byteOffset % 8 === 0 ? stored : stored.slice();
  if (frame.length < headerBytes) throw new FrameError('frame is shorter than its header');
  const head = new Uint32Array(frame.buffer, frame.byteOffset, 4);
  if (head[0] !== magic) throw new FrameError('frame has another magic number or version');
  if (head[2] !== frame.length) throw new FrameError('frame has another length than it says');
  if (head[3] !== checksum(frame)) throw new FrameError('frame checksum differs');
  const blocks: Block[] = [];
  let at = headerBytes;
  for (let i = 0; i < head[1]!; i++) at = decodeBlock(frame, at, blocks);
  return blocks;
}

/** Of everything but the checksum itself, which is the last field of the header. */
function checksum(frame: Uint8Array): number {
  return crc32(frame.subarray(headerBytes), crc32(frame.subarray(0, headerBytes - 4)));
}

function decodeBlock(frame: Uint8Array, at: number, blocks: Block[]): number {
  const base = frame.byteOffset + at;
  const head = new Uint32Array(frame.buffer, base, 2);
  switch (head[0]) {
    case kinds.rows: {
      const n = head[1]!;
      const u32 = new Uint32Array(frame.buffer, base + 8, n * 6);
      const f64 = new Float64Array(frame.buffer, base + 8, n * 3);
      blocks.push({ kind: 'rows', n, u32, f64, details: undefined });
      return at + 8 + n * rowBytes;
    }
    case kinds.columns: {
      const [n, m] = new Uint32Array(frame.buffer, base + 8, 2) as unknown as [number, number];
      const seriesBytes = pad8(m * 4);
      const series = new Uint32Array(frame.buffer, base + 16, m);
      const timesUs = new Float64Array(frame.buffer, base + 16 + seriesBytes, n);
      const values = new Float64Array(frame.buffer, base + 16 + seriesBytes + n * 8, n * m);
      blocks.push({ kind: 'columns', session: head[1]!, n, series, timesUs, values });
      return at + 16 + seriesBytes + n * 8 + n * m * 8;
    }
    case kinds.details: {
      const bytes = head[1]!;
      const json = new TextDecoder().decode(frame.subarray(at + 8, at + 8 + bytes));
      const rows = blocks.at(-1);
      if (rows?.kind !== 'rows') throw new FrameError('details do not follow rows');
      rows.details = new Map(parseJson(json) as unknown as [number, SampleDetail][]);
      return at + 8 + pad8(bytes);
    }
    default:
      throw new FrameError(`frame has a block of unknown kind ${head[0]}`);
  }
}

/** What a group said about one session, beside what it stored. */
export interface Touch {
  session: number;
  /** Receive time of the last thing said. */
  receivedUs: number;
  /** Receive time of the last heartbeat; NaN when there was none. */
  heartbeatUs: number;
  /** Smallest difference of clocks seen; NaN when no entry carried a time. */
  skewUs: number;
  /** Samples of the group for this session. */
  samples: number;
}

const touchBytes = 32;

/** Touches as the journal keeps them: per session u32 session, u32 samples, then three doubles. */
export function encodeTouches(touches: readonly Touch[]): Uint8Array {
  const buffer = new ArrayBuffer(touches.length * touchBytes);
  const u32 = new Uint32Array(buffer);
  const f64 = new Float64Array(buffer);
  touches.forEach((touch, i) => {
    u32[i * 8] = touch.session;
    u32[i * 8 + 1] = touch.samples;
    f64[i * 4 + 1] = touch.receivedUs;
    f64[i * 4 + 2] = touch.heartbeatUs;
    f64[i * 4 + 3] = touch.skewUs;
  });
  return new Uint8Array(buffer);
}

/** Inverse of `encodeTouches`. */
export function decodeTouches(stored: Uint8Array): Touch[] {
  const bytes = stored.byteOffset % 8 === 0 ? stored : stored.slice();
  if (bytes.length % touchBytes !== 0) throw new FrameError('touches have an odd length');
  const n = bytes.length / touchBytes;
  const u32 = new Uint32Array(bytes.buffer, bytes.byteOffset, n * 8);
  const f64 = new Float64Array(bytes.buffer, bytes.byteOffset, n * 4);
  const touches: Touch[] = [];
  for (let i = 0; i < n; i++) {
    touches.push({
      session: u32[i * 8]!,
      samples: u32[i * 8 + 1]!,
      receivedUs: f64[i * 4 + 1]!,
      heartbeatUs: f64[i * 4 + 2]!,
      skewUs: f64[i * 4 + 3]!,
    });
  }
  return touches;
}

function pad8(bytes: number): number {
  return (bytes + 7) & ~7;
}
