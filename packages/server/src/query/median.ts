/** The median of some values. */

/** The middle value, of an even number the mean of the two in the middle; undefined when there is none. */
export function median(values: readonly number[]): number | undefined {
  const sorted = Float64Array.from(values).sort();
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle];
  if (upper === undefined || sorted.length % 2 === 1) return upper;
  const lower = sorted[middle - 1] as number;
  return lower === upper ? upper : lower / 2 + upper / 2;
}
