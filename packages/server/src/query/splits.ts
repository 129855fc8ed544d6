/** Splits: which values set some sessions apart from others. */
import { compareTexts } from '@tacho/protocol';

/** A value with how many sessions of either side have it. */
export interface Candidate {
  /** Field that sessions are grouped by, or `state:` and a path. */
  field: string;
  value: string;
  /** Sessions that have it among those that are to be explained. */
  inside: number;
  /** Sessions that have it among the others. */
  outside: number;
}

/** All sessions of either side. */
export interface Sides {
  inside: number;
  outside: number;
}

/** A candidate with how well it tells the sides apart. */
export interface Split extends Candidate {
  /** −1 … 1; see `phi`. */
  phi: number;
}

/** Values of fewer sessions than this are chance. */
const splitSessionsMin = 3;

/**
 * The candidates that are more frequent inside than outside, the best first by phi; of equal ones
 * that of more sessions. A value that all sessions or hardly any have splits nothing.
 */
export function bestSplits(candidates: readonly Candidate[], sides: Sides, limit: number): Split[] {
  const all = sides.inside + sides.outside;
  return candidates
    .filter(({ inside, outside }) => {
      const support = inside + outside;
      return support >= splitSessionsMin && support < all;
    })
    .map((candidate) => ({ ...candidate, phi: phi(candidate, sides) }))
    .filter((split) => split.phi > 0)
    .sort(
      (a, b) =>
        b.phi - a.phi ||
        b.inside - a.inside ||
        compareTexts(a.field, b.field) ||
        compareTexts(a.value, b.value),
    )
    .slice(0, limit);
}

/**
 * The phi coefficient of a table of four: the correlation of "has the value" with "is inside" (K.
 * Pearson, "On the theory of contingency", 1904; φ² is χ² divided by the number of sessions). 1 when
 * all inside and none outside have it, 0 when both have it equally often or one side is empty.
 */
export function phi({ inside, outside }: Sides, sides: Sides): number {
  const without = { inside: sides.inside - inside, outside: sides.outside - outside };
  const counts = [sides.inside, sides.outside, inside + outside, without.inside + without.outside];
  const spread = Math.sqrt(counts.reduce((product, count) => product * count, 1));
  if (spread === 0) return 0;
  const value = (inside * without.outside - outside * without.inside) / spread;
  // Rounding must not lead beyond what a correlation can be.
  return Math.max(-1, Math.min(1, value));
}
