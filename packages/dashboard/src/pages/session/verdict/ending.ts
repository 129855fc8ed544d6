/** Which steps of an ending are shown, and which of them the cursor stands at. */
import { ms } from '../../../format/time.ts';
import type { Moment } from './sentence.ts';

/** Steps that are shown. */
const stepsMax = 5;

/** What tells most of an ending first; the others fill in where one of these is missing. */
const kinds: readonly Moment['kind'][] = [
  ...(['death', 'hang', 'heartbeat', 'trend', 'state'] as const),
  ...(['exception', 'recovery'] as const),
];

/** How far from a moment the cursor may stand and still be there, milliseconds. */
const nearMs = 500;

/** At most five steps, in order of time; what is dated after the death says nothing of it. */
export function stepsOf(moments: readonly Moment[]): Moment[] {
  const death = moments.find(({ kind }) => kind === 'death');
  const known = moments.filter(
    (moment) => death === undefined || ms(moment.timestamp) <= ms(death.timestamp),
  );
  const ranked = [...known].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind));
  const chosen = new Set(ranked.slice(0, stepsMax));
  return known.filter((moment) => chosen.has(moment));
}

/** The step that the cursor stands at, the nearest one; -1 when it stands at none. */
export function stepAt(steps: readonly Moment[], cursorMs: number): number {
  let best = -1;
  let least = nearMs;
  for (const [i, { timestamp }] of steps.entries()) {
    const distance = Math.abs(ms(timestamp) - cursorMs);
    // Of several in one instant the last one, which is the death.
    if (distance <= least) {
      best = i;
      least = distance;
    }
  }
  return best;
}
