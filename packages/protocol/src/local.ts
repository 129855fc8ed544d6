/** Local entries: what programs tell the agent beside them, which is more than a server takes. */
import { type IngestInput, readBatch, readEntry, readStamp, type WireEntry } from './entry.ts';
import { defaultBounds } from './histogram.ts';
import { limits } from './limits.ts';
import {
  bad,
  type Fields,
  fieldsOf,
  isAbsent,
  optionalInteger,
  optionalText,
  optionalTexts,
  requiredText,
  shown,
} from './schema/fields.ts';
import { readValue } from './schema/metric.ts';

/** Growth of a counter since the client's last flush. */
export interface CounterGrowth {
  kind: 'growth';
  type: 'counter';
  session: string;
  /** Latest contribution, epoch microseconds. */
  atUs: number;
  name: string;
  /** '' = none. */
  unit: string;
  tags: readonly string[];
  delta: number;
}

/** What a histogram took since the client's last flush. */
export interface HistogramGrowth {
  kind: 'growth';
  type: 'histogram';
  session: string;
  /** Latest contribution, epoch microseconds. */
  atUs: number;
  name: string;
  /** '' = none. */
  unit: string;
  tags: readonly string[];
  /** Finite, ascending, each once. */
  bounds: readonly number[];
  /** Per bucket; one more than bounds, the last is the overflow bucket. */
  counts: number[];
  sum: number;
  /** Null when no finite value was seen. */
  min: number | null;
  max: number | null;
  notFinite: number;
}

/** Growth of a series that the agent sums up. */
export type Growth = CounterGrowth | HistogramGrowth;

/** Whom and how the agent is to watch; what is absent was not said. */
export interface Watch {
  /** Process of the session. */
  pid?: number;
  /** When that process started, in the words of the agent's own look at processes. */
  processStart?: string;
  /** Arms the watchdog at once: without a heartbeat for longer, the session hangs. */
  heartbeatTimeoutMs?: number;
  /** False: the end of the process says nothing about the session. */
  watch?: boolean;
  /** The sender is the parent of the process and reports its exit itself. */
  parent?: boolean;
  /** The session speaks DataCat's wire, which has ways of its own to start and end. */
  wire?: 'datacat';
}

/** What a local entry says; `atUs` is absent when the sender named no time. */
export type LocalEntry =
  | Exclude<WireEntry, { kind: 'start' | 'heartbeat' }>
  | (Extract<WireEntry, { kind: 'start' }> & { watch: Watch })
  | (Extract<WireEntry, { kind: 'heartbeat' }> & { timeoutMs?: number })
  | Growth
  /** Its monitoring rests, and starts again. */
  | { kind: 'pause' | 'resume'; session: string; atUs?: number }
  /** Last words of a process, or what its parent saw. */
  | {
      kind: 'exit';
      session: string;
      atUs?: number;
      code?: number;
      signal?: string;
      /** An exception or rejection that nobody caught brought it down. */
      uncaught?: boolean;
    };

/**
 * Reads a local batch; `spoolId` is the id of the client. A malformed envelope throws
 * `invalid_body`, `invalid_field` or `too_many_items`; a bad entry is reported and the others are
 * kept.
 */
export function readLocalBatch(body: unknown, nowUs: number): IngestInput<LocalEntry> {
  return readBatch(body, (entry) => readLocalEntry(entry, nowUs));
}

/** Reads one local entry; throws `invalid_body` or `invalid_field`. */
export function readLocalEntry(body: unknown, nowUs: number): LocalEntry {
  const fields = fieldsOf(body);
  const { kind } = fields;
  switch (kind) {
    case 'growth':
      return readGrowth(fields, nowUs);
    case 'pause':
    case 'resume':
      return { kind, ...readStamp(fields, nowUs) };
    case 'exit':
      return { kind, ...readStamp(fields, nowUs), ...readExit(fields) };
    default:
      break;
  }
  const entry = readEntry(fields, nowUs);
  if (entry.kind === 'start') return { ...entry, watch: readWatch(fields) };
  if (entry.kind === 'heartbeat') {
    const timeoutMs = readDuration(fields.timeout_ms, 'timeout_ms');
    return timeoutMs === undefined ? entry : { ...entry, timeoutMs };
  }
  return entry;
}

