/** Histograms by point: quantiles and heat map from the growth of their buckets. */
import {
  fromWire,
  type Histogram,
  histogramGrowth,
  makeHistogram,
  mergeHistograms,
  quantile,
} from '@tacho/protocol';
import type { Heatmap, PointsQuery, SampleDetail } from '../../store.ts';
import type { Part } from '../merge-runs.ts';

/**
 * The columns for points that hold `counts` samples of `parts`, one after the other. `earlier` gives
 * the samples before the range, the last part first. Samples without buckets say nothing here; where
 * there are no others, the quantiles are those of the values.
 */
export function bucketColumns(
  parts: readonly Part[],
  counts: Float64Array,
  earlier: () => Iterable<Part>,
  { quantiles, heatmap }: PointsQuery,
): { quantiles?: Float64Array[]; heatmap?: Heatmap } {
  const growth = growthByPoint(parts, counts, earlier);
  const columns: { quantiles?: Float64Array[]; heatmap?: Heatmap } = {};
  if (quantiles.length > 0) {
    columns.quantiles = growth
      ? quantiles.map((q) =>
          Float64Array.from(growth, (h) => (h && quantile(h, q)?.value) ?? Number.NaN),
        )
      : valueQuantiles(parts, counts, quantiles);
  }
  if (heatmap) columns.heatmap = heatmapOf(growth ?? []);
  return columns;
}

/** What the buckets took by point, undefined where no sample has buckets; undefined when none has. */
function growthByPoint(
  parts: readonly Part[],
  counts: Float64Array,
  earlier: () => Iterable<Part>,
): (Histogram | undefined)[] | undefined {
  const points: (Histogram | undefined)[] = new Array(counts.length).fill(undefined);
  let before: Histogram | undefined;
  let isFound = false;
  let point = 0;
  let left = counts[0] ?? 0;
  for (const { timesUs, details } of parts) {
    for (let row = 0; row < timesUs.length; row++) {
      while (left === 0) left = counts[++point]!;
      left--;
      const now = histogramOf(details?.get(row));
      if (now === undefined) continue;
      if (!isFound) before = lastHistogram(earlier());
      isFound = true;
      const growth = histogramGrowth(before, now);
      const sum = points[point];
      points[point] = sum ? mergeHistograms(sum, growth) : growth;
      before = now;
    }
  }
  return isFound ? points : undefined;
}

function lastHistogram(earlier: Iterable<Part>): Histogram | undefined {
  for (const { timesUs, details } of earlier) {
    for (let row = timesUs.length - 1; row >= 0; row--) {
      const found = histogramOf(details?.get(row));
      if (found) return found;
    }
  }
  return undefined;
}

function histogramOf(detail: SampleDetail | undefined): Histogram | undefined {
  return detail?.metadata && fromWire(detail.metadata);
}

/** With the bounds that all points share. */
function heatmapOf(growth: readonly (Histogram | undefined)[]): Heatmap {
  let all: Histogram | undefined;
  for (const one of growth) if (one) all = all ? mergeHistograms(all, one) : one;
  const bounds = all?.bounds ?? [];
  const width = bounds.length + 1;
  const counts = new Float64Array(growth.length * width);
  growth.forEach((one, point) => {
    if (one) counts.set(mergeHistograms(makeHistogram(bounds), one).counts, point * width);
  });
  return { bounds, counts };
}

function valueQuantiles(
  parts: readonly Part[],
  counts: Float64Array,
  quantiles: readonly number[],
): Float64Array[] {
  const columns = quantiles.map(() => new Float64Array(counts.length));
  const all = parts.flatMap(({ values }) => [...values]);
  let from = 0;
  counts.forEach((count, point) => {
    const run = Float64Array.from(all.slice(from, from + count));
    const sorted = run.filter((value) => !Number.isNaN(value)).sort();
    quantiles.forEach((q, k) => {
      columns[k]![point] = sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
    });
    from += count;
  });
  return columns;
}
