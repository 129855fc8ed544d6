/** Histograms of OTLP as those of Tacho: explicit bounds as they are, exponential ones converted. */
import { type Histogram, limits, TachoError } from '@tacho/protocol';
import type { ExponentialBuckets, ExponentialPoint, HistogramPoint } from './messages.ts';

/** Buckets on either side of zero; finer ones are merged, as an SDK does that has no room for more. */
const sideBucketsMax = 160;

/** The lowest scale that makes sense: one bucket holds every number of its sign. */
const scaleMin = -11;

/** A histogram with explicit bounds; throws `invalid_field` when counts and bounds do not fit. */
export function explicitHistogram(point: HistogramPoint, what: string): Histogram {
  const { bucketCounts = [], explicitBounds = [], count = 0, sum = 0 } = point;
  if (bucketCounts.length === 0 && explicitBounds.length === 0) {
    return { bounds: [], counts: [count], count, sum, ...extremes(point), notFinite: 0 };
  }
  if (bucketCounts.length !== explicitBounds.length + 1) {
    const found = `has ${bucketCounts.length} bucketCounts and ${explicitBounds.length} explicitBounds`;
    throw wrong(what, found, 'one count more than bounds');
  }
  if (explicitBounds.length > limits.bucketsMax) {
    throw wrong(what, `has ${explicitBounds.length} bounds`, `at most ${limits.bucketsMax}`);
  }
  for (let i = 0; i < explicitBounds.length; i++) {
    const bound = explicitBounds[i] as number;
    if (Number.isFinite(bound) && (i === 0 || bound > (explicitBounds[i - 1] as number))) continue;
    throw wrong(what, `has the bound ${bound} at place ${i}`, 'finite bounds that ascend');
  }
  checkCount(bucketCounts, count, what);
  return {
    bounds: explicitBounds.map((bound) => bound + 0),
    counts: bucketCounts,
    ...{ count, sum, ...extremes(point), notFinite: 0 },
  };
}

/** An exponential histogram whose parts can be merged: indexes of buckets to counts. */
export interface Exponential {
  /** Base of the bounds: 2^(2^-scale). */
  scale: number;
  zeroCount: number;
  zeroThreshold: number;
  positive: ReadonlyMap<number, number>;
  negative: ReadonlyMap<number, number>;
  count: number;
  sum: number;
  min: number | null;
  max: number | null;
}

/** Reads an exponential histogram; throws `invalid_field`. */
export function exponentialHistogram(point: ExponentialPoint, what: string): Exponential {
  const { scale = 0, zeroCount = 0, zeroThreshold = 0, count = 0, sum = 0 } = point;
  if (scale < scaleMin || scale > 20) {
    throw wrong(what, `has the scale ${scale}`, `a scale from ${scaleMin} to 20`);
  }
  if (!(zeroThreshold >= 0 && Number.isFinite(zeroThreshold))) {
    throw wrong(what, `has the zeroThreshold ${zeroThreshold}`, 'a finite number from 0');
  }
  const positive = bucketsOf(point.positive, scale, what);
  const negative = bucketsOf(point.negative, scale, what);
  checkCount([zeroCount, ...positive.values(), ...negative.values()], count, what);
  const known = { zeroCount, zeroThreshold, count, sum, ...extremes(point) };
  return narrowed({ scale, positive, negative, ...known });
}

/** Both in one, at the coarser of their scales. */
export function mergeExponential(a: Exponential, b: Exponential): Exponential {
  const scale = Math.min(a.scale, b.scale);
  const [x, y] = [coarsened(a, scale), coarsened(b, scale)];
  const extreme = (which: 'min' | 'max'): number | null => {
    const [left, right] = [a[which], b[which]];
    if (a.count === 0) return right;
    if (b.count === 0) return left;
    return left === null || right === null ? null : Math[which](left, right);
  };
  return narrowed({
    scale,
    zeroCount: a.zeroCount + b.zeroCount,
    zeroThreshold: Math.max(a.zeroThreshold, b.zeroThreshold),
    positive: added(x.positive, y.positive),
    negative: added(x.negative, y.negative),
    ...{ count: a.count + b.count, sum: a.sum + b.sum, min: extreme('min'), max: extreme('max') },
  });
}

