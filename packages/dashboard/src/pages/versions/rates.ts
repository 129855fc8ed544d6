/** The scale on which the rates of versions are drawn: from the least that is worth looking at to all. */
import type { Release } from './data.ts';

/** Versions with fewer sessions say little, and would stretch the scale to nothing. */
const sessionsMin = 20;

/** Least height of the scale, so that a hundredth of a point does not look like a fall. */
const spanMin = 0.01;

/** The lower end; the upper one is 1. */
export function lowestRate(
  releases: readonly Pick<Release, 'sessions' | 'crash_free_rate'>[],
): number {
  const telling = releases.filter(({ sessions }) => sessions >= sessionsMin);
  const lows = (telling.length > 0 ? telling : releases).flatMap(({ crash_free_rate: rate }) =>
    rate === null ? [] : [rate.low],
  );
  return Math.max(0, Math.min(1 - spanMin, ...lows));
}

/** Where a rate lies on the scale, between 0 and 1; what is below it lies on its end. */
export function placeOf(rate: number, lowest: number): number {
  return Math.max(0, Math.min(1, (rate - lowest) / (1 - lowest)));
}

/** Two or three round shares on the scale. */
export function rateTicks(lowest: number): number[] {
  const steps = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5];
  const step = steps.find((each) => (1 - lowest) / each <= 3) ?? 0.5;
  const ticks: number[] = [];
  for (let n = 0; 1 - n * step >= lowest - 1e-9; n++) ticks.push(1 - n * step);
  return ticks;
}
