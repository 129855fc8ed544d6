/** Questions about the series of one session of the in-memory store, answered sample by sample. */
import {
  fromWire,
  type Histogram,
  histogramGrowth,
  increaseOf,
  makeHistogram,
  mergeHistograms,
  quantile,
  type SeriesKey,
} from '@tacho/protocol';
import {
  compareSeries,
  meetsSeriesFilter,
  type PointsAnswer,
  type PointsQuery,
  type SampleDetail,
  type SamplePlace,
  type SampleRows,
  type SamplesPage,
  type SamplesQuery,
  type SeriesFilter,
  type SeriesInfo,
  type SeriesPoints,
} from '../store.ts';

/** What of a session its series are told from. */
export interface SampleSource {
  samples(): SampleRows;
}

interface Sample {
  atUs: number;
  value: number;
  detail: SampleDetail | undefined;
  /** How many samples of its series and instant come before it. */
  nth: number;
}

/** A series with all of its samples in order. */
interface Whole {
  series: number;
  key: SeriesKey;
  samples: Sample[];
}

/** See `SeriesQuestions`. */
export function seriesOf(session: SampleSource, filter: SeriesFilter): SeriesInfo[] {
  return wholeSeries(session, filter)
    .filter(({ samples }) => samples.length > 0)
    .map(infoOf);
}

/**
 * See `SeriesQuestions`. `span` is from the first to the last sample that the steps of time are laid
 * over, those of all chosen series when absent.
 */
export function pointsOf(
  session: SampleSource,
  query: PointsQuery,
  span?: readonly [loUs: number, hiUs: number],
): PointsAnswer {
  const all = wholeSeries(session, query.filter);
  const chosen = all.slice(0, query.seriesMax);
  const times = chosen.flatMap(({ samples }) =>
    samples.filter((sample) => isInside(sample, query)).map(({ atUs }) => atUs),
  );
  const loUs = span?.[0] ?? times.reduce((a, b) => Math.min(a, b), Infinity);
  const hiUs = span?.[1] ?? times.reduce((a, b) => Math.max(a, b), -Infinity);
  const stepOf = (atUs: number) => Math.floor(((atUs - loUs) / (hiUs - loUs + 1)) * query.points);
  return {
    series: chosen.map((whole) => chartOf(whole, query, stepOf)),
    leftOut: all.length - chosen.length,
  };
}

/** See `SeriesQuestions`. */
export function samplesOf(session: SampleSource, query: SamplesQuery): SamplesPage {
  const chosen = wholeSeries(session, query.filter).sort((a, b) => a.series - b.series);
  const rows = chosen
    .flatMap(({ series, samples }, place) => samples.map((s) => ({ ...s, series, place })))
    .filter((sample) => isInside(sample, query))
    .sort(compareSamples);
  if (query.descending) rows.reverse();
  const { after } = query;
  const sign = query.descending ? -1 : 1;
  const left = rows.filter((row) => after === undefined || sign * compareSamples(row, after) > 0);
  const page = left.slice(0, query.limit);
  const last = page.at(-1);
  const details = page.flatMap(({ detail }, i) => (detail ? [[i, detail] as const] : []));
  return {
    keys: chosen.map(({ key }) => key),
    series: Uint32Array.from(page, ({ place }) => place),
    timesUs: Float64Array.from(page, ({ atUs }) => atUs),
    values: Float64Array.from(page, ({ value }) => value),
    details: new Map(details),
    ...(last &&
      left.length > page.length && {
        next: { atUs: last.atUs, series: last.series, nth: last.nth },
      }),
  };
}

function wholeSeries(session: SampleSource, filter: SeriesFilter): Whole[] {
  const { keys, series, timesUs, values, details } = session.samples();
  const all = keys.map<Whole>((key, index) => ({ series: index, key, samples: [] }));
  series.forEach((index, row) => {
    const { samples } = all[index]!;
    const before = samples.at(-1);
    const atUs = timesUs[row]!;
    const nth = before?.atUs === atUs ? before.nth + 1 : 0;
    samples.push({ atUs, value: values[row]!, detail: details?.get(row), nth });
  });
  return all
    .filter(({ key }) => meetsSeriesFilter(key, filter))
    .sort((a, b) => compareSeries(a.key, b.key));
}

function infoOf({ series, key, samples }: Whole): SeriesInfo {
  const { count, nans, min, max, sum } = summaryOf(samples);
  const [first, last] = [samples[0]!, samples.at(-1)!];
  const info = { series, key, count, nans, min, max, sum };
  const times = { firstUs: first.atUs, lastUs: last.atUs, first: first.value, last: last.value };
  if (key.type !== 'counter') return { ...info, ...times };
  return { ...info, ...times, rate: growthOf(samples, undefined).perSecond };
}

function summaryOf(samples: readonly Sample[]) {
  const numbers = samples.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  const extreme = (pick: (a: number, b: number) => number) =>
    numbers.length === 0 ? Number.NaN : numbers.reduce((a, b) => pick(a, b));
  return {
    count: samples.length,
    nans: samples.length - numbers.length,
    min: extreme(Math.min),
    max: extreme(Math.max),
    sum: numbers.reduce((a, b) => a + b, 0),
  };
}

