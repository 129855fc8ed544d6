/** Points of line protocol as what was said of runs: tags name the run, fields become series and state. */
import {
  bad,
  checkTime,
  type JsonObject,
  limits,
  type MetricInput,
  optionalTexts,
  requiredText,
  TachoError,
} from '@tacho/protocol';
import type { DoorFact, DoorMetric, Said } from '../door.ts';
import { addRun, type Runs, sourceOf } from '../run.ts';
import { type FieldValue, LineError, type Point, readHead, readPoints } from './line.ts';

/** What a request says beside its lines. */
export interface WriteOptions {
  /** Product of what names none itself. */
  product: string;
  /** Microseconds in one unit of its timestamps. */
  precisionUs: number;
  nowUs: number;
}

/** A line that was refused: its first characters, the reason that counts, and what was wrong. */
export interface RefusedLine {
  text: string;
  reason: 'invalid_line' | 'invalid_field';
  details: string;
}

/** What was read from a request. */
export interface ReadLines {
  said: Said[];
  refused: RefusedLine[];
}

/** Precisions of timestamps by name, in microseconds. */
export const precisions: ReadonlyMap<string, number> = new Map([
  ['n', 1e-3],
  ['ns', 1e-3],
  ['u', 1],
  ['us', 1],
  ['µ', 1],
  ['ms', 1e3],
  ['s', 1e6],
  ['m', 60e6],
  ['h', 3600e6],
]);

/** Reads all lines; throws `too_many_items` when they say more than one request may. */
export function readLines(text: string, options: WriteOptions): ReadLines {
  const runs: Runs = new Map();
  const heads = new Map<string, Head | Error>();
  const refused: RefusedLine[] = [];
  let count = 0;
  for (const point of readPoints(text)) {
    if ('error' in point) {
      refused.push({ text: point.text, reason: 'invalid_line', details: point.error.message });
      continue;
    }
    try {
      count += point.fields.length;
      if (count > limits.doorSamplesMax) throw tooMany();
      const head = heads.get(point.head) ?? openHead(point.head, options, runs);
      heads.set(point.head, head);
      if (head instanceof Error) throw head;
      addPoint(head, point, options);
    } catch (error) {
      const isOurs = error instanceof LineError || error instanceof TachoError;
      if (!isOurs || (error as TachoError).code === 'too_many_items') throw error;
      const reason = error instanceof LineError ? 'invalid_line' : 'invalid_field';
      refused.push({ text: point.head.slice(0, 80), reason, details: error.message });
    }
  }
  return { said: [...runs.values()], refused };
}

/** What lines of one series share. */
interface Head {
  measurement: string;
  tags: readonly string[];
  /** Names of metrics by names of fields. */
  names: Map<string, string>;
  metrics: DoorMetric[];
  facts: DoorFact[];
}

/** Tags that say which run it was, by what they say. */
const runTags = {
  product: ['product', 'service'],
  version: ['version', 'service_version'],
  session: ['session', 'session_id'],
  hostname: ['host'],
} as const;

function openHead(text: string, { product }: WriteOptions, runs: Runs): Head | Error {
  try {
    const { measurement, tags } = readHead(text);
    const { source, rest } = sourceOf(tags, runTags, product);
    const words = rest.map(([key, value]) => `${key}:${value}`);
    optionalTexts(words, 'tags', limits.tagsMax, limits.tagLengthMax);
    const { metrics, facts } = addRun(runs, source);
    return { measurement, tags: words, names: new Map(), metrics, facts };
  } catch (error) {
    if (error instanceof LineError || error instanceof TachoError) return error;
    throw error;
  }
}

/** All fields of a point, or none of them. */
function addPoint(head: Head, { fields, time }: Point, options: WriteOptions): void {
  const atUs = time === '' ? undefined : instantOf(time, options);
  const metrics: DoorMetric[] = [];
  const texts: [string, string][] = [];
  for (const [field, value] of fields) {
    if (typeof value === 'string') texts.push([field, value]);
    else metrics.push({ metric: metricOf(head, field, value, atUs) });
  }
  if (texts.length > 0) head.facts.push(patchOf(head, texts, atUs ?? options.nowUs));
  head.metrics.push(...metrics);
}

function metricOf(
  head: Head,
  field: string,
  value: Exclude<FieldValue, string>,
  atUs: number | undefined,
): MetricInput {
  const { measurement, tags, names } = head;
  let name = names.get(field);
  if (name === undefined) {
    // `value` says nothing that the measurement does not.
    name = field === 'value' ? measurement : `${measurement}_${field}`;
    requiredText(name, 'measurement and field', limits.metricNameLengthMax);
    names.set(field, name);
  }
  const metric: MetricInput = { name, type: 'gauge', unit: '', tags, value: Number(value) };
  if (atUs !== undefined) metric.atUs = atUs;
  return metric;
}

/** Texts are no samples: what they say stands in the state until they say something else. */
function patchOf({ measurement, tags }: Head, texts: [string, string][], atUs: number): DoorFact {
  const place = tags.length === 0 ? [measurement] : [measurement, [...tags].sort().join(' ')];
  let patch: JsonObject = Object.fromEntries(texts);
  const text = JSON.stringify(patch);
  if (Buffer.byteLength(text) > limits.doorTextBytesMax) {
    const problem = `takes ${Buffer.byteLength(text)} bytes as JSON`;
    throw bad('text of the line', problem, `at most ${limits.doorTextBytesMax}`);
  }
  for (const key of ['influx', ...place].reverse()) patch = Object.fromEntries([[key, patch]]);
  return { kind: 'patch', atUs, patch, repeats: place.join(' ') };
}

/** Nanoseconds are cut to microseconds, in digits because a double does not hold them. */
function instantOf(time: string, { precisionUs, nowUs }: WriteOptions): number {
  const us = precisionUs === 1e-3 ? Number(time.slice(0, -3) || '0') : Number(time) * precisionUs;
  checkTime(time.startsWith('-') ? -1 : us, 'timestamp', nowUs);
  return us;
}

function tooMany(): TachoError {
  const details = `The body has more than ${limits.doorSamplesMax} values; send them in several`;
  return new TachoError('too_many_items', details);
}
