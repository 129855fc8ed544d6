/** Metrics of a session as rows: name, last value, range, and how they went. */
import { humanize, unitOf } from '@tacho/protocol';
import { type Band, sparkline } from './blocks.ts';
import type { Metric } from './metric-summary.ts';
import { type Cell, type Column, harmless } from './text.ts';

/** Columns of a list of metrics. */
export const metricColumns: readonly Column[] = [
  { title: 'metric', shrinksTo: 12 },
  { title: 'tags', shrinksTo: 6, expendable: 4 },
  { title: 'last', isRight: true },
  { title: 'min', isRight: true, expendable: 2 },
  { title: 'max', isRight: true, expendable: 1 },
  { title: 'samples', isRight: true, expendable: 5 },
  { title: 'how it went', expendable: 3 },
];

/** The cells of a metric, whose chart may be missing. */
export function metricCells(metric: Metric, bands: readonly Band[] = []): Cell[] {
  const { name, unit, tags, last, min, max, count } = metric;
  return [
    { text: harmless(name), paint: 'accent' },
    { text: harmless(tags.join(' ')), paint: 'faint' },
    { text: quantityText(last, name, unit), paint: 'strong' },
    { text: quantityText(min, name, unit) },
    { text: quantityText(max, name, unit) },
    { text: count.toLocaleString('en') },
    { text: sparkline(bands.map((band) => band && band.min / 2 + band.max / 2)), paint: 'accent' },
  ];
}

/** A value with its unit; nothing where there is none. */
export function quantityText(value: number | string | null, name: string, unit: string): string {
  return value === null ? '' : humanize(Number(value), unitOf(name, unit));
}
