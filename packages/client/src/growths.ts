/** Counters and histograms until they are sent: what they grew by, one number or one set of buckets each. */
import { type Growth, type Histogram, makeHistogram, observe } from '@tacho/protocol';

/** A counter of one name, unit and tags. */
export interface CounterSeries {
  readonly type: 'counter';
  readonly name: string;
  readonly unit: string;
  readonly tags: readonly string[];
  delta: number;
  atMs: number;
  calls: number;
}

/** A histogram of one name, unit, tags and bounds. */
export interface HistogramSeries {
  readonly type: 'histogram';
  readonly name: string;
  readonly unit: string;
  readonly tags: readonly string[];
  readonly bounds: readonly number[] | undefined;
  histogram: Histogram;
  atMs: number;
  calls: number;
}

/** A series that is summed up. */
export type GrowthSeries = CounterSeries | HistogramSeries;

/** What grew since it was last taken, in the order in which it began to. */
export class Growths {
  readonly #onFirst: () => void;
  #waiting: GrowthSeries[] = [];

  /** `onFirst` is told when there is something to send after there was nothing. */
  constructor(onFirst: () => void) {
    this.#onFirst = onFirst;
  }

  /** Series to be sent. */
  get size(): number {
    return this.#waiting.length;
  }

  /** Counts up. */
  count(series: CounterSeries, atMs: number, delta: number): void {
    series.delta += delta;
    this.#touch(series, atMs);
  }

  /** Puts a value into its bucket. */
  observe(series: HistogramSeries, atMs: number, value: number): void {
    observe(series.histogram, value);
    this.#touch(series, atMs);
  }

  /** Takes the growth of the series that waits longest; undefined when none does. */
  take(session: string): { growth: Growth; calls: number } | undefined {
    const series = this.#waiting.shift();
    if (series === undefined) return undefined;
    const { calls } = series;
    const growth = growthOf(session, series);
    series.calls = 0;
    return { growth, calls };
  }

  #touch(series: GrowthSeries, atMs: number): void {
    series.atMs = atMs;
    if (series.calls++ > 0) return;
    this.#waiting.push(series);
    if (this.#waiting.length === 1) this.#onFirst();
  }
}

/** What a series grew by; it starts again from nothing. */
function growthOf(session: string, series: GrowthSeries): Growth {
  const { name, unit, tags } = series;
  const atUs = Math.round(series.atMs * 1000);
  const common = { kind: 'growth', session, atUs, name, unit, tags } as const;
  if (series.type === 'counter') {
    // A sum that left the range of doubles stays at its edge, where it can be written.
    const delta = Math.min(Number.MAX_VALUE, Math.max(-Number.MAX_VALUE, series.delta));
    series.delta = 0;
    return { ...common, type: 'counter', delta };
  }
  const { bounds, counts, sum, min, max, notFinite } = series.histogram;
  series.histogram = makeHistogram(series.bounds);
  return { ...common, type: 'histogram', bounds, counts, sum, min, max, notFinite };
}
