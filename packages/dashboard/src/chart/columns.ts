/** Several series on the same columns of pixels: one axis of time for all of them, every extreme kept. */

/** A series as points: each stands for the samples from its time to the next one. */
export interface SeriesPoints {
  /** Ascending. */
  t: readonly number[];
  /** Null where nothing was recorded: a gap. */
  avg: readonly (number | null)[];
  /** As `avg` when absent. */
  min?: readonly (number | null)[];
  max?: readonly (number | null)[];
}

/** One series on the columns: null is a gap, undefined no value in this column and no gap either. */
interface ColumnSeries {
  min: (number | null | undefined)[];
  max: (number | null | undefined)[];
  avg: (number | null | undefined)[];
}

/** Series on common columns. */
export interface Columns {
  /** Where each column that holds anything begins; ascending. */
  t: number[];
  series: ColumnSeries[];
}

/**
 * Lays series on columns of equal width, counted from `fromMs`; points before it lie in columns of
 * negative number. Of several points in one column the least and the greatest value stay, and the
 * mean of their means. A gap shows where a column has nothing but gap.
 */
export function onColumns(all: readonly SeriesPoints[], fromMs: number, columnMs: number): Columns {
  const numbers = new Set<number>();
  for (const { t } of all) for (const at of t) numbers.add(Math.floor((at - fromMs) / columnMs));
  const sorted = [...numbers].sort((a, b) => a - b);
  const places = new Map(sorted.map((number, place) => [number, place]));
  return {
    t: sorted.map((number) => fromMs + number * columnMs),
    series: all.map((points) =>
      lay(
        points,
        sorted.length,
        (at) => places.get(Math.floor((at - fromMs) / columnMs)) as number,
      ),
    ),
  };
}

function lay(
  { t, avg, min = avg, max = avg }: SeriesPoints,
  length: number,
  placeOf: (at: number) => number,
): ColumnSeries {
  const laid: ColumnSeries = {
    min: new Array(length).fill(undefined),
    max: new Array(length).fill(undefined),
    avg: new Array(length).fill(undefined),
  };
  let place = -1;
  let values = 0;
  for (let i = 0; i < t.length; i++) {
    const here = placeOf(t[i] as number);
    if (here !== place) values = 0;
    place = here;
    const [low, high, mean] = [min[i] ?? null, max[i] ?? null, avg[i] ?? null];
    if (low === null && high === null && mean === null) {
      if (laid.avg[here] === undefined) {
        laid.min[here] = null;
        laid.max[here] = null;
        laid.avg[here] = null;
      }
      continue;
    }
    values++;
    laid.min[here] = least(laid.min[here], low);
    laid.max[here] = greatest(laid.max[here], high);
    if (mean !== null) {
      const before = values > 1 ? (laid.avg[here] ?? mean) : mean;
      laid.avg[here] = before + (mean - before) / values;
    }
  }
  return laid;
}

/** The values in each column below and above which a share of all series lies, gaps left aside. */
export function quantileBand(
  { t, series }: Columns,
  low: number,
  high: number,
): { low: (number | null)[]; high: (number | null)[] } {
  const known: (number | null)[] = series.map(() => null);
  const band: { low: (number | null)[]; high: (number | null)[] } = { low: [], high: [] };
  for (let place = 0; place < t.length; place++) {
    for (let i = 0; i < series.length; i++) {
      const value = series[i]?.avg[place];
      // A series that has no value in this column still stands where it was.
      if (value !== undefined) known[i] = value;
    }
    const sorted = known.filter((value) => value !== null).sort((a, b) => a - b);
    band.low.push(quantileOf(sorted, low));
    band.high.push(quantileOf(sorted, high));
  }
  return band;
}

/** The value of ascending ones that a share of them does not exceed; null of none. */
export function quantileOf(sorted: readonly number[], share: number): number | null {
  if (sorted.length === 0) return null;
  const at = share * (sorted.length - 1);
  const [below, above] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return below + (above - below) * (at - Math.floor(at));
}

function least(a: number | null | undefined, b: number | null): number | null {
  if (a === null || a === undefined) return b;
  return b === null ? a : Math.min(a, b);
}

function greatest(a: number | null | undefined, b: number | null): number | null {
  if (a === null || a === undefined) return b;
  return b === null ? a : Math.max(a, b);
}
