/** Plans the points of charts: which chunks are used whole, and which are decoded. */
import { limits, type MetricType } from '@tacho/protocol';
import {
  compareSeries,
  type PointsAnswer,
  type PointsQuery,
  type SeriesPoints,
} from '../../store.ts';
import type { Part } from '../merge-runs.ts';
import { bucketColumns } from './bucket-columns.ts';
import { type Cluster, clip, clustersOf, loadCluster } from './clusters.ts';
import type { OpenSeries } from './pieces.ts';
import { type FoldOptions, type Grid, PointFold } from './point-fold.ts';

/** With at least `points` over this many whole chunks in the range, none of them is decoded. */
const wholesShare = 5;

/** A cluster in the range: whole, as long as nobody needs its samples, or the samples themselves. */
type Portion = { whole: Cluster; part?: undefined } | { whole?: undefined; part: Part };

/** What the range cuts out of a series. */
interface Cut {
  series: OpenSeries;
  /** In order of time, none of them overlapping. */
  portions: Portion[];
  /** Samples in the range. */
  count: number;
  /** Clusters before the range, and samples before it of the first one in it. */
  earlier: Portion[];
}

/** The points of the series; the order is that of the answer. */
export function pointsOf(open: readonly OpenSeries[], query: PointsQuery): PointsAnswer {
  const sorted = [...open].sort((a, b) => compareSeries(a.key, b.key));
  const chosen = sorted.slice(0, query.seriesMax);
  const fromUs = query.fromUs ?? Number.NEGATIVE_INFINITY;
  const toUs = query.toUs ?? Number.POSITIVE_INFINITY;
  const cuts = chosen.map((series) => cutOf(series, fromUs, toUs, needsDetails(series, query)));
  const grid = gridOf(cuts, query);
  const budget = Math.floor(limits.pointsDecodedMax / Math.max(1, chosen.length));
  return {
    series: cuts.map((cut) => pointsOfCut(cut, query, grid, budget)),
    leftOut: sorted.length - chosen.length,
  };
}

function isBucketed(type: MetricType, { quantiles, heatmap }: PointsQuery): boolean {
  return type === 'histogram' && (quantiles.length > 0 || heatmap);
}

function needsDetails({ key }: OpenSeries, query: PointsQuery): boolean {
  return isBucketed(key.type, query);
}

/** The portions of a series inside the range; those that its edges cut are decoded at once. */
function cutOf(series: OpenSeries, fromUs: number, toUs: number, withDetails: boolean): Cut {
  const cut: Cut = { series, portions: [], count: 0, earlier: [] };
  for (const cluster of clustersOf(series.pieces)) {
    if (cluster.tMaxUs < fromUs) cut.earlier.push({ whole: cluster });
    else if (cluster.tMinUs >= toUs) break;
    else if (cluster.tMinUs >= fromUs && cluster.tMaxUs < toUs && cluster.pieces.length === 1) {
      cut.portions.push({ whole: cluster });
      cut.count += cluster.count;
    } else {
      // Pieces that overlap are merged at once as well: they have no summary together.
      const all = loadCluster(cluster, withDetails);
      const before = clip(all, Number.NEGATIVE_INFINITY, fromUs);
      const part = clip(all, fromUs, toUs);
      if (before.timesUs.length > 0) cut.earlier.push({ part: before });
      if (part.timesUs.length > 0) cut.portions.push({ part });
      cut.count += part.timesUs.length;
    }
  }
  return cut;
}

/** The steps of time that all series share, from the first sample in the range to the last. */
function gridOf(cuts: readonly Cut[], { points }: PointsQuery): Grid {
  let loUs = Number.POSITIVE_INFINITY;
  let hiUs = Number.NEGATIVE_INFINITY;
  for (const { portions } of cuts) {
    const [first, last] = [portions[0], portions.at(-1)];
    if (!first || !last) continue;
    loUs = Math.min(loUs, first.whole ? first.whole.tMinUs : first.part.timesUs[0]!);
    hiUs = Math.max(hiUs, last.whole ? last.whole.tMaxUs : last.part.timesUs.at(-1)!);
  }
  // The last sample belongs to the last step, not to one after it.
  return { loUs, widthUs: (hiUs - loUs + 1) / points };
}

function pointsOfCut(cut: Cut, query: PointsQuery, steps: Grid, budget: number): SeriesPoints {
  const { series, portions, count } = cut;
  const { key, local } = series;
  const isRaw = count <= query.points;
  const bucketed = isBucketed(key.type, query);
  const wholes = portions.filter(({ whole }) => whole).length;
  const decodes = isRaw || bucketed || (wholes * wholesShare < query.points && count <= budget);
  if (decodes) decodeAll(portions, bucketed);
  const options: FoldOptions = {
    grid: isRaw ? undefined : steps,
    pointsMax: Math.min(query.points, count),
    rate: query.rate && key.type === 'counter',
    quantiles: key.type === 'counter' || bucketed ? [] : query.quantiles,
  };
  const columns = fold(cut, options);
  const points: SeriesPoints = { series: local, key, ...columns };
  if (bucketed) {
    const parts = portions.map(({ part }) => part!);
    Object.assign(
      points,
      bucketColumns(parts, columns.count, () => earlierParts(cut), query),
    );
  }
  return points;
}

function decodeAll(portions: Portion[], withDetails: boolean): void {
  portions.forEach(({ whole }, i) => {
    if (whole) portions[i] = { part: loadCluster(whole, withDetails) };
  });
}

function fold(cut: Cut, options: FoldOptions) {
  const folding = new PointFold(options);
  if (options.rate && options.pointsMax > 0) {
    const before = numberBefore(cut);
    if (before) folding.follow(before.value, before.atUs);
  }
  for (const portion of cut.portions) addPortion(folding, portion, options);
  return folding.finish();
}

function addPortion(folding: PointFold, { whole, part }: Portion, options: FoldOptions): void {
  if (part) {
    folding.addSamples(part.timesUs, part.values);
    return;
  }
  const piece = whole.pieces[0]!;
  const summary = options.quantiles.length > 0 ? piece.summary() : undefined;
  const head = summary ?? piece.head();
  const sketch = summary?.sketch ?? undefined;
  const lacks =
    head === undefined ||
    (options.rate && head.growth === null) ||
    (options.quantiles.length > 0 && sketch === undefined);
  if (lacks) {
    const { timesUs, values } = loadCluster(whole, false);
    folding.addSamples(timesUs, values);
  } else folding.addSummary(head, piece.tMinUs, piece.tMaxUs, sketch);
}

/** The last sample before the range that is a number. */
function numberBefore({ earlier }: Cut): { value: number; atUs: number } | undefined {
  for (const { whole, part } of earlier.toReversed()) {
    const only = whole?.pieces.length === 1 ? whole.pieces[0] : undefined;
    const head = only?.head();
    if (only && head?.nans === 0) return { value: head.last, atUs: only.tMaxUs };
    const { timesUs, values } = part ?? loadCluster(whole, false);
    const i = values.findLastIndex((value) => !Number.isNaN(value));
    if (i >= 0) return { value: values[i]!, atUs: timesUs[i]! };
  }
  return undefined;
}

/** The samples before the range with their details, the last ones first. */
function* earlierParts({ earlier }: Cut): Generator<Part> {
  for (const { whole, part } of earlier.toReversed()) yield part ?? loadCluster(whole, true);
}
