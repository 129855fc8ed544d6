/** How products are doing: what their cards show, from counts of sessions. */
import type { Answer } from '../../api.ts';
import { outcomeOfCause, troubles } from '../../outcome.ts';
import {
  type RateDifference,
  rateDifference,
  type Tally,
  tellingPair,
} from '../../releases/telling.ts';

/** Sessions counted by product, cause and step of time. */
export type CountGroup = Answer<'countSessions'>['groups'][number];

/** A value of a field with its counts, of the range before. */
type Before = NonNullable<Answer<'sessionFacets'>['values']>[number];

/** A product in the range. */
export interface ProductHealth {
  product: string;
  /** Sessions that started in the range. */
  sessions: number;
  /** Sessions alive now. */
  live: number;
  /** Sessions that ended badly. */
  inTrouble: number;
  /** Share of the sessions that did not crash; null without one. */
  crashFree: number | null;
  /** The same in the range before. */
  before: number | null;
  /** How it changed; null where there is nothing to compare it with. */
  change: Change | null;
  /** Share without a crash, step by step, each together with its neighbours; null without a session. */
  trend: (number | null)[];
}

/** How the crash-free rate changed. */
interface Change extends RateDifference {
  /** Versions that differ; absent where the range differs from the one before. */
  versions?: { base: string; candidate: string };
}

/** A version of a product, newest first in lists. */
type Release = Answer<'listReleases'>['releases'][number];

/** Where the steps of trends begin and how wide they are. */
export interface TrendSteps {
  fromMs: number;
  toMs: number;
  everyMs: number;
}

/** All products, the worst by change first. */
export function productHealth(
  groups: readonly CountGroup[],
  before: readonly Before[],
  releases: ReadonlyMap<string, readonly Release[]>,
  steps: TrendSteps,
): ProductHealth[] {
  const byProduct = new Map<string, CountGroup[]>();
  for (const group of groups) {
    const product = group.by.product ?? '';
    const all = byProduct.get(product);
    if (all === undefined) byProduct.set(product, [group]);
    else all.push(group);
  }
  const previous = new Map(before.map((value) => [value.value ?? '', value]));
  return [...byProduct]
    .map(([product, all]) => {
      const tally = previous.get(product) ?? { sessions: 0, crashed: 0 };
      return healthOf(product, all, tally, releases.get(product) ?? [], steps);
    })
    .filter(({ sessions, live }) => sessions > 0 || live > 0)
    .sort(
      (a, b) =>
        (a.change?.errors ?? 0) - (b.change?.errors ?? 0) ||
        (a.crashFree ?? 1) - (b.crashFree ?? 1),
    );
}

function healthOf(
  product: string,
  groups: readonly CountGroup[],
  then: Tally,
  releases: readonly Release[],
  steps: TrendSteps,
): ProductHealth {
  // A session that began earlier and still ran is alive, but not one of this range.
  const inRange = groups.filter(
    ({ time }) => time === undefined || Date.parse(time) >= steps.fromMs,
  );
  const now: Tally = { sessions: sum(inRange, 'sessions'), crashed: sum(inRange, 'crashed') };
  const isBad = ({ by }: CountGroup): boolean =>
    (troubles as readonly string[]).includes(outcomeOfCause(by.cause ?? null));
  return {
    product,
    sessions: now.sessions,
    live: sum(groups, 'active'),
    inTrouble: sum(inRange.filter(isBad), 'sessions'),
    crashFree: freeShare(now),
    before: freeShare(then),
    change: changeOf(rateDifference(now, then), versionChange(releases)),
    trend: trendOf(inRange, steps),
  };
}

/** A new version that differs for sure says more than a range that differs less. */
function changeOf(range: Change | null, versions: Change | null): Change | null {
  if (range === null || versions === null) return range ?? versions;
  const isTelling = versions.isCertain && Math.abs(versions.errors) > Math.abs(range.errors);
  return isTelling ? versions : range;
}

function versionChange(releases: readonly Release[]): Change | null {
  const pair = tellingPair(releases);
  const change = pair && rateDifference(pair.candidate, pair.base);
  if (pair === undefined || !change) return null;
  return {
    ...change,
    versions: { base: pair.base.version, candidate: pair.candidate.version },
  };
}

function trendOf(
  groups: readonly CountGroup[],
  { fromMs, toMs, everyMs }: TrendSteps,
): (number | null)[] {
  const tallies: Tally[] = Array.from({ length: Math.ceil((toMs - fromMs) / everyMs) }, () => ({
    sessions: 0,
    crashed: 0,
  }));
  for (const { time, sessions, crashed } of groups) {
    const tally = tallies[Math.floor((Date.parse(time ?? '') - fromMs) / everyMs)];
    if (tally === undefined) continue;
    tally.sessions += sessions;
    tally.crashed += crashed;
  }
  // One crash in a quiet night would be a chasm; with its neighbours it is what it is.
  return tallies.map((tally, i) => {
    if (tally.sessions === 0) return null;
    const near = tallies.slice(Math.max(0, i - 1), i + 2);
    return freeShare({
      sessions: near.reduce((all, { sessions }) => all + sessions, 0),
      crashed: near.reduce((all, { crashed }) => all + crashed, 0),
    });
  });
}

function freeShare({ sessions, crashed }: Tally): number | null {
  return sessions === 0 ? null : 1 - crashed / sessions;
}

function sum(groups: readonly CountGroup[], field: 'sessions' | 'crashed' | 'active'): number {
  return groups.reduce((all, group) => all + group[field], 0);
}
