/** Folds the samples of a series, in order, into the points of a chart. */
import { increaseOf } from '@tacho/protocol';
import type { RateColumns } from '../../store.ts';
import { Sketch } from '../codec/sketch.ts';
import type { Summary, SummaryHead } from '../codec/summary.ts';

/** Equal steps of time, half open, from `loUs` on. */
export interface Grid {
  loUs: number;
  widthUs: number;
}

/** What is asked of the points. */
export interface FoldOptions {
  /** Undefined: each sample is a point of its own. */
  grid: Grid | undefined;
  /** No more points come. */
  pointsMax: number;
  rate: boolean;
  quantiles: readonly number[];
}

/** The columns of the points, as `SeriesPoints` describes them. */
export interface PointColumns {
  timesUs: Float64Array;
  lastUs: Float64Array;
  min: Float64Array;
  max: Float64Array;
  sum: Float64Array;
  count: Float64Array;
  nans: Float64Array;
  last: Float64Array;
  rate?: RateColumns;
  quantiles?: Float64Array[];
}

type Columns = Record<(typeof names)[number], Float64Array>;

const names = ['timesUs', 'lastUs', 'min', 'max', 'sum', 'count', 'nans', 'last'] as const;

/** Takes what comes in order of time; `finish` gives the points. */
export class PointFold {
  readonly #options: FoldOptions;
  readonly #columns: Columns;
  readonly #rate: RateColumns;
  readonly #quantiles: Float64Array[];
  #points = 0;
  /** First instant after the step of the present point. */
  #endUs = Number.NEGATIVE_INFINITY;
  /** The last value that was not NaN; NaN before the first one. */
  #previous = Number.NaN;
  #previousUs = Number.NaN;
  /** Where the growth of the present point counts from. */
  #sinceUs = Number.NaN;
  #values: Float64Array[] = [];
  #sketch: Sketch | undefined;

  constructor(options: FoldOptions) {
    this.#options = options;
    const column = (): Float64Array => new Float64Array(options.pointsMax);
    this.#columns = Object.fromEntries(names.map((name) => [name, column()])) as Columns;
    const rateSize = options.rate ? options.pointsMax : 0;
    this.#rate = { increase: new Float64Array(rateSize), perSecond: new Float64Array(rateSize) };
    this.#quantiles = options.quantiles.map(column);
  }

  /** The last sample before all others, whose growth the first point counts from. */
  follow(value: number, atUs: number): void {
    this.#previous = value;
    this.#previousUs = atUs;
  }

