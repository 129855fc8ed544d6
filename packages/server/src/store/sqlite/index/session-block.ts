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

/** Columns of doubles; NaN where a session has no such instant. */
const doubles = [
  'createdUs',
  'endedUs',
  'updatedUs',
  'activityUs',
  'heartbeatUs',
  'hungSinceUs',
  'skewUs',
  'samples',
  /** The last error that carries an exception: its instant, and its number in table event. */
  'exceptionUs',
  'exceptionId',
  /** Journal rows up to here are counted in. */
  'journalUpto',
] as const;

/** Columns of whole numbers below 2^32; texts by their codes. */
const wholes = ['product', 'version', 'machine', 'hostname', 'events', 'errors', 'hangs'] as const;

/** Columns of small numbers: 0 for none, else the place in the table of that name, plus one. */
const bytes = ['lifecycle', 'outcome', 'cause', 'flags'] as const;

/** Bits of `flags`. */
export const flags = { inferred: 1, returned: 2 } as const;

/** Text columns, each with a dictionary of its own. */
export const textColumns = ['product', 'version', 'machine', 'hostname'] as const;

/** A text column. */
export type TextColumn = (typeof textColumns)[number];

const rowBytes = doubles.length * 8 + wholes.length * 4 + bytes.length;

/** Bytes of one block. */
export const blockBytes = rowBytes * blockRows;

type Columns = Record<(typeof doubles)[number], Float64Array> &
  Record<(typeof wholes)[number], Uint32Array> &
  Record<(typeof bytes)[number], Uint8Array>;

/** A row whose lifecycle is 0 holds no session. */
export interface SessionBlock extends Columns {
  /** Number of the session in row 0. */
  readonly first: number;
  /** Rows that hold a session. */
  count: number;
  /** Differs from what the index has. */
  isDirty: boolean;
  readonly buffer: ArrayBuffer;
}

/** An empty block, or one over the memory of a blob. */
export function newBlock(first: number, buffer = new ArrayBuffer(blockBytes)): SessionBlock {
  let at = 0;
  const column = <T>(make: new (b: ArrayBuffer, at: number, n: number) => T, width: number): T => {
    const made = new make(buffer, at, blockRows);
    at += width * blockRows;
    return made;
  };
  const columns = {
    ...Object.fromEntries(doubles.map((name) => [name, column(Float64Array, 8)])),
    ...Object.fromEntries(wholes.map((name) => [name, column(Uint32Array, 4)])),
    ...Object.fromEntries(bytes.map((name) => [name, column(Uint8Array, 1)])),
  } as Columns;
  let count = 0;
  for (const lifecycle of columns.lifecycle) if (lifecycle > 0) count += 1;
  return { ...columns, first, count, isDirty: false, buffer };
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
  return crc32(body) === sum ? newBlock(first, body.slice().buffer) : undefined;
}

/** Empties a row for a session that begins or is gone. */
export function clearRow(block: SessionBlock, row: number): void {
  for (const name of doubles) block[name][row] = 0;
  for (const name of wholes) block[name][row] = 0;
  for (const name of bytes) block[name][row] = 0;
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
  const atUs = instant(block.exceptionUs[row]!);
  const cause = causeKindOf(status, atUs === null ? undefined : { atUs });
  block.outcome[row] = outcomes.indexOf(outcomeOf(status, block.errors[row]!)) + 1;
  block.cause[row] = cause === null ? 0 : causeKinds.indexOf(cause) + 1;
}

function instant(us: number): number | null {
  return Number.isNaN(us) ? null : us;
}
