/** Conclusions: what is known of a dead process, and which cause of its session's end follows. */
import { type CauseKind, type CauseReport, type CauseResources, limits } from '@tacho/protocol';
import type { ExitStatus, Resources } from '../process.ts';
import { lastWords, type WatchedSession } from './session.ts';

/** What is known when a process is gone. */
export interface Death {
  /** When, as well as it is known; epoch microseconds. */
  atUs: number;
  /** Its status, where the system told. */
  status?: ExitStatus;
  /** The kernel killed around it for lack of memory. */
  oom: boolean;
  /** The machine was started anew since. */
  rebooted: boolean;
  bootId: string | null;
  /** How long it had been silent when it died. */
  silentMs: number;
  resources: CauseResources | null;
}

/** How a session came to its end: by an end in order, or by a crash and why. */
export type Conclusion = { cause: CauseReport } & (
  | { kind: 'end' }
  | { kind: 'crash'; reason: string }
);

/** What the program's end means for its session. */
export function conclude(session: WatchedSession, death: Death): Conclusion {
  const known = knownStatus(session, death);
  const kind = causeKind(session, death, known);
  const cause = { kind, ...facts(session, death, known, kind) };
  if (kind === 'exited' || kind === 'terminated_by_user') return { kind: 'end', cause };
  return { kind: 'crash', reason: reasonOf(session, kind, known), cause };
}

type Known = { code?: number; signal?: string; coreDumped?: boolean };

/** The system knows better than the program, except what a status was made of: a signal that was caught. */
function knownStatus(session: WatchedSession, { status }: Death): Known {
  const exit = lastWords(session);
  if (status && 'signal' in status) return status;
  if (exit?.signal !== undefined) return { signal: exit.signal };
  return status ?? (exit?.code === undefined ? {} : { code: exit.code });
}

const userSignals = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** STATUS_CONTROL_C_EXIT: how Windows ends a program at Ctrl+C or when its window is closed. */
const windowClosedCode = 0xc000013a;

function causeKind(session: WatchedSession, death: Death, known: Known): CauseKind {
  if (lastWords(session)?.uncaught) return 'uncaught';
  const { code, signal } = known;
  if (code !== undefined) {
    if (code === windowClosedCode) return 'terminated_by_user';
    return code === 0 ? 'exited' : 'failed';
  }
  if (death.rebooted && signal === undefined) return 'machine_lost';
  if (death.oom && (signal === undefined || signal === 'SIGKILL')) return 'out_of_memory';
  if (session.hungSinceUs !== undefined) return 'killed_while_hung';
  if (signal !== undefined) return userSignals.includes(signal) ? 'terminated_by_user' : 'signaled';
  if (saidExiting(session, death)) return 'exited';
  return diedOfException(session, death) ? 'uncaught' : 'crashed';
}

/** It said that it is exiting, and soon was gone. */
function saidExiting(session: WatchedSession, { atUs }: Death): boolean {
  const exit = lastWords(session);
  if (exit === undefined) return false;
  return atUs - (exit.atUs ?? atUs) <= limits.exitingWithinMs * 1000;
}

function diedOfException({ lastExceptionUs }: WatchedSession, { atUs }: Death): boolean {
  if (lastExceptionUs === undefined) return false;
  return Math.abs(atUs - lastExceptionUs) <= limits.uncaughtWithinMs * 1000;
}

function facts(
  session: WatchedSession,
  death: Death,
  { code, signal, coreDumped }: Known,
  kind: CauseKind,
): Omit<CauseReport, 'kind'> {
  const { resources } = death;
  const bootId = session.bootId ?? death.bootId;
  const hung = session.hungSinceUs !== undefined && kind !== 'machine_lost';
  return {
    ...(code === undefined ? {} : { exit_code: code }),
    ...(signal === undefined ? {} : { signal }),
    ...(coreDumped === undefined ? {} : { core_dumped: coreDumped }),
    ...(kind === 'out_of_memory' ? { oom: true } : {}),
    ...(hung ? { hung_ms: Math.round(death.silentMs) } : {}),
    ...(bootId === null ? {} : { boot_id: bootId }),
    ...(resources === null ? {} : { resources }),
  };
}

/** DataCat's programs expect the one reason that its daemon gives. */
function reasonOf({ wire }: WatchedSession, kind: CauseKind, { code, signal }: Known): string {
  if (wire === 'datacat' && kind !== 'machine_lost') return 'parent_process_terminated';
  if (kind === 'failed') return `exit_status_${code}`;
  if (kind === 'signaled') return `killed_by_${signal}`;
  if (kind === 'uncaught') return 'uncaught_exception';
  return kind === 'crashed' ? 'process_gone' : kind;
}

/** The resources of two looks at a process, as a cause tells them. */
export function causeResources(
  now: Resources,
  before: Resources | null,
  elapsedMs: number,
): CauseResources {
  const usedUs = before && now.userUs + now.systemUs - before.userUs - before.systemUs;
  const known = usedUs !== null && usedUs >= 0 && elapsedMs > 0;
  return {
    ...(known ? { cpu_percent: Math.round(usedUs / elapsedMs) / 10 } : {}),
    rss_bytes: now.rssBytes,
    ...(now.threads === null ? {} : { threads: now.threads }),
    ...(now.openFiles === null ? {} : { open_files: now.openFiles }),
  };
}
