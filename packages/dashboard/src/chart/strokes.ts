/**
 * Lines and bands on a canvas, in short pieces: where no graphics card helps, the cost of a path that
 * jumps up and down grows with the square of its length. A line of 440 points takes 6 ms in one
 * piece and 2 ms in pieces of sixteen.
 */
import type { Band, Line, Values } from './plot.tsx';

/** Where points stand on a canvas. */
export interface Place {
  t: readonly number[];
  /** Places of the first point and the last one that belong to the picture. */
  first: number;
  last: number;
  /** In pixels of the canvas. */
  x(at: number): number;
  y(value: number): number;
}

/** Points of one piece. */
const piecePoints = 16;

/** Lines up to this width are cheap in any length, in pixels of the canvas. */
const hairlinePx = 1;

/** The part of a plot that is in view, with a point on either side. */
export function partInView(
  t: readonly number[],
  fromMs: number,
  toMs: number,
): { first: number; last: number } {
  let first = 0;
  while (first < t.length - 1 && (t[first + 1] as number) < fromMs) first++;
  let last = t.length - 1;
  while (last > first && (t[last - 1] as number) > toMs) last--;
  return { first, last };
}

/** Draws a line in the colour that is set. */
export function strokeLine(
  context: CanvasRenderingContext2D,
  { values, dash = [], isStepped = false }: Line,
  place: Place,
): void {
  context.lineJoin = 'bevel';
  context.lineCap = dash.length === 0 ? 'round' : 'butt';
  const most = context.lineWidth <= hairlinePx ? Number.POSITIVE_INFINITY : piecePoints;
  let passed = 0;
  for (const stretch of stretches(values, values, place)) {
    for (let start = 0; start < stretch.length - 1 || start === 0; start += most) {
      context.lineDashOffset = passed;
      context.beginPath();
      let [lastX, lastY] = [Number.NaN, 0];
      for (const at of stretch.slice(start, start + most + 1)) {
        const [px, py] = [place.x(at), place.y(values[at] as number)];
        if (isStepped && !Number.isNaN(lastX)) context.lineTo(px, lastY);
        context.lineTo(px, py);
        // Dashes go on from piece to piece.
        if (dash.length > 0 && !Number.isNaN(lastX)) {
          passed += isStepped
            ? Math.abs(px - lastX) + Math.abs(py - lastY)
            : Math.hypot(px - lastX, py - lastY);
        }
        [lastX, lastY] = [px, py];
      }
      context.stroke();
    }
  }
}

/** Draws a band in the colour that is set; pieces overlap, or seams would be seen. */
export function fillBand(
  context: CanvasRenderingContext2D,
  { low, high }: Band,
  place: Place,
): void {
  for (const stretch of stretches(low, high, place)) {
    for (let start = 0; start < stretch.length - 1; start += piecePoints) {
      const piece = stretch.slice(start, start + piecePoints + 2);
      context.beginPath();
      for (const at of piece) context.lineTo(place.x(at), place.y(high[at] as number));
      for (const at of piece.reverse()) context.lineTo(place.x(at), place.y(low[at] as number));
      context.fill();
    }
  }
}

/** Places of the values in view, a list for each stretch without a gap. */
export function stretches(a: Values, b: Values, { first, last }: Place): number[][] {
  const all: number[][] = [];
  let stretch: number[] = [];
  // A value before the view may be some nothings away from it.
  let start = first;
  while (start > 0 && a[start] === undefined) start--;
  let end = last;
  while (end < a.length - 1 && a[end] === undefined) end++;
  for (let at = start; at <= end; at++) {
    const [low, high] = [a[at], b[at]];
    if (low === null || high === null) {
      if (stretch.length > 0) all.push(stretch);
      stretch = [];
    } else if (low !== undefined && high !== undefined) stretch.push(at);
  }
  if (stretch.length > 0) all.push(stretch);
  return all;
}
