/** Opens a session: puts its parts together, the same way in Node and in a browser. */
import { limits } from '@tacho/protocol';
import type { SessionStats } from './api.ts';
import { Backlog } from './backlog.ts';
import { type Clock, wireMs } from './clock.ts';
import type { Destination } from './destination.ts';
import { Sender } from './send.ts';
import { Recording } from './session.ts';
import { type StartParts, startText } from './start.ts';
import type { Timers } from './timers.ts';
import type { Warnings } from './warnings.ts';

/** What a session is opened with. */
export interface OpenParts {
  start: Omit<StartParts, 'atMs'>;
  clientId: string;
  clock: Clock;
  timers: Timers;
  warnings: Warnings;
  /** Finds somebody to send to. */
  seek: () => Promise<Destination>;
  /** Absent for the usual one. */
  flushIntervalMs?: number;
  bufferBytesMax?: number;
  /** Without it, only the program's own heartbeats are sent. */
  heartbeat?: { timeoutMs: number; isToldWithBeats: boolean };
}

/** An open session, and what the captures need of it. */
export interface Opened {
  session: Recording;
  sender: Sender;
  /** Stops what runs beside the session; the session itself can still deliver. */
  onEnd: (call: () => void) => void;
}

/** Opens a session; everything that takes time is done later. */
export function openSession(parts: OpenParts): Opened {
  const { start, clock, timers, warnings } = parts;
  const { bufferBytesMax, flushIntervalMs } = parts;
  const backlog = new Backlog(start.session, { ...(bufferBytesMax && { bufferBytesMax }) });
  const reportDrops = dropReports(backlog, clock);
  const sender = new Sender({
    backlog,
    clientId: parts.clientId,
    start: startText({ ...start, atMs: clock.nowMs() }, warnings),
    seek: parts.seek,
    timers,
    warnings,
    random: Math.random,
    nowMs: clock.nowMs,
    ...(flushIntervalMs !== undefined && { flushIntervalMs }),
    beforeBatch: () => {
      clock.follow();
      reportDrops();
    },
  });
  const endings: (() => void)[] = [];
  const beats = heartbeats(parts, () => session, sender.receiver.bind(sender));
  const session: Recording = new Recording({
    backlog,
    clock,
    warnings,
    delivery: sender,
    onHeartbeat: beats.heed,
    onEnd: () => {
      beats.stop();
      for (const call of endings.splice(0)) call();
    },
  });
  beats.start();
  sender.open();
  return { session, sender, onEnd: (call) => endings.push(call) };
}

/** Beats while the program gets its turns; silence then says that it hangs. */
function heartbeats(
  { heartbeat, timers }: OpenParts,
  session: () => Recording,
  receiver: () => SessionStats['receiver'],
): { start: () => void; stop: () => void; heed: (what: 'own' | 'pause' | 'resume') => void } {
  if (heartbeat === undefined) {
    return { start: () => undefined, stop: () => undefined, heed: () => undefined };
  }
  const { timeoutMs, isToldWithBeats } = heartbeat;
  const directIntervalMs: number = limits.clientDirectHeartbeatIntervalMs;
  const intervalMs = Math.min(limits.clientHeartbeatIntervalMs, timeoutMs / 3);
  let timer: unknown;
  let sinceMs = directIntervalMs;
  const beat = () => {
    sinceMs += intervalMs;
    // A server only wants to know that the program is there.
    if (receiver() === 'server' && sinceMs < directIntervalMs) return;
    sinceMs = 0;
    session().beat(isToldWithBeats ? timeoutMs : undefined);
  };
  const stop = () => {
    timers.clear(timer);
    timer = undefined;
  };
  const start = () => {
    stop();
    timer = timers.every(intervalMs, beat);
  };
  let isOwn = false;
  return {
    start,
    stop,
    heed: (what) => {
      if (what === 'own') isOwn = true;
      if (what === 'resume' && !isOwn) start();
      else stop();
    },
  };
}

/** Tells with the session itself what was dropped of it. */
function dropReports(backlog: Backlog, clock: Clock): () => void {
  let reportedMs = Number.NEGATIVE_INFINITY;
  return () => {
    const nowMs = clock.monotonicMs();
    if (backlog.drops.total === 0 || nowMs - reportedMs < limits.clientDropReportMs) return;
    const news = backlog.drops.news();
    if (news === undefined) return;
    reportedMs = nowMs;
    const fields = [
      `"kind":"event","session":"${backlog.session}","at":${wireMs(clock.nowMs())}`,
      '"name":"tacho.data_dropped","level":"warning","group":"tacho.client"',
      `"data":${JSON.stringify(news)}`,
    ];
    backlog.add({ text: `{${fields.join()}}`, calls: 0 });
  };
}
