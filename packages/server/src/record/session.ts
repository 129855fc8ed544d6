/** From what a request calls a session to the session. */
import { limits, TachoError } from '@tacho/protocol';
import type { Resolution, SessionHandle } from '../store/store.ts';

/** The session that an id or prefix stands for, or why it stands for none. */
export function foundSession(resolution: Resolution, asked: string): SessionHandle | TachoError {
  switch (resolution.kind) {
    case 'found':
      return resolution.session;
    case 'missing':
      return missingSession(asked);
    case 'ambiguous':
      return new TachoError(
        'session_ambiguous',
        'More than one session starts with this prefix; use more characters of the id',
        { extra: { candidates: resolution.ids } },
      );
  }
}

/** The error for an id that no session has. */
export function missingSession(asked: string): TachoError {
  const shown = JSON.stringify(asked.slice(0, 60));
  if (asked.length < limits.idPrefixMin) {
    return new TachoError(
      'prefix_too_short',
      `${shown} is too short; accepted: a session id or the first ${limits.idPrefixMin} or more characters of one`,
    );
  }
  return new TachoError('session_not_found', `No session has the id ${shown} or starts with it`);
}
