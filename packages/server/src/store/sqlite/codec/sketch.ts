/**
 * A mergeable quantile sketch: DDSketch, Masson, Rim and Lee, "DDSketch: A Fast and Fully-Mergeable
 * Quantile Sketch with Relative-Error Guarantees", VLDB 2019, without collapsing of buckets.
 */
import { type Reader, writeSigned, writeVarint } from './bits.ts';
import { BitReader, BitWriter, riceParameter } from './rice.ts';

/** A quantile differs from the exact one by at most this share of it. */
export const sketchError = 0.01;

/** Bucket `i` holds the magnitudes in (gamma^(i-1), gamma^i]. */
const gamma = (1 + sketchError) / (1 - sketchError);
const logGamma = Math.log(gamma);
const inverseLogGamma = 1 / logGamma;
/** Logarithm of 2 / (gamma + 1): times gamma^i, the estimate for bucket `i`. */
const logCentre = Math.log(2 / (gamma + 1));
/** Smaller magnitudes count as zero: subnormals have no relative error to keep. */
const magnitudeMin = 2.2250738585072014e-308;
/** No double falls into a bucket outside of these. */
const bucketMin = -35_500;
const bucketMax = 35_500;

/** How often each bucket was hit; `counts[0]` belongs to bucket `first`. */
interface Buckets {
  first: number;
  counts: Float64Array;
}

/** Sketch of a set of doubles. Memory is bounded by the range of doubles (71,000 buckets a sign). */
export class Sketch {
  /** Samples that are NaN; they take no part in quantiles. */
  nans = 0;
  /** Zeros and subnormals. */
  zeros = 0;
  infinities = 0;
  negativeInfinities = 0;
  readonly positive: Buckets = { first: 0, counts: new Float64Array(0) };
  readonly negative: Buckets = { first: 0, counts: new Float64Array(0) };

  /** Takes one more value. */
  add(value: number): void {
    const magnitude = Math.abs(value);
    if (magnitude >= magnitudeMin && magnitude <= Number.MAX_VALUE) {
      const index = Math.ceil(Math.log(magnitude) * inverseLogGamma);
      addCount(value > 0 ? this.positive : this.negative, index, 1);
    } else if (magnitude < magnitudeMin) this.zeros++;
    else if (value > 0) this.infinities++;
    else if (value < 0) this.negativeInfinities++;
    else this.nans++;
  }

  /** Takes all of these values. */
  addAll(values: Float64Array): void {
    for (let i = 0; i < values.length; i++) this.add(values[i]!);
  }

  /** Takes everything that another sketch took. Associative and commutative. */
  merge(other: Sketch): void {
    this.nans += other.nans;
    this.zeros += other.zeros;
    this.infinities += other.infinities;
    this.negativeInfinities += other.negativeInfinities;
    addCounts(this.positive, other.positive);
    addCounts(this.negative, other.negative);
  }

  /** An independent copy. */
  clone(): Sketch {
    const copy = new Sketch();
    copy.merge(this);
    return copy;
  }

  /** Values taken, without NaN. */
  get count(): number {
    return (
      this.zeros +
      this.infinities +
      this.negativeInfinities +
      total(this.positive) +
      total(this.negative)
    );
  }

  /**
   * The value of rank floor(q (count - 1)) in ascending order, within `sketchError` of itself.
   * `q` is 0 … 1. Undefined when there are no values.
   */
  quantile(q: number): number | undefined {
    const { count } = this;
    if (count === 0) return undefined;
    let rank = Math.floor(q * (count - 1)) - this.negativeInfinities;
    if (rank < 0) return Number.NEGATIVE_INFINITY;
    const { negative, positive } = this;
    for (let i = negative.counts.length - 1; i >= 0; i--) {
      rank -= negative.counts[i]!;
      if (rank < 0) return -estimate(negative.first + i);
    }
    rank -= this.zeros;
    if (rank < 0) return 0;
    for (let i = 0; i < positive.counts.length; i++) {
      rank -= positive.counts[i]!;
      if (rank < 0) return estimate(positive.first + i);
    }
    return Number.POSITIVE_INFINITY;
  }
}

/** What stands for all magnitudes of a bucket: at most `sketchError` off at both ends. */
function estimate(index: number): number {
  return Math.exp(index * logGamma + logCentre);
}

function addCount(buckets: Buckets, index: number, count: number): void {
  if (index < buckets.first || index >= buckets.first + buckets.counts.length) {
    makeRoom(buckets, index, index);
  }
  buckets.counts[index - buckets.first]! += count;
}

