/** How far back the overview looks, and in which steps. */

/** A choice of how far back. */
type RangeName = '24h' | '7d' | '30d';

/** A stretch of time up to now. */
export interface Range {
  name: RangeName;
  /** On its button. */
  label: string;
  /** In a sentence: `7 days`. */
  words: string;
  lengthMs: number;
  /** Width of a bar, as the API takes it and in milliseconds. */
  barEvery: string;
  barMs: number;
  barTitle: string;
  /** Width of a step of a product's trend. */
  trendEvery: string;
  trendMs: number;
}

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** All choices. */
export const ranges: readonly Range[] = [
  {
    ...{ name: '24h', label: '24 h', words: '24 hours', lengthMs: day },
    ...{ barEvery: '30m', barMs: 30 * minute, barTitle: 'Sessions per half hour' },
    ...{ trendEvery: '1h', trendMs: hour },
  },
  {
    ...{ name: '7d', label: '7 d', words: '7 days', lengthMs: 7 * day },
    ...{ barEvery: '1h', barMs: hour, barTitle: 'Sessions per hour' },
    ...{ trendEvery: '6h', trendMs: 6 * hour },
  },
  {
    ...{ name: '30d', label: '30 d', words: '30 days', lengthMs: 30 * day },
    ...{ barEvery: '6h', barMs: 6 * hour, barTitle: 'Sessions per 6 hours' },
    ...{ trendEvery: '1d', trendMs: day },
  },
];

/** The choice with this name; 7 days where there is none. */
export function rangeOf(name: string | null): Range {
  return ranges.find((range) => range.name === name) ?? (ranges[1] as Range);
}

/** A range at a moment: whole bars, of which the last one is still growing. */
export interface Window {
  fromMs: number;
  /** End of the last bar. */
  toMs: number;
  /** Start of the range before, which is as long. */
  beforeMs: number;
}

/** The range now, and a little more: it begins with a whole step of trends, which count from 1970. */
export function windowOf({ lengthMs, barMs, trendMs }: Range, nowMs: number): Window {
  const fromMs = Math.floor((nowMs - lengthMs) / trendMs) * trendMs;
  const toMs = (Math.floor(nowMs / barMs) + 1) * barMs;
  return { fromMs, toMs, beforeMs: fromMs - lengthMs };
}