function isInside({ atUs }: Sample, { fromUs, toUs }: { fromUs?: number; toUs?: number }) {
  return (fromUs === undefined || atUs >= fromUs) && (toUs === undefined || atUs < toUs);
}

function chartOf(
  { series, key, samples }: Whole,
  query: PointsQuery,
  stepOf: (atUs: number) => number,
): SeriesPoints {
  const inside = samples.filter((sample) => isInside(sample, query));
  const isRaw = inside.length <= query.points;
  const steps = inside.map(({ atUs }, i) => (isRaw ? i : stepOf(atUs)));
  const runs = [...new Set(steps)].map((step) => inside.filter((_, i) => steps[i] === step));
  const column = (of: (run: Sample[]) => number): Float64Array => Float64Array.from(runs, of);
  const counterLike = key.type === 'counter';
  const before = samples.filter(({ atUs }) => atUs < (query.fromUs ?? -Infinity));
  return {
    series,
    key,
    timesUs: column((run) => run[0]!.atUs),
    lastUs: column((run) => run.at(-1)!.atUs),
    min: column((run) => summaryOf(run).min),
    max: column((run) => summaryOf(run).max),
    sum: column((run) => summaryOf(run).sum),
    count: column((run) => run.length),
    nans: column((run) => summaryOf(run).nans),
    last: column((run) => run.at(-1)!.value),
    ...(counterLike && query.rate && { rate: ratesOf(runs, before) }),
    ...(!counterLike && distribution(key, runs, before, query)),
  };
}

function ratesOf(runs: readonly Sample[][], before: Sample[]): SeriesPoints['rate'] & {} {
  const earlier = (i: number) =>
    [...before, ...runs.slice(0, i).flat()].findLast(({ value }) => !Number.isNaN(value));
  const growths = runs.map((run, i) => growthOf(run, earlier(i)));
  return {
    increase: Float64Array.from(growths, ({ increase }) => increase),
    perSecond: Float64Array.from(growths, ({ perSecond }) => perSecond),
  };
}

function growthOf(run: readonly Sample[], before: Sample | undefined) {
  const numbers = [...(before ? [before] : []), ...run].filter(({ value }) => !Number.isNaN(value));
  let increase = 0;
  numbers.forEach(({ value }, i) => {
    if (i > 0) increase += increaseOf(numbers[i - 1]!.value, value);
  });
  const seconds = ((numbers.at(-1)?.atUs ?? 0) - (numbers[0]?.atUs ?? 0)) / 1e6;
  return { increase, perSecond: seconds > 0 ? increase / seconds : Number.NaN };
}

function distribution(
  key: SeriesKey,
  runs: readonly Sample[][],
  before: readonly Sample[],
  { quantiles, heatmap }: PointsQuery,
): Pick<SeriesPoints, 'quantiles' | 'heatmap'> {
  const isHistogram = key.type === 'histogram';
  const buckets = isHistogram ? bucketGrowth(runs, before) : undefined;
  const found: Pick<SeriesPoints, 'quantiles' | 'heatmap'> = {};
  if (quantiles.length > 0) {
    found.quantiles = quantiles.map((q) =>
      Float64Array.from(runs, (run, i) =>
        buckets ? quantileOf(buckets[i], q) : exactQuantile(run, q),
      ),
    );
  }
  if (heatmap && isHistogram) found.heatmap = heatmapOf(buckets ?? []);
  return found;
}

function quantileOf(histogram: Histogram | undefined, q: number): number {
  return (histogram && quantile(histogram, q)?.value) ?? Number.NaN;
}

function exactQuantile(run: readonly Sample[], q: number): number {
  const numbers = run.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  const sorted = Float64Array.from(numbers).sort();
  return sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
}

/** By run; undefined when no sample has buckets. */
function bucketGrowth(runs: readonly Sample[][], before: readonly Sample[]) {
  const bucketsOf = ({ detail }: Sample) => detail?.metadata && fromWire(detail.metadata);
  let previous = before.map(bucketsOf).findLast((found) => found !== undefined);
  let isFound = false;
  const growths = runs.map((run) => {
    let sum: Histogram | undefined;
    for (const now of run.map(bucketsOf)) {
      if (now === undefined) continue;
      isFound = true;
      const growth = histogramGrowth(previous, now);
      sum = sum ? mergeHistograms(sum, growth) : growth;
      previous = now;
    }
    return sum;
  });
  return isFound ? growths : undefined;
}

function heatmapOf(growths: readonly (Histogram | undefined)[]): SeriesPoints['heatmap'] & {} {
  const known = growths.filter((growth) => growth !== undefined);
  const bounds = known.length === 0 ? [] : known.reduce(mergeHistograms).bounds;
  const empty = makeHistogram(bounds);
  const rows = growths.map((growth) => mergeHistograms(empty, growth ?? empty).counts);
  return { bounds, counts: Float64Array.from(rows.flat()) };
}

/** The order of samples: by time, then series, then arrival. */
export function compareSamples(a: SamplePlace, b: SamplePlace): number {
  return a.atUs - b.atUs || a.series - b.series || a.nth - b.nth;
}
