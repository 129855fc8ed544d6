/** One block of a column: up to 128 doubles in the mode that makes them shortest. */
import { bitLength, type Reader, writeSigned } from './bits.ts';
import { blockSize, exponentMin, makeScaled, powersOfTen, scale } from './decimals.ts';
import { readDouble, readDoubles, skipDoubles, writeDouble, writeDoubles } from './doubles.ts';
import {
  makeRowPlan,
  outlierFlag,
  planRow,
  type RowPlan,
  readRow,
  rowBytes,
  skipRow,
  writeRow,
} from './integers.ts';

/** No block is longer: 128 doubles with every header, outlier and special stay far below. */
export const blockBytesMax = 4096;

const modeDoubles = 0;
const modeIntegers = 1;
const modeDeltas = 2;
/** Flag in the width byte: some samples are kept as they are. */
const specialFlag = 128;
/** Integers of this width or more may take more than the bits of the doubles. */
const wideWidth = 40;

const scaled = makeScaled();
const deltas = new Float64Array(blockSize);
const integers = new Float64Array(blockSize);
const plainPlan = makeRowPlan();
const deltaPlan = makeRowPlan();
const spare = new Uint8Array(blockBytesMax);

/** The exponent that fitted the last block; the next `writeBlock` tries it first. */
export interface ExponentHint {
  exponent: number;
}

/**
 * Writes `values[from, from + count)` at `start` of `out`, which has room for `blockBytesMax`.
 * `words` are the words of `values`. Returns the position after the block.
 */
export function writeBlock(
  values: Float64Array,
  words: Uint32Array,
  from: number,
  count: number,
  hint: ExponentHint,
  out: Uint8Array,
  start: number,
): number {
  const exponent = scale(values, from, count, hint.exponent, scaled);
  if (exponent === undefined) return writeDoubles(words, from, count, out, start);
  hint.exponent = exponent;
  const end = writeIntegers(count, exponent, out, start);
  if (end === start) return writeDoubles(words, from, count, out, start);
  const size = writeSpecials(words, from, out, end) - start;
  if ((out[start + 1]! & 63) < wideWidth && scaled.specialCount === 0) return start + size;
  const other = writeDoubles(words, from, count, spare, 0);
  if (other >= size) return start + size;
  out.set(spare.subarray(0, other), start);
  return start + other;
}

/** Writes the integers of `scaled`, as they are or as differences; nothing if neither is exact. */
function writeIntegers(count: number, exponent: number, out: Uint8Array, start: number): number {
  const plan = choosePlan(count);
  if (plan === undefined) return start;
  const delta = plan === deltaPlan;
  const mode = delta ? modeDeltas : modeIntegers;
  out[start] = mode | ((exponent - exponentMin) << 3);
  out[start + 1] =
    plan.width |
    (plan.outliers > 0 ? outlierFlag : 0) |
    (scaled.specialCount > 0 ? specialFlag : 0);
  if (!delta) return writeRow(scaled.integers, count, plan, out, start + 2);
  const at = writeSigned(out, start + 2, scaled.integers[0]!);
  return writeRow(deltas, count - 1, plan, out, at);
}

/** The plan that makes the block shortest; plans only one of the two where a glance decides. */
function choosePlan(count: number): RowPlan | undefined {
  const source = scaled.integers;
  const ratio = count > 2 * glances ? glance(source, count) : 1;
  const planned = ratio < clearRatio && planDeltas(source, count);
  if (planned && ratio * clearRatio < 1) return deltaPlan;
  if (!planRow(source, count, plainPlan)) return undefined;
  if (!planned) return plainPlan;
  const firstBytes = 1 + ((bitLength(Math.abs(source[0]!)) / 7) | 0);
  return rowBytes(deltaPlan) + firstBytes < rowBytes(plainPlan) ? deltaPlan : plainPlan;
}

/** How many integers and differences a glance looks at. */
const glances = 16;
/** From this ratio of ranges on, the smaller range is taken without a second look. */
const clearRatio = 1.2;

