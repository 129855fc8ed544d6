/** A histogram of durations that costs a request nothing but a few comparisons. */

/** Upper edges in seconds, inclusive; an fsync takes from a tenth of a millisecond to a second. */
const boundsSeconds = [
  0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10,
] as const;

/** Durations counted in fixed buckets. */
export class Latency {
  readonly #counts = new Float64Array(boundsSeconds.length + 1);
  #sumSeconds = 0;

  /** Counts a duration. */
  observe(ms: number): void {
    const seconds = ms / 1000;
    this.#sumSeconds += seconds;
    let i = 0;
    while (i < boundsSeconds.length && seconds > boundsSeconds[i]!) i++;
    this.#counts[i]! += 1;
  }

  /** Cumulative counts by upper edge, as Prometheus has them; the last edge is infinite. */
  view(): { buckets: { leSeconds: number; count: number }[]; sumSeconds: number; count: number } {
    let count = 0;
    const buckets = Array.from(this.#counts, (inBucket, i) => {
      count += inBucket;
      return { leSeconds: boundsSeconds[i] ?? Number.POSITIVE_INFINITY, count };
    });
    return { buckets, sumSeconds: this.#sumSeconds, count };
  }
}
