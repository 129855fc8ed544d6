/** Means of metrics, session by session: what two versions are compared by. */
import { limits, type SessionFilter } from '@tacho/protocol';
import type { SeriesInfo, Store } from '../store/store.ts';
import type { MetricMeans } from './metric-change.ts';

/** Which sessions are looked at: the newest ones of a filter. */
export interface MeansQuery {
  filter: SessionFilter;
  sessionsMax: number;
  nowUs: number;
}

/** What was found in them. */
export interface SampledMeans {
  /** Sessions that were looked at. */
  sessions: number;
  metrics: MetricMeans[];
}

/** Sessions that are asked about at once, so that other questions get their turn. */
const atOnce = 16;

/** Looks at the series of the newest sessions. Sessions that are deleted meanwhile do not count. */
export async function sampledMeans(
  store: Pick<Store, 'sessions' | 'series'>,
  query: MeansQuery,
): Promise<SampledMeans> {
  const found = new Map<string, MetricMeans & { means: number[] }>();
  let sessions = 0;
  for await (const ids of newestIds(store, query)) {
    for (let from = 0; from < ids.length; from += atOnce) {
      const asked = ids.slice(from, from + atOnce);
      const answers = await Promise.all(asked.map((id) => store.series({ id, filter: {} })));
      for (const series of answers) {
        if (series === undefined) continue;
        sessions++;
        for (const mean of sessionMeans(series)) addMean(found, mean);
      }
    }
  }
  return { sessions, metrics: [...found.values()] };
}

async function* newestIds(
  store: Pick<Store, 'sessions'>,
  { filter, sessionsMax, nowUs }: MeansQuery,
): AsyncGenerator<string[]> {
  let left = sessionsMax;
  let cursor: string | undefined;
  while (left > 0) {
    const limit = Math.min(left, limits.pageRowsMax);
    const page = await store.sessions({
      ...{ filter, sort: 'created', descending: true, limit, totals: false, nowUs },
      ...(cursor === undefined ? {} : { cursor }),
    });
    yield page.rows.map(({ summary }) => summary.id);
    left -= page.rows.length;
    cursor = page.next;
    if (cursor === undefined) return;
  }
}

/** The mean of a metric in one session. */
export interface SessionMean extends Omit<MetricMeans, 'means'> {
  mean: number;
}

/**
 * The metrics of a session, series with different tags taken together: the mean of all their values,
 * NaN left out; of counters, the sum of their rates per second. NaN where there is neither.
 */
export function sessionMeans(
  series: readonly Pick<SeriesInfo, 'key' | 'sum' | 'count' | 'nans' | 'rate'>[],
): SessionMean[] {
  const metrics = new Map<string, SessionMean & { sum: number; count: number; rate: number }>();
  for (const { key, sum, count, nans, rate } of series) {
    const { name, type, unit } = key;
    const id = metricId(key);
    const metric = metrics.get(id) ?? {
      name,
      type,
      unit,
      sum: 0,
      count: 0,
      rate: Number.NaN,
      mean: 0,
    };
    if (count > nans) {
      metric.sum += sum;
      metric.count += count - nans;
    }
    // A counter that was seen once has no rate, and says nothing about those that have one.
    if (rate !== undefined && !Number.isNaN(rate)) {
      metric.rate = Number.isNaN(metric.rate) ? rate : metric.rate + rate;
    }
    metrics.set(id, metric);
  }
  return [...metrics.values()].map(({ name, type, unit, sum, count, rate }) => ({
    ...{ name, type, unit },
    mean: type === 'counter' ? rate : sum / count,
  }));
}

function addMean(
  found: Map<string, MetricMeans & { means: number[] }>,
  { mean, ...metric }: SessionMean,
): void {
  const id = metricId(metric);
  const known = found.get(id);
  if (known) known.means.push(mean);
  else found.set(id, { ...metric, means: [mean] });
}

function metricId({ name, type, unit }: Omit<MetricMeans, 'means'>): string {
  return JSON.stringify([name, type, unit]);
}
