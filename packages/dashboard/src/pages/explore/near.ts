/** What the pointer is at: the point of a line close to it. */
import type { GroupValue, Picture } from './groups.ts';

/** A point of a line under the pointer. */
export interface NearPoint {
  value: GroupValue;
  /** In the middle of its step. */
  atMs: number;
  reading: number;
  sessions: number;
  /** The step that the point stands for. */
  step: { fromMs: number; toMs: number };
}

/** How close the pointer must be, in pixels. */
const reachPx = 12;

/** The point of a line next to a time and a height; lines in the fore come first. */
export function nearestLine(
  { lines, loud, stepMs, topOf }: Picture,
  atMs: number,
  y: number,
  heightPx: number,
): NearPoint | undefined {
  const at = middleOf(atMs, stepMs);
  let best: NearPoint | undefined;
  let bestPx = reachPx;
  for (const { value, points } of lines) {
    const point = points.get(at);
    if (point?.value === undefined) continue;
    const { value: reading, sessions } = point;
    const away = Math.abs(topOf(reading) * heightPx - y) + (loud.includes(value) ? 0 : 3);
    if (away >= bestPx) continue;
    bestPx = away;
    const fromMs = at - stepMs / 2;
    best = { value, atMs: at, reading, sessions, step: { fromMs, toMs: fromMs + stepMs } };
  }
  return best;
}

/** The middle of the step that a time lies in; steps count from 0. */
export function middleOf(atMs: number, stepMs: number): number {
  return stepMs === 0 ? atMs : (Math.floor(atMs / stepMs) + 0.5) * stepMs;
}
