/** Series as they are drawn: numbers with gaps where samples stop for much longer than usual. */
import type { Answer } from '../../../api.ts';
import { numberOf } from '../../../format/number.ts';
import { firstAfter } from './scale.ts';

/** A series as the API tells it. */
export type ChartAnswer = Answer<'sessionSeries'>['series'][number];

/** A column of values; null where nothing was recorded or nothing that is a number. */
export type Column = readonly (number | null)[];

/** A series ready for drawing. */
export interface Drawn {
  /** Name, type, unit and tags in one text: what it is recognised by. */
  key: string;
  name: string;
  type: ChartAnswer['type'];
  unit: string;
  tags: readonly string[];
  /** Milliseconds since 1970, ascending. Within a gap there is a time of its own, with nothing at it. */
  t: readonly number[];
  /** The means of the points; of counters as rate, growth per second. */
  avg: Column;
  /** Absent where there is only one value per point. */
  min?: Column;
  max?: Column;
  count: readonly number[];
  /** Where samples stopped for longer than usual. */
  gaps: readonly Gap[];
  /** A distance of samples beyond which there is a gap; undefined where too few are known. */
  gapMs: number | undefined;
  quantiles?: Readonly<Record<string, Column>>;
  heatmap?: { bounds: readonly number[]; counts: readonly (readonly number[])[] };
}

/** A stretch without samples. */
export interface Gap {
  fromMs: number;
  toMs: number;
}

/** Distances that must be known before one of them can be called unusual. */
const distancesMin = 3;

/** A gap is so many times the usual distance of samples … */
const usualFactor = 5;

/** … and so many times the distance that only one in ten exceeds: what comes by chance has no gaps. */
const rareFactor = 3;

/** What a series is recognised by. */
export function seriesKey(series: {
  name: string;
  type: string;
  unit: string;
  tags: readonly string[];
}): string {
  return JSON.stringify([series.name, series.type, series.unit, ...series.tags]);
}

/** Makes a series ready for drawing. */
export function drawn(answer: ChartAnswer): Drawn {
  const { name, type, unit, tags, t, rate, quantiles, heatmap } = answer;
  const gapMs = gapOf(t);
  const gaps: Gap[] = [];
  // Where a time of its own goes in: after these points.
  const breaks: number[] = [];
  for (let i = 1; i < t.length; i++) {
    const [before, after] = [t[i - 1] as number, t[i] as number];
    if (gapMs === undefined || after - before <= gapMs) continue;
    gaps.push({ fromMs: before, toMs: after });
    breaks.push(i);
  }
  const column = (values: readonly unknown[] | undefined): (number | null)[] =>
    spread((values ?? []).map(finite), breaks, () => null);
  const times = spread(t, breaks, (i) => ((t[i - 1] as number) + (t[i] as number)) / 2);
  return {
    ...{ key: seriesKey(answer), name, type, unit, tags },
    t: times,
    avg: column(rate ?? answer.avg),
    ...(rate === undefined && answer.min && { min: column(answer.min) }),
    ...(rate === undefined && answer.max && { max: column(answer.max) }),
    count: spread(answer.count, breaks, () => 0),
    ...{ gaps, gapMs },
    ...(quantiles && {
      quantiles: Object.fromEntries(
        Object.entries(quantiles).map(([of, values]) => [of, column(values)]),
      ),
    }),
    ...(heatmap && {
      heatmap: { bounds: heatmap.bounds, counts: spread(heatmap.counts, breaks, () => []) },
    }),
  };
}

/** The place of the point that stands for an instant; undefined where nothing was recorded. */
export function pointAt(
  series: Pick<Drawn, 't' | 'avg' | 'gapMs'>,
  atMs: number,
): number | undefined {
  const at = firstAfter(series.t, atMs) - 1;
  const value = series.avg[at];
  if (value === undefined || value === null) return undefined;
  const isLast = at === series.t.length - 1;
  if (isLast && atMs - (series.t[at] as number) > (series.gapMs ?? Number.POSITIVE_INFINITY)) {
    return undefined;
  }
  return at;
}

/** The least and the greatest value between two instants, a point on either side included. */
export function extent(all: readonly Drawn[], fromMs: number, toMs: number): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const { t, avg, min = avg, max = avg } of all) {
    const first = Math.max(0, firstAfter(t, fromMs) - 1);
    const end = Math.min(t.length, firstAfter(t, toMs) + 1);
    for (let i = first; i < end; i++) {
      const [low, high] = [min[i] ?? null, max[i] ?? null];
      if (low !== null && low < least) least = low;
      if (high !== null && high > greatest) greatest = high;
    }
  }
  return [least, greatest];
}

/** Points that a trend is read from at least. */
const trendPointsMin = 5;

/** How close the points must lie to a line, as a correlation, before one speaks of a trend. */
const trendCorrelationMin = 0.9;

/** What a trend changes over its window at least, as a share of what the chart shows. */
const trendShareMin = 0.04;

/** Growth per millisecond over a window before an instant; undefined where there is no clear trend. */
export function trendAt(
  { t, avg }: Pick<Drawn, 't' | 'avg'>,
  atMs: number,
  windowMs: number,
  span: number,
): number | undefined {
  const end = firstAfter(t, atMs);
  const first = firstAfter(t, atMs - windowMs);
  let [n, sumX, sumY, sumXX, sumXY, sumYY] = [0, 0, 0, 0, 0, 0];
  for (let i = first; i < end; i++) {
    const y = avg[i];
    if (y === null || y === undefined) continue;
    const x = (t[i] as number) - atMs;
    n++;
    sumX += x;
    sumY += y;
    sumXX += x * x;
    sumXY += x * y;
    sumYY += y * y;
  }
  if (n < trendPointsMin) return undefined;
  const varianceX = sumXX - (sumX * sumX) / n;
  const varianceY = sumYY - (sumY * sumY) / n;
  const covariance = sumXY - (sumX * sumY) / n;
  if (varianceX <= 0 || varianceY <= 0) return undefined;
  const slope = covariance / varianceX;
  if (Math.abs(covariance) < trendCorrelationMin * Math.sqrt(varianceX * varianceY))
    return undefined;
  return Math.abs(slope * windowMs) >= trendShareMin * span ? slope : undefined;
}

/** The distance beyond which samples are missing; undefined where too few are there to tell. */
function gapOf(t: readonly number[]): number | undefined {
  const distances = t.slice(1).map((at, i) => at - (t[i] as number));
  if (distances.length < distancesMin) return undefined;
  distances.sort((a, b) => a - b);
  const usual = distances[Math.floor(distances.length / 2)] as number;
  const rare = distances[Math.floor(distances.length * 0.9)] as number;
  return Math.max(usual * usualFactor, rare * rareFactor);
}

/** The values with one more before each of some places. */
function spread<T>(values: readonly T[], before: readonly number[], fill: (at: number) => T): T[] {
  if (before.length === 0 || values.length === 0) return [...values];
  const all: T[] = [];
  let next = 0;
  for (let i = 0; i < values.length; i++) {
    if (before[next] === i) {
      all.push(fill(i));
      next++;
    }
    all.push(values[i] as T);
  }
  return all;
}

function finite(value: unknown): number | null {
  const number = numberOf(value);
  return number === undefined || !Number.isFinite(number) ? null : number;
}
