/** Quantiles of a few values held in memory. */

/** The value at a quantile (0 … 1) of ascending values, interpolated between neighbours; NaN when there are none. */
export function quantileOf(sorted: Float64Array, q: number): number {
  const place = (sorted.length - 1) * q;
  const lower = sorted[Math.floor(place)] ?? Number.NaN;
  const upper = sorted[Math.ceil(place)] ?? Number.NaN;
  return lower === upper ? lower : lower + (upper - lower) * (place - Math.floor(place));
}
