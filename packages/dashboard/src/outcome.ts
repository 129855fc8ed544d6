/** Outcomes as they are shown: eight kinds with a name, a glyph and a hue, made from a session's row. */
import type { CauseKind } from '@tacho/protocol';
import type { Answer } from './api.ts';

/** A session in a list, as the API tells it. */
export type SessionRow = Answer<'listSessions'>['sessions'][number];

/** How a session is shown. */
export type ShownOutcome =
  | 'live'
  | 'clean'
  | 'failed'
  | 'crashed'
  | 'hung'
  | 'oom'
  | 'suspended'
  | 'lost';

/** All of them, in the order in which they are shown and stacked: from the baseline of trouble upwards. */
export const troubles = ['crashed', 'hung', 'oom', 'failed', 'lost'] as const;

/** What stands beside the glyph. */
export const outcomeLabels: Record<ShownOutcome, string> = {
  live: 'live',
  clean: 'clean',
  failed: 'failed',
  crashed: 'crashed',
  hung: 'hung, killed',
  oom: 'out of memory',
  suspended: 'suspended',
  lost: 'lost',
};

/** What each kind of cause is shown as. */
const byCause: Record<CauseKind, ShownOutcome> = {
  ended: 'clean',
  exited: 'clean',
  failed: 'failed',
  signaled: 'crashed',
  out_of_memory: 'oom',
  uncaught: 'crashed',
  killed_while_hung: 'hung',
  machine_lost: 'lost',
  terminated_by_user: 'clean',
  crashed: 'crashed',
  lost: 'lost',
};

/** What sessions with this kind of cause are shown as; null stands for those that run. */
export function outcomeOfCause(kind: string | null): ShownOutcome {
  return kind === null ? 'live' : (byCause[kind as CauseKind] ?? 'crashed');
}

/** Kinds of causes that are shown as this. */
export function causesOf(outcome: ShownOutcome): CauseKind[] {
  return (Object.keys(byCause) as CauseKind[]).filter((kind) => byCause[kind] === outcome);
}

/** Whether a session has not ended: `active` of a row is false for one that sleeps, too. */
export function isRunning({ lifecycle }: Pick<SessionRow, 'lifecycle'>): boolean {
  return lifecycle === 'active';
}

/** How a session is shown. */
export function outcomeOfRow(row: SessionRow): ShownOutcome {
  if (!isRunning(row)) return outcomeOfCause(row.cause?.kind ?? 'lost');
  if (row.liveness === 'hung') return 'hung';
  return row.liveness === 'suspended' ? 'suspended' : 'live';
}

/** The names of kinds of causes, for people. */
export const causeLabels: Record<CauseKind, string> = {
  ended: 'Ended',
  exited: 'Exit 0',
  failed: 'Exit status not 0',
  signaled: 'Ended by a signal',
  out_of_memory: 'Out of memory',
  uncaught: 'Uncaught exception',
  killed_while_hung: 'Hung, then killed',
  machine_lost: 'Machine lost',
  terminated_by_user: 'Ended by the user',
  crashed: 'Crashed',
  lost: 'Lost, no witness',
};
