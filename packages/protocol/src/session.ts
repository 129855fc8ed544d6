/** Sessions as state machines: lifecycle and liveness as tables, and how DataCat's four booleans follow. */
import type { CauseReport } from './cause.ts';
import { type EventRecord, eventNames, type Level } from './event.ts';
import type { JsonObject } from './json.ts';

/** active → ended (said so), crashed (reported or inferred), lost (silence without a witness). */
export const lifecycles = ['active', 'ended', 'crashed', 'lost'] as const;

/** How the run of a session stands. */
export type Lifecycle = (typeof lifecycles)[number];

/** How an active session is doing: hung = its observer says so, suspended = no heartbeat for too long. */
export const livenesses = ['responsive', 'hung', 'suspended'] as const;

/** How an active session is doing. */
export type Liveness = (typeof livenesses)[number];

/** All that the status of a session depends on; instants are epoch microseconds. */
export interface SessionStatus {
  lifecycle: Lifecycle;
  /** True for an end that nobody reported (lost, machine returned): a sign of life undoes it. */
  inferred: boolean;
  /** Null while active. By the sender's clock when reported, by the server's when inferred. */
  endedUs: number | null;
  /** Null before the first heartbeat. By the server's clock. */
  lastHeartbeatUs: number | null;
  /** By the server's clock. */
  lastActivityUs: number;
  /** Start of the hang that has not been recovered from, by the sender's clock; null = not hung. */
  hungSinceUs: number | null;
  /** Number of hangs, the present one included. */
  hangs: number;
  /** Duration of the hangs that were recovered from, in microseconds. */
  hungUs: number;
  /** Number of hangs that were recovered from. */
  recoveries: number;
  /** Why it crashed or was lost; null while active and after a plain end. */
  reason: string | null;
  /** What somebody saw of its end; absent when nobody told. */
  cause?: CauseReport;
}

/** Kinds of signals. `activity` is anything that has no meaning of its own here: patches, metrics, events. */
export const signalKinds = [
  'activity',
  'heartbeat',
  /** Somebody who watches it says that it lives; whether it responds is not told. */
  'witness',
  'hang',
  'recover',
  'end',
  'crash',
  'lost',
  'returned',
] as const;

/** Kind of a signal. */
export type SignalKind = (typeof signalKinds)[number];

/**
 * Something that bears on a session's status. `atUs` is when it happened by the sender's clock,
 * `receivedUs` when the server got to know; `lost` and `returned` are conclusions of the server.
 */
export type Signal = { atUs: number; receivedUs: number } & (
  | { kind: 'activity' | 'heartbeat' | 'witness' | 'hang' | 'recover' | 'lost' }
  | { kind: 'end'; cause?: CauseReport }
  | { kind: 'crash'; reason: string; cause?: CauseReport }
  | { kind: 'returned'; machineId: string }
);

/** Outcome of a signal. */
export interface Advance {
  /** The given status itself when nothing changed. */
  status: SessionStatus;
  /** Events that the server makes of it, to be stored at the signal's `atUs`, in this order. */
  emit: EventRecord[];
  /** True: the event that carried the signal repeats what is already recorded and must not be stored. */
  drop: boolean;
}

/** A session's status as shown. */
export interface SessionView {
  lifecycle: Lifecycle;
  /** Null unless the lifecycle is active. */
  liveness: Liveness | null;
  active: boolean;
  suspended: boolean;
  crashed: boolean;
  hung: boolean;
}

/** Reason of a session that fell silent. */
export const lostReason = 'silent';

/** Reason of a session whose machine came back without it. */
export const returnedReason = 'machine_returned_session_not_resumed';

/** Status of a session that was just created. */
export function initialStatus(receivedUs: number): SessionStatus {
  return {
    lifecycle: 'active',
    inferred: false,
    endedUs: null,
    lastHeartbeatUs: null,
    lastActivityUs: receivedUs,
    hungSinceUs: null,
    hangs: 0,
    hungUs: 0,
    recoveries: 0,
    reason: null,
  };
}

