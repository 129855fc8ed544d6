/** One session's row, and the moments of its life as instants. */
import { type Moment, TachoError } from '@tacho/protocol';
import type { SessionRow, Store } from '../store/store.ts';

/** The row of a session; throws `session_not_found` when it is not there (any more). */
export async function sessionRow(store: Store, id: string): Promise<SessionRow> {
  for await (const part of store.read(id, {})) if (part.kind === 'session') return part.row;
  throw goneSession(id);
}

/** The error for a session that was deleted between two looks at it. */
export function goneSession(id: string): TachoError {
  return new TachoError('session_not_found', `No session has the id "${id}"`);
}

/** When a session ended; of one that is active, now. */
export function endOf({ status }: SessionRow, nowUs: number): number {
  return status.endedUs ?? nowUs;
}

/**
 * The instant of a moment that is no revision; throws `invalid_field` naming the parameter for the
 * death of a session that is active.
 */
export function instantOf(
  moment: Exclude<Moment, { kind: 'revision' }>,
  param: string,
  row: SessionRow,
  nowUs: number,
): number {
  switch (moment.kind) {
    case 'start':
      return row.createdUs;
    case 'now':
      return nowUs;
    case 'at':
      return moment.atUs;
    case 'death': {
      const { endedUs } = row.status;
      if (endedUs !== null) return endedUs;
      const problem = `${param} is "death", but the session is active`;
      throw new TachoError('invalid_field', `${problem}; expected "now" or an instant.`);
    }
  }
}
