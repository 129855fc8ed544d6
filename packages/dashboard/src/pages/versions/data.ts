/** What the page Versions asks: products, the versions of one, their adoption, and how they compare. */
import { useMemo } from 'preact/hooks';
import { type Answered, useAnswer } from '../../answer.ts';
import type { Answer } from '../../api.ts';
import { now } from '../../format/time.ts';
import type { Comparison } from '../../releases/change.ts';
import type { Pair } from '../../releases/comparisons.ts';
import { newestFirst, versionBefore } from '../../releases/order.ts';

/** A version of a product. */
export type Release = Answer<'listReleases'>['releases'][number];

/** How far back adoption is shown. */
export interface AdoptionRange {
  name: string;
  label: string;
  every: string;
  everyMs: number;
  lengthMs: number;
}

const hour = 3_600_000;
const day = 24 * hour;

/** All choices. */
export const adoptionRanges: readonly AdoptionRange[] = [
  { name: '7d', label: '7 d', every: '3h', everyMs: 3 * hour, lengthMs: 7 * day },
  { name: '30d', label: '30 d', every: '12h', everyMs: 12 * hour, lengthMs: 30 * day },
  { name: '90d', label: '90 d', every: '1d', everyMs: day, lengthMs: 90 * day },
];

/** Newest versions that are looked at. */
const releasesMax = 200;

/** Newest versions that are judged by the one before. */
const markedMax = 6;

/** How often everything is asked again. */
const refreshMs = 60_000;

/** Sessions of either version whose metrics are looked at in the whole comparison. */
const comparedSessions = 1_000;

/** Names of all products, the one with most sessions first. */
export function useProducts(): Answered<Answer<'sessionFacets'>> {
  return useAnswer('sessionFacets', { query: { field: 'product', limit: 1_000 } }, { refreshMs });
}

/** All versions of a product. */
export function useReleases(product: string | undefined): Answered<Answer<'listReleases'>> {
  const query = { product, limit: releasesMax };
  return useAnswer('listReleases', product === undefined ? undefined : { query }, { refreshMs });
}

/** Those of an answer, newest first; none while the answer is about another product. */
export function useNewestFirst(
  answer: Answer<'listReleases'> | undefined,
  product: string | undefined,
): Release[] {
  return useMemo(() => {
    const releases = answer?.releases ?? [];
    return newestFirst(releases.filter((release) => release.product === product));
  }, [answer, product]);
}

/** Where adoption begins and ends: whole steps, which count from 1970. */
export function useSpan({ everyMs, lengthMs }: AdoptionRange): { fromMs: number; toMs: number } {
  const toMs = (Math.floor(now.value / everyMs) + 1) * everyMs;
  return { fromMs: toMs - Math.ceil(lengthMs / everyMs) * everyMs, toMs };
}

/** The versions of a product with their adoption over time. */
export function useAdoption(
  product: string | undefined,
  { every }: AdoptionRange,
  fromMs: number,
): Answered<Answer<'listReleases'>> {
  const query = { product, from: new Date(fromMs).toISOString(), every, limit: releasesMax };
  return useAnswer('listReleases', product === undefined ? undefined : { query }, { refreshMs });
}

/** The whole comparison of two versions. */
export function useComparison(pair: Pair | undefined): Answered<Comparison> {
  const query = { ...pair, sessions: comparedSessions, limit: 100 };
  return useAnswer('compareReleases', pair === undefined ? undefined : { query });
}

/** The newest versions, each with the one before. */
export function pairsOf(releases: readonly Release[]): Pair[] {
  return releases.slice(0, markedMax).flatMap(({ version }) => pairOf(releases, version) ?? []);
}

/** A version with the one before; undefined for the first. */
export function pairOf(releases: readonly Release[], version: string): Pair | undefined {
  const release = releases.find((each) => each.version === version);
  const base = versionBefore(releases, version);
  if (release === undefined || base === undefined) return undefined;
  return { product: release.product, base: base.version, candidate: version };
}
