/** Sessions of DataCat, as `GET /api/data/sessions` shows them, turned into entries of a replay. */
import {
  advance,
  eventNames,
  fromWire,
  initialStatus,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  lostReason,
  parseTimeUs,
  type SessionStatus,
  signalOfEvent,
  statusToWire,
  stringifyJson,
  toWire,
  unknownReason,
} from '@tacho/protocol';

/** What Go writes for an instant that was never set. */
const zeroTime = '0001-01-01T00:00:00Z';

/** Whether a JSON document looks like a session of DataCat. */
export function isDataCatSession(value: unknown): value is JsonObject {
  if (!isJsonObject(value)) return false;
  return (
    typeof value.id === 'string' && ['state_history', 'events', 'metrics'].some((f) => f in value)
  );
}

/** The entries of a session, in the order in which they are to be stored. */
export function* entriesOfDataCat(session: JsonObject): Generator<JsonObject> {
  const id = session.id as string;
  const history = objects(session.state_history);
  const events = timedEvents(session);
  yield startEntry(session, id, history);
  let before = startState(session, history);
  for (const { timestamp, state } of history) {
    if (!isJsonObject(state)) continue;
    yield { kind: 'patch', session: id, ...at(timestamp), patch: difference(before, state) };
    before = state;
  }
  const now = isJsonObject(session.state) ? session.state : before;
  const rest = difference(before, now);
  if (history.length > 0 && Object.keys(rest).length > 0) {
    yield { kind: 'patch', session: id, ...at(session.updated_at), patch: rest };
  }
  for (const { timestamp, ...event } of events) {
    yield { kind: 'event', session: id, at: timestamp as string, ...event };
  }
  for (const { timestamp, metadata, ...metric } of objects(session.metrics)) {
    const wire = isJsonObject(metadata) ? { metadata: cumulative(metric, metadata) } : {};
    const time = timeOf(timestamp) === undefined ? session.created_at : timestamp;
    yield { kind: 'metric', session: id, ...at(time), ...metric, ...wire };
  }
  const status = statusOf(session, events);
  yield { kind: 'status', session: id, ...statusToWire({ status }) };
}

function startEntry(session: JsonObject, id: string, history: readonly JsonObject[]): JsonObject {
  const state = startState(session, history);
  const { product, version } = state;
  const entry: JsonObject = { kind: 'start', session: id, ...at(session.created_at) };
  entry.product = typeof product === 'string' && product !== '' ? product : 'unknown';
  entry.version = typeof version === 'string' && version !== '' ? version : 'unknown';
  for (const field of ['machine_id', 'hostname'] as const) {
    if (typeof session[field] === 'string') entry[field] = session[field];
  }
  return { ...entry, state };
}

/**
 * A session starts with product and version; each update left a snapshot. Without any update the
 * state is what it started with.
 */
function startState(session: JsonObject, history: readonly JsonObject[]): JsonObject {
  const now = isJsonObject(session.state) ? session.state : {};
  if (history.length === 0) return now;
  const first = isJsonObject(history[0]?.state) ? history[0].state : now;
  const state: JsonObject = {};
  for (const field of ['product', 'version']) {
    if (first[field] !== undefined) state[field] = first[field];
  }
  return state;
}

/** The merge patch (RFC 7396) that turns one state into another. */
export function difference(from: JsonObject, to: JsonObject): JsonObject {
  // Keys may be `__proto__`, so no plain assignment.
  const changes: [string, JsonValue][] = [];
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) changes.push([key, null]);
  for (const [key, value] of Object.entries(to)) {
    const before = Object.hasOwn(from, key) ? from[key] : undefined;
    if (isJsonObject(before) && isJsonObject(value)) {
      const inner = difference(before, value);
      if (Object.keys(inner).length > 0) changes.push([key, inner]);
    } else if (before === undefined || stringifyJson(before) !== stringifyJson(value)) {
      changes.push([key, value]);
    }
  }
  return Object.fromEntries(changes);
}

/**
 * DataCat's daemon sends its own events with no time at all. They stand in order of arrival, so such
 * an event happened at the earliest with the one before it.
 */
function timedEvents(session: JsonObject): JsonObject[] {
  let last = timeOf(session.created_at) ?? 0;
  return objects(session.events).map((event) => {
    const own = timeOf(event.timestamp);
    last = own ?? last;
    return { ...event, timestamp: own === undefined ? last / 1000 : (event.timestamp as string) };
  });
}

/** Buckets in the documented form: inclusive bounds, cumulative counts, `+Inf` last. */
function cumulative({ type }: JsonObject, metadata: JsonObject): JsonObject {
  if (type !== 'histogram') return metadata;
  const histogram = fromWire(metadata);
  return histogram === undefined ? metadata : { ...metadata, ...toWire(histogram) };
}

/**
 * DataCat's four booleans as a status. Hangs are counted from the events; how it ended follows from
 * the booleans, since DataCat does not order its ends among the events.
 */
function statusOf(session: JsonObject, events: readonly JsonObject[]): SessionStatus {
  const createdUs = timeOf(session.created_at) ?? 0;
  const lastActivityUs = timeOf(session.updated_at) ?? createdUs;
  const lastHeartbeatUs = timeOf(session.last_heartbeat) ?? null;
  let status = initialStatus(createdUs);
  for (const { name, timestamp } of events) {
    const atUs = timeOf(timestamp) ?? createdUs;
    const kind = signalOfEvent(String(name));
    ({ status } = advance(status, { kind, atUs, receivedUs: atUs }));
  }
  const { hung } = session;
  if (hung === false) status = { ...status, hungSinceUs: null };
  if (hung === true && status.hungSinceUs === null) {
    status = { ...status, hungSinceUs: lastActivityUs, hangs: Math.max(1, status.hangs) };
  }
  return {
    ...status,
    ...endOf(session, events, lastHeartbeatUs ?? lastActivityUs),
    lastActivityUs,
    lastHeartbeatUs,
  };
}

type End = Pick<SessionStatus, 'lifecycle' | 'inferred' | 'endedUs' | 'reason'>;

function endOf(session: JsonObject, events: readonly JsonObject[], lastSeenUs: number): End {
  const endedUs = timeOf(session.ended_at);
  if (session.crashed === true) {
    const said = events.findLast(({ name }) => name === eventNames.crash)?.data;
    const { reason, machine_id: machineId } = isJsonObject(said) ? said : {};
    return {
      lifecycle: 'crashed',
      inferred: machineId !== undefined,
      endedUs: endedUs ?? lastSeenUs,
      reason: typeof reason === 'string' ? reason : unknownReason,
    };
  }
  if (endedUs === undefined) {
    return { lifecycle: 'active', inferred: false, endedUs: null, reason: null };
  }
  // DataCat's sessions that ended are not suspended; those of Tacho are when they were lost.
  const isLost = session.suspended === true;
  return {
    lifecycle: isLost ? 'lost' : 'ended',
    inferred: isLost,
    endedUs,
    reason: isLost ? lostReason : null,
  };
}

function objects(value: JsonValue | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : [];
}

function at(timestamp: JsonValue | undefined): JsonObject {
  return timeOf(timestamp) === undefined ? {} : { at: timestamp as string };
}

function timeOf(value: JsonValue | undefined): number | undefined {
  if (value === zeroTime) return undefined;
  const us = parseTimeUs(value);
  return us !== undefined && us >= 0 ? us : undefined;
}
