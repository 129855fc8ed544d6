/** DataCat's wire, translated: what its clients post to their daemon, as local entries. */
import {
  defaultBounds,
  type Growth,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type LocalEntry,
  levels,
  limits,
  makeHistogram,
  observe,
  readEvent,
  readMetric,
  TachoError,
} from '@tacho/protocol';
import type { Identity } from './identity.ts';
import { isPid } from './process.ts';

/** What a translation needs besides the body. */
export interface DatacatContext {
  /** Session that the body is about. */
  session: string;
  /** When the body arrived, epoch microseconds: the wire itself carries no times. */
  nowUs: number;
  /** How long a program with heartbeats may be silent: the wire does not say it. */
  hangTimeoutMs: number;
}

/** Translates one body; throws TachoError when it cannot be understood. */
export type DatacatReader = (fields: JsonObject, context: DatacatContext) => LocalEntry[];

/** The start of a session, from the body of `/register`; throws TachoError. */
export function readRegister(
  fields: JsonObject,
  { session, nowUs }: DatacatContext,
  identity: Identity,
): LocalEntry {
  const product = requiredStart(fields.product, limits.productLengthMax);
  const version = requiredStart(fields.version, limits.versionLengthMax);
  const pid = Number(fields.parent_pid);
  return {
    kind: 'start',
    session,
    atUs: nowUs,
    start: { product, version, ...identity },
    // 0, as well as what no process can have, means that there is nothing to watch.
    watch: { wire: 'datacat', ...(isPid(pid) && { pid }) },
  };
}

/** The bodies about a session that exists, by path. */
export const datacatReaders: Readonly<Record<string, DatacatReader>> = {
  '/state': (fields, { session, nowUs: atUs }) => {
    const { state } = fields;
    if (state === undefined || state === null) return [];
    if (!isJsonObject(state)) throw bad('state', 'an object');
    return [{ kind: 'patch', session, atUs, patch: state }];
  },
  '/event': (fields, { session, nowUs }) => {
    const { event } = readEvent(clippedEvent(fields), nowUs);
    return [{ kind: 'event', session, atUs: nowUs, event }];
  },
  '/metric': (fields, context) => [readDatacatMetric(fields, context)],
  // The first heartbeat arms the watch, each one ends a pause.
  '/heartbeat': (_fields, { session, nowUs: atUs, hangTimeoutMs }) => [
    { kind: 'resume', session, atUs },
    { kind: 'heartbeat', session, atUs, timeoutMs: hangTimeoutMs },
  ],
  '/pause_heartbeat': (_fields, { session, nowUs: atUs }) => [{ kind: 'pause', session, atUs }],
  '/resume_heartbeat': (_fields, { session, nowUs: atUs }) => [{ kind: 'resume', session, atUs }],
  '/end': (_fields, { session, nowUs: atUs }) => [{ kind: 'end', session, atUs }],
};

/** Counters with a delta and histograms grow a series; everything else is one sample. */
function readDatacatMetric(fields: JsonObject, context: DatacatContext): LocalEntry {
  const { session, nowUs: atUs } = context;
  const { type, delta } = fields;
  const isCounter = type === 'counter' && delta !== undefined && delta !== null;
  const metric = readMetric(
    {
      ...fields,
      ...clipped(fields, metricTexts),
      // Programs may call a type as they like; what DataCat does not know, it treats as a gauge.
      type: knownTypes.has(type as string) ? type : 'gauge',
      // What is missing reads as 0 there, and beside a delta it has no meaning.
      value: isCounter ? 0 : (fields.value ?? 0),
      tags: clippedTexts(fields.tags, limits.tagsMax, limits.tagLengthMax),
      timestamp: null,
    },
    atUs,
  );
  const { name, unit, tags, value } = metric;
  const series = { kind: 'growth' as const, session, atUs, name, unit, tags };
  if (isCounter) {
    if (typeof delta !== 'number') throw bad('delta', 'a finite number');
    return { ...series, type: 'counter', delta };
  }
  if (metric.type === 'histogram') return histogramGrowth(series, value, metric.metadata);
  return { kind: 'metric', session, metric: { ...metric, atUs } };
}

