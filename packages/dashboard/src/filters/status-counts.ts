/** How many sessions are shown as what, from how many ended by which cause. */
import { outcomeOfCause, type ShownOutcome } from '../outcome.ts';

/** One value of the field `cause`, as it was counted; null stands for sessions that run. */
export interface CauseCount {
  value: string | null;
  sessions: number;
}

/** Sessions by what they are shown as; what there is none of is absent. */
export function countStatuses(causes: readonly CauseCount[]): Map<ShownOutcome, number> {
  const counts = new Map<ShownOutcome, number>();
  for (const { value, sessions } of causes) {
    const outcome = outcomeOfCause(value);
    counts.set(outcome, (counts.get(outcome) ?? 0) + sessions);
  }
  return counts;
}
