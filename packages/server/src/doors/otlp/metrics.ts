/** Metrics of OTLP as samples of Tacho: every point becomes one, a summary several. */
import {
  type Histogram,
  histogramSample,
  type MetricInput,
  type MetricType,
  mergeHistograms,
  readMetric,
  seriesKeyText,
  TachoError,
} from '@tacho/protocol';
import type { DoorMetric } from '../door.ts';
import {
  explicitHistogram,
  exponentialHistogram,
  mergeExponential,
  withBounds,
} from './histogram.ts';
import type {
  ExponentialPoint,
  HistogramPoint,
  KeyValue,
  MetricMessage,
  MetricsRequest,
  NumberPoint,
  Point,
  Scope,
  SummaryPoint,
} from './messages.ts';
import { Reading } from './reading.ts';
import { sessionKey } from './resource.ts';
import { unitFrom } from './unit.ts';
import { textOf } from './value.ts';

/** Values of `AggregationTemporality`. */
const delta = 1;
const cumulative = 2;

/** Bit of the flags of a point that has no value, which marks a gap. */
const noRecordedValue = 1;

/** Reads what a request of metrics says. */
export function readMetrics({ resourceMetrics = [] }: MetricsRequest, nowUs: number): Reading {
  const reading = new Reading(nowUs);
  for (const { resource, scopeMetrics = [] } of resourceMetrics) {
    const run = reading.run(resource);
    for (const { scope, metrics = [] } of scopeMetrics) {
      for (const metric of metrics) {
        const unit = unitFrom(metric.unit ?? '', metric.name ?? '');
        for (const [point, read] of pointsOf(metric)) {
          reading.take(() => {
            const { tags, session } = tagsOf(point.attributes ?? [], scope);
            const words = run.words(session);
            if (((point.flags ?? 0) & noRecordedValue) !== 0) {
              reading.empty++;
              return;
            }
            const atUs = reading.timeOf(point.timeUnixNano, `${metric.name}: timeUnixNano`);
            words.metrics.push(...read({ name: metric.name ?? '', unit, tags, atUs }));
          });
        }
      }
    }
  }
  return reading;
}

/** A series and an instant, of which only the value is missing. */
interface Series {
  name: string;
  unit: string;
  tags: string[];
  atUs: number | undefined;
}

/** Whether points are increases or totals. */
type Temporal = { aggregationTemporality?: number };

type ReadPoint = (series: Series) => DoorMetric[];

/** Points of a metric, each with what makes samples of it; throws for one without sense. */
function* pointsOf(metric: MetricMessage): Generator<[Point, ReadPoint]> {
  const { gauge = {}, sum = {}, histogram = {}, exponentialHistogram = {}, summary = {} } = metric;
  for (const point of gauge.dataPoints ?? []) {
    yield [point, (series) => [sample(series, 'gauge', numberOf(point, series))]];
  }
  for (const point of sum.dataPoints ?? []) yield [point, (series) => [sumOf(sum, point, series)]];
  for (const point of histogram.dataPoints ?? []) {
    yield [point, (series) => [histogramOf(histogram, point, series)]];
  }
  for (const point of exponentialHistogram.dataPoints ?? []) {
    yield [point, (series) => [exponentialOf(exponentialHistogram, point, series)]];
  }
  for (const point of summary.dataPoints ?? []) {
    yield [point, (series) => summaryOf(point, series)];
  }
}

/** The tags that attributes become, and the session that one of them names. */
function tagsOf(attributes: readonly KeyValue[], scope: Scope | undefined) {
  const tags: string[] = [];
  let session = '';
  for (const { key = '', value } of attributes) {
    const text = textOf(value);
    if (key === sessionKey) session = text;
    else tags.push(`${key}:${text}`);
  }
  // Two scopes may have metrics of one name, whose totals must not mix.
  if (scope?.name) tags.push(`otel.scope.name:${scope.name}`);
  return { tags, session };
}

