/** Drafts: request bodies, read and checked, that only lack the session they speak about. */
import {
  type JsonValue,
  type Many,
  type MetricInput,
  type Rejection,
  readCrash,
  readEnd,
  readEvent,
  readMany,
  readMetric,
  readState,
  TachoError,
} from '@tacho/protocol';
import type { SampleDetail, SessionHandle, StoreEntry } from '../store/store.ts';

/** What a request says about one session. */
export interface Draft {
  /** Epoch microseconds by the server's clock. */
  receivedUs: number;
  /** Number of things said and accepted. */
  accepted: number;
  rejected: readonly Rejection[];
  /** Whether the request was a list; lists are answered with numbers. */
  list: boolean;
  entries(session: SessionHandle): StoreEntry[];
}

/** Items of a list body; a line that was not JSON stands there as its error. */
export type Items = readonly (JsonValue | TachoError)[];

const none: readonly Rejection[] = [];

/** A state patch. */
export function draftState(body: JsonValue, nowUs: number): Draft {
  const { patch, atUs = nowUs } = readState(body, nowUs);
  return single(nowUs, (session) => ({ kind: 'patch', session, atUs, patch }));
}

/** One event. */
export function draftEvent(body: JsonValue, nowUs: number): Draft {
  const { event, atUs = nowUs } = readEvent(body, nowUs);
  return single(nowUs, (session) => ({ kind: 'event', session, atUs, event }));
}

/** One metric. */
export function draftMetric(body: JsonValue, nowUs: number): Draft {
  const metric = readMetric(body, nowUs);
  return single(nowUs, (session) => sampleEntry(session, metric, nowUs));
}

/** A sign of life. */
export function draftHeartbeat(nowUs: number): Draft {
  return single(nowUs, (session) => ({ kind: 'heartbeat', session, atUs: nowUs }));
}

/** The end of a session; undefined stands for a body that was absent or unreadable. */
export function draftEnd(body: JsonValue | undefined, nowUs: number): Draft {
  const said = readEnd(body);
  return single(nowUs, (session) => ({ kind: 'end', session, atUs: nowUs, ...said }));
}

/** A crash; undefined stands for a body that was absent or unreadable. */
export function draftCrash(body: JsonValue | undefined, nowUs: number): Draft {
  const said = readCrash(body);
  return single(nowUs, (session) => ({ kind: 'crash', session, atUs: nowUs, ...said }));
}

/** Many events, in their order. */
export function draftEvents(items: Items, nowUs: number): Draft {
  const { items: good, rejected } = readItems(items, (item) => readEvent(item, nowUs));
  return {
    receivedUs: nowUs,
    accepted: good.length,
    rejected,
    list: true,
    entries: (session) =>
      good.map(({ event, atUs = nowUs }) => ({ kind: 'event', session, atUs, event })),
  };
}

/** Many metrics, as one entry of typed arrays. */
export function draftMetrics(items: Items, nowUs: number): Draft {
  const { items: good, rejected } = readItems(items, (item) => readMetric(item, nowUs));
  return {
    receivedUs: nowUs,
    accepted: good.length,
    rejected,
    list: true,
    entries: (session) => (good.length === 0 ? [] : [samplesEntry(session, good, nowUs)]),
  };
}

/** Metrics of one session as one entry, in their order. */
export function samplesEntry(
  session: SessionHandle,
  metrics: readonly MetricInput[],
  nowUs: number,
): StoreEntry {
  const [first] = metrics;
  if (metrics.length === 1 && first !== undefined) return sampleEntry(session, first, nowUs);
  const count = metrics.length;
  const table = session.series;
  const series = new Uint32Array(count);
  const timesUs = new Float64Array(count);
  const values = new Float64Array(count);
  let details: Map<number, SampleDetail> | undefined;
  for (let row = 0; row < count; row++) {
    const metric = metrics[row] as MetricInput;
    series[row] = table.index(metric.name, metric.type, metric.unit, metric.tags);
    timesUs[row] = metric.atUs ?? nowUs;
    values[row] = metric.value;
    const detail = detailOf(metric);
    if (detail !== undefined) {
      details ??= new Map();
      details.set(row, detail);
    }
  }
  const entry: StoreEntry = { kind: 'samples', session, series, timesUs, values };
  if (details !== undefined) entry.details = details;
  return entry;
}

function sampleEntry(session: SessionHandle, metric: MetricInput, nowUs: number): StoreEntry {
  const { name, type, unit, tags, value } = metric;
  const series = session.series.index(name, type, unit, tags);
  const atUs = metric.atUs ?? nowUs;
  const detail = detailOf(metric);
  return detail === undefined
    ? { kind: 'sample', session, series, atUs, value }
    : { kind: 'sample', session, series, atUs, value, detail };
}

function detailOf({ count, metadata }: MetricInput): SampleDetail | undefined {
  if (count === undefined && metadata === undefined) return undefined;
  const detail: SampleDetail = {};
  if (count !== undefined) detail.count = count;
  if (metadata !== undefined) detail.metadata = metadata;
  return detail;
}

function single(receivedUs: number, entry: (session: SessionHandle) => StoreEntry): Draft {
  return {
    receivedUs,
    accepted: 1,
    rejected: none,
    list: false,
    entries: (session) => [entry(session)],
  };
}

/** Reads the items; a line that was no JSON is reported like any other bad item. */
function readItems<T>(items: Items, read: (item: JsonValue) => T): Many<T> {
  return readMany(items, (item) => {
    if (item instanceof TachoError) throw item;
    return read(item);
  });
}

/** The answer to a list of which nothing was accepted. */
export function noneAccepted(rejected: readonly Rejection[]): TachoError {
  const [first] = rejected;
  return new TachoError(
    'invalid_body',
    `None of the ${rejected.length} items was accepted; the first: ${first?.details}`,
    { extra: { accepted: 0, rejected: rejected.map((item) => ({ ...item })) } },
  );
}
