/** Questions about the series of one session: what is asked of a store, and what it answers. */
import type { MetricType, SeriesKey } from '@tacho/protocol';
import { readCursor, writeCursor } from './page-cursor.ts';
import type { SampleDetail } from './store.ts';

/** Which series are meant: all fields that are there must hold. */
export interface SeriesFilter {
  /** One of these names. */
  names?: readonly string[];
  /** One of these types. */
  types?: readonly MetricType[];
  /** Exactly this unit as the sender named it; empty for none. */
  unit?: string;
  /** All of these tags. */
  tags?: readonly string[];
}

/** Whether a filter lets a series through. */
export function meetsSeriesFilter(
  { name, type, unit, tags }: SeriesKey,
  filter: SeriesFilter,
): boolean {
  return (
    (filter.names?.includes(name) ?? true) &&
    (filter.types?.includes(type) ?? true) &&
    (filter.unit ?? unit) === unit &&
    (filter.tags?.every((tag) => tags.includes(tag)) ?? true)
  );
}

/** The order of series in answers: by name, type, unit, then tag by tag, all by code points. */
export function compareSeries(a: SeriesKey, b: SeriesKey): number {
  const left = [a.name, a.type, a.unit, ...[...a.tags].sort()];
  const right = [b.name, b.type, b.unit, ...[...b.tags].sort()];
  for (let i = 0; i < left.length && i < right.length; i++) {
    const [one, other] = [left[i]!, right[i]!];
    if (one !== other) return one < other ? -1 : 1;
  }
  return left.length - right.length;
}

/** A series of a session with what is known of it. Values are NaN where there is nothing to tell. */
export interface SeriesInfo {
  /** Local index of the series in its session. */
  series: number;
  key: SeriesKey;
  /** Samples, NaN included, and how many of them are NaN. */
  count: number;
  nans: number;
  /** Instants of the first and the last sample, and their values. */
  firstUs: number;
  lastUs: number;
  first: number;
  last: number;
  min: number;
  max: number;
  /** Sum of the values, NaN left out. */
  sum: number;
  /** Counters: growth per second from the first to the last sample (see `SeriesPoints.rate`). */
  rate?: number;
}

/** A question for the points of a chart. */
export interface PointsQuery {
  /** Whole id of the session. */
  id: string;
  filter: SeriesFilter;
  /** Samples from `fromUs` on and before `toUs`; all when absent. */
  fromUs?: number;
  toUs?: number;
  /** Most points of a series, 1 … `limits.pointsMax`. */
  points: number;
  /** Most series; the first ones are given. */
  seriesMax: number;
  /** Whether counters are also given as rates. */
  rate: boolean;
  /** Quantiles over the samples of each point, 0 … 1. */
  quantiles: readonly number[];
  /** Whether histograms are also given as counts of their buckets. */
  heatmap: boolean;
}

/**
 * A series as columns, one row a point. The samples of the range in their order (by time, equal
 * instants by arrival) are cut into runs that follow each other, and each run is a point: every
 * sample is in exactly one of them, so that counts add up and no extreme is lost.
 *
 * With no more samples than points, each sample is a point. Otherwise time is cut into `points`
 * equal steps, the same ones for all series of the question, and the samples of a step are a point.
 * Where at least a fifth as many chunks as points lie in the range (or more than
 * `limits.pointsDecodedMax` samples in all), chunks of up to `limits.chunkSamplesMax` samples that
 * lie wholly inside it are never divided: they belong to the step of their first sample.
 */