  /** Samples in order. */
  addSamples(timesUs: Float64Array, values: Float64Array): void {
    for (let from = 0; from < timesUs.length; ) {
      const atUs = timesUs[from]!;
      if (atUs >= this.#endUs || this.#options.grid === undefined) this.#open(atUs);
      let to = from + 1;
      if (this.#options.grid !== undefined) {
        const endUs = this.#endUs;
        while (to < timesUs.length && timesUs[to]! < endUs) to++;
      }
      this.#addRun(timesUs, values, from, to);
      from = to;
    }
  }

  /** Samples of which only a summary is known; for a rate it has to tell the growth. */
  addSummary(head: SummaryHead, tMinUs: number, tMaxUs: number, sketch?: Summary['sketch']): void {
    if (tMinUs >= this.#endUs) this.#open(tMinUs);
    const i = this.#points - 1;
    this.#take(i, head.min, head.max, head.sum, head.count, head.nans);
    this.#columns.last[i] = head.last;
    this.#columns.lastUs[i] = tMaxUs;
    if (this.#options.rate) {
      this.#grow(head.first, tMinUs);
      this.#rate.increase[i]! += head.growth ?? 0;
      this.#previous = head.last;
      this.#previousUs = tMaxUs;
    }
    if (sketch && this.#options.quantiles.length > 0) {
      this.#sketch ??= new Sketch();
      this.#sketch.merge(sketch);
    }
  }

  /** The points; the fold is used up. */
  finish(): PointColumns {
    this.#close();
    const n = this.#points;
    const cut = (column: Float64Array): Float64Array => column.slice(0, n);
    const columns = Object.fromEntries(
      names.map((name) => [name, cut(this.#columns[name])]),
    ) as unknown as PointColumns;
    if (this.#options.rate) {
      columns.rate = {
        increase: cut(this.#rate.increase),
        perSecond: cut(this.#rate.perSecond),
      };
    }
    if (this.#options.quantiles.length > 0) columns.quantiles = this.#quantiles.map(cut);
    return columns;
  }

  /** Begins the point of this instant. */
  #open(atUs: number): void {
    this.#close();
    const { grid } = this.#options;
    if (grid !== undefined) {
      let step = Math.floor((atUs - grid.loUs) / grid.widthUs);
      // Rounding must not leave the instant outside of its step.
      do {
        step++;
        this.#endUs = grid.loUs + step * grid.widthUs;
      } while (this.#endUs <= atUs);
    }
    const i = this.#points++;
    this.#columns.timesUs[i] = atUs;
    this.#columns.min[i] = Number.NaN;
    this.#columns.max[i] = Number.NaN;
    this.#sinceUs = this.#previousUs;
  }

  /** Ends the present point. */
  #close(): void {
    const i = this.#points - 1;
    if (i < 0) return;
    if (this.#options.rate) {
      const seconds = (this.#previousUs - this.#sinceUs) / 1e6;
      this.#rate.perSecond[i] = seconds > 0 ? this.#rate.increase[i]! / seconds : Number.NaN;
    }
    if (this.#options.quantiles.length > 0) this.#closeQuantiles(i);
  }

  #closeQuantiles(i: number): void {
    const { quantiles } = this.#options;
    if (this.#sketch === undefined) {
      const sorted = sortedNumbers(this.#values);
      quantiles.forEach((q, k) => {
        this.#quantiles[k]![i] = sorted[Math.floor(q * (sorted.length - 1))] ?? Number.NaN;
      });
    } else {
      for (const values of this.#values) this.#sketch.addAll(values);
      quantiles.forEach((q, k) => {
        this.#quantiles[k]![i] = this.#sketch!.quantile(q) ?? Number.NaN;
      });
    }
    this.#values = [];
    this.#sketch = undefined;
  }

  /** Samples [from, to), all of the present point. */
  #addRun(timesUs: Float64Array, values: Float64Array, from: number, to: number): void {
    const i = this.#points - 1;
    let min = Number.NaN;
    let max = Number.NaN;
    let sum = 0;
    let nans = 0;
    for (let k = from; k < to; k++) {
      const value = values[k]!;
      if (Number.isNaN(value)) {
        nans++;
        continue;
      }
      sum += value;
      if (!(value >= min)) min = value;
      if (!(value <= max)) max = value;
    }
    this.#take(i, min, max, sum, to - from, nans);
    this.#columns.last[i] = values[to - 1]!;
    this.#columns.lastUs[i] = timesUs[to - 1]!;
    if (this.#options.rate) {
      for (let k = from; k < to; k++) this.#grow(values[k]!, timesUs[k]!);
    }
    if (this.#options.quantiles.length > 0) this.#values.push(values.subarray(from, to));
  }

  #take(i: number, min: number, max: number, sum: number, count: number, nans: number): void {
    const columns = this.#columns;
    if (min < columns.min[i]! || Number.isNaN(columns.min[i])) columns.min[i] = min;
    if (max > columns.max[i]! || Number.isNaN(columns.max[i])) columns.max[i] = max;
    columns.sum[i]! += sum;
    columns.count[i]! += count;
    columns.nans[i]! += nans;
  }

  /** The counter reads `value`. */
  #grow(value: number, atUs: number): void {
    if (Number.isNaN(value)) return;
    if (!Number.isNaN(this.#previous)) {
      this.#rate.increase[this.#points - 1]! += increaseOf(this.#previous, value);
    }
    if (Number.isNaN(this.#sinceUs)) this.#sinceUs = atUs;
    this.#previous = value;
    this.#previousUs = atUs;
  }
}

/** All values but NaN, ascending. */
function sortedNumbers(runs: readonly Float64Array[]): Float64Array {
  const all = new Float64Array(runs.reduce((sum, run) => sum + run.length, 0));
  let n = 0;
  for (const run of runs) {
    for (const value of run) if (!Number.isNaN(value)) all[n++] = value;
  }
  return all.subarray(0, n).sort();
}
