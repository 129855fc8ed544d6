/** Conditions on metrics: told when a value goes beyond its bound, and again when it comes back. */
import { functionParam, type WebhookMetric } from '@tacho/protocol';
import type { AggregateGroup, Store } from '../store/store.ts';
import { productsOf } from './findings.ts';
import type { Finding } from './notice.ts';
import type { Progress, Rule } from './rule.ts';

/** What was found, and how the rule stands now. */
export interface Measured {
  findings: Finding[];
  progress: Progress;
}

/** Measures the metric of a rule over its window. Without enough samples everything stays as it is. */
export async function measure(
  store: Store,
  rule: Rule & { metric: WebhookMetric },
  progress: Progress,
  nowUs: number,
): Promise<Measured> {
  const { metric } = rule;
  const quantile = functionParam.read(metric.fn, nowUs)?.quantile;
  const [group] = await store.aggregate({
    ...{ filter: productsOf(rule), nowUs, by: [], exact: false },
    metric: { names: [metric.name], ...(metric.tags.length > 0 && { tags: metric.tags }) },
    ...{ fromUs: nowUs - metric.windowUs, toUs: nowUs },
    quantiles: quantile === undefined ? [] : [quantile],
  });
  const measured = { ...progress, measuredUs: nowUs };
  const value = group === undefined ? Number.NaN : resultOf(group, metric.fn);
  const samples = group === undefined ? 0 : group.count - group.nans;
  if (Number.isNaN(value) || samples < metric.samplesMin)
    return { findings: [], progress: measured };
  const bound = boundBroken(metric, value);
  const isBreached = bound !== undefined;
  if (isBreached === progress.isBreached) return { findings: [], progress: measured };
  const breaches = progress.breaches + (isBreached ? 1 : 0);
  const what = `${metric.fn} of ${metric.name} over ${metric.window}`;
  const number = Number(value.toPrecision(6));
  const finding: Finding = {
    key: `metric:${breaches}:${isBreached ? 'breached' : 'recovered'}`,
    type: isBreached ? 'metric.breached' : 'metric.recovered',
    summary: isBreached
      ? `${what} is ${number}, ${bound}`
      : `${what} is ${number}, within its bounds again`,
    data: {
      ...{ metric: metric.name, fn: metric.fn, window: metric.window, value: number, samples },
      above: metric.above ?? null,
      below: metric.below ?? null,
      products: [...rule.products],
    },
  };
  return { findings: [finding], progress: { ...measured, breaches, isBreached } };
}

function boundBroken({ above, below }: WebhookMetric, value: number): string | undefined {
  if (above !== undefined && value > above) return `above ${above}`;
  if (below !== undefined && value < below) return `below ${below}`;
  return undefined;
}

/** NaN where there is none. */
function resultOf(group: AggregateGroup, fn: string): number {
  const values = group.count - group.nans;
  switch (fn) {
    case 'count':
      return values;
    case 'sum':
      return group.sum;
    case 'avg':
      return group.sum / values;
    case 'min':
      return group.min;
    case 'max':
      return group.max;
    case 'rate':
      return group.seconds > 0 ? group.increase / group.seconds : Number.NaN;
    default:
      return group.quantiles[0] ?? Number.NaN;
  }
}
