/** One block of the session columns: what lists are filtered, sorted and counted by, for 1,024 sessions. */
import { crc32 } from 'node:zlib';
import {
  causeKindOf,
  causeKinds,
  initialStatus,
  lifecycles,
  outcomeOf,
  outcomes,
  returnedReason,
  type SessionStatus,
} from '@tacho/protocol';

/** Sessions of a block; session `no` is row `no % blockRows` of block `no / blockRows`. */
export const blockRows = 1_024;

/** Bits of `flags`. */
export const flags = { inferred: 1, returned: 2 } as const;

/** Text columns, each with a dictionary of its own. */
export const textColumns = ['product', 'version', 'machine', 'hostname'] as const;

/** A text column. */
export type TextColumn = (typeof textColumns)[number];

const doubleColumns = 11;
const wholeColumns = 7;
const byteColumns = 5;

/** Bytes of one block. */
const blockBytes = (doubleColumns * 8 + wholeColumns * 4 + byteColumns) * blockRows;

/**
 * The columns of a block, which share one buffer in this order. Every field is written out because
 * the loops over them are what questions spend their time with. A row whose lifecycle is 0 holds no
 * session.
 */
export class SessionBlock {
  /** Number of the session in row 0. */
  readonly first: number;
  readonly buffer: ArrayBuffer;
  /** Rows that hold a session. */
  count: number;
  /** Differs from what the index has. */
  isDirty = false;

  /** Instants, NaN where there is none. */
  readonly createdUs: Float64Array;
  readonly endedUs: Float64Array;
  readonly updatedUs: Float64Array;
  readonly activityUs: Float64Array;
  readonly heartbeatUs: Float64Array;
  readonly hungSinceUs: Float64Array;
  readonly skewUs: Float64Array;
  readonly samples: Float64Array;
  /** The last error that carries an exception: its instant, and its number in table event. */
  readonly exceptionUs: Float64Array;
  readonly exceptionId: Float64Array;
  /** Journal rows up to here are counted in. */
  readonly journalUpto: Float64Array;

  /** Codes of texts. */
  readonly product: Uint32Array;
  readonly version: Uint32Array;
  readonly machine: Uint32Array;
  readonly hostname: Uint32Array;
  readonly events: Uint32Array;
  readonly errors: Uint32Array;
  readonly hangs: Uint32Array;

  /** 0 for none, else the place in the table of that name, plus one. */
  readonly lifecycle: Uint8Array;
  readonly outcome: Uint8Array;
  readonly cause: Uint8Array;
  /** The cause that was reported; the cause itself may be a conclusion. */
  readonly reported: Uint8Array;
  readonly flags: Uint8Array;

  /** An empty block, or one over the memory of a blob. */
  constructor(first: number, buffer = new ArrayBuffer(blockBytes)) {
    this.first = first;
    this.buffer = buffer;
    const doubles = (k: number) => new Float64Array(buffer, k * 8 * blockRows, blockRows);
    this.createdUs = doubles(0);
    this.endedUs = doubles(1);
    this.updatedUs = doubles(2);
    this.activityUs = doubles(3);
    this.heartbeatUs = doubles(4);
    this.hungSinceUs = doubles(5);
    this.skewUs = doubles(6);
    this.samples = doubles(7);
    this.exceptionUs = doubles(8);
    this.exceptionId = doubles(9);
    this.journalUpto = doubles(10);
    const wholesAt = doubleColumns * 8 * blockRows;
    const wholes = (k: number) => new Uint32Array(buffer, wholesAt + k * 4 * blockRows, blockRows);
    this.product = wholes(0);
    this.version = wholes(1);
    this.machine = wholes(2);
    this.hostname = wholes(3);
    this.events = wholes(4);
    this.errors = wholes(5);
    this.hangs = wholes(6);
    const bytesAt = wholesAt + wholeColumns * 4 * blockRows;
    const bytes = (k: number) => new Uint8Array(buffer, bytesAt + k * blockRows, blockRows);
    this.lifecycle = bytes(0);
    this.outcome = bytes(1);
    this.cause = bytes(2);
    this.flags = bytes(3);
    this.reported = bytes(4);
    this.count = this.lifecycle.reduce((count, code) => count + (code > 0 ? 1 : 0), 0);
  }
}

/** A block as the index keeps it: its columns one after the other, then CRC-32. */
export function encodeBlock({ buffer }: SessionBlock): Uint8Array {
  const data = new Uint8Array(blockBytes + 4);
  data.set(new Uint8Array(buffer));
  new DataView(data.buffer).setUint32(blockBytes, crc32(data.subarray(0, blockBytes)), true);
  return data;
}

/** Inverse of `encodeBlock`; undefined when the bytes are not what was written. */
export function decodeBlock(first: number, data: Uint8Array): SessionBlock | undefined {
  if (data.length !== blockBytes + 4) return undefined;
  const sum = new DataView(data.buffer, data.byteOffset).getUint32(blockBytes, true);
  const body = data.subarray(0, blockBytes);
  return crc32(body) === sum ? new SessionBlock(first, body.slice().buffer) : undefined;
}

/** Empties a row for a session that begins or is gone. */
export function clearRow(block: SessionBlock, row: number): void {
  for (let k = 0; k < doubleColumns; k++) {
    new Float64Array(block.buffer, k * 8 * blockRows, blockRows)[row] = 0;
  }
  const wholesAt = doubleColumns * 8 * blockRows;
  for (let k = 0; k < wholeColumns; k++) {
    new Uint32Array(block.buffer, wholesAt + k * 4 * blockRows, blockRows)[row] = 0;
  }
  const bytesAt = wholesAt + wholeColumns * 4 * blockRows;
  for (let k = 0; k < byteColumns; k++) {
    new Uint8Array(block.buffer, bytesAt + k * blockRows, blockRows)[row] = 0;
  }
  block.exceptionUs[row] = Number.NaN;
}

/** Concludes outcome and cause from the other columns. */
export function conclude(block: SessionBlock, row: number): void {
  const isReturned = (block.flags[row]! & flags.returned) !== 0;
  const status: SessionStatus = {
    ...initialStatus(block.activityUs[row]!),
    lifecycle: lifecycles[block.lifecycle[row]! - 1]!,
    inferred: (block.flags[row]! & flags.inferred) !== 0,
    endedUs: instant(block.endedUs[row]!),
    hungSinceUs: instant(block.hungSinceUs[row]!),
    hangs: block.hangs[row]!,
    reason: isReturned ? returnedReason : null,
  };
  const reported = causeKinds[block.reported[row]! - 1];
  if (reported !== undefined) status.cause = { kind: reported };
  const atUs = instant(block.exceptionUs[row]!);
  const cause = causeKindOf(status, atUs === null ? undefined : { atUs });
  block.outcome[row] = outcomes.indexOf(outcomeOf(status, block.errors[row]!)) + 1;
  block.cause[row] = cause === null ? 0 : causeKinds.indexOf(cause) + 1;
}

function instant(us: number): number | null {
  return Number.isNaN(us) ? null : us;
}