/** Range of some of the differences over that of some of the integers; outliers rarely matter. */
function glance(source: Float64Array, count: number): number {
  const step = Math.floor((count - 1) / glances);
  let min = source[0]!;
  let max = min;
  let deltaMin = source[1]! - min;
  let deltaMax = deltaMin;
  for (let k = 1, i = step; k < glances; k++, i += step) {
    const value = source[i]!;
    const delta = source[i + 1]! - value;
    if (value < min) min = value;
    else if (value > max) max = value;
    if (delta < deltaMin) deltaMin = delta;
    else if (delta > deltaMax) deltaMax = delta;
  }
  return (deltaMax - deltaMin + 1) / (max - min + 1);
}

/** Fills `deltas` and plans them; returns whether they are exact. */
function planDeltas(source: Float64Array, count: number): boolean {
  if (count < 3) return false;
  let previous = source[0]!;
  for (let i = 1; i < count; i++) {
    const value = source[i]!;
    deltas[i - 1] = value - previous;
    previous = value;
  }
  if (!planRow(deltas, count - 1, deltaPlan)) return false;
  return deltaPlan.max < 2 ** 53 && deltaPlan.min > -(2 ** 53);
}

function writeSpecials(words: Uint32Array, from: number, out: Uint8Array, start: number): number {
  const { specials, specialCount } = scaled;
  if (specialCount === 0) return start;
  let at = start;
  out[at++] = specialCount;
  for (let i = 0; i < specialCount; i++) out[at++] = specials[i]!;
  for (let i = 0; i < specialCount; i++) at = writeDouble(words, from + specials[i]!, out, at);
  return at;
}

/** Reads a block of `count` samples into `values` from `from` on; `words` are the words of `values`. */
export function readBlock(
  reader: Reader,
  count: number,
  values: Float64Array,
  words: Uint32Array,
  from: number,
): void {
  const mode = reader.byte();
  const flags = reader.byte();
  switch (mode & 7) {
    case modeDoubles:
      readDoubles(reader, mode, flags, count, words, from);
      return;
    case modeIntegers:
      readRow(reader, flags, count, integers);
      break;
    case modeDeltas:
      readDeltas(reader, flags, count);
      break;
    default:
      throw new RangeError(`unknown mode ${mode & 7}`);
  }
  unscale((mode >>> 3) + exponentMin, count, values, from);
  if ((flags & specialFlag) !== 0) readSpecials(reader, count, words, from);
}

function readDeltas(reader: Reader, flags: number, count: number): void {
  let sum = reader.signed();
  readRow(reader, flags, count - 1, deltas);
  integers[0] = sum;
  for (let i = 1; i < count; i++) {
    sum += deltas[i - 1]!;
    integers[i] = sum;
  }
}

function unscale(exponent: number, count: number, values: Float64Array, from: number): void {
  const power = powersOfTen[Math.abs(exponent)]!;
  if (exponent > 0) {
    for (let i = 0; i < count; i++) values[from + i] = integers[i]! / power;
  } else {
    for (let i = 0; i < count; i++) values[from + i] = integers[i]! * power;
  }
}

function readSpecials(reader: Reader, count: number, words: Uint32Array, from: number): void {
  const specials = reader.byte();
  if (specials > count) throw new RangeError('more specials than samples');
  const rows = reader.at;
  reader.at += specials;
  for (let i = 0; i < specials; i++) {
    const position = reader.data[rows + i]!;
    if (position >= count) throw new RangeError('special outside of its block');
    readDouble(reader, words, from + position);
  }
}

/** Moves past a complete block and takes note of its exponent. */
export function skipBlock(reader: Reader, hint: ExponentHint): void {
  const mode = reader.byte();
  const flags = reader.byte();
  if ((mode & 7) === modeDoubles) {
    skipDoubles(reader, flags, blockSize);
    return;
  }
  hint.exponent = (mode >>> 3) + exponentMin;
  if ((mode & 7) === modeDeltas) {
    reader.signed();
    skipRow(reader, flags, blockSize - 1);
  } else {
    skipRow(reader, flags, blockSize);
  }
  if ((flags & specialFlag) !== 0) {
    const specials = reader.byte();
    reader.at += specials * 9;
  }
}
