/** The shift test: by how much the values of one group are larger than those of another, and whether by more than a margin. */
import { upperChance, valueAbove } from './normal.ts';
import type { Interval } from './proportion.ts';

/** Whether groups differ by a factor or by a summand. */
export type Scale = 'ratio' | 'difference';

/** Two groups, ascending and without NaN; of a ratio without negative values. */
export interface Groups {
  base: Float64Array;
  candidate: Float64Array;
  scale: Scale;
}

/** One-sided chances of what was seen when the candidate is the base shifted by exactly so much. */
export interface ShiftChances {
  /** Of a candidate that is at least as much larger. */
  above: number;
  /** Of a candidate that is at least as much smaller. */
  below: number;
}

/** Up to so many values in all, every way of drawing the groups is counted. */
const exactMax = 30;

/**
 * The test of Mann and Whitney of the candidate against the base shifted by `shift`, one-sided in
 * both directions; that against a margin other than none is what makes it a test of non-inferiority
 * (S. Wellek, "Testing statistical hypotheses of equivalence and noninferiority", 2010, §6.2). Up to
 * `exactMax` values the chances are exact, ties included: all ways to draw the groups are counted by
 * the shift algorithm of B. Streitberg and J. Röhmel, EDV in Medizin und Biologie 17 (1986). Above
 * it is the normal approximation with corrections for ties and for continuity (E. L. Lehmann,
 * "Nonparametrics", 1975, §1.4).
 */
export function shiftChances(groups: Groups, shift: number): ShiftChances {
  const { sum2, ranks2, ties } = placesOf(shifted(groups, shift), groups.candidate);
  const m = groups.base.length;
  const n = groups.candidate.length;
  if (m === 0 || n === 0) return { above: 1, below: 1 };
  if (m + n <= exactMax) return exactChances(ranks2, n, sum2);
  const u = sum2 / 2 - (n * (n + 1)) / 2;
  const mean = (m * n) / 2;
  const spread = Math.sqrt(((m * n) / 12) * (m + n + 1 - ties / ((m + n) * (m + n - 1))));
  // All values equal: nothing speaks against this shift.
  if (!(spread > 0)) return { above: 1, below: 1 };
  return {
    above: upperChance((u - mean - 0.5) / spread),
    below: upperChance((mean - u - 0.5) / spread),
  };
}

/** The smallest chance that the test can give at all: that of two groups that do not overlap. */
export function leastChance({ base, candidate }: Groups): number {
  const m = base.length;
  const n = candidate.length;
  if (m + n <= exactMax) {
    let ways = 1;
    for (let i = 1; i <= n; i++) ways *= (m + i) / i;
    return 1 / ways;
  }
  return upperChance(((m * n) / 2 - 0.5) / Math.sqrt((m * n * (m + n + 1)) / 12));
}

/**
 * The shift of J. L. Hodges and E. L. Lehmann, Annals of Mathematical Statistics 34 (1963): the
 * middle of the differences (or ratios) of each with each, found as the shift after which neither
 * group tends to be larger. NaN without values, and of ratios where one of the groups is all zero.
 */
export function shiftOf(groups: Groups): number {
  const half = groups.base.length * groups.candidate.length;
  return crossing(groups, (shift) => aboveTwice(groups, shift) > half);
}

/**
 * All shifts that the test does not reject at `level` on either side: a confidence interval of
 * 1 − 2 `level`. Infinite where the test rejects nothing on that side.
 */
export function shiftInterval(groups: Groups, level: number): Interval {
  const least = groups.scale === 'ratio' ? 0 : Number.NEGATIVE_INFINITY;
  const none = leastChance(groups) > level;
  const low = crossing(groups, (shift) => shiftChances(groups, shift).above <= level);
  const high = crossing(groups, (shift) => shiftChances(groups, shift).below > level);
  return {
    low: none || Number.isNaN(low) ? least : low,
    high: none || Number.isNaN(high) ? Number.POSITIVE_INFINITY : high,
  };
}

/**
 * The smallest shift, beside the margin, that the test at `level` finds with a chance of `power`, by
 * the formula of G. E. Noether, "Sample size determination for some common nonparametric tests", JASA
 * 82 (1987): P(Y > X) has to be ½ + (z(level) + z(1 − power)) √((m + n + 1) / 12 m n). How far values
 * must move for that is read off the values themselves, those of the candidate moved back. Undefined
 * when no shift is found with that chance, because there are too few values.
 */
