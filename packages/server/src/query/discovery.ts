/** Many tests at once: how far each p-value still stands when so many were looked at. */

/**
 * Adjusts p-values for their number: Y. Benjamini and Y. Hochberg, "Controlling the false discovery
 * rate", JRSS B 57 (1995). Taking all with an adjusted value of at most q for real makes at most a
 * share q of them wrong, on average. In the order of the values given.
 */
export function adjustedChances(chances: readonly number[]): number[] {
  const order = chances.map((_, i) => i).sort((a, b) => (chances[b] ?? 0) - (chances[a] ?? 0));
  const adjusted = new Array<number>(chances.length);
  let least = 1;
  order.forEach((place, i) => {
    const rank = chances.length - i;
    least = Math.min(least, ((chances[place] ?? 1) * chances.length) / rank);
    adjusted[place] = least;
  });
  return adjusted;
}
