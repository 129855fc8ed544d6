/** Counters: what consecutive readings of a running total say about its growth. */

/**
 * How much a counter grew from one reading to the next. A reading below the one before is a restart
 * from zero, so all of it is growth; this is how Prometheus' `rate` and `increase` understand
 * counters (prometheus.io/docs/prometheus/latest/querying/functions/#rate). Never below zero.
 * Neither reading may be NaN.
 */
export function increaseOf(before: number, now: number): number {
  if (now > before) return now - before;
  return now < before ? Math.max(0, now) : 0;
}