function readWatch(fields: Fields): Watch {
  const watch: Watch = {};
  const pid = optionalInteger(fields.pid, 'pid', 1);
  if (pid !== undefined) watch.pid = pid;
  const processStart = optionalText(fields.process_start, 'process_start', limits.bootIdLengthMax);
  if (processStart !== '') watch.processStart = processStart;
  const timeoutMs = readDuration(fields.heartbeat_timeout_ms, 'heartbeat_timeout_ms');
  if (timeoutMs !== undefined) watch.heartbeatTimeoutMs = timeoutMs;
  const watched = optionalFlag(fields.watch, 'watch');
  if (watched !== undefined) watch.watch = watched;
  const parent = optionalFlag(fields.parent, 'parent');
  if (parent !== undefined) watch.parent = parent;
  if (fields.wire === 'datacat') watch.wire = 'datacat';
  return watch;
}

function readExit(fields: Fields): { code?: number; signal?: string; uncaught?: boolean } {
  const exit: { code?: number; signal?: string; uncaught?: boolean } = {};
  const code = optionalInteger(fields.code, 'code', Number.MIN_SAFE_INTEGER);
  if (code !== undefined) exit.code = code;
  const signal = optionalText(fields.signal, 'signal', limits.signalLengthMax);
  if (signal !== '') exit.signal = signal;
  const uncaught = optionalFlag(fields.uncaught, 'uncaught');
  if (uncaught !== undefined) exit.uncaught = uncaught;
  return exit;
}

function readGrowth(fields: Fields, nowUs: number): Growth {
  const stamp = readStamp(fields, nowUs);
  const series = {
    kind: 'growth' as const,
    session: stamp.session,
    atUs: stamp.atUs ?? nowUs,
    name: requiredText(fields.name, 'name', limits.metricNameLengthMax),
    unit: optionalText(fields.unit, 'unit', limits.unitLengthMax),
    tags: optionalTexts(fields.tags, 'tags', limits.tagsMax, limits.tagLengthMax) ?? [],
  };
  if (fields.type === 'counter') {
    return { ...series, type: 'counter', delta: readFinite(fields.delta, 'delta') };
  }
  if (fields.type === 'histogram') return { ...series, type: 'histogram', ...readBuckets(fields) };
  throw bad('type', shown(fields.type), '"counter" or "histogram"');
}

function readBuckets(
  fields: Fields,
): Pick<HistogramGrowth, 'bounds' | 'counts' | 'sum' | 'min' | 'max' | 'notFinite'> {
  const bounds = readEdges(fields.bounds);
  return {
    bounds,
    counts: readCounts(fields.counts, bounds.length + 1),
    sum: readValue(fields.sum, 'sum'),
    min: isAbsent(fields.min) ? null : readFinite(fields.min, 'min'),
    max: isAbsent(fields.max) ? null : readFinite(fields.max, 'max'),
    notFinite: optionalInteger(fields.not_finite, 'not_finite', 0) ?? 0,
  };
}

function readEdges(value: unknown): readonly number[] {
  if (isAbsent(value)) return defaultBounds;
  const form = `at most ${limits.bucketsMax} finite numbers, ascending, each once`;
  if (!Array.isArray(value)) throw bad('bounds', shown(value), form);
  if (value.length > limits.bucketsMax) throw bad('bounds', `has ${value.length} items`, form);
  const bounds = value.map((bound: unknown, i) => readFinite(bound, `bounds[${i}]`));
  const ascending = bounds.every((bound, i) => i === 0 || bound > (bounds[i - 1] as number));
  if (!ascending) throw bad('bounds', 'are not in order', form);
  return bounds;
}

function readCounts(value: unknown, length: number): number[] {
  if (!Array.isArray(value)) throw bad('counts', shown(value), 'an array of integers');
  if (value.length !== length) {
    throw bad('counts', `has ${value.length} items`, `${length}, one more than bounds`);
  }
  return value.map((count: unknown, i) => {
    const read = optionalInteger(count, `counts[${i}]`, 0);
    if (read === undefined) throw bad(`counts[${i}]`, shown(count), 'an integer from 0');
    return read;
  });
}

function readFinite(value: unknown, field: string): number {
  const number = readValue(value, field);
  if (!Number.isFinite(number)) throw bad(field, shown(value), 'a finite number');
  return number;
}

/** Milliseconds, fractions allowed; undefined when absent. */
function readDuration(value: unknown, field: string): number | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'number' && value > 0 && Number.isFinite(value)) return value;
  throw bad(field, shown(value), 'a number of milliseconds above 0');
}

function optionalFlag(value: unknown, field: string): boolean | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value === 'boolean') return value;
  throw bad(field, shown(value), 'true or false');
}
