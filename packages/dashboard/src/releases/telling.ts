/** Which two versions of a product have most to tell: cheap arithmetic before dear comparisons. */
import { type Versioned, versionBefore } from './order.ts';

/** Sessions and crashes of something. */
export interface Tally {
  sessions: number;
  crashed: number;
}

/** A difference between two crash-free rates. */
export interface RateDifference {
  /** What is now − what was. */
  difference: number;
  /** Whether so great a difference is no chance. */
  isCertain: boolean;
  /** The same in standard errors. */
  errors: number;
}

/** Differences beyond so many standard errors come by chance once in a hundred. */
const certainErrors = 2.58;

/** Fewer sessions of either side prove nothing, nor do fewer crashes of both: the test is no exact one. */
const sessionsMin = 20;
const crashesMin = 5;

/** Newest versions that may be looked at instead. */
const newestMax = 3;

/** How the crash-free rate differs; null where one of them has no session. */
export function rateDifference(now: Tally, then: Tally): RateDifference | null {
  if (now.sessions === 0 || then.sessions === 0) return null;
  const difference = then.crashed / then.sessions - now.crashed / now.sessions;
  const crashed = now.crashed + then.crashed;
  const sessions = now.sessions + then.sessions;
  const pooled = crashed / sessions;
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / now.sessions + 1 / then.sessions));
  // Yates: counts jump by one, while the normal distribution is smooth.
  const jump = (1 / now.sessions + 1 / then.sessions) / 2;
  const distance = Math.max(0, Math.abs(difference) - jump);
  const errors = error === 0 ? 0 : (Math.sign(difference) * distance) / error;
  const isTestable =
    Math.min(now.sessions, then.sessions) >= sessionsMin &&
    Math.min(crashed, sessions - crashed) >= crashesMin;
  return { difference, errors, isCertain: isTestable && Math.abs(errors) > certainErrors };
}

/**
 * A version and the one before it: of the newest few the one that fell most for sure, since a fix
 * that hardly anybody runs yet does not undo it; else the newest one that ran enough; else the
 * newest. Undefined where there is one version only. `releases` are newest first.
 */
export function tellingPair<T extends Versioned & Tally>(
  releases: readonly T[],
): { base: T; candidate: T } | undefined {
  const pairs = releases.slice(0, newestMax).flatMap((candidate) => {
    const base = versionBefore(releases, candidate.version);
    return base === undefined ? [] : [{ base, candidate }];
  });
  const fallen = pairs
    .map((pair) => ({ pair, fall: rateDifference(pair.candidate, pair.base) }))
    .filter(({ fall }) => fall?.isCertain && fall.difference < 0)
    .sort((a, b) => (a.fall?.errors ?? 0) - (b.fall?.errors ?? 0))[0];
  const ran = pairs.find(({ candidate }) => candidate.sessions >= sessionsMin);
  return fallen?.pair ?? ran ?? pairs[0];
}
