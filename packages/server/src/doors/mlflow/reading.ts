/** Reads what MLflow's clients send: metrics, parameters, tags and times, or says what is wrong with them. */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  limits,
  type MetricInput,
  setJsonKey,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import { stated } from './names.ts';

/** What a request says about its run. */
export interface Logged {
  metrics: MetricInput[];
  /** Undefined where there are none. */
  params: JsonObject | undefined;
  tags: JsonObject | undefined;
  /** Things said, repetitions included. */
  count: number;
}

/** The fields of a body or of an element of a list; throws `invalid_field`. */
function fieldsOf(value: JsonValue | undefined, field: string): JsonObject {
  if (value !== undefined && isJsonObject(value)) return value;
  throw bad(field, value, 'an object');
}

/**
 * The body of log-batch. What stands in it twice, with equal name, step, time and value, counts once,
 * as MLflow's database has it.
 */
export function readBatch(body: JsonObject, nowUs: number): Logged {
  const found = listOf(body, 'metrics');
  const seen = new Map<string, Seen>();
  const metrics: MetricInput[] = [];
  for (let i = 0; i < found.length; i++) {
    const metric = itemOf(found[i], i, nowUs);
    if (isNew(seen, metric)) metrics.push(metric);
  }
  const params = listOf(body, 'params');
  const tags = listOf(body, 'tags');
  return {
    metrics,
    params: readPairs(params, 'params', 'once'),
    tags: readPairs(tags, 'tags'),
    count: found.length + params.length + tags.length,
  };
}

/** One metric of a list; what is wrong with it is said of its place. */
function itemOf(item: JsonValue | undefined, i: number, nowUs: number): MetricInput {
  if (item === undefined || !isJsonObject(item)) throw bad(`metrics[${i}]`, item, 'an object');
  try {
    return readMetric(item, nowUs);
  } catch (error) {
    if (!(error instanceof TachoError)) throw error;
    throw new TachoError(error.code, `metrics[${i}].${error.details}`);
  }
}

/** What a request said of one metric so far. */
interface Seen {
  latestUs: number;
  metrics: MetricInput[];
  /** What tells samples apart; made when one does not come after all before. */
  ids: Set<string> | undefined;
}

/** Whether a sample is none of those before; mostly its time says so, which costs next to nothing. */
function isNew(seen: Map<string, Seen>, metric: MetricInput): boolean {
  const { name, atUs = 0 } = metric;
  const before = seen.get(name);
  if (before === undefined) {
    seen.set(name, { latestUs: atUs, metrics: [metric], ids: undefined });
    return true;
  }
  if (atUs > before.latestUs) before.latestUs = atUs;
  else {
    before.ids ??= new Set(before.metrics.map(idOf));
    if (before.ids.has(idOf(metric))) return false;
  }
  before.ids?.add(idOf(metric));
  before.metrics.push(metric);
  return true;
}

function idOf({ atUs, value, metadata }: MetricInput): string {
  return `${atUs} ${value} ${metadata?.step ?? 0}`;
}

/** How many things a body says that may be none at all. */
export function countOf(body: JsonValue): number {
  if (!isJsonObject(body)) return 1;
  const lengths = [body.metrics, body.params, body.tags].map((list) =>
    Array.isArray(list) ? list.length : 0,
  );
  return Math.max(
    1,
    lengths.reduce((sum, length) => sum + length, 0),
  );
}

/**
 * One metric. The step is kept with the sample, as `metadata.step`, unless it is 0, which it is for
 * who does not count steps.
 */
export function readMetric(fields: JsonObject, nowUs: number): MetricInput {
  const { key, value, timestamp, step } = fields;
  const name = readText(key, 'key', limits.metricNameLengthMax);
  const atUs = readMillis(timestamp, 'timestamp', nowUs);
  if (atUs === undefined) throw bad('timestamp', timestamp, 'milliseconds since 1970');
  const number = typeof value === 'number' ? value : readValue(value, 'value');
  const metric: MetricInput = { name, type: 'gauge', unit: '', tags: noTags, atUs, value: number };
  const at = readStep(step, 'step');
  if (at !== 0) metric.metadata = { step: at };
  return metric;
}

