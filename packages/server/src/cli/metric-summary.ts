/** Metrics of a session as the API tells them: what there is, and charts in columns of equal time. */
import { type ReplyOf, routes } from '@tacho/protocol';
import { type Asker, pathOf } from './ask.ts';
import type { Band } from './blocks.ts';

/** The series of a session with their summaries. */
export type MetricList = ReplyOf<typeof routes.sessionMetrics>;

/** One series with its summary. */
export type Metric = MetricList['series'][number];

/** Charts of a session. */
export type Charts = ReplyOf<typeof routes.sessionSeries>;

/** The points of one series. */
export type Chart = Charts['series'][number];

/** Which samples a chart is of; instants in epoch milliseconds, half open. */
export interface ChartWish {
  names: readonly string[];
  tags?: readonly string[] | undefined;
  fromMs: number;
  toMs: number;
  columns: number;
}

/** All series, by name and tags. */
export async function metricsOf(
  asker: Asker,
  id: string,
  tags: readonly string[] = [],
): Promise<MetricList> {
  const reply = await asker.json(pathOf(routes.sessionMetrics.path, { id }), { tag: tags });
  return reply as unknown as MetricList;
}

/** The charts of some metrics. */
export async function chartsOf(asker: Asker, id: string, wish: ChartWish): Promise<Charts> {
  const { names, tags = [], fromMs, toMs, columns } = wish;
  const query = { metric: names, tag: tags, from: fromMs, to: toMs, points: columns };
  const reply = await asker.json(pathOf(routes.sessionSeries.path, { id }), query);
  return reply as unknown as Charts;
}

/** What one series is told from others by. */
export function identityOf({
  name,
  type,
  unit,
  tags,
}: Pick<Chart, 'name' | 'type' | 'unit' | 'tags'>): string {
  return JSON.stringify([name, type, unit, ...tags]);
}

/** The points of a chart by their time, from the smallest to the greatest finite value of each column. */
export function bandsOf(chart: Chart, { fromMs, toMs, columns }: ChartWish): Band[] {
  const { t, min = [], max = [] } = chart;
  const bands: Band[] = new Array<Band>(columns).fill(null);
  const width = (toMs - fromMs) / columns || 1;
  for (const [i, at] of t.entries()) {
    const low = finite(min[i]);
    const high = finite(max[i]);
    if (low === undefined || high === undefined) continue;
    const column = Math.max(0, Math.min(columns - 1, Math.floor((at - fromMs) / width)));
    const known = bands[column] ?? { min: low, max: high };
    bands[column] = { min: Math.min(known.min, low), max: Math.max(known.max, high) };
  }
  return bands;
}

function finite(value: number | string | null | undefined): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
