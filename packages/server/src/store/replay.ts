/** Replays: what every engine refuses before it stores sessions as they were recorded elsewhere. */
import { limits, TachoError } from '@tacho/protocol';
import type { SessionHandle, StoreEntry } from './store.ts';

/** Throws `session_exists` when a replay starts sessions that are there; names them in `sessions`. */
export function refuseStarted(
  entries: readonly StoreEntry[],
  exists: (session: SessionHandle) => boolean,
): void {
  const ids = new Set<string>();
  for (const { kind, session } of entries) {
    if (kind === 'start' && exists(session)) ids.add(session.id);
  }
  if (ids.size === 0) return;
  const named = [...ids].slice(0, limits.ambiguousIdsMax).join(', ');
  const more = ids.size > limits.ambiguousIdsMax ? ' and others' : '';
  throw new TachoError(
    'session_exists',
    `A replay cannot add to sessions that exist: ${named}${more}; leave them out, or delete them first`,
    { extra: { sessions: [...ids] } },
  );
}