export interface SeriesPoints {
  series: number;
  key: SeriesKey;
  /** Instants of the first and the last sample of each point. */
  timesUs: Float64Array;
  lastUs: Float64Array;
  /** Smallest and largest value and the sum, NaN left out; min and max are NaN when all are. */
  min: Float64Array;
  max: Float64Array;
  sum: Float64Array;
  /** Samples, NaN included, and how many of them are NaN. */
  count: Float64Array;
  nans: Float64Array;
  /** Value of the last sample. */
  last: Float64Array;
  /** Counters, when asked for. */
  rate?: RateColumns;
  /**
   * When asked for, one column for each quantile; NaN where there is none. Counters have none.
   * Of gauges and timers: the value of rank floor(q (n - 1)) of the n values of a point, within 1 %
   * of itself where chunks were used whole, exact elsewhere. Of histograms: `quantile` of what their
   * buckets took (`histogramGrowth`) since the last sample of the point before, or before the range,
   * or since the start; of histograms without buckets, quantiles of their values.
   */
  quantiles?: Float64Array[];
  /** Histograms, when asked for. */
  heatmap?: Heatmap;
}

/** Charts of a session. */
export interface PointsAnswer {
  /** In the order of `compareSeries`. */
  series: SeriesPoints[];
  /** Series that the filter lets through beyond `seriesMax`. */
  leftOut: number;
}

/** What a counter did, by point. */
export interface RateColumns {
  /**
   * Growth from the last sample of the point before (of the first point: from the last sample before
   * the range, or else from its own first sample) to the last of this one: the sum of `increaseOf`
   * over all consecutive pairs of values that are not NaN.
   */
  increase: Float64Array;
  /** `increase` over the seconds between these two samples; NaN when no time lies between them. */
  perSecond: Float64Array;
}

/** What fell into which bucket of a histogram, by point. */
export interface Heatmap {
  /** Inclusive upper edges, ascending; a last bucket without bound follows. */
  bounds: readonly number[];
  /** By point and bucket: `counts[point * (bounds.length + 1) + bucket]`. */
  counts: Float64Array;
}

/** A question for a page of raw samples. */
export interface SamplesQuery {
  id: string;
  filter: SeriesFilter;
  fromUs?: number;
  toUs?: number;
  /** From the last sample to the first. */
  descending: boolean;
  /** 1 … `limits.samplesPageMax`. */
  limit: number;
  /** Where the page begins: the place after the last row of the page before. */
  after?: SamplePlace;
}

/** A place in the order of the samples of a session: by time, then series, then arrival. */
export interface SamplePlace {
  atUs: number;
  /** Local index of the series. */
  series: number;
  /** How many samples of this series and instant come before it. */
  nth: number;
}

/** A page of samples; `series[i]` is an index into `keys`. */
export interface SamplesPage {
  keys: readonly SeriesKey[];
  series: Uint32Array;
  timesUs: Float64Array;
  values: Float64Array;
  /** By row; absent rows have none. */
  details: Map<number, SampleDetail>;
  /** Place of the last row; absent when no rows follow. */
  next?: SamplePlace;
}

/** What a store answers about the series of one session; undefined when there is none with this whole id. */
export interface SeriesQuestions {
  /** The series that a filter lets through, in the order of `compareSeries`. */
  series(query: { id: string; filter: SeriesFilter }): Promise<SeriesInfo[] | undefined>;
  /** The points of these series; series without a sample in the range have none. */
  points(query: PointsQuery): Promise<PointsAnswer | undefined>;
  /**
   * A page of samples. Over all pages each sample that was stored at the first one comes exactly
   * once; what arrives meanwhile comes when its place is still ahead.
   */
  samples(query: SamplesQuery): Promise<SamplesPage | undefined>;
}

/** A place as an opaque text, for pages in one direction. */
export function samplesCursor({ atUs, series, nth }: SamplePlace, descending: boolean): string {
  return writeCursor(descending ? 'samples-desc' : 'samples', [atUs, series, nth]);
}

/** The place of a cursor; throws TachoError `invalid_field` when it is none of this direction. */
export function samplePlace(cursor: string, descending: boolean): SamplePlace {
  const list = descending ? 'samples-desc' : 'samples';
  const [atUs, series, nth] = readCursor(list, cursor, ['number', 'number', 'number']);
  return { atUs: atUs as number, series: series as number, nth: nth as number };
}
