/** Sums of what was counted apart: of shards, and of groups that become one. */
import type { SessionGroup, SessionTotals } from './questions.ts';

/** Sessions counted here and there. */
export function sumOfTotals(a: SessionTotals, b: SessionTotals): SessionTotals {
  return {
    sessions: a.sessions + b.sessions,
    active: a.active + b.active,
    suspended: a.suspended + b.suspended,
    hung: a.hung + b.hung,
    outcomes: {
      healthy: a.outcomes.healthy + b.outcomes.healthy,
      errored: a.outcomes.errored + b.outcomes.errored,
      abnormal: a.outcomes.abnormal + b.outcomes.abnormal,
      crashed: a.outcomes.crashed + b.outcomes.crashed,
    },
  };
}

/** Two groups as one, which has the values of the first. */
export function sumOfGroups(a: SessionGroup, b: SessionGroup): SessionGroup {
  return {
    values: a.values,
    ...sumOfTotals(a, b),
    errors: a.errors + b.errors,
    firstUs: Math.min(a.firstUs, b.firstUs),
    lastUs: Math.max(a.lastUs, b.lastUs),
  };
}
