/** What the watchdog has to know of a session, and whom it tells what it saw. */
import { type LocalEntry, limits } from '@tacho/protocol';
import type { SessionRecord } from '../session-record.ts';

/** A session as far as it is watched; all of it follows from entries that are on disk. */
export type WatchedSession = Pick<
  SessionRecord,
  | 'id'
  | 'wire'
  | 'pid'
  | 'processStart'
  | 'bootId'
  | 'armed'
  | 'heartbeatTimeoutMs'
  | 'heartbeats'
  | 'resumes'
  | 'lastHeartbeatUs'
  | 'paused'
  | 'hungSinceUs'
  | 'lastActivityUs'
  | 'lastExceptionUs'
> &
  Partial<Pick<SessionRecord, 'parent' | 'watch'>> & {
    /** Last words: nothing but a time means that it is exiting, and no more. */
    exit?: Partial<NonNullable<SessionRecord['exit']>>;
    ended?: unknown;
  };

/**
 * What is to be believed of a session's last words. Who speaks on long after them was not the one who
 * ended: a process forked from the program says them too when it exits. What a parent waited for
 * is sure.
 */
export function lastWords({
  exit,
  parent,
  lastActivityUs,
}: WatchedSession): WatchedSession['exit'] | undefined {
  if (exit === undefined || parent) return exit;
  const spokenUs = lastActivityUs - (exit.atUs ?? lastActivityUs);
  return spokenUs > limits.exitingWithinMs * 1000 ? undefined : exit;
}

/** Whether last words say how the process ended. */
export function isTold(exit: WatchedSession['exit']): boolean {
  return exit?.code !== undefined || exit?.signal !== undefined || exit?.uncaught === true;
}

/** Knows the sessions and keeps what is said about them. */
export interface Ledger {
  sessions(): Iterable<WatchedSession>;
  /** Afterwards the sessions show what the entries did to them. */
  accept(entries: LocalEntry[]): unknown;
}
