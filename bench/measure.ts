/** Statistics of measurements. */

/** The middle value; the mean of the middle two when there are two. NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = ascending(values);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The smallest value that a share of at least `fraction` of the values does not exceed. */
export function percentile(values: readonly number[], fraction: number): number {
  const sorted = ascending(values);
  return sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? Number.NaN;
}

/** Resolves after this long. */
export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function ascending(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
