/** Rows of integers as distances from a base, outliers apart (patched frame of reference). */
import {
  bitLength,
  pack,
  packedBytes,
  type Reader,
  unpack,
  writeSigned,
  writeVarint,
} from './bits.ts';
import { blockSize } from './decimals.ts';

/** Flag in the width byte: the row has outliers. */
export const outlierFlag = 64;

/** How a row is going to be written; made by `planRow`, good until the next call with the same plan. */
export interface RowPlan {
  /** Smallest and largest integer. */
  min: number;
  max: number;
  /** Distances are from here, in `width` bits. */
  base: number;
  width: number;
  /** Number of integers outside [base, base + 2^width). */
  outliers: number;
  /** About how many bits the row takes without its header. */
  bits: number;
}

/** An empty plan. */
export function makeRowPlan(): RowPlan {
  return { min: 0, max: 0, base: 0, width: 0, outliers: 0, bits: 0 };
}

const buckets = 64;
const bucketCounts = new Uint32Array(buckets);
const lows = new Uint32Array(blockSize);
const highs = new Uint32Array(blockSize);
const outlierRows = new Uint8Array(blockSize);
const outlierDistances = new Float64Array(blockSize);
const distances = new Float64Array(blockSize);

/**
 * Chooses base and width for `row[0, count)`. Returns false when the integers lie 2^53 or more
 * apart, so that their distances would not be exact.
 */
export function planRow(row: Float64Array, count: number, plan: RowPlan): boolean {
  let min = row[0]!;
  let max = min;
  for (let i = 1; i < count; i++) {
    const value = row[i]!;
    if (value < min) min = value;
    else if (value > max) max = value;
  }
  if (max - min >= 2 ** 53) return false;
  const width = bitLength(max - min);
  plan.min = min;
  plan.max = max;
  plan.base = min;
  plan.width = width;
  plan.outliers = 0;
  plan.bits = count * width;
  if (width > 1 && count >= 16) planOutliers(row, count, plan);
  return true;
}

/**
 * Looks for a narrower window that leaves few integers outside. Counts the integers in 64 equal
 * buckets and slides windows of 32, 16 … 1 buckets over them; when one bucket holds nearly
 * everything (a counter's reset among small steps), looks again inside of it.
 */
function planOutliers(row: Float64Array, count: number, plan: RowPlan): void {
  const fullWidth = plan.width;
  const outliersMax = count >> 3;
  let low = plan.min;
  let width = fullWidth;
  for (;;) {
    const shift = Math.max(0, width - 6);
    countBuckets(row, count, low, 2 ** shift);
    let narrower = width;
    let start = 0;
    while (narrower > shift) {
      const window = 1 << (narrower - 1 - shift);
      const best = fullestWindow(window);
      const outliers = count - windowCount;
      if (outliers > outliersMax) return;
      narrower--;
      start = best;
      const bits = count * narrower + outliers * (8 + fullWidth) + 32;
      if (bits < plan.bits) {
        plan.bits = bits;
        plan.width = narrower;
        plan.base = low + start * 2 ** shift;
        plan.outliers = outliers;
      }
    }
    if (shift === 0) return;
    low += start * 2 ** shift;
    width = shift;
  }
}

function countBuckets(row: Float64Array, count: number, low: number, size: number): void {
  bucketCounts.fill(0);
  const scale = 1 / size;
  for (let i = 0; i < count; i++) {
    // A power of two as factor: the product is exact, and beyond the buckets it is an outlier.
    const bucket = (row[i]! - low) * scale;
    if (bucket >= 0 && bucket < buckets) bucketCounts[bucket | 0]!++;
  }
}

/** Integers in the window found by the last `fullestWindow`. */
let windowCount = 0;

/** First bucket of the window of this many buckets that holds most. */
function fullestWindow(window: number): number {
  let inside = 0;
  for (let i = 0; i < window; i++) inside += bucketCounts[i]!;
  let best = 0;
  windowCount = inside;
  for (let i = window; i < buckets; i++) {
    inside += bucketCounts[i]! - bucketCounts[i - window]!;
    if (inside > windowCount) {
      windowCount = inside;
      best = i - window + 1;
    }
  }
  return best;
}

/** Bytes that the plan takes, give or take two. */
export function rowBytes(plan: RowPlan): number {
  return (plan.bits >>> 3) + 1 + (bitLength(Math.abs(plan.base)) >>> 3);
}

