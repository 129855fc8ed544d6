/** The end of a session in one word, for the line where it stands. */
import { isRunning, outcomeOfRow, type SessionRow } from '../../../outcome.ts';

/** What the instant of its end is called: nobody dies of having finished. */
export function endName(row: SessionRow): 'now' | 'death' | 'end' {
  if (isRunning(row)) return 'now';
  const outcome = outcomeOfRow(row);
  return outcome === 'clean' ? 'end' : 'death';
}

/** What ended it, as short as it can be said: `SIGSEGV`, `exit 2`, `KeyError`; empty while it runs. */
export function endWord(row: SessionRow): string {
  const { cause } = row;
  if (isRunning(row) || cause === null) return '';
  switch (cause.kind) {
    case 'signaled':
      return cause.signal ?? 'signal';
    case 'exited':
      return 'exit 0';
    case 'failed':
      return cause.exit_code === undefined ? 'failed' : `exit ${cause.exit_code}`;
    case 'out_of_memory':
      return 'out of memory';
    case 'uncaught':
      return row.exception?.type ?? 'uncaught';
    case 'killed_while_hung':
      return cause.signal ?? 'killed';
    case 'machine_lost':
      return 'machine lost';
    case 'terminated_by_user':
      return 'ended by user';
    case 'crashed':
      return 'crashed';
    case 'lost':
      return 'lost';
    case 'ended':
      return 'ended';
    default:
      return row.lifecycle;
  }
}
