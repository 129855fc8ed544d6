/** Blocks of full-precision doubles: high words as distances from the smallest, low words cut. */
import { pack, packedBytes, type Reader, unpack } from './bits.ts';
import { blockSize } from './decimals.ts';

/** Flag in the mode byte: signs differ, high words are rotated so that the sign is the lowest bit. */
const rotatedFlag = 8;

/** Index of the high word of a double in a Uint32Array over it. */
const high = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;
const low = 1 - high;

const highs = new Uint32Array(blockSize);
const lows = new Uint32Array(blockSize);

/** A view of the words of doubles, two for each. */
export function wordsOf(values: Float64Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length * 2);
}

/** Writes doubles `from` … `from + count` of which `words` is the view; returns the end. */
export function writeDoubles(
  words: Uint32Array,
  from: number,
  count: number,
  out: Uint8Array,
  start: number,
): number {
  const rotated = loadWords(words, from, count);
  let min = highs[0]!;
  let max = min;
  let lowBits = 0;
  let lowDiffers = 0;
  for (let i = 0; i < count; i++) {
    const value = highs[i]!;
    if (value < min) min = value;
    else if (value > max) max = value;
    lowBits |= lows[i]!;
    lowDiffers |= lows[i]! ^ lows[0]!;
  }
  const width = 32 - Math.clz32(max - min);
  // Lowest set bit of all: what is below it is zero everywhere.
  const zeros = 31 - Math.clz32(lowBits & -lowBits);
  const lowWidth = lowDiffers === 0 ? 0 : 32 - zeros;
  out[start] = rotated ? rotatedFlag : 0;
  out[start + 1] = width;
  out[start + 2] = lowWidth;
  let at = writeU32(out, start + 3, min);
  if (lowWidth === 0) at = writeU32(out, at, lows[0]!);
  for (let i = 0; i < count; i++) highs[i]! -= min;
  at = pack(highs, count, width, out, at);
  if (lowWidth === 0) return at;
  for (let i = 0; i < count; i++) lows[i]! >>>= zeros;
  return pack(lows, count, lowWidth, out, at);
}

/** Fills `highs` and `lows`; returns whether the signs differ, and then rotates. */
function loadWords(words: Uint32Array, from: number, count: number): boolean {
  let differs = 0;
  for (let i = 0; i < count; i++) {
    const word = words[2 * (from + i) + high]!;
    highs[i] = word;
    lows[i] = words[2 * (from + i) + low]!;
    differs |= word ^ highs[0]!;
  }
  if (differs >= 0) return false;
  for (let i = 0; i < count; i++) highs[i] = (highs[i]! << 1) | (highs[i]! >>> 31);
  return true;
}

/** Writes one double as it is. */
export function writeDouble(
  words: Uint32Array,
  index: number,
  out: Uint8Array,
  at: number,
): number {
  return writeU32(out, writeU32(out, at, words[2 * index + low]!), words[2 * index + high]!);
}

/** Reads what `writeDouble` wrote. */
export function readDouble(reader: Reader, words: Uint32Array, index: number): void {
  words[2 * index + low] = reader.u32();
  words[2 * index + high] = reader.u32();
}

function writeU32(out: Uint8Array, at: number, value: number): number {
  out[at] = value;
  out[at + 1] = value >>> 8;
  out[at + 2] = value >>> 16;
  out[at + 3] = value >>> 24;
  return at + 4;
}

/** Reads what `writeDoubles` wrote after its first two bytes, `mode` and `width`. */
export function readDoubles(
  reader: Reader,
  mode: number,
  width: number,
  count: number,
  words: Uint32Array,
  from: number,
): void {
  const lowWidth = reader.byte();
  const min = reader.u32();
  const rotated = (mode & rotatedFlag) !== 0;
  if (lowWidth === 0) lows.fill(reader.u32(), 0, count);
  unpack(reader.data, reader.at, count, width & 63, highs);
  reader.at += packedBytes(count, width & 63);
  if (lowWidth > 0) {
    unpack(reader.data, reader.at, count, lowWidth, lows);
    reader.at += packedBytes(count, lowWidth);
  }
  const zeros = lowWidth > 0 ? 32 - lowWidth : 0;
  for (let i = 0; i < count; i++) {
    const word = highs[i]! + min;
    words[2 * (from + i) + high] = rotated ? (word >>> 1) | (word << 31) : word;
    words[2 * (from + i) + low] = lows[i]! << zeros;
  }
}

/** Moves past what `writeDoubles` wrote after its first two bytes. */
export function skipDoubles(reader: Reader, width: number, count: number): void {
  const lowWidth = reader.byte();
  reader.at += lowWidth === 0 ? 8 : 4;
  reader.at += packedBytes(count, width & 63) + packedBytes(count, lowWidth);
}
