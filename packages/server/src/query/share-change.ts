/** Shares of sessions in two versions: rates, causes and exceptions that became more or less frequent. */
import type { Verdict } from '@tacho/protocol';
import { adjustedChances } from './discovery.ts';
import { differenceInterval, fisherChance, type Interval, type Share } from './proportion.ts';

/** How a share differs between two versions. */
export interface ShareChange {
  base: Share;
  candidate: Share;
  /** Candidate − base with its 95 % interval; null when one of them has no session. */
  difference: (Interval & { value: number }) | null;
  /** Of Fisher's exact test; null when one of them has no session. */
  chance: number | null;
  verdict: Verdict;
}

/** Largest chance by which a difference counts as proven. */
const provenChance = 0.05;

/** Compares one share of which more is better. */
export function rateChange(base: Share, candidate: Share): ShareChange {
  const interval = differenceInterval(base, candidate);
  if (interval === null) {
    return { base, candidate, difference: null, chance: null, verdict: 'unknown' };
  }
  const value = shareOf(candidate) - shareOf(base);
  const chance = fisherChance(base, candidate);
  const verdict = chance > provenChance ? 'same' : value > 0 ? 'better' : 'worse';
  return { base, candidate, difference: { value, ...interval }, chance, verdict };
}

/** How the frequency of something bad differs between two versions. */
export interface FrequencyChange {
  base: number;
  candidate: number;
  /** Share in the candidate − share in the base; null when one of them has no session. */
  difference: number | null;
  /** Of Fisher's exact test; 1 when one of them has no session. */
  chance: number;
  /** The same, adjusted for how many things are compared. */
  adjusted: number;
  verdict: Verdict;
}

/**
 * Compares how many sessions of either version had each of some bad things, of which fewer is
 * better. So many things are compared that the chances are adjusted for their number.
 */
export function frequencyChanges(
  counts: readonly { base: number; candidate: number }[],
  sessions: { base: number; candidate: number },
): FrequencyChange[] {
  const isKnown = sessions.base > 0 && sessions.candidate > 0;
  const chances = counts.map(({ base, candidate }) =>
    fisherChance(
      { hits: Math.min(base, sessions.base), trials: sessions.base },
      { hits: Math.min(candidate, sessions.candidate), trials: sessions.candidate },
    ),
  );
  const adjusted = adjustedChances(chances);
  return counts.map(({ base, candidate }, i) => {
    const difference = isKnown ? candidate / sessions.candidate - base / sessions.base : null;
    const q = adjusted[i] ?? 1;
    return {
      base,
      candidate,
      difference,
      chance: chances[i] ?? 1,
      adjusted: q,
      verdict: frequencyVerdict(difference, q),
    };
  });
}

function frequencyVerdict(difference: number | null, adjusted: number): Verdict {
  if (difference === null) return 'unknown';
  if (adjusted > provenChance) return 'same';
  return difference < 0 ? 'better' : 'worse';
}

function shareOf({ hits, trials }: Share): number {
  return hits / trials;
}
