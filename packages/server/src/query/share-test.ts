/** The share test: whether one share is larger than another by more than a margin, and what the test can find. */
import { upperChance, valueAbove } from './normal.ts';
import type { Share } from './proportion.ts';

/** Up to so many trials in all, the chance is exact. */
const exactMax = 4_000;

/** Shares at which the exact chance is looked for its largest: densest near 0 and 1, where it moves most. */
const nuisanceSteps = 96;

/** Chance that the true share of `a` is not looked at; it is added to the chance that is found. */
const unseenChance = 1e-5;

/**
 * The chance, at most, of what was seen or worse while `b` is not larger than `a` by more than
 * `margin` (−1 … 1). The statistic is the score of C. P. Farrington and G. Manning, "Test statistics
 * and sample size formulae for comparative binomial trials with null hypothesis of non-zero risk
 * difference or non-unity relative risk", Statistics in Medicine 9 (1990). Up to `exactMax` trials
 * its chance is exact and unconditional (I. S. F. Chan, "Exact tests of equivalence and efficacy with
 * a non-zero lower bound for comparative studies", Statistics in Medicine 17 (1998)): the largest
 * over the shares that differ by the margin, those of `a` being in its exact interval of C. J.
 * Clopper and E. S. Pearson, whose error is added (R. L. Berger and D. D. Boos, JASA 89 (1994)).
 * Above it is the normal one. 1 without trials.
 */
export function excessChance(a: Share, b: Share, margin: number): number {
  if (a.trials === 0 || b.trials === 0) return 1;
  const seen = scoreOf(a, b, margin);
  if (a.trials + b.trials > exactMax) return upperChance(seen);
  const fewest = regionOf(a.trials, b.trials, margin, seen);
  const arc = (share: number): number => Math.asin(Math.sqrt(Math.min(1, Math.max(0, share))));
  const [low, high] = shareBounds(a).map((bound) =>
    arc(Math.min(Math.min(1, 1 - margin), Math.max(Math.max(0, -margin), bound))),
  ) as [number, number];
  let chance = 0;
  for (let step = 0; step <= nuisanceSteps; step++) {
    const ofA = Math.sin(low + ((high - low) * step) / nuisanceSteps) ** 2;
    chance = Math.max(chance, chanceOf(fewest, a.trials, b.trials, ofA, ofA + margin));
  }
  return Math.min(1, chance + unseenChance);
}

/** The exact interval of a share, outside of which it is with `unseenChance` at most. */
function shareBounds({ hits, trials }: Share): [number, number] {
  const bound = (isBeyond: (share: number) => boolean): number => {
    let [low, high] = [0, 1];
    for (let i = 0; i < 40; i++) {
      const middle = (low + high) / 2;
      if (isBeyond(middle)) high = middle;
      else low = middle;
    }
    return (low + high) / 2;
  };
  const sumOf = (share: number, from: number, to: number): number =>
    binomial(trials, share)
      .subarray(from, to)
      .reduce((sum, one) => sum + one, 0);
  const rare = unseenChance / 2;
  return [
    hits === 0 ? 0 : bound((share) => sumOf(share, hits, trials + 1) > rare),
    hits === trials ? 1 : bound((share) => sumOf(share, 0, hits + 1) < rare),
  ];
}

/**
 * The smallest excess over the margin that the test at `level` finds with a chance of `power`, by the
 * sample-size formula of Farrington and Manning, where the true share of `a` is `base`. Undefined when
 * even a share of 1 is not found with that chance.
 */
export function detectableExcess(
  trials: { a: number; b: number },
  base: number,
  margin: number,
  { level, power }: { level: number; power: number },
): number | undefined {
  const z = valueAbove(level);
  const missed = (excess: number): number => {
    const shares = { a: base, b: base + margin + excess };
    const closest = restricted(shares, trials, margin);
    return upperChance(
      (excess - z * spreadOf(closest, trials)) / Math.max(1e-12, spreadOf(shares, trials)),
    );
  };
  let [low, high] = [0, 1 - base - margin];
  if (high <= 0 || trials.a === 0 || trials.b === 0 || missed(high) > 1 - power) return undefined;
  const worst = { hits: trials.b, trials: trials.b };
  if (excessChance({ hits: 0, trials: trials.a }, worst, margin) > level) return undefined;
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (missed(middle) > 1 - power) low = middle;
    else high = middle;
  }
  return high;
}

