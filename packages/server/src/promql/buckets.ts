/** Buckets of histograms: from what a sample carries, and to the quantiles of Prometheus. */
import { cumulativeCounts, fromWire, type JsonObject } from '@tacho/protocol';

/** What a reading of a histogram says: running counts up to each bound, the last one of all. */
export interface Buckets {
  bounds: readonly number[];
  /** One more than bounds. */
  counts: number[];
  sum: number;
  count: number;
}

/** The buckets that a sample carries; undefined when it carries none. */
export function cumulativeBuckets(metadata: JsonObject): Buckets | undefined {
  const histogram = fromWire(metadata);
  if (histogram === undefined) return undefined;
  const { bounds, counts, sum, count } = histogram;
  return { bounds, counts: cumulativeCounts(counts), sum, count };
}

/** A bucket at one instant: its inclusive upper edge and the running count. */
export interface Bucket {
  edge: number;
  count: number;
}

/**
 * The q-quantile of buckets, linear inside the one where it lies, as `histogram_quantile` of
 * Prometheus has it. Buckets may come in any order; NaN without one that has no bound.
 */
export function bucketQuantile(q: number, given: readonly Bucket[]): number {
  if (Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  const buckets = orderedBuckets(given);
  const last = buckets.length - 1;
  if (last < 1 || buckets[last]!.edge !== Infinity) return Number.NaN;
  const all = buckets[last]!.count;
  if (!(all > 0)) return Number.NaN;
  let rank = q * all;
  let at = buckets.findIndex(({ count }, i) => i === last || count >= rank);
  if (at < 0) at = last;
  if (at === last) return buckets[last - 1]!.edge;
  const { edge, count } = buckets[at]!;
  if (at === 0 && edge <= 0) return edge;
  const low = at === 0 ? 0 : buckets[at - 1]!.edge;
  const before = at === 0 ? 0 : buckets[at - 1]!.count;
  rank -= before;
  return low + (edge - low) * (rank / (count - before));
}

/** Ascending, equal edges added up, counts that never fall. */
function orderedBuckets(given: readonly Bucket[]): Bucket[] {
  const buckets: Bucket[] = [];
  for (const { edge, count } of [...given].sort((a, b) =>
    a.edge < b.edge ? -1 : a.edge > b.edge ? 1 : 0,
  )) {
    const last = buckets.at(-1);
    if (last?.edge === edge) last.count += count;
    else buckets.push({ edge, count });
  }
  buckets.forEach((bucket, i) => {
    bucket.count = Math.max(bucket.count, buckets[i - 1]?.count ?? bucket.count);
  });
  return buckets;
}

/** The edge that a label says; NaN for none. */
export function readEdge(text: string | undefined): number {
  if (text === undefined || text.trim() === '') return Number.NaN;
  if (/^\+?inf$/i.test(text)) return Infinity;
  return /^-inf$/i.test(text) ? -Infinity : Number(text);
}
