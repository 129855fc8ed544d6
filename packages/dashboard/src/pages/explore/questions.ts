/** What the explorer asks: the catalogue, the groups as a whole, and the groups step by step. */
import { useEffect, useState } from 'preact/hooks';
import type { Query } from '../../address.ts';
import { type Answered, useLoaded } from '../../answer.ts';
import { type Answer, ask } from '../../api.ts';
import { distributionFunctions, type Metric, tableFunctions } from './metric.ts';
import { type Drawing, drawing, filter, groupedBy, isExact } from './view.ts';

/** Metrics of the catalogue that are listed at most. */
const metricsMax = 2_000;

/** How long a view must rest before the server is asked for it. */
const restMs = 200;

/** The catalogue, whatever the filter: what there is to choose from. */
export function useCatalogue(): Answered<Metric[]> {
  return useLoaded(loadCatalogue, 'catalogue');
}

/** Groups, with what they were asked by: an older answer stays in sight while a newer one is on its way. */
export interface Grouped extends Answer<'aggregate'> {
  metricOf: Metric;
  by: string;
  fn: string;
  view: Drawing;
  /** Width of the steps; 0 where there are none. */
  stepMs: number;
}

/** The groups as a whole, with what the table or the distribution is made of. */
export function useGroups(metric: Metric): Answered<Grouped> {
  const view = drawing.value;
  const functions = view === 'spread' ? distributionFunctions : tableFunctions(metric);
  return useGrouped(metric, { fn: functions }, { fn: '', view, stepMs: 0 });
}

/** The groups step by step; nothing is asked before the width of a step is known. */
export function useLines(
  metric: Metric,
  fn: string,
  stepMs: number | undefined,
): Answered<Grouped> {
  const view = drawing.value;
  const steps =
    stepMs === undefined
      ? undefined
      : { fn, every: `${stepMs}ms`, since: view === 'start' ? 'start' : undefined };
  return useGrouped(metric, steps, { fn, view, stepMs: stepMs ?? 0 });
}

function useGrouped(
  metric: Metric,
  more: Query | undefined,
  about: Pick<Grouped, 'fn' | 'view' | 'stepMs'>,
): Answered<Grouped> {
  const by = groupedBy.value;
  const rested = useRested(
    more && { query: { ...aggregateQuery(metric), ...more }, about: { ...about, by, metric } },
  );
  return useLoaded(
    rested &&
      (async (signal) => {
        const { metric: metricOf, ...rest } = rested.about;
        const answer = await ask('aggregate', { query: rested.query, signal });
        return { ...answer, ...rest, metricOf };
      }),
    JSON.stringify(rested?.query),
  );
}

function aggregateQuery({ name, type, unit }: Metric): Query {
  return {
    ...filter.value,
    ...{ metric: name, type, unit, by: groupedBy.value, exact: isExact.value || undefined },
  };
}

async function loadCatalogue(signal: AbortSignal): Promise<Metric[]> {
  const metrics: Metric[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await ask('listMetrics', { query: { limit: 1_000, cursor }, signal });
    metrics.push(...page.metrics);
    cursor = page.next;
  } while (cursor !== null && metrics.length < metricsMax);
  return metrics;
}

/** The value once it has not changed for a moment; the first one at once. */
function useRested<T>(value: T): T {
  const [rested, setRested] = useState(value);
  const key = JSON.stringify(value);
  useEffect(() => {
    if (JSON.stringify(rested) === key) return undefined;
    const delay = rested === undefined ? 0 : restMs;
    const timer = setTimeout(() => setRested(value), delay);
    return () => clearTimeout(timer);
  }, [key]);
  return rested;
}
