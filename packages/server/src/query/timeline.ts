/** Everything in a session that is worth a mark, for a picture of a given width. */
import {
  eventNames,
  type Level,
  latestUs,
  type lifeKinds,
  limits,
  TachoError,
} from '@tacho/protocol';
import type { EventRow, SessionRow, Store, TimelineCounts } from '../store/store.ts';
import { endOf, goneSession, sessionRow } from './session-row.ts';
import {
  clipIntervals,
  type IntervalRules,
  type StatusInterval,
  statusIntervals,
} from './status-intervals.ts';

/** What a timeline shows. */
export interface TimelineAsked {
  id: string;
  /** The start of the session when absent. */
  fromUs?: number | undefined;
  /** Its end when absent, or now while it is active. */
  toUs?: number | undefined;
  /** Pixels. */
  width: number;
  rules: IntervalRules;
}

/** A mark of a session's life. */
interface LifeMark {
  kind: (typeof lifeKinds)[number];
  atUs: number;
  /** Number of the event that says so. */
  seq?: number;
}

/** A timeline. */
export interface Timeline {
  fromUs: number;
  /** At a border of buckets, or at the end of what RFC 3339 can name. */
  toUs: number;
  widthUs: number;
  buckets: number;
  status: StatusInterval[];
  life: LifeMark[];
  counts: TimelineCounts;
  /** The latest exceptions, in order of time. */
  exceptions: EventRow[];
  hasMoreExceptions: boolean;
}

/** Exceptions that a timeline shows one by one. */
const exceptionsShown = 100;

const severe: readonly Level[] = ['error', 'critical'];

/** Puts a timeline together; throws `session_not_found`, and `invalid_field` for a range without time. */
export async function timelineOf(store: Store, asked: TimelineAsked): Promise<Timeline> {
  const { id, rules } = asked;
  const row = await sessionRow(store, id);
  const fromUs = asked.fromUs ?? row.createdUs;
  const toUs = asked.toUs ?? Math.max(endOf(row, rules.nowUs), fromUs) + 1_000;
  if (toUs <= fromUs) {
    throw new TachoError('invalid_field', 'to is not after from; expected a later instant.');
  }
  const wanted = Math.ceil(asked.width / limits.timelineMarkPixels);
  const widthUs = Math.ceil((toUs - fromUs) / wanted);
  const buckets = Math.ceil((toUs - fromUs) / widthUs);
  const within = { fromUs, toUs: Math.min(fromUs + widthUs * buckets, latestUs) };
  const last = { kind: 'last' } as const;
  const [counts, signals, exceptions] = await Promise.all([
    store.timeline({ id, fromUs, widthUs, buckets }),
    store.events({
      ...{ id, filter: { names: Object.values(eventNames) }, start: last },
      limit: limits.timelineSignalsMax,
    }),
    store.events({
      ...{ id, ...within, filter: { levels: severe, exception: true }, start: last },
      limit: exceptionsShown,
    }),
  ]);
  if (!counts || !signals || !exceptions) throw goneSession(id);
  return {
    ...{ ...within, widthUs, buckets, counts },
    status: clipIntervals(statusIntervals(row, signals.rows, rules), fromUs, within.toUs),
    life: lifeOf(row, signals.rows).filter(
      ({ atUs }) => atUs >= within.fromUs && atUs < within.toUs,
    ),
    exceptions: exceptions.rows,
    hasMoreExceptions: exceptions.hasEarlier,
  };
}

const kinds: Readonly<Record<string, LifeMark['kind']>> = {
  [eventNames.hang]: 'hang',
  [eventNames.recover]: 'recover',
  [eventNames.resume]: 'resume',
  [eventNames.crash]: 'crash',
};

function lifeOf({ createdUs, status }: SessionRow, signals: readonly EventRow[]): LifeMark[] {
  const { lastHeartbeatUs, endedUs, lifecycle } = status;
  const marks: LifeMark[] = [{ kind: 'start', atUs: createdUs }];
  for (const { atUs, seq, event } of signals) {
    const kind = kinds[event.name];
    if (kind) marks.push({ kind, atUs, seq });
  }
  if (lastHeartbeatUs !== null) marks.push({ kind: 'last_heartbeat', atUs: lastHeartbeatUs });
  // A crash has its event.
  if (endedUs !== null && lifecycle === 'ended') marks.push({ kind: 'end', atUs: endedUs });
  if (endedUs !== null && lifecycle === 'lost') marks.push({ kind: 'lost', atUs: endedUs });
  return marks.sort((a, b) => a.atUs - b.atUs);
}
