/** Which metrics differ most between runs, told from the summaries of their series. */
import type { Answer } from '../../api.ts';

/** A series of one session with its summary. */
export type SeriesSummary = Answer<'sessionMetrics'>['series'][number];

/** A series that at least one run has. */
export interface Comparable {
  /** Name and tags as people and addresses have them: `frame_time_ms{thread:render}`. */
  text: string;
  name: string;
  type: SeriesSummary['type'];
  unit: string;
  tags: readonly string[];
  /** How many series of this name there are. */
  family: number;
  /** By run, in their order; undefined where a run lacks it. */
  byRun: (SeriesSummary | undefined)[];
  /** How far the runs are apart: 0 for alike, 1 for worlds; undefined where fewer than two have it. */
  distance: number | undefined;
  /** The values that are farthest apart, and what they are. */
  widest: { what: 'mean' | 'last' | 'rate'; low: number; high: number } | undefined;
}

/** All series of the runs, those that differ most first, those that cannot be compared last. */
export function rankSeries(runs: readonly (readonly SeriesSummary[])[]): Comparable[] {
  const found = new Map<string, Comparable>();
  runs.forEach((series, at) => {
    for (const each of series) {
      const { name, type, unit, tags } = each;
      const key = JSON.stringify([name, type, unit, tags]);
      const comparable = found.get(key) ?? {
        ...{ text: textOf(name, tags), name, type, unit, tags },
        ...{ byRun: runs.map(() => undefined), distance: undefined, widest: undefined, family: 0 },
      };
      comparable.byRun[at] = each;
      found.set(key, comparable);
    }
  });
  const families = new Map<string, number>();
  for (const { name } of found.values()) families.set(name, (families.get(name) ?? 0) + 1);
  const ranked = [...found.values()].map((each) => ({
    ...each,
    family: families.get(each.name) ?? 1,
    ...distanceOf(each.byRun),
  }));
  return ranked.sort(
    (a, b) => (b.distance ?? -1) - (a.distance ?? -1) || (a.text < b.text ? -1 : 1),
  );
}

/** The charts that are shown when nobody chose: those that differ most, one of each name. */
export function choiceOf(ranked: readonly Comparable[], most = 4): Comparable[] {
  const names = new Set<string>();
  const chosen: Comparable[] = [];
  for (const each of ranked) {
    if (chosen.length === most) break;
    if (names.has(each.name)) continue;
    names.add(each.name);
    chosen.push(each);
  }
  return chosen;
}

/** Name and tags of a series as one text. */
export function textOf(name: string, tags: readonly string[]): string {
  return tags.length === 0 ? name : `${name}{${tags.join(',')}}`;
}

/**
 * The relative distance of means, or of last values where that is larger and these lie outside of
 * what the other run ever had: two noisy runs end at different values without being different.
 */
function distanceOf(
  byRun: readonly (SeriesSummary | undefined)[],
): Pick<Comparable, 'distance' | 'widest'> {
  const present = byRun.flatMap((each) => (each === undefined ? [] : [each]));
  const isCounter = present[0]?.type === 'counter';
  const means = farthest(present, (each) => (isCounter ? each.rate : each.avg));
  const lasts = isCounter ? undefined : farthest(present, (each) => each.last);
  if (means === undefined) return { distance: undefined, widest: undefined };
  const { low, high } = means;
  const widest = { what: isCounter ? ('rate' as const) : ('mean' as const), low, high };
  if (lasts !== undefined && lasts.distance > means.distance && isOutside(lasts)) {
    return {
      distance: lasts.distance,
      widest: { what: 'last', low: lasts.low, high: lasts.high },
    };
  }
  return { distance: means.distance, widest };
}

interface Farthest {
  low: number;
  high: number;
  lowSeries: SeriesSummary;
  highSeries: SeriesSummary;
  distance: number;
}

function farthest(
  series: readonly SeriesSummary[],
  read: (series: SeriesSummary) => unknown,
): Farthest | undefined {
  const known = series.flatMap((each) => {
    const value = read(each);
    return typeof value === 'number' && Number.isFinite(value) ? [{ each, value }] : [];
  });
  if (known.length < 2) return undefined;
  const low = known.reduce((a, b) => (b.value < a.value ? b : a));
  const high = known.reduce((a, b) => (b.value > a.value ? b : a));
  return {
    low: low.value,
    high: high.value,
    lowSeries: low.each,
    highSeries: high.each,
    distance: relativeDistance(low.value, high.value),
  };
}

function isOutside({ low, high, lowSeries, highSeries }: Farthest): boolean {
  const above = typeof lowSeries.max === 'number' && high > lowSeries.max;
  const below = typeof highSeries.min === 'number' && low < highSeries.min;
  return above || below;
}

/** Their difference in sums of their sizes: the same for any unit, between 0 and 1. */
function relativeDistance(a: number, b: number): number {
  return a === b ? 0 : Math.abs(a / 2 - b / 2) / (Math.abs(a / 2) + Math.abs(b / 2));
}
