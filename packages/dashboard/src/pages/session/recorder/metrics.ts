/** The metrics of a session by name, and which of them are shown. */
import type { Answer } from '../../../api.ts';
import { ms } from '../../../format/time.ts';

/** A series with its summary, as the API tells it. */
export type SeriesInfo = Answer<'sessionMetrics'>['series'][number];

/** All series of one name: a chart. */
export interface Metric {
  name: string;
  type: SeriesInfo['type'];
  unit: string;
  series: readonly SeriesInfo[];
  /** What would make the name better. */
  advice: readonly string[];
  /** Usual distance of two samples of its slowest series, in milliseconds. */
  intervalMs: number;
}

/** Charts that are shown when nobody chose. */
const shownByItself = 4;

/** Groups series by name, in the order of names. */
export function metricsOf(all: readonly SeriesInfo[]): Metric[] {
  const byName = new Map<string, SeriesInfo[]>();
  for (const series of all) {
    const group = byName.get(series.name);
    if (group === undefined) byName.set(series.name, [series]);
    else group.push(series);
  }
  return [...byName].map(([name, series]) => ({
    name,
    type: series[0]?.type ?? 'gauge',
    unit: series[0]?.unit ?? '',
    series,
    advice: [...new Set(series.flatMap(({ advice }) => advice.map(({ message }) => message)))],
    intervalMs: Math.max(
      ...series.map(({ first_at, last_at, count }) =>
        count < 2 ? 0 : (ms(last_at) - ms(first_at)) / (count - 1),
      ),
    ),
  }));
}

/** The metrics that moved most, filled up with those that have most samples. */
export function firstChoice(
  metrics: readonly Metric[],
  movers: readonly { name: string }[],
): string[] {
  const known = new Set(metrics.map(({ name }) => name));
  const samples = ({ series }: Metric): number => series.reduce((sum, { count }) => sum + count, 0);
  const rest = [...metrics].sort((a, b) => samples(b) - samples(a)).map(({ name }) => name);
  const moved = movers.map(({ name }) => name).filter((name) => known.has(name));
  return [...new Set([...moved, ...rest])].slice(0, shownByItself);
}

/** The list with one item moved to another place. */
export function moved<T>(list: readonly T[], from: number, to: number): T[] {
  const rest = list.filter((_, i) => i !== from);
  rest.splice(to, 0, ...list.slice(from, from + 1));
  return rest;
}

/** Tags that tell series of one metric apart: without those that all of them have. */
export function tellingTags(all: readonly { tags: readonly string[] }[]): string[] {
  const common = new Set(all[0]?.tags.filter((tag) => all.every(({ tags }) => tags.includes(tag))));
  return all.map(({ tags }) => tags.filter((tag) => !common.has(tag)).join(' ') || 'without tags');
}

/** Keys of tags that tell series apart, in words: `worker`; empty when there are none. */
export function tellingKeys(all: readonly { tags: readonly string[] }[]): string {
  const keys = tellingTags(all).flatMap((tags) =>
    tags.split(' ').map((tag) => /^([^:]+):/.exec(tag)?.[1] ?? ''),
  );
  return [...new Set(keys)].filter((key) => key !== '').join(', ');
}
