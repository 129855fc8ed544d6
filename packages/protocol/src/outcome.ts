/** Outcomes: the four disjoint classes that release health counts sessions in. */
import type { SessionStatus } from './session.ts';

/**
 * Best first. `crashed`: its lifecycle is crashed. `abnormal`: lost, or hung and not recovered.
 * `errored`: neither, and it recorded an error or recovered from a hang. `healthy`: none of these.
 * Sessions that still run are counted by what happened so far.
 */
export const outcomes = ['healthy', 'errored', 'abnormal', 'crashed'] as const;

/** Class of a session. */
export type Outcome = (typeof outcomes)[number];

/** The class of a session with so many events of level error or worse. */
export function outcomeOf(status: SessionStatus, errors: number): Outcome {
  if (status.lifecycle === 'crashed') return 'crashed';
  if (status.lifecycle === 'lost' || status.hungSinceUs !== null) return 'abnormal';
  return errors > 0 || status.hangs > 0 ? 'errored' : 'healthy';
}
