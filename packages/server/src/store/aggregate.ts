/** Questions about a metric over many sessions: what is asked of a store, and what it answers. */
import type { SessionFilter } from '@tacho/protocol';
import type { GroupKey } from './questions.ts';
import type { SeriesFilter } from './series.ts';

/**
 * What samples can be grouped by: what their session can be grouped by, its id, or a tag of their
 * series. A tag's group is the text after `key:`; empty for the bare tag, null for series without it.
 */
export type AggregateKey = GroupKey | { by: 'session' } | { by: 'tag'; key: string };

/** Whether sessions as such are grouped by a key, not their samples. */
export function isSessionKey(key: AggregateKey): key is GroupKey {
  return key.by !== 'tag' && key.by !== 'session';
}

/** Buckets of time by the instants of the samples. */
interface AggregateSteps {
  widthUs: number;
  /** Steps count from 1970, or from the start of each session. */
  since: 'epoch' | 'start';
}

/** A question about a metric. */
export interface AggregateQuery {
  /** The sessions. */
  filter: SessionFilter;
  nowUs: number;
  /** The series. */
  metric: SeriesFilter;
  /** Samples from `fromUs` on and before `toUs`; all when absent. */
  fromUs?: number;
  toUs?: number;
  /** One or several; none makes one group of all. */
  by: readonly AggregateKey[];
  steps?: AggregateSteps;
  /** 0 … 1 each. */
  quantiles: readonly number[];
  /** Whether quantiles are exact; they are within 1 % of the exact ones otherwise. */
  exact: boolean;
}

/** Samples of one group, in one step of time. */
export interface AggregateGroup {
  /** A value for each key of `by`. */
  values: (string | number | null)[];
  /** Start of the step: an instant, or microseconds after the start of the session; null without steps. */
  stepUs: number | null;
  /** Sessions and series that have samples in it. */
  sessions: number;
  series: number;
  /** Samples, NaN included, and how many of them are NaN. */
  count: number;
  nans: number;
  /** Over values that are not NaN; min and max are NaN when there are none. */
  min: number;
  max: number;
  sum: number;
  /**
   * Counters: what they grew by (`increaseOf` from the value before, also where that lies in another
   * step or before the range), and the seconds that passed meanwhile, summed over all series. 0 for
   * other types.
   */
  increase: number;
  seconds: number;
  /**
   * By quantile asked: the value of rank floor(q (n - 1)) of the n values that are not NaN; NaN when
   * there are none.
   */
  quantiles: number[];
}

/** What a store answers about metrics over many sessions. */
export interface AggregateQuestions {
  /**
   * The groups that have samples, by number of samples of all steps (most first), then by values, then
   * by step. `limits.groupsMax` at most, after which the rest is left out. When `signal` aborts, the
   * work is given up and the answer rejects with its reason.
   */
  aggregate(query: AggregateQuery, signal?: AbortSignal): Promise<AggregateGroup[]>;
}

/** The order of an answer. */
export function orderedGroups(groups: readonly AggregateGroup[], max: number): AggregateGroup[] {
  const totals = new Map<string, number>();
  const texts = new Map(groups.map((group) => [group, JSON.stringify(group.values)]));
  for (const group of groups) {
    const text = texts.get(group)!;
    totals.set(text, (totals.get(text) ?? 0) + group.count);
  }
  return [...groups]
    .sort((a, b) => {
      const [left, right] = [texts.get(a)!, texts.get(b)!];
      if (left === right) return (a.stepUs ?? 0) - (b.stepUs ?? 0);
      return totals.get(right)! - totals.get(left)! || (left < right ? -1 : 1);
    })
    .slice(0, max);
}

/** The group of a series' tags by a key. */
export function tagValue(tags: readonly string[], key: string): string | null {
  for (const tag of tags) {
    if (tag === key) return '';
    if (tag.startsWith(`${key}:`)) return tag.slice(key.length + 1);
  }
  return null;
}