function addCounts(into: Buckets, from: Buckets): void {
  const { counts, first } = from;
  let low = 0;
  let high = counts.length - 1;
  while (low <= high && counts[low] === 0) low++;
  while (high >= low && counts[high] === 0) high--;
  if (low > high) return;
  makeRoom(into, first + low, first + high);
  const shift = first - into.first;
  for (let i = low; i <= high; i++) into.counts[i + shift]! += counts[i]!;
}

/** Makes sure that buckets `low` … `high` exist, with spare ones where it has to grow. */
function makeRoom(buckets: Buckets, low: number, high: number): void {
  const { first, counts } = buckets;
  const end = first + counts.length;
  if (counts.length > 0 && low >= first && high < end) return;
  const lowest = counts.length === 0 ? low : Math.min(low, first);
  const highest = counts.length === 0 ? high : Math.max(high, end - 1);
  const spare = 16 + ((highest - lowest) >> 2);
  const larger = new Float64Array(highest - lowest + 1 + 2 * spare);
  buckets.first = lowest - spare;
  buckets.counts = larger;
  if (counts.length > 0) larger.set(counts, first - buckets.first);
}

function total(buckets: Buckets): number {
  let sum = 0;
  for (let i = 0; i < buckets.counts.length; i++) sum += buckets.counts[i]!;
  return sum;
}

const flags = {
  nans: 1,
  zeros: 2,
  infinities: 4,
  negativeInfinities: 8,
  positive: 16,
  negative: 32,
};

/** The sketch as bytes; the same set of values always gives the same bytes. */
export function encodeSketch(sketch: Sketch): Uint8Array {
  const positive = encodeBuckets(sketch.positive);
  const negative = encodeBuckets(sketch.negative);
  const out = new Uint8Array(33 + positive.length + negative.length);
  let at = 1;
  for (const name of ['nans', 'zeros', 'infinities', 'negativeInfinities'] as const) {
    if (sketch[name] === 0) continue;
    out[0]! |= flags[name];
    at = writeVarint(out, at, sketch[name]);
  }
  if (positive.length > 0) out[0]! |= flags.positive;
  if (negative.length > 0) out[0]! |= flags.negative;
  out.set(positive, at);
  out.set(negative, at + positive.length);
  return out.subarray(0, at + positive.length + negative.length);
}

/** Empty when no bucket was hit. */
function encodeBuckets(buckets: Buckets): Uint8Array {
  const gaps: number[] = [];
  const counts: number[] = [];
  let first = 0;
  let previous = 0;
  for (let i = 0; i < buckets.counts.length; i++) {
    const count = buckets.counts[i]!;
    if (count === 0) continue;
    if (counts.length === 0) first = buckets.first + i;
    else gaps.push(i - previous - 1);
    counts.push(count - 1);
    previous = i;
  }
  if (counts.length === 0) return new Uint8Array(0);
  const gapParameter = riceParameter(gaps);
  const countParameter = riceParameter(counts);
  const writer = new BitWriter();
  for (let i = 0; i < counts.length; i++) {
    if (i > 0) writer.rice(gaps[i - 1]!, gapParameter);
    writer.rice(counts[i]!, countParameter);
  }
  const bits = writer.finish();
  const out = new Uint8Array(bits.length + 20);
  let at = writeSigned(out, 0, first);
  at = writeVarint(out, at, counts.length);
  out[at++] = (gapParameter << 4) | countParameter;
  out.set(bits, at);
  return out.subarray(0, at + bits.length);
}

/**
 * Reads what `encodeSketch` wrote and adds it to `sketch`, an empty one when absent; moves the reader.
 * Throws RangeError when it makes no sense.
 */
export function decodeSketch(reader: Reader, sketch = new Sketch()): Sketch {
  const present = reader.byte();
  for (const name of ['nans', 'zeros', 'infinities', 'negativeInfinities'] as const) {
    if ((present & flags[name]) !== 0) sketch[name] += reader.varint();
  }
  if ((present & flags.positive) !== 0) decodeBuckets(reader, sketch.positive);
  if ((present & flags.negative) !== 0) decodeBuckets(reader, sketch.negative);
  return sketch;
}

function decodeBuckets(reader: Reader, buckets: Buckets): void {
  let index = reader.signed();
  const hit = reader.varint();
  const parameters = reader.byte();
  if (index < bucketMin || index + hit - 1 > bucketMax) throw new RangeError('bucket out of range');
  if (hit > 0) makeRoom(buckets, index, index + hit - 1);
  const bits = new BitReader(reader.data, reader.at);
  for (let i = 0; i < hit; i++) {
    if (i > 0) index += bits.rice(parameters >>> 4) + 1;
    if (index > bucketMax) throw new RangeError('bucket out of range');
    addCount(buckets, index, bits.rice(parameters & 15) + 1);
  }
  reader.at = bits.at;
}
