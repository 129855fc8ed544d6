/** A session that records nothing: recording is switched off, or there is no way to record. */
import { Backlog } from './backlog.ts';
import { systemClock } from './clock.ts';
import { Recording } from './session.ts';
import { Warnings } from './warnings.ts';

/** Takes every call, counts it, and forgets it. */
export function silentSession(id: string): Recording {
  return new Recording({
    backlog: new Backlog(id),
    clock: systemClock(),
    warnings: new Warnings(undefined),
    delivery: { receiver: () => 'none', sent: () => 0, flush: async () => true },
    silence: 'disabled',
  });
}
