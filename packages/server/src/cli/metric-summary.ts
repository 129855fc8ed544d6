/** Metrics of a session in short: how many samples, between what, how they went over its life. */
import type { Asker } from './ask.ts';
import { type SeriesName, samplesOf } from './samples.ts';

/** One series in short. Values of NaN and the infinities are counted and otherwise left out. */
export interface SeriesSummary extends SeriesName {
  count: number;
  min: number | null;
  max: number | null;
  last: number | null;
  /** By column of equal width from `fromUs` to `toUs`. */
  bands: (SampleBand | null)[];
}

/** The finite samples of a column. */
export interface SampleBand {
  min: number;
  max: number;
  sum: number;
  count: number;
}

/** Which samples are meant. */
export interface SampleRange {
  fromUs: number;
  toUs: number;
  columns: number;
  /** All when absent. */
  name?: string | undefined;
  /** All of them must be there. */
  tags?: readonly string[] | undefined;
}

/** All series that have samples in the range, by name and then tags. */
export async function summariesOf(
  asker: Asker,
  id: string,
  range: SampleRange,
): Promise<SeriesSummary[]> {
  const found = new Map<string, SeriesSummary>();
  for await (const { series, timesUs, values } of samplesOf(asker, id)) {
    if (!isMeant(series, range)) continue;
    const key = JSON.stringify([series.name, series.type, series.unit, series.tags]);
    let summary = found.get(key);
    if (summary === undefined) {
      summary = emptySummary(series, range.columns);
      found.set(key, summary);
    }
    for (let i = 0; i < values.length; i++) {
      add(summary, timesUs[i] as number, values[i] as number, range);
    }
  }
  const counted = [...found.values()].filter(({ count }) => count > 0);
  const orderOf = ({ name, tags }: SeriesName): string => JSON.stringify([name, ...tags]);
  return counted.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

function isMeant({ name, tags }: SeriesName, range: SampleRange): boolean {
  if (range.name !== undefined && range.name !== name) return false;
  return range.tags?.every((tag) => tags.includes(tag)) ?? true;
}

function emptySummary({ name, type, unit, tags }: SeriesName, columns: number): SeriesSummary {
  const bands = new Array<null>(columns).fill(null);
  const none = { count: 0, min: null, max: null, last: null };
  return { name, type, unit, tags, ...none, bands };
}

function add(summary: SeriesSummary, atUs: number, value: number, range: SampleRange): void {
  const { fromUs, toUs, columns } = range;
  if (atUs < fromUs || atUs > toUs) return;
  summary.count += 1;
  if (!Number.isFinite(value)) return;
  summary.last = value;
  summary.min = Math.min(summary.min ?? value, value);
  summary.max = Math.max(summary.max ?? value, value);
  const at = Math.min(columns - 1, Math.floor(((atUs - fromUs) / (toUs - fromUs || 1)) * columns));
  const band = summary.bands[at];
  if (band == null) summary.bands[at] = { min: value, max: value, sum: value, count: 1 };
  else {
    band.min = Math.min(band.min, value);
    band.max = Math.max(band.max, value);
    band.sum += value;
    band.count += 1;
  }
}