/**
 * The same with explicit bounds. A positive bucket of index i holds values above base^i and up to
 * base^(i+1), so its bound is base^(i+1); a negative one holds those from -base^(i+1) up to, but
 * not, -base^i, and its bound is -base^i: a value that lies exactly on it counts one bucket higher
 * than the sender counted it. The zero bucket ends at the zero threshold.
 * (opentelemetry.io/docs/specs/otel/metrics/data-model/#exponential-buckets)
 */
export function withBounds(from: Exponential): Histogram {
  const { scale, positive, negative, zeroCount, zeroThreshold } = from;
  const edges = new Map<number, number>();
  const add = (bound: number, count: number) => edges.set(bound, (edges.get(bound) ?? 0) + count);
  const indexes = (side: ReadonlyMap<number, number>) => [...side.keys()].sort((a, b) => a - b);
  const below = indexes(negative);
  if (below.length > 0) add(-power(scale, (below.at(-1) as number) + 1), 0);
  for (const index of below.reverse()) add(-power(scale, index), negative.get(index) as number);
  if (below.length > 0 && zeroCount > 0) add(-zeroThreshold, 0);
  if (zeroCount > 0) add(zeroThreshold, zeroCount);
  const above = indexes(positive);
  for (const index of above) {
    // The lower edge of a bucket keeps what is below from reaching into it.
    add(power(scale, index), 0);
    add(power(scale, index + 1), positive.get(index) as number);
  }
  // Beyond the doubles there is no bound: those values are in the last bucket, which has none.
  const bounds = [...edges.keys()].filter(Number.isFinite).sort((a, b) => a - b);
  const counts = bounds.map((bound) => edges.get(bound) as number);
  const inBounds = counts.reduce((total, count) => total + count, 0);
  const { count, sum, min, max } = from;
  return { bounds, counts: [...counts, count - inBounds], count, sum, min, max, notFinite: 0 };
}

/** base^index for the base of a scale: 2^(index * 2^-scale). */
function power(scale: number, index: number): number {
  return 2 ** (index * 2 ** -scale);
}

function bucketsOf(
  { offset = 0, bucketCounts = [] }: ExponentialBuckets = {},
  scale: number,
  what: string,
): Map<number, number> {
  const buckets = new Map<number, number>();
  // 2^1025 and 2^-1075 lie beyond every double.
  const [first, last] = [-1075 * 2 ** scale, 1025 * 2 ** scale];
  bucketCounts.forEach((count, i) => {
    if (count === 0) return;
    const index = offset + i;
    if (index < Math.floor(first) || index > Math.ceil(last)) {
      throw wrong(what, `counts values in bucket ${index}`, 'buckets that a double can be in');
    }
    buckets.set(index, count);
  });
  return buckets;
}

/** Merged until no side has too many buckets. */
function narrowed(from: Exponential): Exponential {
  let now = from;
  while (now.positive.size > sideBucketsMax || now.negative.size > sideBucketsMax) {
    now = coarsened(now, now.scale - 1);
  }
  return now;
}

/** At a lower scale: of each step, two neighbours become one, and no value changes its side of a bound. */
function coarsened(from: Exponential, scale: number): Exponential {
  const divisor = 2 ** (from.scale - scale);
  if (divisor === 1) return from;
  const merge = (side: ReadonlyMap<number, number>): Map<number, number> => {
    const merged = new Map<number, number>();
    for (const [index, count] of side) {
      const at = Math.floor(index / divisor);
      merged.set(at, (merged.get(at) ?? 0) + count);
    }
    return merged;
  };
  return { ...from, scale, positive: merge(from.positive), negative: merge(from.negative) };
}

function added(a: ReadonlyMap<number, number>, b: ReadonlyMap<number, number>) {
  const all = new Map(a);
  for (const [index, count] of b) all.set(index, (all.get(index) ?? 0) + count);
  return all;
}

/** The smallest and largest value where the sender says them. */
function extremes({ min, max, count }: HistogramPoint): Pick<Histogram, 'min' | 'max'> {
  const known = (value: number | undefined): number | null =>
    count === 0 || value === undefined || !Number.isFinite(value) ? null : value;
  return { min: known(min), max: known(max) };
}

function checkCount(counts: readonly number[], count: number, what: string): void {
  const total = counts.reduce((sum, each) => sum + each, 0);
  if (total === count) return;
  throw wrong(what, `counts ${total} values in its buckets and has the count ${count}`, 'the same');
}

function wrong(what: string, problem: string, expected: string): TachoError {
  return new TachoError('invalid_field', `${what} ${problem}; expected ${expected}.`);
}
