/** Proportions: how sure a share of few is, and whether two shares differ. */
import { z95 } from './normal.ts';

/** An interval that holds the true value with 95 % confidence. */
export interface Interval {
  low: number;
  high: number;
}

/**
 * The score interval of a proportion, at 95 % unless another `z` is given: E. B. Wilson, "Probable inference, the law of
 * succession, and statistical inference", JASA 22 (1927), without correction for continuity. It
 * stays within 0 … 1 and is sensible for a handful of trials and for none or all of them hit. Null
 * without a trial.
 */
export function wilsonInterval(hits: number, trials: number, z = z95): Interval | null {
  if (trials === 0) return null;
  const z2 = z * z;
  const centre = hits + z2 / 2;
  const half = z * Math.sqrt((hits * (trials - hits)) / trials + z2 / 4);
  // The bounds of none and of all are exact, where rounding would leave them a little beside it.
  const low = hits === 0 ? 0 : (centre - half) / (trials + z2);
  const high = hits === trials ? 1 : (centre + half) / (trials + z2);
  return { low, high };
}

/** So many hits among so many trials. */
export interface Share {
  hits: number;
  trials: number;
}

/**
 * The interval of the difference `b − a` of two proportions, at 95 % unless another `z` is given:
 * R. G. Newcombe, "Interval
 * estimation for the difference between independent proportions", Statistics in Medicine 17 (1998),
 * method 10, which combines the score intervals of both. Null when one of them has no trial.
 */
export function differenceInterval(a: Share, b: Share, z = z95): Interval | null {
  const ofA = wilsonInterval(a.hits, a.trials, z);
  const ofB = wilsonInterval(b.hits, b.trials, z);
  if (ofA === null || ofB === null) return null;
  const pA = a.hits / a.trials;
  const pB = b.hits / b.trials;
  const difference = pB - pA;
  return {
    low: Math.max(-1, difference - Math.hypot(pB - ofB.low, ofA.high - pA)),
    high: Math.min(1, difference + Math.hypot(ofB.high - pB, pA - ofA.low)),
  };
}

/**
 * Fisher's exact test of two proportions, two-sided: the chance of a table that is at most as likely
 * as this one when both have the same true proportion (R. A. Fisher, "On the interpretation of χ²
 * from contingency tables", JRSS 85 (1922); the two-sided rule is that of R's `fisher.test`). 1 when
 * one of them has no trial.
 */
export function fisherChance(a: Share, b: Share): number {
  const trials = a.trials + b.trials;
  const hits = a.hits + b.hits;
  const fewest = Math.max(0, hits - b.trials);
  const most = Math.min(a.trials, hits);
  const logs = new LogFactorials(trials);
  const fixed =
    logs.of(a.trials) +
    logs.of(b.trials) +
    logs.of(hits) +
    logs.of(trials - hits) -
    logs.of(trials);
  const logChance = (x: number): number =>
    fixed - logs.of(x) - logs.of(a.trials - x) - logs.of(hits - x) - logs.of(b.trials - hits + x);
  // Equally likely tables must count although rounding tells them apart.
  const bound = logChance(a.hits) + 1e-7;
  let chance = 0;
  for (let x = fewest; x <= most; x++) {
    const log = logChance(x);
    if (log <= bound) chance += Math.exp(log);
  }
  return Math.min(1, chance);
}

/** Above this many, a factorial is taken from Stirling's series, which is exact to double precision there. */
const tableMax = 256;

/** Natural logarithms of factorials. */
class LogFactorials {
  readonly #known: Float64Array;

  constructor(max: number) {
    this.#known = new Float64Array(Math.min(max, tableMax) + 1);
    for (let n = 2; n < this.#known.length; n++) {
      this.#known[n] = (this.#known[n - 1] as number) + Math.log(n);
    }
  }

  of(n: number): number {
    const known = this.#known[n];
    if (known !== undefined) return known;
    const x = n + 1;
    const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
    return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
  }
}
