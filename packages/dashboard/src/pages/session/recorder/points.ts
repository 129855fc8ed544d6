/** Series as they are drawn: numbers with gaps where samples stop for much longer than usual. */
import type { Answer } from '../../../api.ts';
import { numberOf } from '../../../format/number.ts';
import { firstAfter } from './scale.ts';

/** A series as the API tells it. */
export type ChartAnswer = Answer<'sessionSeries'>['series'][number];

/** A column of values; null where nothing was recorded or nothing that is a number. */
type Column = readonly (number | null)[];

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
  /** The last sample. */
  endMs: number;
  /** Without a sample for so long there is a gap; undefined where too few are known. */
  gapMs: number | undefined;
  quantiles?: Readonly<Record<string, Column>>;
  heatmap?: { bounds: readonly number[]; counts: readonly (readonly number[])[] };
}

/** A stretch without samples. */
interface Gap {
  fromMs: number;
  toMs: number;
}

/** Distances that must be known before one of them can be called unusual. */
const distancesMin = 3;

/** A gap is so many times the usual distance of samples … */
const usualFactor = 5;

/** … and so many times the distance that only one in ten exceeds: what comes by chance has no gaps. */
const rareFactor = 3;

/** A point that stands for more than so many times what was asked for is drawn as the block that it is. */
const blockFactor = 2.5;

/** What a series is recognised by. */
function seriesKey(series: {
  name: string;
  type: string;
  unit: string;
  tags: readonly string[];
}): string {
  return JSON.stringify([series.name, series.type, series.unit, ...series.tags]);
}

/** Makes a series ready for drawing; a point was asked to stand for `columnMs`. */
export function drawn(answer: ChartAnswer, columnMs = 0): Drawn {
  const { name, type, unit, tags, t, rate, quantiles, heatmap } = answer;
  const rhythm = rhythmOf(t, answer.count);
  const gaps: Gap[] = [];
  // Which point stands at each time: a gap has a time without one, a block has its end as well.
  const places: number[] = [];
  const times: number[] = [];
  for (let i = 0; i < t.length; i++) {
    const [at, next] = [t[i] as number, t[i + 1]];
    const endMs = endOfPoint(at, next, answer.count[i] ?? 1, rhythm);
    places.push(i);
    times.push(at);
    const isBlock = endMs - at > columnMs * blockFactor && columnMs > 0;
    if (isBlock || (next === undefined && endMs > at)) {
      places.push(i);
      times.push(endMs);
    }
    if (next === undefined || !isGap(next - at, next - endMs, rhythm)) continue;
    gaps.push({ fromMs: endMs, toMs: next });
    places.push(-1);
    times.push((endMs + next) / 2);
  }
  const column = (values: readonly unknown[] | undefined): (number | null)[] => {
    const numbers = (values ?? []).map(finite);
    return places.map((place) => numbers[place] ?? null);
  };
  return {
    ...{ key: seriesKey(answer), name, type, unit, tags, t: times },
    avg: column(rate ?? answer.avg),
    ...(rate === undefined && answer.min && { min: column(answer.min) }),
    ...(rate === undefined && answer.max && { max: column(answer.max) }),
    count: places.map((place) => answer.count[place] ?? 0),
    ...{ gaps, endMs: times.at(-1) ?? 0, gapMs: rhythm?.gapMs },
    ...(quantiles && {
      quantiles: Object.fromEntries(
        Object.entries(quantiles).map(([of, values]) => [of, column(values)]),
      ),
    }),
    ...(heatmap && {
      heatmap: {
        bounds: heatmap.bounds,
        // The end of a block adds nothing to it.
        counts: places.map((place, i) =>
          place === places[i - 1] ? [] : (heatmap.counts[place] ?? []),
        ),
      },
    }),
  };
}

/** The place of the point that stands for an instant; undefined where nothing was recorded. */
export function pointAt(
  series: Pick<Drawn, 't' | 'avg' | 'gapMs' | 'endMs'>,
  atMs: number,
): number | undefined {
  const at = firstAfter(series.t, atMs) - 1;
  const value = series.avg[at];
  if (value === undefined || value === null) return undefined;
  const isAfter = atMs - series.endMs > (series.gapMs ?? Number.POSITIVE_INFINITY);
  return isAfter ? undefined : at;
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

/** How often samples come. */
interface Rhythm {
  usualMs: number;
  /** Usual distance of points. */
  pointMs: number;
  gapMs: number;
}

/** The rhythm of a series; undefined where too few samples are there to tell. */
function rhythmOf(t: readonly number[], count: readonly number[]): Rhythm | undefined {
  const distances = t.slice(1).map((at, i) => at - (t[i] as number));
  if (distances.length < distancesMin) return undefined;
  const perSample = distances.map((distance, i) => distance / (count[i] ?? 1));
  const usualMs = shareOf(perSample, 0.5);
  const gapMs = Math.max(usualMs * usualFactor, shareOf(perSample, 0.9) * rareFactor);
  return { usualMs, pointMs: shareOf(distances, 0.5), gapMs };
}

/** When the last sample of a point came, as far as the rhythm tells. */
function endOfPoint(
  atMs: number,
  nextMs: number | undefined,
  count: number,
  rhythm: Rhythm | undefined,
): number {
  const end = atMs + (count - 1) * (rhythm?.usualMs ?? 0);
  return nextMs === undefined ? end : Math.min(end, nextMs);
}

/** Whether between two points nothing came for too long; what is shorter than a point is not seen. */
function isGap(distanceMs: number, silentMs: number, rhythm: Rhythm | undefined): boolean {
  return rhythm !== undefined && silentMs > rhythm.gapMs && distanceMs > 2 * rhythm.pointMs;
}

function shareOf(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length * share)] ?? 0;
}

function finite(value: unknown): number | null {
  const number = numberOf(value);
  return number === undefined || !Number.isFinite(number) ? null : number;
}
