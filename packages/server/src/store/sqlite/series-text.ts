/** How a series is written in its table: like its canonical text, but with the tags as they were first sent. */
import type { MetricType, SeriesKey } from '@tacho/protocol';

/** A JSON array of name, type, unit and tags. */
export function seriesText({ name, type, unit, tags }: SeriesKey): string {
  return JSON.stringify([name, type, unit, ...tags]);
}

/** Inverse of `seriesText`. */
export function parseSeriesText(text: string): SeriesKey {
  const [name, type, unit, ...tags] = JSON.parse(text) as string[];
  return { name: name!, type: type as MetricType, unit: unit!, tags };
}
