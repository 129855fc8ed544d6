/** The rank test: whether the values of one group tend to be larger than those of another. */
import { twoSidedChance } from './normal.ts';

/** What the test says. */
export interface RankTest {
  /**
   * Cliff's delta: the chance that a value of `b` is above one of `a`, less the chance that it is
   * below; −1 … 1, 0 where neither tends to be larger (N. Cliff, "Dominance statistics",
   * Psychological Bulletin 114 (1993)).
   */
  delta: number;
  /** The chance of a difference at least as large when both come from one distribution; two-sided. */
  chance: number;
}

/**
 * Mann–Whitney U by its normal approximation, with correction for ties and for continuity: H. B.
 * Mann and D. R. Whitney, Annals of Mathematical Statistics 18 (1947); ties as in E. L. Lehmann,
 * "Nonparametrics" (1975), §1.4. Ranks alone count, so outliers and infinities do no harm. Values
 * must not be NaN. Undefined when one group is empty.
 */
export function rankTest(a: readonly number[], b: readonly number[]): RankTest | undefined {
  if (a.length === 0 || b.length === 0) return undefined;
  const { rankSumOfB, ties } = ranks(a, b);
  const m = a.length;
  const n = b.length;
  const all = m + n;
  const u = rankSumOfB - (n * (n + 1)) / 2;
  const mean = (m * n) / 2;
  const delta = u / mean - 1;
  const variance = ((m * n) / 12) * (all + 1 - ties / (all * Math.max(1, all - 1)));
  // All values equal: nothing speaks against one distribution.
  if (variance <= 0) return { delta, chance: 1 };
  const distance = Math.max(0, Math.abs(u - mean) - 0.5);
  return { delta, chance: twoSidedChance(distance / Math.sqrt(variance)) };
}

/** Sum of the ranks of `b` among all, ties sharing their middle rank, and Σ(t³ − t) over the ties. */
function ranks(a: readonly number[], b: readonly number[]): { rankSumOfB: number; ties: number } {
  const left = Float64Array.from(a).sort();
  const right = Float64Array.from(b).sort();
  let rankSumOfB = 0;
  let ties = 0;
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    const value = Math.min(left[i] ?? Infinity, right[j] ?? Infinity);
    const fromI = i;
    const fromJ = j;
    while (i < left.length && left[i] === value) i++;
    while (j < right.length && right[j] === value) j++;
    const size = i - fromI + (j - fromJ);
    const rank = fromI + fromJ + (size + 1) / 2;
    rankSumOfB += rank * (j - fromJ);
    ties += size ** 3 - size;
  }
  return { rankSumOfB, ties };
}
