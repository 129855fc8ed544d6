/** What an answer about the series of a session must be, worked out from its raw samples. */
import {
  fromWire,
  type Histogram,
  histogramGrowth,
  increaseOf,
  mergeHistograms,
  quantile,
  type SeriesKey,
} from '@tacho/protocol';
import { expect } from 'vitest';
import {
  compareSeries,
  meetsSeriesFilter,
  type PointsAnswer,
  type PointsQuery,
  type SampleDetail,
  type SeriesInfo,
  type SeriesPoints,
  type Store,
} from '../store.ts';

/** A raw sample. */
interface RawSample {
  atUs: number;
  value: number;
  detail: SampleDetail | undefined;
}

/** A series with its raw samples in order. */
export interface RawSeries {
  series: number;
  key: SeriesKey;
  samples: RawSample[];
}

/** Everything that `read` yields, by series, in the order of answers. */
export async function rawSeries(store: Store, id: string): Promise<RawSeries[]> {
  const all: RawSeries[] = [];
  for await (const part of store.read(id, { samples: true })) {
    if (part.kind !== 'samples') continue;
    const { keys, series, timesUs, values, details } = part.rows;
    keys.forEach((key, index) => {
      all[index] ??= { series: index, key, samples: [] };
    });
    series.forEach((index, row) => {
      const detail = details?.get(row);
      all[index]!.samples.push({ atUs: timesUs[row]!, value: values[row]!, detail });
    });
  }
  return all.sort((a, b) => compareSeries(a.key, b.key));
}

/** Checks the summaries of series. */
export function checkInfos(found: readonly SeriesInfo[], raw: readonly RawSeries[]): void {
  const expected = raw.filter(({ samples }) => samples.length > 0);
  expect(found.map(({ series }) => series)).toEqual(expected.map(({ series }) => series));
  found.forEach((info, i) => {
    const { key, samples } = expected[i]!;
    expect(info.key).toEqual(key);
    const [first, last] = [samples[0]!, samples.at(-1)!];
    expect([info.firstUs, info.lastUs]).toEqual([first.atUs, last.atUs]);
    same(info.first, first.value);
    same(info.last, last.value);
    checkSummary({ ...info }, samples);
    if (key.type !== 'counter') return;
    const { increase, seconds } = growthOf(samples, undefined);
    near(info.rate!, seconds > 0 ? increase / seconds : Number.NaN, samples, seconds);
  });
}

/** Checks charts: every law of `SeriesPoints`. */
export function checkPoints(
  found: PointsAnswer,
  query: PointsQuery,
  raw: readonly RawSeries[],
): void {
  const wanted = raw.filter(({ key }) => meetsSeriesFilter(key, query.filter));
  const expected = wanted.slice(0, query.seriesMax);
  expect(found.leftOut).toBe(wanted.length - expected.length);
  expect(found.series.map(({ series }) => series)).toEqual(expected.map(({ series }) => series));
  found.series.forEach((points, i) => {
    checkChart(points, query, expected[i]!.samples);
  });
}

function checkChart(points: SeriesPoints, query: PointsQuery, all: readonly RawSample[]): void {
  const { fromUs = -Infinity, toUs = Infinity } = query;
  const inside = all.filter(({ atUs }) => atUs >= fromUs && atUs < toUs);
  const before = all.filter(({ atUs }) => atUs < fromUs);
  const n = points.count.length;
  expect(n).toBeLessThanOrEqual(query.points);
  if (inside.length <= query.points) expect(n).toBe(inside.length);
  expect([...points.count].reduce((a, b) => a + b, 0)).toBe(inside.length);
  let from = 0;
  const runs = [...points.count].map((count) => {
    expect(count).toBeGreaterThan(0);
    from += count;
    return inside.slice(from - count, from);
  });
  runs.forEach((run, i) => {
    expect([points.timesUs[i], points.lastUs[i]]).toEqual([run[0]!.atUs, run.at(-1)!.atUs]);
    same(points.last[i]!, run.at(-1)!.value);
    const { min, max, sum, count, nans } = points;
    checkSummary(
      { min: min[i]!, max: max[i]!, sum: sum[i]!, count: count[i]!, nans: nans[i]! },
      run,
    );
  });
  const isCounter = points.key.type === 'counter';
  expect(points.rate !== undefined).toBe(isCounter && query.rate);
  if (points.rate) checkRates(points, runs, before);
  expect(points.quantiles?.length ?? 0).toBe(isCounter ? 0 : query.quantiles.length);
  const isHistogram = points.key.type === 'histogram';
  expect(points.heatmap !== undefined).toBe(isHistogram && query.heatmap);
  const growth = isHistogram ? growthByRun(runs, before) : undefined;
  if (points.heatmap) checkHeatmap(points.heatmap, growth, runs.length);
  query.quantiles.forEach((q, k) => {
    const column = points.quantiles?.[k];
    runs.forEach((run, i) => {
      if (column === undefined) return;
      if (growth) same(column[i]!, (growth[i] && quantile(growth[i], q)?.value) ?? Number.NaN);
      else checkQuantile(column[i]!, run, q);
    });
  });
}

