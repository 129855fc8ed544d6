/** The normal distribution: how likely a deviation is, and which one leaves so much outside. */

/** Standard deviations between which 95 % of a normal distribution lie. */
export const z95 = 1.959963984540054;

/** The chance that a standard normal value is at least as far from 0 as `z`; 1 for 0, NaN for NaN. */
export function twoSidedChance(z: number): number {
  return complementaryError(Math.abs(z) / Math.SQRT2);
}

/** The chance that a standard normal value is above `z`. */
export function upperChance(z: number): number {
  const outside = twoSidedChance(z) / 2;
  return z >= 0 ? outside : 1 - outside;
}

/** The value above which a standard normal value is with a chance of 0 … ½, by bisection. */
export function valueAbove(chance: number): number {
  let low = 0;
  let high = 40;
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (upperChance(middle) > chance) low = middle;
    else high = middle;
  }
  return low;
}

/**
 * erfc of x ≥ 0, to about 14 digits: near 0 by the series of Abramowitz & Stegun 7.1.6, further out
 * by the continued fraction 7.1.14, which the series would need ever more terms for.
 */
function complementaryError(x: number): number {
  if (Number.isNaN(x)) return x;
  const scale = Math.exp(-x * x);
  if (x < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return 1 - (2 / Math.sqrt(Math.PI)) * scale * sum;
  }
  let fraction = x;
  for (let n = 80; n > 0; n--) fraction = x + n / 2 / fraction;
  return scale / Math.sqrt(Math.PI) / fraction;
}
