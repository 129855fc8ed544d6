/** Session filters over the in-memory store: whether one session meets one filter. */
import {
  type causeKindOf,
  causeOf,
  type EventRecord,
  type ExceptionFact,
  exceptionKind,
  type JsonObject,
  matchesText,
  meetsCondition,
  type Outcome,
  outcomeOf,
  parseJson,
  type SessionFilter,
  type SessionView,
  sessionView,
} from '@tacho/protocol';
import type { EventRow, SessionRow } from '../store.ts';
import type { MemorySession } from './session.ts';

/** What is known of a session at an instant of the server's clock. */
export interface SessionFacts {
  session: MemorySession;
  row: SessionRow;
  view: SessionView;
  state: JsonObject;
  /** Events of level error or critical. */
  errors: number;
  exception: ExceptionFact | undefined;
  outcome: Outcome;
  cause: ReturnType<typeof causeKindOf>;
}

/** Looks at a session. */
export function factsOf(
  session: MemorySession,
  nowUs: number,
  suspendedAfterUs: number,
): SessionFacts {
  const row = session.row();
  const errors = session.events.filter(isError).length;
  const exception = lastException(session.events);
  const { createdUs, status } = row;
  return {
    session,
    row,
    view: sessionView(status, nowUs, { suspendedAfterUs }),
    state: parseJson(row.state) as JsonObject,
    errors,
    exception,
    outcome: outcomeOf(status, errors),
    cause: causeOf({ status, createdUs, ...(exception && { exception }) })?.kind ?? null,
  };
}

/** Whether a session is among those that a filter means. */
export function meetsFilter(facts: SessionFacts, filter: SessionFilter): boolean {
  const { row, view, state, session } = facts;
  const events = session.events.map(({ event }) => event);
  const { status } = row;
  return (
    holds(filter.ids, (id) => row.id.startsWith(id)) &&
    holds(filter.products, (product) => row.product === product) &&
    holds(filter.versions, (version) => row.version === version) &&
    holds(filter.machines, (machine) => row.machineId === machine) &&
    holds(filter.hostnames, (hostname) => row.hostname === hostname) &&
    holds(filter.lifecycles, (lifecycle) => view.lifecycle === lifecycle) &&
    holds(filter.livenesses, (liveness) => view.liveness === liveness) &&
    holds(filter.outcomes, (outcome) => facts.outcome === outcome) &&
    holds(filter.causes, (cause) => facts.cause === cause) &&
    (filter.hadHang === undefined || filter.hadHang === status.hangs > 0) &&
    (filter.toUs === undefined || row.createdUs < filter.toUs) &&
    (filter.fromUs === undefined || status.endedUs === null || status.endedUs >= filter.fromUs) &&
    (filter.state ?? []).every((condition) => meetsCondition(state, condition)) &&
    holds(filter.events, (name) => events.some((event) => event.name === name)) &&
    holds(filter.exceptions, (asked) => events.some((event) => hasException(event, asked))) &&
    (filter.text === undefined || events.some((event) => matchesText(event, filter.text ?? '')))
  );
}

function hasException(event: EventRecord, typeOrId: string): boolean {
  const kind = exceptionKind(event);
  return kind !== undefined && (kind.type === typeOrId || kind.id === typeOrId);
}

/** Of a list any one value; no list asks for nothing. */
function holds<T>(list: readonly T[] | undefined, meets: (value: T) => boolean): boolean {
  return list === undefined || list.some(meets);
}

/** Whether an event is of level error or critical. */
export function isError({ event }: EventRow): boolean {
  return event.level === 'error' || event.level === 'critical';
}

/** The last error that carries an exception: by its instant, of equal ones the later arrival. */
function lastException(events: readonly EventRow[]): ExceptionFact | undefined {
  let last: EventRow | undefined;
  for (const row of events) {
    const { exception_type: type = '', exception_msg: message = '' } = row.event;
    if (!isError(row) || (type === '' && message === '')) continue;
    if (last === undefined || row.atUs >= last.atUs) last = row;
  }
  if (last === undefined) return undefined;
  const { exception_type: type = '', exception_msg: message = '' } = last.event;
  return { type, message, atUs: last.atUs };
}