/** A sample, checked as one that comes through the API. */
function inputOf(series: Series, type: MetricType, value: number, metadata?: object): MetricInput {
  const { name, unit, tags, atUs } = series;
  const input = readMetric({ name, type, unit, tags, value, metadata }, 0);
  if (atUs !== undefined) input.atUs = atUs;
  return input;
}

function sample(series: Series, type: MetricType, value: number): DoorMetric {
  return { metric: inputOf(series, type, value) };
}

function sumOf(
  metric: Temporal & { isMonotonic?: boolean },
  point: NumberPoint,
  series: Series,
): DoorMetric {
  const { isMonotonic = false } = metric;
  const value = numberOf(point, series);
  const type = isMonotonic ? 'counter' : 'gauge';
  if (!isDelta(metric, series)) return sample(series, type, value);
  if (!Number.isFinite(value)) throw wrong(series, `grows by ${value}`, 'a finite increase');
  if (isMonotonic && value < 0) {
    throw wrong(series, `is monotonic and grows by ${value}`, 'an increase from 0');
  }
  return grown(
    series,
    type,
    value,
    (before, now) => before + now,
    (total) => ({ value: total }),
  );
}

/** What is said as an increase: the running total, and the sample that shows it. */
function grown<T>(
  series: Series,
  type: MetricType,
  now: T,
  add: (before: T, now: T) => T,
  show: (total: T) => { value: number; metadata?: ReturnType<typeof histogramSample>['metadata'] },
): DoorMetric {
  const { value, metadata } = show(now);
  const metric = inputOf(series, type, value, metadata);
  const by = (before: unknown) => {
    const total = before === undefined ? now : add(before as T, now);
    return { total, metric: { ...metric, ...show(total) } };
  };
  return { metric, grow: { total: seriesKeyText(metric), by } };
}

function totalOf(series: Series, histogram: Histogram): DoorMetric {
  const { value, metadata } = histogramSample(histogram);
  return { metric: inputOf(series, 'histogram', value, metadata) };
}

function histogramOf(metric: Temporal, point: HistogramPoint, series: Series): DoorMetric {
  const now = explicitHistogram(point, series.name);
  if (!isDelta(metric, series)) return totalOf(series, now);
  return grown(series, 'histogram', now, mergeHistograms, histogramSample);
}

function exponentialOf(metric: Temporal, point: ExponentialPoint, series: Series): DoorMetric {
  const now = exponentialHistogram(point, series.name);
  if (!isDelta(metric, series)) return totalOf(series, withBounds(now));
  return grown(series, 'histogram', now, mergeExponential, (total) =>
    histogramSample(withBounds(total)),
  );
}

function summaryOf({ count = 0, sum = 0, quantileValues = [] }: SummaryPoint, series: Series) {
  const { name, tags } = series;
  const quantiles = quantileValues.map(({ quantile = 0, value = 0 }) =>
    sample({ ...series, tags: [...tags, `quantile:${quantile}`] }, 'gauge', value),
  );
  return [
    ...quantiles,
    sample({ ...series, name: `${name}.sum` }, 'counter', sum),
    sample({ ...series, name: `${name}.count`, unit: '' }, 'counter', count),
  ];
}

function numberOf({ asDouble, asInt }: NumberPoint, series: Series): number {
  const value = asDouble ?? asInt;
  if (value === undefined) throw wrong(series, 'has a point without a value', 'asDouble or asInt');
  return value;
}

function isDelta({ aggregationTemporality }: Temporal, series: Series): boolean {
  if (aggregationTemporality === delta) return true;
  if (aggregationTemporality === cumulative) return false;
  const found = `has the aggregationTemporality ${aggregationTemporality ?? 0}`;
  throw wrong(series, found, '1 for delta or 2 for cumulative');
}

function wrong({ name }: Series, problem: string, expected: string): TachoError {
  return new TachoError('invalid_field', `${name} ${problem}; expected ${expected}.`);
}