interface Pair {
  a: number;
  b: number;
}

/** How far the difference is from the margin, in standard deviations of the closest shares that differ by it. */
function scoreOf(a: Share, b: Share, margin: number): number {
  const trials = { a: a.trials, b: b.trials };
  const shares = { a: a.hits / a.trials, b: b.hits / b.trials };
  const excess = shares.b - shares.a - margin;
  if (Math.abs(excess) < 1e-12) return 0;
  return excess / Math.max(1e-12, spreadOf(restricted(shares, trials, margin), trials));
}

function spreadOf({ a, b }: Pair, trials: Pair): number {
  return Math.sqrt(Math.max(0, a * (1 - a)) / trials.a + Math.max(0, b * (1 - b)) / trials.b);
}

/**
 * The shares that differ by the margin and make what was seen most likely: the middle root of a cubic
 * (Farrington and Manning, appendix; O. Miettinen and M. Nurminen, Statistics in Medicine 4 (1985)).
 */
export function restricted(seen: Pair, trials: Pair, margin: number): Pair {
  const theta = trials.a / trials.b;
  const both = seen.b + theta * seen.a;
  const a = 1 + theta;
  const b = -(1 + theta + both + margin * (theta + 2));
  const c = margin * margin + margin * (2 * seen.b + theta + 1) + both;
  const d = -seen.b * margin * (1 + margin);
  const v = (b / (3 * a)) ** 3 - (b * c) / (6 * a * a) + d / (2 * a);
  const inner = Math.max(0, (b / (3 * a)) ** 2 - c / (3 * a));
  const u = (v < 0 ? -1 : 1) * Math.sqrt(inner);
  const turn = u === 0 ? 0 : Math.acos(Math.min(1, Math.max(-1, v / u ** 3)));
  const root = 2 * u * Math.cos((Math.PI + turn) / 3) - b / (3 * a);
  const low = Math.max(0, margin);
  const high = Math.min(1, 1 + margin);
  const ofB = Math.min(high, Math.max(low, root));
  return { a: Math.min(1, Math.max(0, ofB - margin)), b: ofB };
}

/** By hits of `a`: the fewest hits of `b` that are as bad as what was seen; they never fall. */
function regionOf(m: number, n: number, margin: number, seen: number): Int32Array {
  const fewest = new Int32Array(m + 1);
  let hits = 0;
  for (let i = 0; i <= m; i++) {
    const isMilder = (): boolean =>
      scoreOf({ hits: i, trials: m }, { hits, trials: n }, margin) < seen - 1e-9;
    while (hits <= n && isMilder()) hits++;
    fewest[i] = hits;
  }
  return fewest;
}

function chanceOf(fewest: Int32Array, m: number, n: number, ofA: number, ofB: number): number {
  const hitsA = binomial(m, ofA);
  const atLeast = binomial(n, ofB);
  for (let j = n - 1; j >= 0; j--) atLeast[j]! += atLeast[j + 1]!;
  let chance = 0;
  for (let i = 0; i <= m; i++) {
    if (fewest[i]! <= n) chance += hitsA[i]! * atLeast[fewest[i]!]!;
  }
  return chance;
}

/** Numbers of hits that are less likely than the likeliest by this factor do not count. */
const negligible = 1e-25;

/** The chances of 0 … `trials` hits, from the likeliest number outwards, so that nothing underflows that counts. */
function binomial(trials: number, share: number): Float64Array {
  const chances = new Float64Array(trials + 1);
  const p = Math.min(1, Math.max(0, share));
  const mode = Math.min(trials, Math.floor((trials + 1) * p));
  chances[mode] = 1;
  let total = 1;
  for (let k = mode; k < trials && chances[k]! > negligible; k++) {
    chances[k + 1] = (chances[k]! * (trials - k) * p) / ((k + 1) * (1 - p));
    total += chances[k + 1]!;
  }
  for (let k = mode; k > 0 && chances[k]! > negligible; k--) {
    chances[k - 1] = (chances[k]! * k * (1 - p)) / ((trials - k + 1) * p);
    total += chances[k - 1]!;
  }
  return chances.map((chance) => chance / total);
}
