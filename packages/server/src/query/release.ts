/** Releases: how healthy the sessions of each version of a product are, and how many there are. */

import { type CauseKind, compareTexts, compareVersions, type SessionFilter } from '@tacho/protocol';
import type { ExceptionGroup, SessionGroup, SessionTotals } from '../store/store.ts';
import { sumOfGroups } from '../store/sums.ts';
import { type Interval, wilsonInterval } from './proportion.ts';

/** A share of sessions with its 95 % interval; null without a session. */
export interface Rate extends Interval {
  value: number;
}

/** A version of a product. */
export interface Release extends SessionTotals {
  product: string;
  version: string;
  /** Share of the sessions that did not crash, those that still run included. */
  crashFree: Rate | null;
  /** Share of the sessions that never hung. */
  hangFree: Rate | null;
  /** Share of the product's sessions, 0 … 1. */
  adoption: number;
  firstUs: number;
  lastUs: number;
}

/**
 * The releases of groups by product and version, the one that was seen last for the first time
 * first; of equal ones the newer version. Adoption is the share among all groups given.
 */
export function releasesOf(groups: readonly SessionGroup[]): Release[] {
  const products = new Map<string, number>();
  for (const { values, sessions } of groups) {
    const product = String(values[0]);
    products.set(product, (products.get(product) ?? 0) + sessions);
  }
  return groups
    .map((group) => {
      const [product, version] = group.values.map(String) as [string, string];
      return {
        ...totalsOf(group),
        product,
        version,
        crashFree: crashFreeRate(group),
        hangFree: hangFreeRate(group),
        adoption: group.sessions / (products.get(product) ?? group.sessions),
        firstUs: group.firstUs,
        lastUs: group.lastUs,
      };
    })
    .sort(
      (a, b) =>
        b.firstUs - a.firstUs ||
        compareTexts(a.product, b.product) ||
        compareVersions(b.version, a.version),
    );
}

/** Groups by further values put together to groups by their first `count` values, in order of appearance. */
export function foldedGroups(groups: readonly SessionGroup[], count: number): SessionGroup[] {
  const folded = new Map<string, SessionGroup>();
  for (const group of groups) {
    const values = group.values.slice(0, count);
    const key = JSON.stringify(values);
    const before = folded.get(key);
    folded.set(key, before === undefined ? { ...group, values } : sumOfGroups(before, group));
  }
  return [...folded.values()];
}

/** Share of sessions that did not crash. */
export function crashFreeRate({ sessions, outcomes }: SessionTotals): Rate | null {
  return rateOf(sessions - outcomes.crashed, sessions);
}

/** Share of sessions that never hung. */
export function hangFreeRate({ sessions, hung }: SessionTotals): Rate | null {
  return rateOf(sessions - hung, sessions);
}

function rateOf(hits: number, trials: number): Rate | null {
  const interval = wilsonInterval(hits, trials);
  return interval && { value: hits / trials, ...interval };
}

function totalsOf({ sessions, active, suspended, hung, outcomes }: SessionGroup): SessionTotals {
  return { sessions, active, suspended, hung, outcomes };
}

/** A step of time with the share that a release has in it. */
export interface AdoptionStep {
  fromUs: number;
  sessions: number;
  share: number;
}

/** Identity of a release, as a key of maps. */
export function releaseKey(product: string, version: string): string {
  return JSON.stringify([product, version]);
}

/**
 * Adoption over time by release (see `releaseKey`) from groups by product, version and time; steps
 * in which a release had no session are left out.
 */
export function adoptionSteps(groups: readonly SessionGroup[]): Map<string, AdoptionStep[]> {
  const products = new Map<string, number>();
  const stepKey = ([product, , fromUs]: SessionGroup['values']): string =>
    JSON.stringify([product, fromUs]);
  for (const { values, sessions } of groups) {
    products.set(stepKey(values), (products.get(stepKey(values)) ?? 0) + sessions);
  }
  const steps = new Map<string, AdoptionStep[]>();
  for (const { values, sessions } of groups) {
    const key = releaseKey(String(values[0]), String(values[1]));
    const all = steps.get(key) ?? [];
    const share = sessions / (products.get(stepKey(values)) ?? sessions);
    all.push({ fromUs: Number(values[2]), sessions, share });
    steps.set(key, all);
  }
  for (const all of steps.values()) all.sort((a, b) => a.fromUs - b.fromUs);
  return steps;
}

/** A kind of cause with how many sessions ended so. */
export interface CauseCount {
  kind: string;
  sessions: number;
}

/**
 * Causes by release (see `releaseKey`) from groups by product, version and cause, the most frequent
 * first. A plain end is no cause worth naming, and sessions that run have none.
 */
export function causeCounts(groups: readonly SessionGroup[]): Map<string, CauseCount[]> {
  const causes = new Map<string, CauseCount[]>();
  for (const { values, sessions } of groups) {
    const [product, version, kind] = values;
    if (kind === null || kind === undefined || plainKinds.has(kind)) continue;
    const key = releaseKey(String(product), String(version));
    const all = causes.get(key) ?? [];
    all.push({ kind: String(kind), sessions });
    causes.set(key, all);
  }
  for (const all of causes.values()) {
    all.sort((a, b) => b.sessions - a.sessions || compareTexts(a.kind, b.kind));
  }
  return causes;
}

/** Ends in order. */
const plainKinds: ReadonlySet<unknown> = new Set<CauseKind>([
  'ended',
  'exited',
  'terminated_by_user',
]);

/** A group of exceptions with the sessions of one release that recorded it. */
export interface ReleaseException {
  group: ExceptionGroup;
  sessions: number;
}

/** Groups of exceptions by release (see `releaseKey`), those of most sessions first. */
export function releaseExceptions(
  groups: readonly ExceptionGroup[],
): Map<string, ReleaseException[]> {
  const found = new Map<string, ReleaseException[]>();
  for (const group of groups) {
    for (const { product, version, sessions } of group.versions) {
      const key = releaseKey(product, version);
      const all = found.get(key) ?? [];
      all.push({ group, sessions });
      found.set(key, all);
    }
  }
  for (const all of found.values()) {
    all.sort((a, b) => b.sessions - a.sessions || compareTexts(a.group.id, b.group.id));
  }
  return found;
}

/** The filter that all versions of the products are counted by, so that adoption is a share of all of them. */
export function withoutVersions({ versions: _, ...filter }: SessionFilter): SessionFilter {
  return filter;
}