function checkSummary(
  found: { min: number; max: number; sum: number; count: number; nans: number },
  samples: readonly RawSample[],
): void {
  const numbers = samples.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  expect([found.count, found.nans]).toEqual([samples.length, samples.length - numbers.length]);
  same(found.min, numbers.length === 0 ? Number.NaN : Math.min(...numbers));
  same(found.max, numbers.length === 0 ? Number.NaN : Math.max(...numbers));
  near(
    found.sum,
    numbers.reduce((a, b) => a + b, 0),
    samples,
  );
}

function checkRates(
  { rate }: SeriesPoints,
  runs: readonly RawSample[][],
  before: readonly RawSample[],
): void {
  let earlier = [...before];
  runs.forEach((run, i) => {
    const last = earlier.findLast(({ value }) => !Number.isNaN(value));
    const { increase, seconds } = growthOf(run, last);
    near(rate!.increase[i]!, increase, run);
    expect(rate!.increase[i]).toBeGreaterThanOrEqual(0);
    near(rate!.perSecond[i]!, seconds > 0 ? increase / seconds : Number.NaN, run, seconds);
    earlier = [...earlier, ...run];
  });
}

function growthOf(run: readonly RawSample[], before: RawSample | undefined) {
  const numbers = [...(before ? [before] : []), ...run].filter(({ value }) => !Number.isNaN(value));
  const increase = numbers
    .slice(1)
    .reduce((sum, { value }, i) => sum + increaseOf(numbers[i]!.value, value), 0);
  const seconds = ((numbers.at(-1)?.atUs ?? 0) - (numbers[0]?.atUs ?? 0)) / 1e6;
  return { increase, seconds };
}

function growthByRun(
  runs: readonly RawSample[][],
  before: readonly RawSample[],
): (Histogram | undefined)[] | undefined {
  const read = ({ detail }: RawSample) => detail?.metadata && fromWire(detail.metadata);
  if (!runs.flat().some((sample) => read(sample) !== undefined)) return undefined;
  let previous = before.map(read).findLast((histogram) => histogram !== undefined);
  return runs.map((run) => {
    const growths: Histogram[] = [];
    for (const now of run.map(read)) {
      if (now === undefined) continue;
      growths.push(histogramGrowth(previous, now));
      previous = now;
    }
    return growths.length === 0 ? undefined : growths.reduce(mergeHistograms);
  });
}

function checkHeatmap(
  { bounds, counts }: SeriesPoints['heatmap'] & {},
  growth: readonly (Histogram | undefined)[] | undefined,
  points: number,
): void {
  const width = bounds.length + 1;
  expect(counts.length).toBe((growth ? points : 0) * width);
  growth?.forEach((histogram, i) => {
    const row = [...counts.subarray(i * width, (i + 1) * width)];
    let from = 0;
    // What lies at or below a bound is the same, however many buckets there are between.
    row.forEach((_, bucket) => {
      const upTo = bounds[bucket] ?? Infinity;
      const below = histogram?.counts.filter((__, k) => (histogram.bounds[k] ?? Infinity) <= upTo);
      from += row[bucket]!;
      expect(from).toBe((below ?? []).reduce((a, b) => a + b, 0));
    });
  });
}

/** Within 1 % of the value of its rank. */
function checkQuantile(found: number, run: readonly RawSample[], q: number): void {
  const numbers = run.map(({ value }) => value).filter((value) => !Number.isNaN(value));
  const sorted = Float64Array.from(numbers).sort();
  checkRank(found, sorted, q);
}

/** `sorted` has no NaN. */
export function checkRank(found: number, sorted: Float64Array, q: number): void {
  const exact = sorted[Math.floor(q * (sorted.length - 1))];
  if (exact === undefined || !Number.isFinite(exact)) same(found, exact ?? Number.NaN);
  else expect(Math.abs(found - exact)).toBeLessThanOrEqual(Math.abs(exact) * 0.010001 + 1e-300);
}

/** Equal, NaN to NaN and 0 to -0. */
export function same(found: number, expected: number): void {
  if (found !== expected) expect(found).toBe(expected);
}

/** Equal but for the rounding of sums over these samples. */
function near(
  found: number,
  expected: number,
  samples: readonly { value: number }[],
  seconds = 1,
): void {
  if (Object.is(found, expected) || found === expected) return;
  const finite = samples.map(({ value }) => Math.abs(value)).filter(Number.isFinite);
  const magnitude = finite.reduce((a, b) => a + b, Math.abs(expected));
  expect(Math.abs(found - expected)).toBeLessThanOrEqual((magnitude / seconds) * 1e-9);
}
