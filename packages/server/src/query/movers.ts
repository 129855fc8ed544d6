/** Metrics of a session by how much they moved in a window against the rest of the run. */
import { limits, type moverSkips, type SeriesKey } from '@tacho/protocol';
import type { SeriesPoints, Store } from '../store/store.ts';
import { quantileOf } from './quantile.ts';
import { goneSession } from './session-row.ts';

/** Why a series is not ranked; `no_numbers`: all its values are NaN or infinite. */
export type MoverSkip = (typeof moverSkips)[number];

/** How a series moved. */
export interface Move {
  /** How far the median moved, in spreads; 0 for a series that did not move. At most 200. */
  score: number;
  direction: 'up' | 'down' | 'flat';
  /** Median of the rest of the run, and of the window. */
  before: number;
  after: number;
  spread: number;
}

/** A series that moved. */
export interface Mover extends Move {
  key: SeriesKey;
  /** Whether the values are growth per second: counters. */
  isRate: boolean;
}

/** What is ranked. */
export interface MoversAsked {
  id: string;
  /** The window. */
  fromUs: number;
  toUs: number;
  limit: number;
}

/** Series by how much they moved. */
export interface Movers {
  movers: Mover[];
  /** Series looked at, ranked or not. */
  series: number;
  /** Series beyond `limits.moversSeriesMax`. */
  leftOut: number;
  skipped: Record<MoverSkip, number>;
}

/** A score from here on is a move that people call one: Iglewicz and Hoaglin's cut for outliers. */
export const moveScoreMin = 3.5;

/** Points that the rest of the run and the window are looked at in. */
const restPoints = 256;
const windowPoints = 64;

/** Values needed to tell what is usual, and what is now. */
const restValuesMin = 5;
const windowValuesMin = 2;

/** A move below this share of the larger median counts less than it would in spreads alone. */
const spreadShareMin = 0.01;

/** Ranks all series; throws `session_not_found`. Ties are in the order of the series. */
export async function moversOf(store: Store, asked: MoversAsked): Promise<Movers> {
  const { id, fromUs, toUs, limit } = asked;
  const common = {
    id,
    filter: {},
    rate: true,
    quantiles: [],
    heatmap: false,
    seriesMax: limits.moversSeriesMax,
  };
  const [before, within, after] = await Promise.all([
    store.points({ ...common, toUs: fromUs, points: restPoints }),
    store.points({ ...common, fromUs, toUs, points: windowPoints }),
    store.points({ ...common, fromUs: toUs, points: restPoints }),
  ]);
  if (!before || !within || !after) throw goneSession(id);
  const rest = new Map<number, number[]>();
  const keys = new Map<number, SeriesPoints>();
  const present = new Map(within.series.map((points) => [points.series, valuesOf(points)]));
  for (const points of [...before.series, ...after.series]) {
    keys.set(points.series, points);
    rest.set(points.series, [...(rest.get(points.series) ?? []), ...valuesOf(points)]);
  }
  for (const points of within.series) keys.set(points.series, points);
  const movers: Mover[] = [];
  const skipped = { few_samples_before: 0, few_samples_in_window: 0, no_numbers: 0 };
  for (const [series, { key, rate }] of keys) {
    const move = moveOf(rest.get(series) ?? [], present.get(series) ?? []);
    if (typeof move === 'string') skipped[move]++;
    else movers.push({ key, isRate: rate !== undefined, ...move });
  }
  movers.sort((a, b) => b.score - a.score);
  const { leftOut } = within;
  return { movers: movers.slice(0, limit), series: keys.size, leftOut, skipped };
}

/**
 * The distance of the medians of two sets of values, in spreads of the first: a modified z-score
 * (B. Iglewicz and D. Hoaglin, How to Detect and Handle Outliers, 1993), for a window in place of a
 * single value. The spread is the larger of 1.4826 times the median absolute deviation and the
 * interquartile range over 1.349, which both estimate the standard deviation of a normal
 * distribution and are not moved by a few outliers; and it is at least 1 % of the larger median, so
 * that a series that was constant has a score too.
 */
export function moveOf(rest: readonly number[], window: readonly number[]): Move | MoverSkip {
  const [usual, now] = [sortedNumbers(rest), sortedNumbers(window)];
  if (usual.length + now.length === 0 && rest.length + window.length > 0) return 'no_numbers';
  if (now.length < windowValuesMin) return 'few_samples_in_window';
  if (usual.length < restValuesMin) return 'few_samples_before';
  const before = quantileOf(usual, 0.5);
  const after = quantileOf(now, 0.5);
  const deviations = usual.map((value) => Math.abs(value - before)).sort();
  const spread = Math.max(
    1.4826 * quantileOf(deviations, 0.5),
    (quantileOf(usual, 0.75) - quantileOf(usual, 0.25)) / 1.349,
    spreadShareMin * Math.max(Math.abs(before), Math.abs(after)),
  );
  const score = before === after ? 0 : Math.abs(after - before) / spread;
  const direction = after > before ? 'up' : after < before ? 'down' : 'flat';
  if (!Number.isFinite(score)) return 'no_numbers';
  return { score, direction, before, after, spread };
}

/** One value for each point: the mean of its samples, or the growth per second of a counter. */
export function valuesOf({ sum, count, nans, rate }: SeriesPoints): number[] {
  if (rate) return [...rate.perSecond];
  return Array.from(sum, (total, i) => total / (count[i]! - nans[i]!));
}

function sortedNumbers(values: readonly number[]): Float64Array {
  return Float64Array.from(values.filter(Number.isFinite)).sort();
}
