/** Live entries: what was stored, as readers of live streams get it. */
import {
  type CauseReport,
  causeFactsOf,
  type EventRecord,
  formatTime,
  type JsonObject,
  type JsonValue,
  type Level,
  type SeriesKey,
} from '@tacho/protocol';
import type { StoreEntry, Told } from '../store/store.ts';

/** One thing that became durable. */
export interface LiveEntry {
  kind: LiveKind;
  /** Id of the session. */
  session: string;
  /** Of an event, a metric or several metrics. */
  names: readonly string[];
  /** Of an event. */
  level?: Level;
  /** Known where the entry tells them. */
  product?: string;
  version?: string;
  /**
   * What it keeps in memory until its frame is made, in characters of JSON, roughly; undefined when
   * only writing it would tell.
   */
  size: number | undefined;
  /** The fields of its frame beside kind and session; made when the first reader wants them. */
  body: () => JsonObject;
}

/** What live entries are about. */
type LiveKind =
  | 'start'
  | 'patch'
  | 'event'
  | 'metric'
  | 'metrics'
  | 'heartbeat'
  | 'end'
  | 'crash'
  | 'status';

/** Series that a summary of many samples names. */
const summarySeriesMax = 50;

/** A stored entry as a live one. */
export function liveEntry(entry: StoreEntry, receivedUs: number): LiveEntry | undefined {
  // Nearly all entries are samples, and nearly always nobody reads: they cost as little as can be.
  if (entry.kind === 'sample') return sample(entry, receivedUs);
  const session = entry.session.id;
  // Texts of times cost more than all the rest, so they are made with the frame.
  const atUs = 'atUs' in entry ? entry.atUs : receivedUs;
  const plain = (kind: LiveKind, more: JsonObject = {}): LiveEntry => ({
    kind,
    session,
    names: [],
    size: 0,
    body: () => ({ ...timesOf(atUs, receivedUs), ...more }),
  });
  switch (entry.kind) {
    case 'start': {
      const { product, version, machineId, hostname } = entry;
      const more: JsonObject = { product, version };
      if (machineId !== undefined) more.machine_id = machineId;
      if (hostname !== undefined) more.hostname = hostname;
      return { ...plain('start', more), product, version };
    }
    case 'patch':
      return { ...plain('patch', { patch: entry.patch }), size: sizeOf(entry.patch) };
    case 'event': {
      const { event } = entry;
      const body = () => ({ ...timesOf(atUs, receivedUs), ...(event as unknown as JsonObject) });
      const { name, level } = event;
      return { kind: 'event', session, names: [name], level, size: eventSize(event), body };
    }
    case 'samples':
    case 'columns':
      return summary(entry, receivedUs);
    case 'heartbeat':
      return plain(entry.kind, entry.witness ? { witness: true } : undefined);
    case 'end':
      return plain(entry.kind, causeOfEnd(entry));
    case 'crash':
      return plain('crash', { reason: entry.reason, ...causeOfEnd(entry) });
    default:
      return undefined;
  }
}

function causeOfEnd({ cause }: { cause?: CauseReport }): JsonObject {
  return cause === undefined ? {} : { cause: { kind: cause.kind, ...causeFactsOf(cause) } };
}

/** What the server found out by itself, as live entries. */
export function toldEntries({ session, atUs, receivedUs, events, ...told }: Told): LiveEntry[] {
  const times = timesOf(atUs, receivedUs);
  const entries = events.map((event): LiveEntry => {
    const body = () => ({ ...times, ...(event as unknown as JsonObject), made_by_server: true });
    const { name, level } = event;
    return { kind: 'event', session, names: [name], level, size: eventSize(event), body };
  });
  if (!told.isChanged) return entries;
  const { lifecycle, isHung } = told;
  const body = () => ({ ...times, lifecycle, hung: isHung });
  return [...entries, { kind: 'status', session, names: [], size: 0, body }];
}

function sample(entry: Extract<StoreEntry, { kind: 'sample' }>, receivedUs: number): LiveEntry {
  const { session, series, atUs, value, detail: { count } = {} } = entry;
  const key = session.series.keys[series] as SeriesKey;
  const body = () => ({
    ...timesOf(atUs, receivedUs),
    ...seriesFields(key),
    value: wire(value),
    ...(count !== undefined && { count }),
  });
  return { kind: 'metric', session: session.id, names: [key.name], size: 0, body };
}

/** Many samples in one entry: how many there were of each series, and the last value of each. */
function summary(
  entry: Extract<StoreEntry, { kind: 'samples' | 'columns' }>,
  receivedUs: number,
): LiveEntry | undefined {
  const found = new Map<number, { count: number; last: number }>();
  const add = (series: number, count: number, last: number): void => {
    const known = found.get(series);
    if (known === undefined) found.set(series, { count, last });
    else {
      known.count += count;
      known.last = last;
    }
  };
  const rows = entry.timesUs.length;
  if (rows === 0 || entry.series.length === 0) return undefined;
  if (entry.kind === 'samples') {
    for (let row = 0; row < rows; row++) add(entry.series[row]!, 1, entry.values[row]!);
  } else entry.series.forEach((series, k) => void add(series, rows, entry.values[k]![rows - 1]!));
  const samples = entry.kind === 'samples' ? rows : rows * entry.series.length;
  const times = timesOf(entry.timesUs[rows - 1]!, receivedUs);
  const { id, series: table } = entry.session;
  const shown = [...found].slice(0, summarySeriesMax).map(([series, { count, last }]) => {
    return { key: table.keys[series] as SeriesKey, count, last };
  });
  const names = [...new Set(shown.map(({ key }) => key.name))];
  const body = summaryBody({ ...times, samples, series_count: found.size }, shown);
  return { kind: 'metrics', session: id, names, size: shown.length * 100, body };
}

/** Apart from where the arrays are, so that it does not keep them. */
function summaryBody(
  head: JsonObject,
  shown: readonly { key: SeriesKey; count: number; last: number }[],
): () => JsonObject {
  return () => ({
    ...head,
    series: shown.map(({ key, count, last }) => ({
      ...seriesFields(key),
      count,
      last: wire(last),
    })),
  });
}

/** Texts and lists of an event; the rest of it is small. */
function eventSize({ message, stacktrace, labels, data, exception_msg = '' }: EventRecord) {
  const size = data === null ? 0 : sizeOf(data);
  if (size === undefined) return undefined;
  let texts = message.length + exception_msg.length;
  for (const line of stacktrace ?? []) texts += line.length;
  for (const label of labels ?? []) texts += label.length;
  return size + texts;
}

/** Of an object that holds no others; undefined for one that does. */
function sizeOf(object: JsonObject): number | undefined {
  let size = 0;
  for (const name in object) {
    const value = object[name];
    if (typeof value === 'object' && value !== null) return undefined;
    size += name.length + (typeof value === 'string' ? value.length : 20);
  }
  return size;
}

function seriesFields({ name, type, unit, tags }: SeriesKey): JsonObject {
  const fields: JsonObject = { name, type };
  if (unit !== '') fields.unit = unit;
  if (tags.length > 0) fields.tags = [...tags];
  return fields;
}

function timesOf(atUs: number, receivedUs: number): JsonObject {
  return { timestamp: formatTime(atUs), received_at: formatTime(receivedUs) };
}

function wire(value: number): JsonValue {
  return Number.isFinite(value) ? value : String(value);
}
