/** The frame of every compressed blob: format byte before the body, CRC-32 after it. */
import { crc32 } from 'node:zlib';

/** A blob that is not what was written: damaged, cut, or of a format that this version does not know. */
export class CorruptError extends Error {
  /** Kind of blob: 'times', 'values', 'summary', 'details'. */
  readonly what: string;

  constructor(what: string, problem: string) {
    super(`${what} blob is corrupt: ${problem}`);
    this.name = 'CorruptError';
    this.what = what;
  }
}

/** First byte of each kind of blob: kind in the high nibble, version in the low one. */
export const formats = { times: 0x11, values: 0x21, summary: 0x31, details: 0x41 } as const;

/** Kinds of blobs. */
export type BlobKind = keyof typeof formats;

/** Bytes of the checksum at the end. */
export const checksumBytes = 4;

/** Writes the checksum of `out[0, at)` at `at` and returns a copy of the finished blob. */
export function sealFrame(out: Uint8Array, at: number): Uint8Array {
  const sum = crc32(out.subarray(0, at));
  out[at] = sum;
  out[at + 1] = sum >>> 8;
  out[at + 2] = sum >>> 16;
  out[at + 3] = sum >>> 24;
  return out.slice(0, at + checksumBytes);
}

/** Checks format and checksum; returns where the body ends (it begins at 1). Throws CorruptError. */
export function openFrame(kind: BlobKind, data: Uint8Array): number {
  const end = data.length - checksumBytes;
  if (end < 1) throw new CorruptError(kind, `${data.length} bytes are too few`);
  const sum = data[end]! | (data[end + 1]! << 8) | (data[end + 2]! << 16) | (data[end + 3]! << 24);
  if (crc32(data.subarray(0, end)) !== sum >>> 0) throw new CorruptError(kind, 'wrong checksum');
  if (data[0] !== formats[kind]) throw new CorruptError(kind, `unknown format ${data[0]}`);
  return end;
}
