/** Histograms: values counted in buckets, mergeable, with quantiles that state their error. */
import { isJsonObject, type JsonObject, type JsonValue } from './json.ts';
import { limits } from './limits.ts';

/**
 * Bounds used where none are given: those of DataCat's agent, made for durations in seconds from
 * one millisecond to one minute.
 */
export const defaultBounds: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Values in buckets. Bucket i holds values above bound i-1 and up to bound i, that one included. */
export interface Histogram {
  /** Inclusive upper edges, finite, ascending, each once; may be empty. */
  readonly bounds: readonly number[];
  /** Values per bucket, not cumulative; the last one, beyond all bounds, is the overflow bucket. */
  counts: number[];
  /** Number of finite values, the sum of `counts`. */
  count: number;
  /** Sum of the finite values. */
  sum: number;
  /** Smallest and largest finite value; null when there is none or the sender did not say. */
  min: number | null;
  max: number | null;
  /** NaN and infinite values; they are in no bucket and in no other number here. */
  notFinite: number;
}

/** An empty histogram; bounds may come in any order and more than once, only finite ones are kept. */
export function makeHistogram(bounds: Iterable<number> = defaultBounds): Histogram {
  const edges = bounds === defaultBounds ? defaultBounds : cleanBounds(bounds);
  const counts = new Array<number>(edges.length + 1).fill(0);
  return { bounds: edges, counts, count: 0, sum: 0, min: null, max: null, notFinite: 0 };
}

/**
 * Counts a value, `times` times, in place: an agent does it for every sample. `times` is a
 * whole number of 0 or more.
 */
export function observe(histogram: Histogram, value: number, times = 1): void {
  if (times === 0) return;
  if (!Number.isFinite(value)) {
    histogram.notFinite += times;
    return;
  }
  const bucket = bucketOf(histogram.bounds, value);
  histogram.counts[bucket] = (histogram.counts[bucket] as number) + times;
  if (histogram.count === 0) {
    histogram.min = value;
    histogram.max = value;
  } else {
    if (histogram.min !== null && value < histogram.min) histogram.min = value;
    if (histogram.max !== null && value > histogram.max) histogram.max = value;
  }
  histogram.count += times;
  histogram.sum += value * times;
}

/**
 * Both histograms in one. With equal bounds nothing is lost. With different bounds the result has
 * the bounds that both share, since only for those it is known how many values lie below: coarser,
 * never wrong. Commutative and associative (`sum` up to rounding); an empty histogram with the same
 * bounds is the identity.
 */
export function mergeHistograms(a: Histogram, b: Histogram): Histogram {
  const bounds = sharedBounds(a.bounds, b.bounds);
  const counts = coarsen(a, bounds);
  coarsen(b, bounds).forEach((count, i) => {
    counts[i] = (counts[i] as number) + count;
  });
  return {
    bounds,
    counts,
    count: a.count + b.count,
    sum: a.sum + b.sum,
    min: mergeExtreme(a, b, 'min', Math.min),
    max: mergeExtreme(a, b, 'max', Math.max),
    notFinite: a.notFinite + b.notFinite,
  };
}

/**
 * What a histogram of running totals took from one reading to the next: the difference of the
 * counts by bucket, with the bounds at which both are known: those of an exponential histogram move
 * with its values. Where any count fell, or no bound is known of both, it has started anew, and all
 * of `now` came since. Extremes of a difference are not known. `before` is undefined at the start.
 */
export function histogramGrowth(before: Histogram | undefined, now: Histogram): Histogram {
  if (before === undefined) return now;
  const bounds = knownBounds(before, now);
  const was = countsWithin(before, bounds);
  const counts = countsWithin(now, bounds).map((count, i) => count - (was[i] as number));
  const isOther = bounds.length === 0 && now.bounds.length > 0;
  if (isOther || counts.some((count) => count < 0)) return now;
  return {
    bounds,
    counts,
    count: now.count - before.count,
    sum: now.sum - before.sum,
    min: null,
    max: null,
    notFinite: Math.max(0, now.notFinite - before.notFinite),
  };
}

/** The bounds of either at which both are known: their own, and those that lie in empty buckets. */
function knownBounds(a: Histogram, b: Histogram): readonly number[] {
  if (isSame(a.bounds, b.bounds)) return b.bounds;
  const knows = ({ bounds, counts }: Histogram, bound: number): boolean => {
    const bucket = bucketOf(bounds, bound);
    return bounds[bucket] === bound || counts[bucket] === 0;
  };
  return cleanBounds([...a.bounds, ...b.bounds]).filter(
    (bound) => knows(a, bound) && knows(b, bound),
  );
}