/** Writes the row as planned; returns the position after it. */
export function writeRow(
  row: Float64Array,
  count: number,
  plan: RowPlan,
  out: Uint8Array,
  start: number,
): number {
  let at = writeSigned(out, start, plan.base);
  if (plan.outliers > 0) at = writeOutliers(row, count, plan, out, at);
  const { base, width } = plan;
  if (plan.outliers === 0 && width <= 32) {
    for (let i = 0; i < count; i++) lows[i] = row[i]! - base;
    return pack(lows, count, width, out, at);
  }
  const size = 2 ** width;
  for (let i = 0; i < count; i++) {
    const distance = row[i]! - base;
    distances[i] = distance >= 0 && distance < size ? distance : 0;
  }
  return packWide(distances, count, width, out, at);
}

function writeOutliers(
  row: Float64Array,
  count: number,
  plan: RowPlan,
  out: Uint8Array,
  start: number,
): number {
  const { base, min } = plan;
  const size = 2 ** plan.width;
  let found = 0;
  for (let i = 0; i < count; i++) {
    const distance = row[i]! - base;
    if (distance >= 0 && distance < size) continue;
    outlierRows[found] = i;
    outlierDistances[found++] = row[i]! - min;
  }
  const width = bitLength(plan.max - min);
  out[start] = found;
  out[start + 1] = width;
  let at = writeVarint(out, start + 2, base - min);
  for (let i = 0; i < found; i++) out[at++] = outlierRows[i]!;
  return packWide(outlierDistances, found, width, out, at);
}

function packWide(
  source: Float64Array,
  count: number,
  width: number,
  out: Uint8Array,
  start: number,
): number {
  if (width <= 32) {
    for (let i = 0; i < count; i++) lows[i] = source[i]!;
    return pack(lows, count, width, out, start);
  }
  for (let i = 0; i < count; i++) {
    const high = Math.floor(source[i]! / 2 ** 32);
    highs[i] = high;
    lows[i] = source[i]! - high * 2 ** 32;
  }
  const at = pack(lows, count, 32, out, start);
  return pack(highs, count, width - 32, out, at);
}

/** Reads what `writeRow` wrote into `row[0, count)`; `flags` is the width byte. */
export function readRow(reader: Reader, flags: number, count: number, row: Float64Array): void {
  const width = flags & 63;
  const base = reader.signed();
  let outliers = 0;
  let outlierBase = 0;
  if ((flags & outlierFlag) !== 0) {
    outliers = Math.min(reader.byte(), count);
    const outlierWidth = reader.byte() & 63;
    outlierBase = base - reader.varint();
    for (let i = 0; i < outliers; i++) outlierRows[i] = reader.byte();
    readWide(reader, outliers, outlierWidth, outlierDistances);
  }
  if (width <= 32) {
    unpack(reader.data, reader.at, count, width, lows);
    reader.at += packedBytes(count, width);
    for (let i = 0; i < count; i++) row[i] = base + lows[i]!;
  } else {
    readWide(reader, count, width, distances);
    for (let i = 0; i < count; i++) row[i] = base + distances[i]!;
  }
  for (let i = 0; i < outliers; i++) row[outlierRows[i]!] = outlierBase + outlierDistances[i]!;
}

function readWide(reader: Reader, count: number, width: number, target: Float64Array): void {
  const { data, at } = reader;
  reader.at = at + packedBytes(count, width);
  if (width <= 32) {
    unpack(data, at, count, width, lows);
    for (let i = 0; i < count; i++) target[i] = lows[i]!;
    return;
  }
  unpack(data, at, count, 32, lows);
  unpack(data, at + count * 4, count, width - 32, highs);
  for (let i = 0; i < count; i++) target[i] = highs[i]! * 2 ** 32 + lows[i]!;
}

/** Moves past what `writeRow` wrote. */
export function skipRow(reader: Reader, flags: number, count: number): void {
  reader.signed();
  if ((flags & outlierFlag) !== 0) {
    const outliers = reader.byte();
    const outlierWidth = reader.byte() & 63;
    reader.varint();
    reader.at += outliers + packedBytes(outliers, outlierWidth);
  }
  reader.at += packedBytes(count, flags & 63);
}
