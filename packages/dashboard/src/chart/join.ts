/** Several series of times of their own as one table, as a plot takes them. */
import type { Values } from './plot.tsx';

/** Values at ascending times. */
export interface Column {
  t: readonly number[];
  values: readonly (number | null)[];
}

/** Columns over the same times. */
export interface Table {
  t: number[];
  columns: Values[];
}

/** How many times the usual step a gap must be, so that no line is drawn across it. */
const gapSteps = 4;

/** One table of all: undefined where a column has nothing at a time, null inside of its gaps. */
export function join(columns: readonly Column[]): Table {
  const t = [...new Set(columns.flatMap(timesOf))].sort((a, b) => a - b);
  return { t, columns: columns.map((column) => valuesAt(column, t)) };
}

/** The value next to a time, if there is one close to it. */
export function valueAt({ t, values }: Column, at: number): number | undefined {
  let low = 0;
  let high = t.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((t[middle] as number) < at) low = middle + 1;
    else high = middle;
  }
  const before = t[low - 1];
  const after = t[low];
  const isBefore = after === undefined || (before !== undefined && at - before <= after - at);
  const place = isBefore ? low - 1 : low;
  const found = t[place];
  const reach = (gapSteps / 2) * usualStep(t);
  if (found === undefined || Math.abs(found - at) > reach) return undefined;
  return values[place] ?? undefined;
}

/** The times of a column, and one inside of each of its gaps. */
function timesOf({ t }: Column): number[] {
  const gap = gapSteps * usualStep(t);
  return t.flatMap((at, i) => {
    const before = t[i - 1];
    return before !== undefined && at - before > gap ? [(at + before) / 2, at] : [at];
  });
}

/** The column over other times; all of these that lie in a gap are null, or lines would reach into it. */
function valuesAt({ t, values }: Column, times: readonly number[]): Values {
  const gap = gapSteps * usualStep(t);
  let next = 0;
  return times.map((at) => {
    if (t[next] === at) return values[next++] ?? null;
    const [before, after] = [t[next - 1], t[next]];
    const isGap = before !== undefined && after !== undefined && after - before > gap;
    return isGap ? null : undefined;
  });
}

/** The median distance of neighbours; without any, everything is near. */
function usualStep(t: readonly number[]): number {
  const steps = t.slice(1).map((at, i) => at - (t[i] as number));
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? Number.POSITIVE_INFINITY;
}
