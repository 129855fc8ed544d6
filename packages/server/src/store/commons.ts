/** What the sessions of a group have in common: values of the state that are more frequent in it than outside. */
import { compareTexts, limits, parseJson } from '@tacho/protocol';
import type { StateCommon } from './search.ts';

/** How often a value stands at a path, in sessions of a group and in others. */
export interface PairCount {
  path: string;
  /** Value as JSON. */
  json: string;
  sessions: number;
  others: number;
}

/** What fewer sessions of a group share is chance. */
export const commonSessionsMin = 3;

/**
 * The values that tell a group of `sessions` from `others` other sessions. At least three sessions
 * of the group must have a value. Lift is the share of the group that has it, divided by the share
 * of the others; the latter counts one more session with and one without it (Laplace's rule of
 * succession), so that it is never 0. Only lifts above 1 count. The most telling value comes first:
 * greatest share × log2(lift), its part in the divergence of Kullback and Leibler between group
 * and others, so a value of every session goes before one that is as much rarer as it is special.
 * Without other sessions nothing tells the group from them, and nothing is returned.
 */
export function commonsOf(
  counts: Iterable<PairCount>,
  sessions: number,
  others: number,
): StateCommon[] {
  if (others === 0) return [];
  const found: { common: StateCommon; json: string; score: number }[] = [];
  for (const { path, json, sessions: having, others: otherwise } of counts) {
    if (having < commonSessionsMin) continue;
    const share = having / sessions;
    const lift = share / ((otherwise + 1) / (others + 2));
    if (lift <= 1) continue;
    const common = {
      path,
      value: parseJson(json),
      sessions: having,
      share,
      others: otherwise,
      othersShare: otherwise / others,
      lift,
    };
    found.push({ common, json, score: share * Math.log2(lift) });
  }
  return found
    .sort(
      (a, b) =>
        b.score - a.score ||
        compareTexts(a.common.path, b.common.path) ||
        compareTexts(a.json, b.json),
    )
    .slice(0, limits.commonsMax)
    .map(({ common }) => common);
}