/** Counts of a histogram in buckets of bounds at which it is known. */
function countsWithin(histogram: Histogram, bounds: readonly number[]): readonly number[] {
  if (isSame(histogram.bounds, bounds)) return histogram.counts;
  const counts = new Array<number>(bounds.length + 1).fill(0);
  histogram.counts.forEach((count, i) => {
    if (count === 0) return;
    const edge = histogram.bounds[i];
    const at = edge === undefined ? bounds.length : bucketOf(bounds, edge);
    counts[at] = (counts[at] as number) + count;
  });
  return counts;
}

function isSame(a: readonly number[], b: readonly number[]): boolean {
  return a === b || (a.length === b.length && a.every((bound, i) => bound === b[i]));
}

/** An estimated quantile and where the true one can lie. */
export interface Quantile {
  value: number;
  /** The true quantile is in [low, high]; infinite where a sender did not say its extremes. */
  low: number;
  high: number;
}

/**
 * The q-quantile (0 <= q <= 1) by nearest rank, that is the k-th smallest value with
 * k = max(1, ceil(q * count)); undefined for an empty histogram.
 *
 * Error: the k-th smallest value lies in the bucket where the running count reaches k, and within
 * [min, max], so it is certainly in [low, high], and |value - true| <= high - low. The estimate is
 * interpolated linearly inside these edges, as Prometheus does. Where an edge is infinite (a foreign
 * histogram without extremes) the estimate is the other, finite one.
 */
export function quantile(histogram: Histogram, q: number): Quantile | undefined {
  if (histogram.count === 0 || !(q >= 0 && q <= 1)) return undefined;
  const rank = Math.max(1, Math.ceil(q * histogram.count));
  const { bounds, counts, min, max } = histogram;
  if (rank === 1 && min !== null) return { value: min, low: min, high: min };
  if (rank === histogram.count && max !== null) return { value: max, low: max, high: max };
  let before = 0;
  let bucket = 0;
  while (before + (counts[bucket] as number) < rank) before += counts[bucket++] as number;
  const low = Math.max(bounds[bucket - 1] ?? -Infinity, min ?? -Infinity);
  const high = Math.min(bounds[bucket] ?? Infinity, max ?? Infinity);
  const share = (rank - before) / (counts[bucket] as number);
  return { value: interpolate(low, high, share), low, high };
}

/** Number of finite values at or below each bound, and the number of all as last element. */
export function cumulativeCounts(counts: readonly number[]): number[] {
  let running = 0;
  return counts.map((count) => {
    running += count;
    return running;
  });
}

/** Inverse of `cumulativeCounts`. */
export function bucketCounts(cumulative: readonly number[]): number[] {
  return cumulative.map((count, i) => count - (cumulative[i - 1] ?? 0));
}

/**
 * The metadata of a histogram on the wire: `buckets` of `{le, count}` with inclusive bounds and
 * cumulative counts, the last `le` being "+Inf", then `sum`, `count`, and where known `min`, `max`,
 * `not_finite`.
 */
export function toWire(histogram: Histogram): JsonObject {
  const edges: (number | string)[] = [...histogram.bounds, '+Inf'];
  const cumulative = cumulativeCounts(histogram.counts);
  const metadata: JsonObject = {
    buckets: edges.map((le, i) => ({ le, count: cumulative[i] as number })),
    sum: Number.isFinite(histogram.sum) ? histogram.sum : String(histogram.sum),
    count: histogram.count,
  };
  if (histogram.min !== null) metadata.min = histogram.min;
  if (histogram.max !== null) metadata.max = histogram.max;
  if (histogram.notFinite > 0) metadata.not_finite = histogram.notFinite;
  return metadata;
}

/**
 * Reads the metadata of a histogram; undefined when it is none. Buckets may come in any order, and
 * foreign ones with counts per bucket are recognised:
 * - with a last bucket "+Inf", counts that never fall and end at `count` are cumulative;
 * - without it, counts that add up to `count` are per bucket (DataCat's agent), others that never
 *   fall are cumulative, and `count` says how many lie beyond;
 * - everything else is per bucket.
 */
export function fromWire(metadata: JsonObject): Histogram | undefined {
  const buckets = readBuckets(metadata.buckets);
  if (buckets === undefined) return undefined;
  const claimed = readCount(metadata.count);
  const counts = buckets.map(({ count }) => count);
  const own = isCumulative(buckets, claimed) ? bucketCounts(counts) : counts;
  const histogram = makeHistogram(buckets.map(({ le }) => le));
  buckets.forEach(({ le }, i) => {
    const at = Number.isFinite(le) ? bucketOf(histogram.bounds, le) : histogram.bounds.length;
    histogram.counts[at] = (histogram.counts[at] as number) + (own[i] as number);
  });
  const inBuckets = own.reduce((total, count) => total + count, 0);
  histogram.count = Math.max(claimed ?? 0, inBuckets);
  const last = histogram.bounds.length;
  histogram.counts[last] = (histogram.counts[last] as number) + histogram.count - inBuckets;
  histogram.sum = readNumber(metadata.sum) ?? 0;
  if (histogram.count > 0) {
    histogram.min = believable(histogram, readNumber(metadata.min), 'first');
    histogram.max = believable(histogram, readNumber(metadata.max), 'last');
  }
  histogram.notFinite = readCount(metadata.not_finite) ?? 0;
  return histogram;
}

