/** Causes: how a session came to its end, as a kind for machines and a sentence for people. */
import { limits } from './limits.ts';
import { lostReason, returnedReason, type SessionStatus } from './session.ts';
import { humanize } from './unit.ts';

/** Kinds of causes. Agents know more of them than a server can conclude by itself. */
export const causeKinds = [
  /** The program said that it ended. */
  'ended',
  /** Status 0 without a word. */
  'exited',
  /** A status that is not 0. */
  'failed',
  /** Ended by a signal. */
  'signaled',
  'out_of_memory',
  /** An exception or rejection that nobody caught. */
  'uncaught',
  /** It hung, and then it was dead. */
  'killed_while_hung',
  /** The machine rebooted or lost its power. */
  'machine_lost',
  'terminated_by_user',
  /** Reported dead, and no more is known. */
  'crashed',
  /** Silence without a witness. */
  'lost',
] as const;

/** Kind of a cause. */
export type CauseKind = (typeof causeKinds)[number];

/** What a program used shortly before its end. */
export type CauseResources = {
  /** Of one core. */
  cpu_percent?: number;
  rss_bytes?: number;
  threads?: number;
  open_files?: number;
};

/** A cause that somebody saw, as it stands on the wire; what is absent is not known. */
export type CauseReport = {
  kind: CauseKind;
  exit_code?: number;
  /** As `SIGSEGV`. */
  signal?: string;
  core_dumped?: boolean;
  /** Memory ran out. */
  oom?: boolean;
  /** How long it had hung when it ended. */
  hung_ms?: number;
  boot_id?: string;
  resources?: CauseResources;
};

/** How a session came to its end. */
export interface Cause {
  kind: CauseKind;
  /** One sentence without a full stop: `Crashed while hung for 14 s: SIGSEGV`. */
  sentence: string;
  /** What was reported of it; absent where the kind was concluded. */
  report?: CauseReport;
}

/** What a cause is concluded from. */
export interface CauseFacts {
  status: SessionStatus;
  createdUs: number;
  /** The last event of level error or worse that carries an exception; absent when there is none. */
  exception?: ExceptionFact;
}

/** An exception in short. */
export interface ExceptionFact {
  type: string;
  message: string;
  atUs: number;
}

/** Why a session ended; null while it is active. */
export function causeOf({ status, createdUs, exception }: CauseFacts): Cause | null {
  const kind = causeKindOf(status, exception);
  if (kind === null) return null;
  const { cause: report } = status;
  if (report !== undefined) {
    const fatal = isFatal(status, exception) ? exception : undefined;
    return { kind, sentence: reportSentence(report, ageOf(status, createdUs), fatal), report };
  }
  return { kind, sentence: sentenceOf(kind, status, createdUs, exception) };
}

/** The kind alone, which is cheap to say of many sessions. */
export function causeKindOf(
  status: SessionStatus,
  exception: Pick<ExceptionFact, 'atUs'> | undefined,
): CauseKind | null {
  if (status.cause !== undefined) return status.cause.kind;
  switch (status.lifecycle) {
    case 'active':
      return null;
    case 'ended':
      return 'ended';
    case 'lost':
      return 'lost';
    case 'crashed':
      if (status.reason === returnedReason && status.inferred) return 'machine_lost';
      if (status.hungSinceUs !== null) return 'killed_while_hung';
      return isFatal(status, exception) ? 'uncaught' : 'crashed';
  }
}

function isFatal(
  { endedUs }: SessionStatus,
  exception: Pick<ExceptionFact, 'atUs'> | undefined,
): boolean {
  if (exception === undefined || endedUs === null) return false;
  return Math.abs(endedUs - exception.atUs) <= limits.uncaughtWithinMs * 1000;
}

function sentenceOf(
  kind: CauseKind,
  status: SessionStatus,
  createdUs: number,
  exception: ExceptionFact | undefined,
): string {
  const endedUs = status.endedUs ?? status.lastActivityUs;
  const age = ageOf(status, createdUs);
  switch (kind) {
    case 'ended':
      return `Ended after ${age}${status.hungSinceUs === null ? '' : ', still hung'}`;
    case 'lost':
      return `Lost after ${age}: fell silent, and nobody saw why`;
    case 'machine_lost':
      return `Crashed after ${age}: the machine came back without it`;
    case 'killed_while_hung': {
      const hung = duration(endedUs - (status.hungSinceUs ?? endedUs));
      return withReason(`Crashed while hung for ${hung}`, status.reason);
    }
    case 'uncaught':
      return uncaughtSentence(age, exception);
    default:
      return withReason(`Crashed after ${age}`, status.reason);
  }
}

/** What was reported, said as facts. */
function reportSentence(
  { kind, exit_code: code, signal, core_dumped: dumped, hung_ms: hungMs }: CauseReport,
  age: string,
  exception: ExceptionFact | undefined,
): string {
  const by = [signal, dumped === true ? 'core dumped' : undefined].filter((part) => part);
  const byWhat = by.length > 0 ? `: ${by.join(', ')}` : '';
  switch (kind) {
    case 'ended':
      return `Ended after ${age}`;
    case 'exited':
      return `Exited after ${age} without a word${code === undefined ? '' : ` (status ${code})`}`;
    case 'failed':
      return `Failed after ${age}${code === undefined ? '' : `: exit status ${code}`}`;
    case 'signaled':
      return `Crashed after ${age}${byWhat}`;
    case 'out_of_memory':
      return `Killed after ${age}: out of memory${signal === undefined ? '' : ` (${signal})`}`;
    case 'uncaught':
      return exception
        ? uncaughtSentence(age, exception)
        : `Crashed after ${age}: uncaught exception`;
    case 'killed_while_hung': {
      const hung = hungMs === undefined ? '' : ` for ${duration(hungMs * 1000)}`;
      return `Crashed while hung${hung}${byWhat}`;
    }
    case 'machine_lost':
      return `Lost after ${age} together with its machine, which was started anew`;
    case 'terminated_by_user':
      return `Terminated by the user after ${age}${signal === undefined ? '' : ` (${signal})`}`;
    default:
      return `Crashed after ${age}: its process was gone, and nobody saw why`;
  }
}

function uncaughtSentence(age: string, exception: ExceptionFact | undefined): string {
  const text = [exception?.type, exception?.message].filter((part) => part).join(': ');
  return `Crashed after ${age}: uncaught ${text}`;
}

function ageOf({ endedUs, lastActivityUs }: SessionStatus, createdUs: number): string {
  return duration((endedUs ?? lastActivityUs) - createdUs);
}

function withReason(text: string, reason: string | null): string {
  if (reason === null || reason === '' || reason === lostReason) return text;
  return `${text}: ${reason.replaceAll('_', ' ')}`;
}

/** Clocks may disagree, and a duration below zero would be nonsense. */
function duration(us: number): string {
  return humanize(Math.max(0, us) / 1e6, 's');
}
