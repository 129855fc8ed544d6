/** How a session stood over time, replayed from its hangs, recoveries, crashes and returns. */
import { eventNames, returnedReason, type timelineStatuses } from '@tacho/protocol';
import type { EventRow, SessionRow } from '../store/store.ts';

/** How a session stood; `silence`: it had been taken for dead and then spoke again. */
type IntervalStatus = (typeof timelineStatuses)[number];

/** A time during which a session stood in one way. */
export interface StatusInterval {
  status: IntervalStatus;
  fromUs: number;
  toUs: number;
}

/** What intervals depend on beside the session. */
export interface IntervalRules {
  nowUs: number;
  /** Without a heartbeat for longer than this, a session that had one is suspended. */
  suspendedAfterUs: number;
  /** Without anything for longer than this, it is lost. */
  lostAfterUs: number;
}

interface Turn {
  atUs: number;
  status: IntervalStatus;
}

/**
 * Intervals from the start of a session until now, each beginning where the one before ends;
 * `signals` are its events of the names in `eventNames`, in order of time. Of heartbeats only the
 * last one is kept, so `suspended` is known at the end alone. That a session was lost and spoke again
 * is known from that it did; its silence is shown as long as it must have been at least.
 */
export function statusIntervals(
  row: SessionRow,
  signals: readonly EventRow[],
  rules: IntervalRules,
): StatusInterval[] {
  const { status, createdUs } = row;
  const { nowUs, suspendedAfterUs } = rules;
  const endedUs = status.endedUs ?? Infinity;
  let turns: Turn[] = [
    { atUs: createdUs, status: 'responsive' },
    ...signals.flatMap((signal) => turnsOf(signal, rules)),
  ];
  turns = turns
    .map((turn) => ({ ...turn, atUs: Math.max(turn.atUs, createdUs) }))
    .sort((a, b) => a.atUs - b.atUs)
    .filter(({ atUs }) => atUs < endedUs);
  const { lastHeartbeatUs, lifecycle } = status;
  const suspendedUs = lastHeartbeatUs === null ? Infinity : lastHeartbeatUs + suspendedAfterUs;
  if (suspendedUs < Math.min(endedUs, nowUs)) {
    turns = turns.filter(({ atUs }) => atUs < suspendedUs);
    turns.push({ atUs: Math.max(suspendedUs, createdUs), status: 'suspended' });
  }
  if (lifecycle !== 'active') turns.push({ atUs: Math.max(endedUs, createdUs), status: lifecycle });
  return joined(turns, Math.max(nowUs, createdUs));
}

/** The part of the intervals within [fromUs, toUs). */
export function clipIntervals(
  intervals: readonly StatusInterval[],
  fromUs: number,
  toUs: number,
): StatusInterval[] {
  return intervals
    .map(({ status, fromUs: a, toUs: b }) => ({
      status,
      fromUs: Math.max(a, fromUs),
      toUs: Math.min(b, toUs),
    }))
    .filter((interval) => interval.fromUs < interval.toUs);
}

function turnsOf({ event, atUs, receivedUs }: EventRow, { lostAfterUs }: IntervalRules): Turn[] {
  switch (event.name) {
    case eventNames.hang:
      return [{ atUs, status: 'hung' }];
    case eventNames.recover:
      return [{ atUs, status: 'responsive' }];
    case eventNames.crash:
      // One that was only concluded shows here when the session spoke again; a real one is its end.
      return event.data?.reason === returnedReason ? [{ atUs, status: 'silence' }] : [];
    case eventNames.resume: {
      const spoke: Turn = { atUs, status: 'responsive' };
      if (event.data?.was !== 'lost') return [spoke];
      return [{ atUs: Math.min(atUs, receivedUs) - lostAfterUs, status: 'silence' }, spoke];
    }
    default:
      return [];
  }
}

/** Turns as intervals until an instant; equal ones that follow each other are one. */
function joined(turns: readonly Turn[], untilUs: number): StatusInterval[] {
  const intervals: StatusInterval[] = [];
  for (const [i, { atUs, status }] of turns.entries()) {
    const toUs = turns[i + 1]?.atUs ?? Math.max(untilUs, atUs);
    const last = intervals.at(-1);
    if (last?.status === status) last.toUs = toUs;
    else if (toUs > atUs) intervals.push({ status, fromUs: atUs, toUs });
  }
  return intervals;
}
