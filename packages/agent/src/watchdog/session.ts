/** What the watchdog has to know of a session, and whom it tells what it saw. */
import { type LocalEntry, limits } from '@tacho/protocol';

/** A session as far as it is watched; all of it follows from entries that are on disk. */
export interface WatchedSession {
  id: string;
  /** Whose words and names its events have. */
  wire: 'tacho' | 'datacat';
  /** Absent: no process is known. */
  pid?: number;
  /** Present once an agent saw this very process alive. */
  processStart?: string;
  /** Of the machine when the session started. */
  bootId?: string;
  /** The parent of the process reports its exit itself. */
  parent?: boolean;
  /** False: the end of the process says nothing about the session. */
  watch?: boolean;
  /** Heartbeats are expected. */
  armed: boolean;
  heartbeatTimeoutMs?: number;
  /** Numbers of heartbeats and of resumptions so far. */
  heartbeats: number;
  resumes: number;
  /** When the latest one was sent. */
  lastHeartbeatUs?: number;
  paused: boolean;
  /** When the hang was noticed that has not been recovered from. */
  hungSinceUs?: number;
  /** When the program last said anything. */
  lastActivityUs: number;
  /** When it last reported an exception of level error or worse. */
  lastExceptionUs?: number;
  /** Last words: nothing but a time means that it is exiting, and no more. */
  exit?: { atUs?: number; code?: number; signal?: string; uncaught?: boolean };
  ended?: unknown;
}

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
