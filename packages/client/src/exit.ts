/** Exceptions that nobody caught and the end of the process, heard of without changing what Node does. */
import { isMainThread } from 'node:worker_threads';
import type { Sender } from './send.ts';
import type { Recording } from './session.ts';

/** A session that wants to know. */
export interface ExitSubject {
  session: Recording;
  sender: Sender;
  /** Whether uncaught exceptions are recorded. */
  catches: boolean;
  /** Whether the end of the process is the end of the session. */
  endsWithProcess: boolean;
  /** Leaves what is not delivered to somebody else; called while the process exits. */
  leave: (bodies: string[]) => void;
}

const subjects = new Set<ExitSubject>();
/** An exception is bringing the process down in this very turn, unless the program catches it. */
let isFalling = false;

/** Watches the process for a session; sessions that are over are forgotten meanwhile. */
export function watchExit(subject: ExitSubject): void {
  for (const { session, sender } of subjects) {
    if (!session.isOpen && sender.isIdle) forget(session);
  }
  if (subjects.size === 0) {
    process.on('exit', noteExit);
    process.on('uncaughtExceptionMonitor', noteUncaught);
  }
  subjects.add(subject);
}

function forget(session: Recording): void {
  for (const subject of subjects) if (subject.session === session) subjects.delete(subject);
  if (subjects.size > 0) return;
  process.off('exit', noteExit);
  process.off('uncaughtExceptionMonitor', noteUncaught);
}

/** Node tells it before it decides what becomes of the process, and listeners cannot change that. */
function noteUncaught(error: unknown, origin: unknown): void {
  isFalling = true;
  setImmediate(() => {
    isFalling = false;
  }).unref();
  const isRejection = origin === 'unhandledRejection';
  const name = isRejection ? 'unhandled_rejection' : 'uncaught_exception';
  for (const { session, catches } of subjects) {
    if (catches) session.reportException(error, { name, level: 'critical' });
  }
}

function noteExit(code: number): void {
  for (const subject of subjects) {
    try {
      leaveOne(subject, code);
    } catch {
      // There is nobody left to be told.
    }
  }
}

function leaveOne({ session, sender, endsWithProcess, leave }: ExitSubject, code: number): void {
  if (session.isOpen && endsWithProcess) {
    if (!isMainThread) finishThread(session);
    else if (sender.receiver() === 'server') finishAlone(session, code);
    else session.finish('exit', `"code":${code}${isFalling ? ',"uncaught":true' : ''}`);
  }
  const bodies = sender.stop();
  if (bodies.length > 0) leave(bodies);
}

/** The process goes on when a thread ends, so only the thread can say that it did. */
function finishThread(session: Recording): void {
  if (isFalling)
    session.finish('crash', '"reason":"uncaught_exception","cause":{"kind":"uncaught"}');
  else session.finish('end');
}

/** Without an agent nobody else concludes how it ended. */
function finishAlone(session: Recording, code: number): void {
  const kind = isFalling ? 'uncaught' : 'failed';
  if (code === 0) session.finish('end', '"cause":{"kind":"exited","exit_code":0}');
  else session.finish('crash', `"reason":"${kind}","cause":{"kind":"${kind}","exit_code":${code}}`);
}
