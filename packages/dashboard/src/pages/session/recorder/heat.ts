/** Histograms as cells: a row for each bucket that was ever used, shaded by how much of a column lies in it. */
import type { Drawn } from './points.ts';

/** A bucket of one point. */
export interface HeatCell {
  /** Place of the point. */
  at: number;
  /** Number of the bucket. */
  row: number;
  /** Between 0 and 1, against the fullest cell; the root of it, so that rare ones are seen. */
  share: number;
}

/** All cells that hold anything, and the rows that are drawn. */
export function heatCells({ heatmap, t }: Pick<Drawn, 'heatmap' | 't'>): {
  cells: HeatCell[];
  /** Usual distance of two points, half of them again: the width of a cell at most. */
  stepMs: number;
  firstRow: number;
  rows: number;
} {
  let most = 0;
  let first = Number.POSITIVE_INFINITY;
  let last = 0;
  const found: { at: number; row: number; count: number }[] = [];
  heatmap?.counts.forEach((counts, at) => {
    counts.forEach((count, row) => {
      if (count <= 0) return;
      found.push({ at, row, count });
      most = Math.max(most, count);
      first = Math.min(first, row);
      last = Math.max(last, row);
    });
  });
  const cells = found.map(({ at, row, count }) => ({ at, row, share: Math.sqrt(count / most) }));
  const steps = t
    .slice(1)
    .map((at, i) => at - (t[i] as number))
    .sort((a, b) => a - b);
  const stepMs = (steps[Math.floor(steps.length / 2)] ?? 1_000) * 1.5;
  if (found.length === 0) return { cells, stepMs, firstRow: 0, rows: 1 };
  return { cells, stepMs, firstRow: first, rows: last - first + 1 };
}

/** Where a value stands among the buckets: 2.5 is the middle of the third one. */
export function rowOf(value: number, bounds: readonly number[]): number {
  const row = bounds.findIndex((bound) => value <= bound);
  if (row < 0) return bounds.length + 0.5;
  const [low, high] = [bounds[row - 1] ?? Math.min(0, bounds[0] ?? 0), bounds[row] as number];
  return row + (high === low ? 1 : (value - low) / (high - low));
}
