/** Values over a grid of instants: what every expression is worked out as. */
import type { Labels } from './labels.ts';

/** The instants that a question is about, equally far apart. */
export interface Grid {
  startMs: number;
  /** Longer than none. */
  stepMs: number;
  /** Number of instants, 1 or more. */
  points: number;
}

/** A series over a grid. */
export interface Column {
  labels: Labels;
  /** By instant. */
  values: Float64Array;
  /** By instant, 1 where there is a value; NaN is one. */
  has: Uint8Array;
}

/** What an expression gave. */
export type Value =
  | { kind: 'scalar'; values: Float64Array }
  | { kind: 'vector'; columns: Column[] }
  | { kind: 'text'; text: string };

/** A column without any value. */
export function emptyColumn(labels: Labels, points: number): Column {
  return { labels, values: new Float64Array(points), has: new Uint8Array(points) };
}

/** Whether a column has any value. */
export function hasAny({ has }: Column): boolean {
  return has.includes(1);
}

/** The instant of a point, in milliseconds. */
export function instantMs({ startMs, stepMs }: Grid, point: number): number {
  return startMs + point * stepMs;
}
