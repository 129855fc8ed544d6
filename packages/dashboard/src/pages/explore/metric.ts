/** Metrics of the catalogue: how one is named in the address, and what is asked of it. */
import type { Answer } from '../../api.ts';
import { count, nothing, reading } from '../../format/number.ts';

/** A metric of the catalogue. */
export type Metric = Answer<'listMetrics'>['metrics'][number];

/** Functions that are offered for each type, the most telling one first. */
const functions: Record<Metric['type'], readonly string[]> = {
  gauge: ['avg', 'p50', 'p75', 'p90', 'p95', 'p99', 'p99.9', 'min', 'max', 'sum', 'count'],
  timer: ['p95', 'avg', 'p50', 'p75', 'p90', 'p99', 'p99.9', 'min', 'max', 'sum', 'count'],
  histogram: ['p95', 'avg', 'p50', 'p75', 'p90', 'p99', 'p99.9', 'min', 'max', 'sum', 'count'],
  counter: ['rate', 'count', 'max', 'min', 'avg', 'sum', 'p50', 'p95'],
};

/** What functions are, for people. */
const meanings: Record<string, string> = {
  avg: 'mean of all samples',
  min: 'least sample',
  max: 'greatest sample',
  sum: 'all samples added up',
  count: 'how many samples',
  rate: 'growth per second',
  p50: 'the median',
};

/** Functions for a metric. */
export function functionsOf(metric: Metric): readonly string[] {
  return functions[metric.type];
}

/** What a function is. */
export function meaningOf(fn: string): string {
  if (meanings[fn] !== undefined) return meanings[fn];
  return `${fn.slice(1)} of 100 samples are not above it`;
}

/** Functions of the table. */
export function tableFunctions({ type }: Metric): readonly string[] {
  return type === 'counter' ? ['count', 'rate'] : ['count', 'avg', 'p50', 'p95', 'p99', 'max'];
}

/** Quantiles of which a distribution is drawn. */
export const distributionFunctions = [
  ...['count', 'p0', 'p1', 'p5', 'p10', 'p25', 'p50'],
  ...['p75', 'p90', 'p95', 'p99', 'p100'],
];

/** Whether the values of a function are a mean or a quantile of values, or something counted. */
export function formOf(metric: Metric, fn: string): (value: unknown) => string {
  if (fn === 'count') return (value) => (typeof value === 'number' ? count(value) : nothing);
  const suffix = fn === 'rate' ? '/s' : '';
  return (value) => {
    const text = reading(value, metric.name, metric.unit);
    return text === nothing ? text : text + suffix;
  };
}

/** The metric of these that the address means; the one that most sessions recorded when it names none. */
export function metricIn(metrics: readonly Metric[], query: URLSearchParams): Metric | undefined {
  const name = query.get('metric');
  if (name === null) return metrics.reduce<Metric | undefined>(moreUsed, undefined);
  const named = metrics.filter((each) => each.name === name);
  const [type, unit] = [query.get('type'), query.get('unit')];
  return (
    named.find((each) => each.type === (type ?? each.type) && each.unit === (unit ?? each.unit)) ??
    named[0]
  );
}

function moreUsed(best: Metric | undefined, each: Metric): Metric {
  return best === undefined || each.sessions > best.sessions ? each : best;
}
