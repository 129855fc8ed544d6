/** What is asked for the charts in sight: as few questions as there are kinds of answers. */
import type { Query } from '../../../address.ts';
import type { Metric } from './metrics.ts';

/** Values of one chart that are asked for at most, over all of its series. */
const chartPointsMax = 36_000;

/** Fewest points of a series, however many there are. */
const pointsMin = 120;

/** A metric with more series than these is a question of its own. */
const fewSeriesMax = 8;

/** Names of the quantiles that histograms are shown with. */
export const quantileNames = ['p50', 'p95', 'p99'] as const;

/** Questions for these metrics between two times; `totals` are counters that are not shown as rates. */
export function questionsFor(
  metrics: readonly Metric[],
  totals: ReadonlySet<string>,
  [fromMs, toMs]: readonly [number, number],
  points: number,
): Query[] {
  const groups = new Map<string, { query: Query; names: string[] }>();
  for (const { name, type, series } of metrics) {
    const share = Math.floor(chartPointsMax / Math.max(1, series.length));
    const query: Query = {
      from: Math.floor(fromMs),
      to: Math.ceil(toMs),
      points: Math.max(pointsMin, Math.min(Math.round(points), share)),
      as: totals.has(name) ? 'total' : 'rate',
      ...(type === 'histogram' && { heatmap: true, quantile: [...quantileNames] }),
    };
    // Gauges are the same as totals and as rates.
    if (type !== 'counter') query.as = 'rate';
    // The server reads so many samples for one question; many series would use up those of the others.
    const key = JSON.stringify([query, series.length > fewSeriesMax && name]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { query, names: [name] });
    else group.names.push(name);
  }
  return [...groups.values()].map(({ query, names }) => ({ ...query, metric: names }));
}

/** Room on either side of the view that is asked for as well, as a share of it: hands move on. */
const besideShare = 0.25;

/**
 * What is asked for when this is in view: more on both sides, so that a line reaches the edges and a
 * small move shows no hole; nothing from before the start.
 */
export function askedRange(
  [fromMs, toMs]: readonly [number, number],
  startMs: number,
  intervalMs: number,
): [number, number] {
  const length = toMs - fromMs;
  const beside = Math.max(length * besideShare, Math.min(2 * intervalMs, 4 * length));
  return [Math.max(fromMs - beside, Math.min(startMs, fromMs)), toMs + beside];
}
