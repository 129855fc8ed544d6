/** What an aggregate gathers for one group and step. */
import { increaseOf } from '@tacho/protocol';
import { Sketch } from '../codec/sketch.ts';
import type { SummaryHead } from '../codec/summary.ts';
import type { SketchedPiece } from './series-source.ts';

/** How quantiles are worked out. */
export type QuantileMode = 'none' | 'sketch' | 'exact';

/** A value of a counter; NaN before the first one. */
export interface Reading {
  value: number;
  atUs: number;
}

/** Samples of one group and step. */
export class Cell {
  sessions = 0;
  series = 0;
  count = 0;
  nans = 0;
  min = Number.NaN;
  max = Number.NaN;
  sum = 0;
  increase = 0;
  seconds = 0;
  readonly #mode: QuantileMode;
  readonly #values: Float64Array[] = [];
  readonly #sketch = new Sketch();
  #lastSession = -1;
  #lastSeries = -1;

  constructor(mode: QuantileMode) {
    this.#mode = mode;
  }

  /** Samples of this series follow; series of one session come one after the other. */
  enter(session: number, series: number): void {
    if (session !== this.#lastSession) this.sessions++;
    if (series !== this.#lastSeries) this.series++;
    this.#lastSession = session;
    this.#lastSeries = series;
  }

  /**
   * Samples of which only the summary is looked at: its head, for `addSummary`. Undefined when
   * that is not enough. Where quantiles are asked the sketch is added at once; counters have none.
   */
  read(piece: SketchedPiece): SummaryHead | undefined {
    return this.#mode === 'sketch' ? piece.merge(this.#sketch) : piece.head();
  }

  /** What `read` gave. */
  addSummary(head: SummaryHead): void {
    this.#take(head.min, head.max, head.sum, head.count, head.nans);
  }

  /** Samples in order. */
  addValues(values: Float64Array): void {
    let [min, max, sum, nans] = [Number.NaN, Number.NaN, 0, 0];
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (Number.isNaN(value)) {
        nans++;
        continue;
      }
      sum += value;
      if (!(value >= min)) min = value;
      if (!(value <= max)) max = value;
    }
    this.#take(min, max, sum, values.length, nans);
    if (this.#mode === 'sketch') this.#sketch.addAll(values);
    else if (this.#mode === 'exact') this.#values.push(values);
  }

  /** A counter went from one reading to the next. */
  grow(from: Reading, to: Reading): void {
    if (Number.isNaN(from.value)) return;
    this.increase += increaseOf(from.value, to.value);
    this.seconds += (to.atUs - from.atUs) / 1e6;
  }

  /** The values of these ranks. */
  quantiles(asked: readonly number[]): number[] {
    if (this.#mode === 'sketch') {
      // The sketch is right to a per cent; no value is beyond the extremes, which are exact.
      return asked.map((q) =>
        Math.min(this.max, Math.max(this.min, this.#sketch.quantile(q) ?? Number.NaN)),
      );
    }
    const all = new Float64Array(this.#values.reduce((sum, { length }) => sum + length, 0));
    let n = 0;
    for (const values of this.#values) {
      for (const value of values) if (!Number.isNaN(value)) all[n++] = value;
    }
    const sorted = all.subarray(0, n).sort();
    return asked.map((q) => sorted[Math.floor(q * (n - 1))] ?? Number.NaN);
  }

  #take(min: number, max: number, sum: number, count: number, nans: number): void {
    if (min < this.min || Number.isNaN(this.min)) this.min = min;
    if (max > this.max || Number.isNaN(this.max)) this.max = max;
    this.sum += sum;
    this.count += count;
    this.nans += nans;
  }
}
