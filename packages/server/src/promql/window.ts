/** Functions of the samples of a window, with the meaning that Prometheus gives them. */
import type { Grid } from './vector.ts';

/** Samples of a series in order of time, no two of one instant. */
export interface Samples {
  timesUs: Float64Array;
  values: Float64Array;
}

/** The samples `from` … `to` (that one excluded), and the window that they lie in. */
interface Window {
  samples: Samples;
  from: number;
  to: number;
  startUs: number;
  endUs: number;
}

/** The value of a window that holds a sample or more; undefined for none. */
export type WindowFunction = (window: Window, point: number) => number | undefined;

/** Functions of range vectors by name, but for quantiles. */
export const windowFunctions: Readonly<Record<string, WindowFunction>> = {
  rate: (window) => extrapolated(window, { isCounter: true, isRate: true }),
  increase: (window) => extrapolated(window, { isCounter: true, isRate: false }),
  delta: (window) => extrapolated(window, { isCounter: false, isRate: false }),
  irate: (window) => lastStep(window, true),
  idelta: (window) => lastStep(window, false),
  changes: (window) => pairs(window, (before, now) => !Object.is(before, now) && before !== now),
  resets: (window) => pairs(window, (before, now) => now < before),
  avg_over_time: (window) => meanOf(window),
  sum_over_time: ({ samples: { values }, from, to }) => sumOf(values, from, to),
  min_over_time: (window) => extremeOf(window, (a, b) => a < b),
  max_over_time: (window) => extremeOf(window, (a, b) => a > b),
  count_over_time: ({ from, to }) => to - from,
  last_over_time: ({ samples: { values }, to }) => values[to - 1],
  present_over_time: () => 1,
  stdvar_over_time: (window) => varianceOf(window),
  stddev_over_time: (window) => Math.sqrt(varianceOf(window)),
};

/**
 * Growth over a window by its samples, as `extrapolatedRate` of Prometheus 3 has it: the growth from
 * the first to the last sample, stretched to the edges of the window where these are about one
 * interval away, by half an interval where they are further, and never to below zero for counters.
 */
function extrapolated(
  { samples: { timesUs, values }, from, to, startUs, endUs }: Window,
  { isCounter, isRate }: { isCounter: boolean; isRate: boolean },
): number | undefined {
  const steps = to - from - 1;
  if (steps < 1) return undefined;
  const first = values[from]!;
  let growth = values[to - 1]! - first;
  for (let i = from + 1; isCounter && i < to; i++) {
    if (values[i]! < values[i - 1]!) growth += values[i - 1]!;
  }
  const sampled = (timesUs[to - 1]! - timesUs[from]!) / 1e6;
  const interval = sampled / steps;
  let toStart = (timesUs[from]! - startUs) / 1e6;
  let toEnd = (endUs - timesUs[to - 1]!) / 1e6;
  if (toStart >= interval * 1.1) toStart = interval / 2;
  if (isCounter && growth > 0 && first >= 0)
    toStart = Math.min(toStart, sampled * (first / growth));
  if (toEnd >= interval * 1.1) toEnd = interval / 2;
  const stretched = growth * ((sampled + toStart + toEnd) / sampled);
  return isRate ? stretched / ((endUs - startUs) / 1e6) : stretched;
}

function lastStep(
  { samples: { timesUs, values }, from, to }: Window,
  isRate: boolean,
): number | undefined {
  if (to - from < 2) return undefined;
  const [before, now] = [values[to - 2]!, values[to - 1]!];
  if (!isRate) return now - before;
  const grown = now < before ? now : now - before;
  return grown / ((timesUs[to - 1]! - timesUs[to - 2]!) / 1e6);
}

function pairs(
  { samples: { values }, from, to }: Window,
  counts: (before: number, now: number) => boolean,
): number {
  let found = 0;
  for (let i = from + 1; i < to; i++) if (counts(values[i - 1]!, values[i]!)) found++;
  return found;
}

/** A sum with the errors of its additions carried along (Kahan and Neumaier), as in Prometheus. */
export function sumOf(values: ArrayLike<number>, from = 0, to = values.length): number {
  let [sum, lost] = [0, 0];
  for (let i = from; i < to; i++) {
    const value = values[i]!;
    const next = sum + value;
    lost += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum;
    sum = next;
  }
  return Number.isFinite(sum) ? sum + lost : sum;
}

function meanOf({ samples: { values }, from, to }: Window): number {
  return sumOf(values, from, to) / (to - from);
}

/** NaN only where there is nothing else. */
function extremeOf(
  { samples: { values }, from, to }: Window,
  isBetter: (a: number, b: number) => boolean,
): number {
  let best = values[from]!;
  for (let i = from + 1; i < to; i++) {
    if (isBetter(values[i]!, best) || Number.isNaN(best)) best = values[i]!;
  }
  return best;
}

function varianceOf(window: Window): number {
  const { samples, from, to } = window;
  return varianceOfValues(samples.values.subarray(from, to));
}

/** The variance of values, by their number. */
export function varianceOfValues(values: ArrayLike<number>): number {
  const mean = sumOf(values) / values.length;
  const squares = Float64Array.from(values, (value) => (value - mean) ** 2);
  return sumOf(squares) / values.length;
}

/** The q-quantile between the two nearest ranks; infinite for a q outside of 0 … 1. */
export function quantileOf(values: ArrayLike<number>, q: number): number {
  if (values.length === 0 || Number.isNaN(q)) return Number.NaN;
  if (q < 0) return -Infinity;
  if (q > 1) return Infinity;
  // NaN counts as the smallest, as in Prometheus; a typed array would sort it last.
  const sorted = Array.from(values).sort((a, b) =>
    Number.isNaN(a) ? (Number.isNaN(b) ? 0 : -1) : Number.isNaN(b) ? 1 : a - b,
  );
  const rank = q * (sorted.length - 1);
  const low = Math.floor(rank);
  const weight = rank - low;
  const high = Math.min(sorted.length - 1, low + 1);
  return sorted[low]! * (1 - weight) + sorted[high]! * weight;
}

/** What is worked out of the samples of a series, for each instant of a grid. */
export interface Look {
  /** Window before each instant: its start is not part of it, its end is. */
  rangeMs: number;
  /** How long before the instant the window ends; negative for after. */
  offsetMs: number;
  /** Gives the value at a point. */
  of: WindowFunction;
}

/** Walks the grid; `visit` gets each point with its value and the number of samples looked at. */
export function* walk(
  samples: Samples,
  grid: Grid,
  look: Look,
): Generator<[number, number | undefined, number]> {
  const { timesUs } = samples;
  const window: Window = { samples, from: 0, to: 0, startUs: 0, endUs: 0 };
  for (let point = 0; point < grid.points; point++) {
    window.endUs = (grid.startMs + point * grid.stepMs - look.offsetMs) * 1000;
    window.startUs = window.endUs - look.rangeMs * 1000;
    while (window.to < timesUs.length && timesUs[window.to]! <= window.endUs) window.to++;
    while (window.from < window.to && timesUs[window.from]! <= window.startUs) window.from++;
    const seen = window.to - window.from;
    if (seen > 0) yield [point, look.of(window, point), seen];
  }
}
