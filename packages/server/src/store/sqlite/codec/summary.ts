/** What a chunk knows about its values without decoding them. */
import { increaseOf } from '@tacho/protocol';
import { Reader, writeSigned, writeVarint } from './bits.ts';
import { decimalOf, exponentMin, powersOfTen } from './decimals.ts';
import { readDouble, wordsOf, writeDouble } from './doubles.ts';
import { CorruptError, formats, openFrame, sealFrame } from './frame.ts';
import { decodeSketch, encodeSketch, Sketch } from './sketch.ts';

/** Facts about a row of values in order of time. Numbers are NaN where there is nothing to tell. */
export interface Summary {
  /** Samples, NaN included. */
  count: number;
  /** Samples that are NaN; they take no part in min, max, sum and sketch. */
  nans: number;
  min: number;
  max: number;
  sum: number;
  /** First and last sample, NaN or not. */
  first: number;
  last: number;
  /**
   * What a counter grew by from the first sample to the last, restarts understood (`increaseOf`).
   * Null for other series, where a sample is NaN, and in summaries written before it was kept.
   */
  growth: number | null;
  /** For quantiles; absent for counters and where decoding the few samples is cheaper. */
  sketch: Sketch | null;
}

/** All of a summary but its sketch. */
export type SummaryHead = Omit<Summary, 'sketch'>;

/** Fewer samples have no sketch. */
export const sketchSamplesMin = 64;

/** Summary of no samples; what the others grow from. */
export function emptySummary(): Summary {
  return {
    count: 0,
    nans: 0,
    min: Number.NaN,
    max: Number.NaN,
    sum: 0,
    first: Number.NaN,
    last: Number.NaN,
    growth: null,
    sketch: null,
  };
}

/**
 * Summary of the values; `sketched` is false for counters, whose quantiles nobody asks for and whose
 * growth is kept instead.
 */
export function summarize(values: Float64Array, sketched: boolean): Summary {
  const summary = continued(emptySummary(), values);
  if (!sketched && summary.count > 0 && summary.nans === 0) summary.growth = growthOf(values);
  if (sketched && values.length >= sketchSamplesMin) {
    summary.sketch = new Sketch();
    summary.sketch.addAll(values);
  }
  return summary;
}

/** All but the sketch, value by value, so that the sum is the same however the values came. */
function continued(summary: Summary, values: Float64Array): Summary {
  let { nans, min, max, sum } = summary;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) {
      nans++;
      continue;
    }
    sum += value;
    // Negated, so that the first value replaces NaN.
    if (!(value >= min)) min = value;
    if (!(value <= max)) max = value;
  }
  return {
    count: summary.count + values.length,
    nans,
    min,
    max,
    sum,
    first: summary.count > 0 || values.length === 0 ? summary.first : values[0]!,
    last: values.length > 0 ? values[values.length - 1]! : summary.last,
    growth: null,
    sketch: null,
  };
}

function growthOf(values: Float64Array): number {
  let growth = 0;
  for (let i = 1; i < values.length; i++) growth += increaseOf(values[i - 1]!, values[i]!);
  return growth;
}

/**
 * Summary of the old values and then `more`, equal to that of all of them in one go. Only when
 * the old ones were too few for a sketch and all together are not, or when they are those of a
 * counter whose growth was not kept, it asks for the old ones.
 */
export function extendSummary(
  old: Summary,
  more: Float64Array,
  sketched: boolean,
  oldValues: () => Float64Array,
): Summary {
  const summary = continued(old, more);
  if (!sketched && summary.count > 0 && summary.nans === 0) {
    const before = old.growth ?? (old.count > 0 ? growthOf(oldValues()) : 0);
    summary.growth = continuedGrowth(before, old, more);
  }
  if (!sketched || summary.count < sketchSamplesMin) return summary;
  const sketch = old.sketch?.clone() ?? new Sketch();
  if (old.sketch === null && old.count > 0) sketch.addAll(oldValues());
  sketch.addAll(more);
  summary.sketch = sketch;
  return summary;
}

/** Growth goes on value by value as the sum does. */
function continuedGrowth(before: number, old: Summary, more: Float64Array): number {
  let growth = before;
  let previous = old.count > 0 ? old.last : more[0]!;
  for (let i = 0; i < more.length; i++) {
    growth += increaseOf(previous, more[i]!);
    previous = more[i]!;
  }
  return growth;
}

/**
 * Summary of everything in both, `left` before `right` in time. The sum is that of the two sums;
 * the sketch is null when one side has samples but no sketch of them.
 */
