/** Columns of doubles: a frame around a count and its blocks. */
import { Reader, writeVarint } from './bits.ts';
import { blockBytesMax, type ExponentHint, readBlock, skipBlock, writeBlock } from './block.ts';
import { blockSize } from './decimals.ts';
import { wordsOf } from './doubles.ts';
import { CorruptError, checksumBytes, formats, openFrame, sealFrame } from './frame.ts';

/** What the doubles are; decides the format byte only. */
export type ColumnKind = 'times' | 'values';

/** No block is shorter: mode, width, base. */
const blockBytesMin = 3;

/** Encoded bytes on their way; grows, and is reused by every call (nothing here is asynchronous). */
let scratch = new Uint8Array(64 * 1024);

/** Encodes doubles of any kind, bit for bit. */
export function encodeColumn(kind: ColumnKind, values: Float64Array): Uint8Array {
  scratch[0] = formats[kind];
  const at = writeVarint(scratch, 1, values.length);
  return writeBlocks(values, { exponent: 0 }, at);
}

/** Encodes `values` behind the first `start` bytes of the scratch. */
function writeBlocks(values: Float64Array, hint: ExponentHint, start: number): Uint8Array {
  const words = wordsOf(values);
  let at = start;
  for (let from = 0; from < values.length; from += blockSize) {
    reserve(at + blockBytesMax);
    const count = Math.min(blockSize, values.length - from);
    at = writeBlock(values, words, from, count, hint, scratch, at);
  }
  reserve(at + checksumBytes);
  return sealFrame(scratch, at);
}

function reserve(bytes: number): void {
  if (bytes <= scratch.length) return;
  const larger = new Uint8Array(bytes * 2);
  larger.set(scratch);
  scratch = larger;
}

/** Decodes what `encodeColumn` or `appendColumn` made. Throws CorruptError. */
export function decodeColumn(kind: ColumnKind, data: Uint8Array): Float64Array {
  const { reader, count, end } = openColumn(kind, data);
  const values = new Float64Array(count);
  const words = wordsOf(values);
  try {
    for (let from = 0; from < count; from += blockSize) {
      readBlock(reader, Math.min(blockSize, count - from), values, words, from);
      if (reader.at > end) throw new RangeError('block goes beyond the end');
    }
  } catch (error) {
    if (error instanceof RangeError) throw new CorruptError(kind, error.message);
    throw error;
  }
  if (reader.at !== end) throw new CorruptError(kind, 'bytes after the last block');
  return values;
}

function openColumn(
  kind: ColumnKind,
  data: Uint8Array,
): { reader: Reader; count: number; end: number } {
  const end = openFrame(kind, data);
  const reader = new Reader(data, 1);
  const count = reader.varint();
  if (Math.ceil(count / blockSize) * blockBytesMin > end - reader.at) {
    throw new CorruptError(kind, `${count} samples in ${data.length} bytes`);
  }
  return { reader, count, end };
}

/**
 * The column with `more` behind it. Complete blocks are copied as they are, so that the cost does
 * not grow with what is there beyond the copy; a partial last block is encoded again.
 */
export function appendColumn(kind: ColumnKind, data: Uint8Array, more: Float64Array): Uint8Array {
  if (more.length === 0) return data;
  const { reader, count, end } = openColumn(kind, data);
  const hint: ExponentHint = { exponent: 0 };
  const blocks = reader.at;
  const complete = count - (count % blockSize);
  for (let from = 0; from < complete; from += blockSize) skipBlock(reader, hint);
  if (reader.at > end) throw new CorruptError(kind, 'block goes beyond the end');
  const copied = data.subarray(blocks, reader.at);
  const rest = new Float64Array(count - complete + more.length);
  if (count > complete) readBlock(reader, count - complete, rest, wordsOf(rest), 0);
  rest.set(more, count - complete);
  reserve(copied.length + 16);
  scratch[0] = formats[kind];
  const at = writeVarint(scratch, 1, count + more.length);
  scratch.set(copied, at);
  return writeBlocks(rest, hint, at + copied.length);
}