const noTags: readonly string[] = [];

/** A list of names with values, as an object; `once` refuses two values of one name. */
export function readPairs(
  list: readonly JsonValue[],
  field: string,
  once?: 'once',
): JsonObject | undefined {
  if (list.length === 0) return undefined;
  const found: JsonObject = {};
  for (const [i, item] of list.entries()) {
    const { key, value } = readPair(fieldsOf(item, `${field}[${i}]`), `${field}[${i}].`);
    if (once && Object.hasOwn(found, key) && found[key] !== value) {
      throw new TachoError(
        'invalid_field',
        `${field}[${i}].key is ${JSON.stringify(key)} again, with another value; expected one value.`,
      );
    }
    setJsonKey(found, key, value);
  }
  if (stringifyJson(found).length > limits.stateBytesMax) {
    throw new TachoError(
      'invalid_field',
      `${field} are larger than ${limits.stateBytesMax} bytes of JSON; expected less.`,
    );
  }
  return found;
}

/** A name with a value, of a parameter or a tag. */
export function readPair(fields: JsonObject, prefix = ''): { key: string; value: string } {
  const key = readText(fields.key, `${prefix}key`, limits.metricNameLengthMax);
  const { value } = fields;
  if (typeof value === 'string' && value.length <= limits.messageLengthMax) return { key, value };
  const length = typeof value === 'string' ? `has ${value.length} characters` : stated(value);
  throw new TachoError(
    'invalid_field',
    `${prefix}value ${length}; expected a text of at most ${limits.messageLengthMax} characters.`,
  );
}

/** A text that is not empty. */
export function readText(value: unknown, field: string, max: number): string {
  if (typeof value === 'string' && value !== '' && value.length <= max) return value;
  const what =
    typeof value === 'string' && value !== '' ? `has ${value.length} characters` : stated(value);
  throw new TachoError(
    'invalid_field',
    `${field} ${what}; expected a text of 1 to ${max} characters.`,
  );
}

/** Milliseconds since 1970 as microseconds, a number or its digits; undefined when absent. */
export function readMillis(value: unknown, field: string, nowUs: number): number | undefined {
  if (value === undefined || value === null) return undefined;
  const ms = wholeOf(value);
  if (ms !== undefined && ms >= 0 && ms * 1000 <= nowUs + limits.futureMaxMs * 1000) {
    return ms * 1000;
  }
  throw bad(field, value, 'milliseconds since 1970, at most a year from now');
}

/** A list; empty when absent. */
export function listOf(body: JsonObject, field: string): JsonValue[] {
  const value = body[field];
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) throw bad(field, value, 'an array');
  if (value.length > limits.batchItemsMax) {
    throw new TachoError(
      'invalid_field',
      `${field} has ${value.length} items; expected at most ${limits.batchItemsMax}.`,
    );
  }
  return value;
}

/** The error for a field that holds something else. */
export function bad(field: string, value: unknown, expected: string): TachoError {
  return new TachoError('invalid_field', `${field} ${stated(value)}; expected ${expected}.`);
}

const words = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

function readValue(value: unknown, field: string): number {
  const found = typeof value === 'string' ? words.get(value) : value;
  if (typeof found === 'number') return found;
  if (typeof found === 'bigint') return Number(found);
  throw bad(field, value, 'a number, "NaN", "Infinity" or "-Infinity"');
}

function readStep(value: unknown, field: string): number {
  const step = value === undefined || value === null ? 0 : wholeOf(value);
  if (step !== undefined) return step;
  throw bad(field, value, 'a whole number below 2^53');
}

/** A whole number, or the digits of one, as some clients write wide ones. */
function wholeOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && /^-?\d{1,16}$/.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
}