/**
 * The bounds that a program asks for with a histogram's sample (`metadata.buckets: [1, 2, "inf"]`):
 * the finite numbers of a list; undefined when there are none, which means `defaultBounds`.
 */
export function readBounds(buckets: JsonValue | undefined): number[] | undefined {
  if (!Array.isArray(buckets) || buckets.length > limits.bucketsMax) return undefined;
  const bounds = cleanBounds(buckets.filter((bound) => typeof bound === 'number'));
  return bounds.length > 0 ? bounds : undefined;
}

function cleanBounds(bounds: Iterable<number>): number[] {
  // Adding 0 makes -0 an ordinary 0.
  const finite = [...bounds].filter(Number.isFinite).map((bound) => bound + 0);
  return [...new Set(finite)].sort((a, b) => a - b);
}

/** Index of the first bound at or above the value; the number of bounds when there is none. */
function bucketOf(bounds: readonly number[], value: number): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (value <= (bounds[middle] as number)) high = middle;
    else low = middle + 1;
  }
  return low;
}

function sharedBounds(a: readonly number[], b: readonly number[]): readonly number[] {
  if (isSame(a, b)) return a;
  const known = new Set(b);
  return a.filter((bound) => known.has(bound));
}

/** Counts of a histogram in buckets of fewer bounds, all of them its own. */
function coarsen(histogram: Histogram, bounds: readonly number[]): number[] {
  const counts = new Array<number>(bounds.length + 1).fill(0);
  histogram.counts.forEach((count, i) => {
    const edge = histogram.bounds[i];
    const at = edge === undefined ? bounds.length : bucketOf(bounds, edge);
    counts[at] = (counts[at] as number) + count;
  });
  return counts;
}

function mergeExtreme(
  a: Histogram,
  b: Histogram,
  which: 'min' | 'max',
  pick: (x: number, y: number) => number,
): number | null {
  if (a.count === 0) return b[which];
  if (b.count === 0) return a[which];
  const [x, y] = [a[which], b[which]];
  return x === null || y === null ? null : pick(x, y);
}

function interpolate(low: number, high: number, share: number): number {
  if (low === -Infinity) return high === Infinity ? 0 : high;
  if (high === Infinity) return low;
  // Two products instead of a difference, which may overflow; clamped against rounding.
  return Math.min(high, Math.max(low, low * (1 - share) + high * share));
}

interface WireBucket {
  le: number;
  count: number;
}

function readBuckets(value: JsonValue | undefined): WireBucket[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > limits.bucketsMax + 1) {
    return undefined;
  }
  const buckets: WireBucket[] = [];
  for (const item of value) {
    if (!isJsonObject(item)) return undefined;
    const le = readEdge(item.le);
    const count = readCount(item.count);
    if (le === undefined || count === undefined) return undefined;
    buckets.push({ le, count });
  }
  return buckets.sort((a, b) => (a.le === b.le ? 0 : a.le - b.le));
}

/** An extreme that a sender claims, null unless it lies in the first or last bucket in use. */
function believable(
  histogram: Histogram,
  extreme: number | undefined,
  which: 'first' | 'last',
): number | null {
  if (extreme === undefined || !Number.isFinite(extreme)) return null;
  const used = (count: number) => count > 0;
  const { counts, bounds } = histogram;
  const bucket = which === 'first' ? counts.findIndex(used) : counts.findLastIndex(used);
  return bucketOf(bounds, extreme) === bucket ? extreme : null;
}

function isCumulative(buckets: readonly WireBucket[], claimed: number | undefined): boolean {
  const counts = buckets.map(({ count }) => count);
  const last = counts[counts.length - 1] as number;
  if (counts.some((count, i) => count < (counts[i - 1] ?? 0))) return false;
  if (buckets[buckets.length - 1]?.le === Infinity)
    return claimed === undefined || last === claimed;
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total !== claimed && last <= (claimed ?? last);
}

/** An upper edge: a finite number, or positive infinity in the spellings in use. */
function readEdge(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value > -Infinity ? value : undefined;
  if (typeof value !== 'string') return undefined;
  return /^\+?inf(inity)?$/i.test(value) ? Infinity : undefined;
}

function readCount(value: JsonValue | undefined): number | undefined {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

function readNumber(value: JsonValue | undefined): number | undefined {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  return undefined;
}
