/** What the watchdog says: a hang, a recovery, the end of a process, as entries like any others. */
import { type EventRecord, eventNames, formatTime, type LocalEntry } from '@tacho/protocol';
import type { Conclusion } from './conclusion.ts';
import type { WatchedSession } from './session.ts';

/** A hang, noticed at `atUs`; it started with the silence. */
export function hangNotice(
  session: WatchedSession,
  atUs: number,
  silentMs: number,
  timeoutMs: number,
): LocalEntry {
  const seconds = Math.floor(silentMs / 1000);
  const { lastHeartbeatUs } = session;
  return notice(session, atUs, {
    name: eventNames.hang,
    level: 'error',
    labels: ['heartbeat', 'hung'],
    message: `Application appears hung: no heartbeat for ${seconds} seconds`,
    data: {
      last_heartbeat: lastHeartbeatUs === undefined ? null : formatTime(lastHeartbeatUs),
      seconds_since_heartbeat: seconds,
      timeout_seconds: timeoutMs / 1000,
      hang_start: formatTime(before(atUs, silentMs)),
    },
  });
}

/** The recovery from a hang, at `atUs`. */
export function recoveryNotice(session: WatchedSession, atUs: number, hungMs: number): LocalEntry {
  return notice(session, atUs, {
    name: eventNames.recover,
    level: 'info',
    labels: ['heartbeat', 'recovery'],
    message: 'Application recovered: a heartbeat arrived',
    data: {
      hang_start: formatTime(before(atUs, hungMs)),
      hang_end: formatTime(atUs),
      hung_seconds: Math.round(hungMs) / 1000,
    },
  });
}

/** The end of a session whose process is gone, on DataCat's wire with the event that its programs look for. */
export function endNotices(
  session: WatchedSession,
  atUs: number,
  conclusion: Conclusion,
): LocalEntry[] {
  const { id } = session;
  const { kind, cause } = conclusion;
  if (kind === 'end') return [{ kind, session: id, atUs, cause }];
  const crash = { kind, session: id, atUs, reason: conclusion.reason, cause } as const;
  return session.wire === 'datacat' ? [processNotice(session, atUs), crash] : [crash];
}

function processNotice(session: WatchedSession, atUs: number): LocalEntry {
  const pid = session.pid ?? 0;
  return notice(session, atUs, {
    name: 'parent_process_crashed',
    level: 'critical',
    labels: ['crash', 'process'],
    message: `Parent process (PID ${pid}) terminated without ending its session`,
    data: { parent_pid: pid },
  });
}

function notice(
  { id, wire }: WatchedSession,
  atUs: number,
  event: Pick<EventRecord, 'name' | 'level' | 'labels' | 'message' | 'data'>,
): LocalEntry {
  const group = wire === 'datacat' ? 'datacat.daemon' : 'tacho.agent';
  return { kind: 'event', session: id, atUs, event: { ...event, category: event.level, group } };
}

function before(atUs: number, ms: number): number {
  return Math.round(atUs - ms * 1000);
}
