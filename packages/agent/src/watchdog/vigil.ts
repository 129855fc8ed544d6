/** Vigils: the state machine that tells hangs from silences that mean nothing. Pure. */
import { limits } from '@tacho/protocol';
import type { Step } from './clock.ts';
import type { WatchedSession } from './session.ts';

/** What is remembered of a session between two ticks. */
export interface Vigil {
  /** Numbers of heartbeats and resumptions that were taken note of. */
  heartbeats: number;
  resumes: number;
  /** Silence since the last heartbeat, or since the last moment at which silence was no sign. */
  silentMs: number;
}

/** What a tick made of a session's heartbeats. */
export type Finding =
  | { kind: 'nothing' }
  | { kind: 'hang'; silentMs: number; timeoutMs: number }
  | { kind: 'recovery'; hungMs: number };

/** How the process stands, asked for only when it matters. */
export interface Standing {
  stopped: boolean;
  traced(): boolean;
}

const nothing: Finding = { kind: 'nothing' };

/** Starts to watch: what was silent until now counts only for a hang that was already noticed. */
export function startVigil(session: WatchedSession, nowUs: number): Vigil {
  const { heartbeats, resumes, hungSinceUs, lastHeartbeatUs } = session;
  if (hungSinceUs === undefined) return { heartbeats, resumes, silentMs: 0 };
  const silentMs = Math.max(0, nowUs - hungSinceUs) / 1000 + timeoutOf(session);
  // The heartbeat that ended the hang may be the last that the previous watchdog lived to see.
  const beaten = lastHeartbeatUs !== undefined && lastHeartbeatUs > hungSinceUs;
  return { heartbeats: beaten ? heartbeats - 1 : heartbeats, resumes, silentMs };
}

/**
 * What the passing of time means for a session. A hang is found once, and again only after a
 * recovery; a recovery only after a hang. Changes the vigil; the session follows from the entries
 * that are made of the finding.
 */
export function observe(
  vigil: Vigil,
  session: WatchedSession,
  step: Step,
  standing: Standing,
): Finding {
  const hung = session.hungSinceUs !== undefined;
  const beaten = session.heartbeats !== vigil.heartbeats;
  const resumed = session.resumes !== vigil.resumes;
  vigil.heartbeats = session.heartbeats;
  vigil.resumes = session.resumes;
  if (hung) vigil.silentMs += step.gapMs;
  if (beaten) {
    const hungMs = vigil.silentMs;
    vigil.silentMs = 0;
    return hung ? { kind: 'recovery', hungMs } : nothing;
  }
  if (hung) return nothing;
  if (resumed || step.away || isExcused(session, standing)) {
    vigil.silentMs = 0;
    return nothing;
  }
  vigil.silentMs += step.heardMs;
  const { silentMs } = vigil;
  const timeoutMs = timeoutOf(session);
  return step.late || silentMs <= timeoutMs ? nothing : { kind: 'hang', silentMs, timeoutMs };
}

/** Whether nobody can expect a heartbeat now. */
function isExcused({ paused, armed }: WatchedSession, standing: Standing): boolean {
  return paused || !armed || standing.stopped || standing.traced();
}

function timeoutOf({ heartbeatTimeoutMs = limits.watchTimeoutMs }: WatchedSession): number {
  return Math.max(heartbeatTimeoutMs, limits.watchTimeoutMinMs);
}
