/** Which of many series stand out at an instant. */
import { quantileOf } from '../../../chart/columns.ts';
import { type Drawn, pointAt } from './points.ts';

/** A series with its value at an instant; undefined where it has none. */
export interface SeriesAt {
  series: Drawn;
  value: number | undefined;
}

/** The values of series at an instant. */
export function seriesAt(all: readonly Drawn[], atMs: number): SeriesAt[] {
  return all.map((series) => {
    const at = pointAt(series, atMs);
    return { series, value: at === undefined ? undefined : (series.avg[at] ?? undefined) };
  });
}

/** Those whose values lie farthest from the median of all, the farthest first. */
export function departing(here: readonly SeriesAt[], most: number): SeriesAt[] {
  const present = here.filter(({ value }) => value !== undefined);
  const values = present.map(({ value }) => value as number).sort((a, b) => a - b);
  const median = quantileOf(values, 0.5) ?? 0;
  const distance = ({ value }: SeriesAt): number => Math.abs((value as number) - median);
  return present.sort((a, b) => distance(b) - distance(a)).slice(0, most);
}