/** What a signal does to a status. Pure: the given status is not changed. */
export function advance(status: SessionStatus, signal: Signal): Advance {
  if (signal.kind === 'activity' && status.lifecycle === 'active') return touched(status, signal);
  const next = { ...status };
  const emit: EventRecord[] = [];
  moveLifecycle(next, signal, emit);
  const drop = moveLiveness(next, signal, emit);
  noteReceipt(next, status, signal);
  return { status: same(status, next) ? status : next, emit, drop };
}

/** The status as shown at an instant of the server's clock. */
export function sessionView(
  status: SessionStatus,
  nowUs: number,
  rules: { suspendedAfterUs: number },
): SessionView {
  const { lifecycle, lastHeartbeatUs } = status;
  const running = lifecycle === 'active';
  const silent =
    running && lastHeartbeatUs !== null && nowUs - lastHeartbeatUs > rules.suspendedAfterUs;
  const hung = status.hungSinceUs !== null;
  return {
    lifecycle,
    liveness: running ? (silent ? 'suspended' : hung ? 'hung' : 'responsive') : null,
    active: running && !silent,
    suspended: silent || lifecycle === 'lost',
    crashed: lifecycle === 'crashed',
    hung,
  };
}

/** The kind of signal that an event of this name carries. */
export function signalOfEvent(name: string): 'hang' | 'recover' | 'activity' {
  if (name === eventNames.hang) return 'hang';
  if (name === eventNames.recover) return 'recover';
  return 'activity';
}

/** A lifecycle with what is known of an end: `presumed` is a crash that was only inferred. */
type Phase = Lifecycle | 'presumed';

type LifecycleMove = 'stay' | 'resume' | 'end' | 'crash' | 'lose' | 'presume';

const reported: Record<SignalKind, LifecycleMove> = {
  activity: 'stay',
  heartbeat: 'stay',
  witness: 'stay',
  hang: 'stay',
  recover: 'stay',
  end: 'stay',
  crash: 'stay',
  lost: 'stay',
  returned: 'stay',
};

const inferred: Record<SignalKind, LifecycleMove> = {
  activity: 'resume',
  heartbeat: 'resume',
  witness: 'resume',
  hang: 'resume',
  recover: 'resume',
  end: 'end',
  crash: 'crash',
  lost: 'stay',
  returned: 'stay',
};

/** The first reported end stays; an inferred one yields to whatever the session itself says. */
const lifecycleMoves: Record<Phase, Record<SignalKind, LifecycleMove>> = {
  active: {
    activity: 'stay',
    heartbeat: 'stay',
    witness: 'stay',
    hang: 'stay',
    recover: 'stay',
    end: 'end',
    crash: 'crash',
    lost: 'lose',
    returned: 'presume',
  },
  ended: reported,
  crashed: reported,
  presumed: inferred,
  // The machine that came back is the witness that was missing.
  lost: { ...inferred, returned: 'presume' },
};

type LivenessMove = 'stay' | 'hang' | 'recover' | 'recoverAloud' | 'repeat';

/** `recoverAloud` leaves an event because the signal itself is none. */
const livenessMoves: Record<'hung' | 'responsive', Partial<Record<SignalKind, LivenessMove>>> = {
  hung: { recover: 'recover', heartbeat: 'recoverAloud' },
  responsive: { hang: 'hang', recover: 'repeat' },
};

/** Applies the lifecycle table. */
function moveLifecycle(next: SessionStatus, signal: Signal, emit: EventRecord[]): void {
  const phase: Phase = next.inferred && next.lifecycle === 'crashed' ? 'presumed' : next.lifecycle;
  switch (lifecycleMoves[phase][signal.kind]) {
    case 'resume':
      emit.push(resumedEvent(next));
      set(next, 'active', false, null, null);
      return;
    case 'end':
      set(next, 'ended', false, signal.atUs, null);
      report(next, signal);
      return;
    case 'crash': {
      const reason = signal.kind === 'crash' ? signal.reason : '';
      set(next, 'crashed', false, signal.atUs, reason);
      report(next, signal);
      emit.push(crashedEvent({ reason }));
      return;
    }
    case 'lose':
      set(next, 'lost', true, next.lastActivityUs, lostReason);
      return;
    case 'presume': {
      const machineId = signal.kind === 'returned' ? signal.machineId : '';
      set(next, 'crashed', true, next.lastHeartbeatUs ?? next.lastActivityUs, returnedReason);
      emit.push(crashedEvent({ reason: returnedReason, machine_id: machineId }));
      return;
    }
    case 'stay':
  }
}

