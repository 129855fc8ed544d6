/** Metrics of two versions: which of them moved, how far, and whether for the better. */
import {
  compareTexts,
  type Direction,
  directionOf,
  type MetricType,
  type Verdict,
} from '@tacho/protocol';
import { adjustedChances } from './discovery.ts';
import { median } from './median.ts';
import { rankTest } from './rank-test.ts';

/** A metric with one number for each session: its mean, of a counter its rate per second. */
export interface MetricMeans {
  name: string;
  type: MetricType;
  /** As sent; '' = none. */
  unit: string;
  /** In any order; NaN for a session without a value. */
  means: ArrayLike<number>;
}

/** One side of a change. */
export interface MetricSide {
  sessions: number;
  median: number;
}

/** How a metric differs between two versions. */
export interface MetricChange {
  name: string;
  type: MetricType;
  unit: string;
  base: MetricSide;
  candidate: MetricSide;
  /** Median of the candidate by that of the base; null when one of them is 0 or infinite, or their signs differ. */
  ratio: number | null;
  /** Cliff's delta of the candidate over the base, −1 … 1. */
  delta: number;
  /** Of the rank test. */
  chance: number;
  /** The same, adjusted for the number of metrics. */
  adjusted: number;
  direction: Direction | undefined;
  verdict: Verdict;
}

/** Of fewer sessions, the normal approximation of the test says nothing. */
const metricSessionsMin = 5;

/** Largest share of false findings among the metrics that are said to have moved. */
const falseDiscoveryMax = 0.05;

/**
 * Smaller effects are negligible however certain (J. Romano et al., "Appropriate statistics for
 * ordinal level data", 2006): with many sessions everything differs a little.
 */
const cliffsDeltaMin = 0.147;

/**
 * Compares the metrics that both sides have in at least `metricSessionsMin` sessions, by the rank
 * test over the means of sessions: a session counts once, however many samples it has. A metric
 * moved when its adjusted chance is at most `falseDiscoveryMax` and its effect not negligible.
 * Those that moved come first, then by adjusted chance, then by effect.
 */
export function metricChanges(
  base: readonly MetricMeans[],
  candidate: readonly MetricMeans[],
): MetricChange[] {
  const before = new Map(base.map((metric) => [keyOf(metric), valuesOf(metric)]));
  const tested = candidate.flatMap((metric) => {
    const left = before.get(keyOf(metric)) ?? [];
    const right = valuesOf(metric);
    if (left.length < metricSessionsMin || right.length < metricSessionsMin) return [];
    const test = rankTest(left, right);
    return test === undefined
      ? []
      : [{ metric, test, base: sideOf(left), candidate: sideOf(right) }];
  });
  const adjusted = adjustedChances(tested.map(({ test }) => test.chance));
  return tested
    .map(({ metric, test, ...sides }, i) =>
      changeOf(metric, { ...test, ...sides }, adjusted[i] ?? 1),
    )
    .sort(
      (a, b) =>
        Number(hasMoved(b)) - Number(hasMoved(a)) ||
        a.adjusted - b.adjusted ||
        Math.abs(b.delta) - Math.abs(a.delta) ||
        compareTexts(keyOf(a), keyOf(b)),
    );
}

/** Whether a difference is proven and worth a word. */
export function hasMoved({ adjusted, delta }: Pick<MetricChange, 'adjusted' | 'delta'>): boolean {
  return adjusted <= falseDiscoveryMax && Math.abs(delta) >= cliffsDeltaMin;
}

function changeOf(
  { name, type, unit }: MetricMeans,
  found: Pick<MetricChange, 'base' | 'candidate' | 'delta' | 'chance'>,
  adjusted: number,
): MetricChange {
  const direction = directionOf(name, unit);
  const verdict = verdictOf(hasMoved({ ...found, adjusted }), found.delta, direction);
  const ratio = ratioOf(found.base.median, found.candidate.median);
  return { name, type, unit, ...found, ratio, adjusted, direction, verdict };
}

function verdictOf(moved: boolean, delta: number, direction: Direction | undefined): Verdict {
  if (!moved) return 'same';
  if (direction === undefined) return 'changed';
  return delta > 0 === (direction === 'higher') ? 'better' : 'worse';
}

function sideOf(values: readonly number[]): MetricSide {
  return { sessions: values.length, median: median(values) ?? 0 };
}

function ratioOf(base: number, candidate: number): number | null {
  const ratio = candidate / base;
  return Number.isFinite(base) && Number.isFinite(ratio) && ratio > 0 ? ratio : null;
}

function valuesOf({ means }: MetricMeans): number[] {
  return Array.from(means).filter((mean) => !Number.isNaN(mean));
}

function keyOf({ name, type, unit }: Pick<MetricMeans, 'name' | 'type' | 'unit'>): string {
  return `${name}\0${type}\0${unit}`;
}
