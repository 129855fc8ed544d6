/** The normal distribution: how likely a deviation is, and which one leaves so much outside. */

/** Standard deviations between which 95 % of a normal distribution lie. */
export const z95 = 1.959963984540054;

/** The chance that a standard normal value is at least as far from 0 as `z`; 1 for 0, NaN for NaN. */
export function twoSidedChance(z: number): number {
  return complementaryError(Math.abs(z) / Math.SQRT2);
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
