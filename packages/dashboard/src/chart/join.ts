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
  const maps = columns.map(valuesByTime);
  const t = [...new Set(maps.flatMap((map) => [...map.keys()]))].sort((a, b) => a - b);
  return { t, columns: maps.map((map) => t.map((at) => map.get(at))) };
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

function valuesByTime({ t, values }: Column): Map<number, number | null> {
  const gap = gapSteps * usualStep(t);
  const map = new Map<number, number | null>();
  t.forEach((at, i) => {
    const before = t[i - 1];
    if (before !== undefined && at - before > gap) map.set((at + before) / 2, null);
    map.set(at, values[i] ?? null);
  });
  return map;
}

/** The median distance of neighbours; without any, everything is near. */
export function usualStep(t: readonly number[]): number {
  const steps = t.slice(1).map((at, i) => at - (t[i] as number));
  steps.sort((a, b) => a - b);
  return steps[steps.length >> 1] ?? Number.POSITIVE_INFINITY;
}
