/** Metrics as an agent gathers them between two flushes: one merge per type, with its laws. */
import { type Histogram, makeHistogram, mergeHistograms, observe, toWire } from './histogram.ts';
import type { JsonObject } from './json.ts';
import type { MetricType } from './series.ts';

/** The latest reading of something that goes up and down. */
export interface Gauge {
  readonly type: 'gauge';
  readonly value: number;
  readonly atUs: number;
}

/** How much something grew. */
export interface Counter {
  readonly type: 'counter';
  readonly delta: number;
  /** Latest contribution. */
  readonly atUs: number;
}

/** Time spent, over how many iterations; the unit is that of the series. */
export interface Timer {
  readonly type: 'timer';
  readonly sum: number;
  readonly count: number;
  readonly atUs: number;
}

/** Values in buckets. */
export interface HistogramMetric {
  readonly type: 'histogram';
  readonly histogram: Histogram;
  readonly atUs: number;
}

/** What one series gathered; instants are epoch microseconds, -Infinity when nothing was seen. */
export type Metric = Gauge | Counter | Timer | HistogramMetric;

/** One measurement of a program. */
export interface Measurement {
  type: MetricType;
  /** Reading of a gauge, growth of a counter, time of a timer, value of a histogram. */
  value: number;
  atUs: number;
  /** Iterations timed (timers), or how often a histogram saw the value; 1 when absent. */
  count?: number;
  /** Bounds of a histogram's buckets; `defaultBounds` when absent. */
  bounds?: readonly number[];
}

/** A metric that gathered one measurement. */
export function metricOf({ type, value, atUs, count = 1, bounds }: Measurement): Metric {
  switch (type) {
    case 'gauge':
      return { type, value, atUs };
    case 'counter':
      return { type, delta: value, atUs };
    case 'timer':
      return { type, sum: value, count, atUs };
    case 'histogram': {
      const histogram = makeHistogram(bounds);
      observe(histogram, value, count);
      return { type, histogram, atUs };
    }
  }
}

/** The metric that gathered nothing: identity of `mergeMetrics` (histograms: of equal bounds). */
export function emptyMetric(type: MetricType, bounds?: readonly number[]): Metric {
  const atUs = Number.NEGATIVE_INFINITY;
  switch (type) {
    case 'gauge':
      return { type, value: Number.NaN, atUs };
    case 'counter':
      return { type, delta: 0, atUs };
    case 'timer':
      return { type, sum: 0, count: 0, atUs };
    case 'histogram':
      return { type, histogram: makeHistogram(bounds), atUs };
  }
}

/**
 * What two metrics of one series gathered together, `a` having arrived before `b`.
 * - counter: deltas add up; timer: times and iterations add up; histogram: see `mergeHistograms`.
 *   Associative (sums up to rounding) and commutative.
 * - gauge: the later instant wins, of equal instants the later arrival. Associative; commutative
 *   only where instants differ.
 *
 * Throws TypeError for different types: they are different series.
 */
export function mergeMetrics<M extends Metric>(a: M, b: M): M;
export function mergeMetrics(a: Metric, b: Metric): Metric {
  const atUs = Math.max(a.atUs, b.atUs);
  if (a.type === 'gauge' && b.type === 'gauge') return b.atUs >= a.atUs ? b : a;
  if (a.type === 'counter' && b.type === 'counter') {
    return { type: 'counter', delta: a.delta + b.delta, atUs };
  }
  if (a.type === 'timer' && b.type === 'timer') {
    return { type: 'timer', sum: a.sum + b.sum, count: a.count + b.count, atUs };
  }
  if (a.type === 'histogram' && b.type === 'histogram') {
    return { type: 'histogram', histogram: mergeHistograms(a.histogram, b.histogram), atUs };
  }
  throw new TypeError(`cannot merge a ${a.type} with a ${b.type}`);
}

/** What a metric says in one record of the DataCat protocol. */
export interface WireSample {
  /** Gauge: reading; counter: total; timer: time; histogram: mean of its values (0 when empty). */
  value: number;
  /** Iterations of a timer. */
  count?: number;
  /** Buckets of a histogram. */
  metadata?: JsonObject;
}

/** A metric as one record; a counter has to hold what was gathered since the session's start. */
export function sampleOf(metric: Metric): WireSample {
  switch (metric.type) {
    case 'gauge':
      return { value: metric.value };
    case 'counter':
      return { value: metric.delta };
    case 'timer':
      return { value: metric.sum, count: metric.count };
    case 'histogram':
      return histogramSample(metric.histogram);
  }
}

/** A histogram as one record: the mean of its values, and its buckets. */
export function histogramSample(histogram: Histogram) {
  const { sum, count } = histogram;
  return { value: count === 0 ? 0 : sum / count, metadata: toWire(histogram) };
}