/** Applies the liveness table; true when the event that carried the signal is to be dropped. */
function moveLiveness(next: SessionStatus, signal: Signal, emit: EventRecord[]): boolean {
  const { hungSinceUs } = next;
  const move = livenessMoves[hungSinceUs === null ? 'responsive' : 'hung'][signal.kind] ?? 'stay';
  // Every hang so far has its recovery on record; without a hang it is an event like any other.
  if (move === 'repeat') return next.hangs > 0;
  if (isTooLate(next, signal)) return false;
  if (move === 'hang') {
    next.hungSinceUs = signal.atUs;
    next.hangs += 1;
  }
  if (hungSinceUs !== null && (move === 'recover' || move === 'recoverAloud')) {
    // The clocks of a hang and its recovery may differ: a duration below zero would be nonsense.
    const durationUs = Math.max(0, signal.atUs - hungSinceUs);
    next.hungSinceUs = null;
    next.hungUs += durationUs;
    next.recoveries += 1;
    if (move === 'recoverAloud') emit.push(recoveredEvent(durationUs));
  }
  return false;
}

/**
 * Whether a signal no longer bears on the liveness of a session that has ended. Reports of a hang or
 * a recovery may arrive late, but a process hangs no more after its end, and a heartbeat that comes
 * then tells nothing about how it ended.
 */
function isTooLate({ endedUs }: SessionStatus, signal: Signal): boolean {
  return endedUs !== null && (isBeat(signal) || signal.atUs > endedUs);
}

/** A sign of life without content. */
function isBeat({ kind }: Signal): boolean {
  return kind === 'heartbeat' || kind === 'witness';
}

/** Notes by the receive clock that the session spoke; conclusions of the server are no speech. */
function noteReceipt(next: SessionStatus, before: SessionStatus, signal: Signal): void {
  const { kind, receivedUs } = signal;
  if (kind === 'lost' || kind === 'returned') return;
  if (isBeat(signal)) {
    next.lastHeartbeatUs = Math.max(next.lastHeartbeatUs ?? receivedUs, receivedUs);
  }
  const closed = before.lifecycle !== 'active' && !before.inferred;
  if (closed && (isBeat(signal) || kind === 'end' || kind === 'crash')) return;
  next.lastActivityUs = Math.max(next.lastActivityUs, receivedUs);
}

/** The commonest case, kept short: something was received for an active session. */
function touched(status: SessionStatus, signal: Signal): Advance {
  const { receivedUs } = signal;
  const next =
    receivedUs > status.lastActivityUs ? { ...status, lastActivityUs: receivedUs } : status;
  return { status: next, emit: [], drop: false };
}

function set(
  next: SessionStatus,
  lifecycle: Lifecycle,
  inferred: boolean,
  endedUs: number | null,
  reason: string | null,
): void {
  next.lifecycle = lifecycle;
  next.inferred = inferred;
  next.endedUs = endedUs;
  next.reason = reason;
  delete next.cause;
}

/** Keeps what was seen of the end. */
function report(next: SessionStatus, signal: Signal): void {
  if ('cause' in signal && signal.cause !== undefined) next.cause = signal.cause;
}

function same(a: SessionStatus, b: SessionStatus): boolean {
  return (Object.keys(a) as (keyof SessionStatus)[]).every((key) => a[key] === b[key]);
}

function crashedEvent(data: JsonObject): EventRecord {
  return serverEvent(eventNames.crash, 'critical', { data });
}

function resumedEvent(before: SessionStatus): EventRecord {
  const data = { was: before.lifecycle, reason: before.reason };
  return serverEvent(eventNames.resume, 'info', { data });
}

function recoveredEvent(durationUs: number): EventRecord {
  return serverEvent(eventNames.recover, 'info', {
    group: 'tacho.server',
    labels: ['heartbeat', 'recovery'],
    message: 'Application recovered: a heartbeat arrived',
    data: { hung_seconds: durationUs / 1e6 },
  });
}

function serverEvent(name: string, level: Level, rest: Partial<EventRecord>): EventRecord {
  const blank = { group: '', labels: null, message: '', data: null };
  return { name, level, category: level, ...blank, ...rest };
}