const knownTypes: ReadonlySet<string> = new Set(['gauge', 'counter', 'histogram', 'timer']);

type Series = Pick<Growth, 'kind' | 'session' | 'atUs' | 'name' | 'unit' | 'tags'>;

/** One value in a histogram with the bounds that came with it, or with the usual ones. */
function histogramGrowth(
  series: Series,
  value: number,
  metadata: JsonObject | undefined,
): LocalEntry {
  const histogram = makeHistogram(boundsIn(metadata?.buckets));
  observe(histogram, value);
  const { bounds, counts, sum, min, max, notFinite } = histogram;
  return { ...series, type: 'histogram', bounds, counts, sum, min, max, notFinite };
}

/** Upper edges in any order; that of the overflow bucket may be among them and goes without saying. */
function boundsIn(buckets: JsonValue | undefined): readonly number[] {
  if (!Array.isArray(buckets)) return defaultBounds;
  const isInfinite = (edge: JsonValue): boolean => /^\+?inf(inity)?$/i.test(String(edge));
  const bounds = buckets.filter((edge) => typeof edge === 'number');
  if (bounds.length === 0 && !buckets.some(isInfinite)) return defaultBounds;
  return bounds.slice(0, limits.bucketsMax);
}

/** An event within our limits: a long text is worth more cut than refused. */
function clippedEvent(fields: JsonObject): JsonObject {
  const { level, category, source_line: line } = fields;
  const { labelsMax, labelLengthMax, stacktraceLinesMax, stacktraceLineLengthMax } = limits;
  return {
    ...fields,
    ...clipped(fields, eventTexts),
    level: (levels as readonly unknown[]).includes(level) ? (level as string) : null,
    // The second argument of `log_event` was first the data, then the level, and now the category.
    ...(isJsonObject(level) && (category ?? '') === '' && { category: level }),
    labels: clippedTexts(fields.labels, labelsMax, labelLengthMax) ?? [],
    stacktrace: clippedTexts(fields.stacktrace, stacktraceLinesMax, stacktraceLineLengthMax),
    source_line: typeof line === 'number' && line < 0 ? null : (line ?? null),
    timestamp: null,
  };
}

const eventTexts = {
  name: limits.eventNameLengthMax,
  category: limits.categoryLengthMax,
  group: limits.groupLengthMax,
  message: limits.messageLengthMax,
  exception_type: limits.exceptionTypeLengthMax,
  exception_msg: limits.messageLengthMax,
  source_file: limits.sourceLengthMax,
  source_function: limits.sourceLengthMax,
};

const metricTexts = { name: limits.metricNameLengthMax, unit: limits.unitLengthMax };

/** The texts among these fields, cut; other values are left to whoever reads them. */
function clipped(fields: JsonObject, maxima: Readonly<Record<string, number>>): JsonObject {
  const texts: JsonObject = {};
  for (const [field, max] of Object.entries(maxima)) {
    const value = fields[field];
    if (typeof value === 'string') texts[field] = cut(value, max);
  }
  return texts;
}

function clippedTexts(value: JsonValue | undefined, itemsMax: number, max: number): JsonValue {
  if (!Array.isArray(value)) return value ?? null;
  return value.slice(0, itemsMax).map((item) => (typeof item === 'string' ? cut(item, max) : item));
}

/** The first `max` characters, none of them cut in half. */
function cut(text: string, max: number): string {
  return text.length <= max ? text : [...text.slice(0, 2 * max)].slice(0, max).join('');
}

function requiredStart(value: JsonValue | undefined, max: number): string {
  if (typeof value === 'string' && value !== '') return cut(value, max);
  throw new TachoError('invalid_field', 'Product and version are required fields');
}

function bad(field: string, expected: string): TachoError {
  return new TachoError('invalid_field', `${field} is not understood; expected ${expected}.`);
}