export function detectableShift(groups: Groups, level: number, power: number): number | undefined {
  const { base, candidate, scale } = groups;
  const m = base.length;
  const n = candidate.length;
  const wanted =
    0.5 + (valueAbove(level) + valueAbove(1 - power)) * Math.sqrt((m + n + 1) / (12 * m * n));
  if (!(wanted < 1) || leastChance(groups) > level) return undefined;
  const moved = shiftOf(groups);
  const isUsable = Number.isFinite(moved) && (scale === 'difference' || moved > 0);
  const back = isUsable
    ? candidate.map((value) => (scale === 'ratio' ? value / moved : value - moved))
    : candidate;
  const pool = Float64Array.from([...base, ...back]).sort();
  const pooled: Groups = { base: pool, candidate: pool, scale };
  // No value is compared with itself, which is always below when it is moved up.
  const pairs = pool.length * (pool.length - 1);
  const own = pool.reduce((sum, value) => sum + (scale === 'ratio' && value === 0 ? 1 : 2), 0);
  const isShort = (shift: number): boolean => {
    const down = scale === 'ratio' ? 1 / shift : -shift;
    return (aboveTwice(pooled, down) - own) / (2 * pairs) < wanted;
  };
  const found = crossing(pooled, isShort);
  return Number.isFinite(found) && found > (scale === 'ratio' ? 1 : 0) ? found : undefined;
}

function shifted({ base, scale }: Groups, shift: number): Float64Array {
  return base.map((value) => (scale === 'ratio' ? value * shift : value + shift));
}

/** Where the values of `b` stand among all. */
interface Places {
  /** Twice the sum of the ranks of `b`, and twice the rank of every value: equal ones share theirs. */
  sum2: number;
  ranks2: number[];
  /** Sum of t³ − t over the numbers t of equal values. */
  ties: number;
}

function placesOf(a: Float64Array, b: Float64Array): Places {
  const places: Places = { sum2: 0, ranks2: [], ties: 0 };
  const isFew = a.length + b.length <= exactMax;
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const value = Math.min(a[i] ?? Number.POSITIVE_INFINITY, b[j] ?? Number.POSITIVE_INFINITY);
    const [fromA, fromB] = [i, j];
    while (i < a.length && a[i] === value) i++;
    while (j < b.length && b[j] === value) j++;
    const equal = i - fromA + j - fromB;
    const rank2 = fromA + fromB + i + j + 1;
    places.sum2 += rank2 * (j - fromB);
    places.ties += equal ** 3 - equal;
    for (let k = 0; isFew && k < equal; k++) places.ranks2.push(rank2);
  }
  return places;
}

/** Twice the number of pairs in which the candidate is above the shifted base; ties count half. */
function aboveTwice(groups: Groups, shift: number): number {
  const n = groups.candidate.length;
  return placesOf(shifted(groups, shift), groups.candidate).sum2 - n * (n + 1);
}

/** Counts the ways to draw `drawn` of some ranks by the sum of what is drawn. */
function exactChances(ranks2: readonly number[], drawn: number, sum2: number): ShiftChances {
  const all = ranks2.reduce((sum, rank) => sum + rank, 0);
  const ways = Array.from({ length: drawn + 1 }, () => new Float64Array(all + 1));
  ways[0]![0] = 1;
  for (const [i, rank] of ranks2.entries()) {
    for (let k = Math.min(drawn, i + 1); k > 0; k--) {
      const [to, from] = [ways[k]!, ways[k - 1]!];
      for (let sum = rank; sum <= all; sum++) to[sum]! += from[sum - rank]!;
    }
  }
  let [above, below, total] = [0, 0, 0];
  for (const [sum, count] of ways[drawn]!.entries()) {
    total += count;
    if (sum >= sum2) above += count;
    if (sum <= sum2) below += count;
  }
  return { above: above / total, below: below / total };
}

/** Halvings of the range in which a shift is looked for. */
const halvings = 100;

/**
 * The shift up to which `isBefore` holds, which must not hold again after it: infinite when it holds
 * for all, the least one when for none, NaN when there is no value to tell shifts from.
 */
function crossing(
  { base, candidate, scale }: Groups,
  isBefore: (shift: number) => boolean,
): number {
  const isRatio = scale === 'ratio';
  const isUsable = (value: number): boolean => Number.isFinite(value) && (!isRatio || value > 0);
  const [xs, ys] = [base.filter(isUsable), candidate.filter(isUsable)];
  const [x, xMax, y, yMax] = [xs[0], xs.at(-1), ys[0], ys.at(-1)];
  if (x === undefined || xMax === undefined || y === undefined || yMax === undefined) {
    return Number.NaN;
  }
  const read = (at: number): number => (isRatio ? Math.exp(at) : at);
  const room = isRatio ? 1 : 1 + (xMax - x) + (yMax - y);
  let low = (isRatio ? Math.log(y / xMax) : y - xMax) - room;
  let high = (isRatio ? Math.log(yMax / x) : yMax - x) + room;
  if (!isBefore(read(low))) return isRatio ? 0 : Number.NEGATIVE_INFINITY;
  if (isBefore(read(high))) return Number.POSITIVE_INFINITY;
  for (let i = 0; i < halvings; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (isBefore(read(middle))) low = middle;
    else high = middle;
  }
  return read((low + high) / 2);
}