export function mergeSummaries(left: Summary, right: Summary): Summary {
  if (left.count === 0) return right;
  if (right.count === 0) return left;
  let sketch: Sketch | null = null;
  if (left.sketch !== null && right.sketch !== null) {
    sketch = left.sketch.clone();
    sketch.merge(right.sketch);
  }
  return {
    count: left.count + right.count,
    nans: left.nans + right.nans,
    min: right.min < left.min || Number.isNaN(left.min) ? right.min : left.min,
    max: right.max > left.max || Number.isNaN(left.max) ? right.max : left.max,
    sum: left.sum + right.sum,
    first: left.first,
    last: right.last,
    growth:
      left.growth === null || right.growth === null
        ? null
        : left.growth + increaseOf(left.last, right.first) + right.growth,
    sketch,
  };
}

const sketchFlag = 1;
const growthFlag = 2;
/** In place of an exponent: the double follows as it is. */
const verbatim = 255;
/** Bytes of everything but the sketch, at most. */
const headBytesMax = 96;

/** The summary as a blob, about a hundred bytes with a sketch. */
export function encodeSummary(summary: Summary): Uint8Array {
  const sketch = summary.sketch === null ? null : encodeSketch(summary.sketch);
  const out = new Uint8Array(headBytesMax + (sketch?.length ?? 0));
  out[0] = formats.summary;
  out[1] = (sketch === null ? 0 : sketchFlag) | (summary.growth === null ? 0 : growthFlag);
  let at = writeVarint(out, 2, summary.count);
  at = writeVarint(out, at, summary.nans);
  for (const value of [summary.min, summary.max, summary.sum, summary.first, summary.last]) {
    at = writeNumber(out, at, value);
  }
  if (summary.growth !== null) at = writeNumber(out, at, summary.growth);
  if (sketch !== null) {
    out.set(sketch, at);
    at += sketch.length;
  }
  return sealFrame(out, at);
}

function writeNumber(out: Uint8Array, start: number, value: number): number {
  const decimal = decimalOf(value);
  if (decimal === undefined) {
    out[start] = verbatim;
    return writeDouble(wordsOf(Float64Array.of(value)), 0, out, start + 1);
  }
  out[start] = decimal.exponent - exponentMin;
  return writeSigned(out, start + 1, decimal.integer);
}

/** The summary of a blob. Throws CorruptError. */
export function decodeSummary(data: Uint8Array): Summary {
  return opened(data, (reader, end) => {
    const flags = reader.byte();
    const head = readHead(reader, flags);
    const sketch = (flags & sketchFlag) === 0 ? null : decodeSketch(reader);
    if (reader.at !== end) throw new RangeError('wrong length');
    return { ...head, sketch };
  });
}

/** The summary of a blob without its sketch, which takes most of the time. Throws CorruptError. */
export function decodeSummaryHead(data: Uint8Array): SummaryHead {
  return opened(data, (reader) => readHead(reader, reader.byte()));
}

/**
 * The head of the summary of a blob, whose sketch is added to `sketch`, which costs less than decoding
 * it first. Undefined, and nothing is added, when there is no sketch. Throws CorruptError.
 */
export function mergeSummary(data: Uint8Array, sketch: Sketch): SummaryHead | undefined {
  return opened(data, (reader) => {
    const flags = reader.byte();
    if ((flags & sketchFlag) === 0) return undefined;
    const head = readHead(reader, flags);
    decodeSketch(reader, sketch);
    return head;
  });
}

function opened<T>(data: Uint8Array, read: (reader: Reader, end: number) => T): T {
  const end = openFrame('summary', data);
  try {
    return read(new Reader(data, 1), end);
  } catch (error) {
    if (error instanceof RangeError) throw new CorruptError('summary', error.message);
    throw error;
  }
}

function readHead(reader: Reader, flags: number): SummaryHead {
  return {
    count: reader.varint(),
    nans: reader.varint(),
    min: readNumber(reader),
    max: readNumber(reader),
    sum: readNumber(reader),
    first: readNumber(reader),
    last: readNumber(reader),
    growth: (flags & growthFlag) === 0 ? null : readNumber(reader),
  };
}

function readNumber(reader: Reader): number {
  const tag = reader.byte();
  if (tag === verbatim) {
    const value = new Float64Array(1);
    readDouble(reader, wordsOf(value), 0);
    return value[0]!;
  }
  const exponent = tag + exponentMin;
  const power = powersOfTen[Math.abs(exponent)];
  if (power === undefined) throw new RangeError('unknown exponent');
  return exponent > 0 ? reader.signed() / power : reader.signed() * power;
}
