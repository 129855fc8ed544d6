/** Where a trend starts: the change point of a series. */

/** A change of course. */
export interface Trend {
  /** Index of the first value of the new course. */
  start: number;
  direction: 'up' | 'down';
  /** Whether it happened at once rather than little by little. */
  isJump: boolean;
}

/** Values on either side of a change point. */
const sideMin = 3;

/** Share of the squared error of a single line that two lines may leave at most. */
const errorShareMax = 0.5;

/**
 * Finds where the course of values over time changes: two straight lines, each fitted by least
 * squares, on either side of the place that leaves the least squared error (two-phase regression,
 * R. E. Quandt, The Estimation of the Parameters of a Linear Regression System Obeying Two Separate
 * Regimes, 1958). Undefined when they do not leave at most half of the error of a single line: then
 * there is no course, or only one. Linear in the number of values, which must be finite.
 */
export function trendOf(times: readonly number[], values: readonly number[]): Trend | undefined {
  const n = values.length;
  if (n < 2 * sideMin) return undefined;
  const before = runningFits(times, values);
  const after = runningFits([...times].reverse(), [...values].reverse());
  let start = -1;
  let least = Number.POSITIVE_INFINITY;
  for (let i = sideMin; i <= n - sideMin; i++) {
    const error = before[i - 1]!.error + after[n - i - 1]!.error;
    if (error < least) {
      least = error;
      start = i;
    }
  }
  const single = before[n - 1]!.error;
  if (start < 0 || single <= 0 || !(least <= errorShareMax * single)) return undefined;
  const [left, right] = [before[start - 1]!, after[n - start - 1]!];
  const last = times[n - 1]!;
  // From where the old course would have led to where the new one does.
  const moved = right.at(last) - left.at(times[start]!);
  const step = right.at(times[start]!) - left.at(times[start]!);
  return {
    start,
    direction: moved >= 0 ? 'up' : 'down',
    isJump: Math.abs(step) > Math.abs(moved) / 2,
  };
}

interface Fit {
  error: number;
  at: (time: number) => number;
}

/** The line through the first 1, 2, 3 … values, with its squared error; updated as in Welford's method. */
function runningFits(times: readonly number[], values: readonly number[]): Fit[] {
  const fits: Fit[] = [];
  let [meanT, meanV, tt, tv, vv] = [0, 0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    const [t, v] = [times[i]!, values[i]!];
    const [fromT, fromV] = [t - meanT, v - meanV];
    meanT += fromT / (i + 1);
    meanV += fromV / (i + 1);
    tt += fromT * (t - meanT);
    tv += fromT * (v - meanV);
    vv += fromV * (v - meanV);
    const slope = tt > 0 ? tv / tt : 0;
    const [centerT, centerV] = [meanT, meanV];
    fits.push({
      error: Math.max(0, vv - slope * tv),
      at: (time) => centerV + slope * (time - centerT),
    });
  }
  return fits;
}
