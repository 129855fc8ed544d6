/** Columns: several series sampled together, named once, then arrays of times and values. */
import Type from 'typebox';
import { isJsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { MetricType, SeriesKey } from '../series.ts';
import { readUuid } from './create.ts';
import {
  bad,
  checkTime,
  type Fields,
  fieldsOf,
  isAbsent,
  optionalText,
  optionalTexts,
  requiredText,
  shown,
} from './fields.ts';
import { readType, readValue } from './metric.ts';
import * as shape from './shapes.ts';

/** Schema of what a `columns` entry carries beside kind and session. */
export const columnsFields = {
  startMs: shape.maybe(
    Type.Number({
      description: 'Milliseconds since 1970 that the times count from; 0 when absent',
    }),
  ),
  times: Type.Array(Type.Number(), {
    minItems: 1,
    description: 'Milliseconds since `startMs`, fractions allowed',
  }),
  series: Type.Array(
    Type.Object({
      name: shape.fullText(limits.metricNameLengthMax, 'Name, with the unit as its last word'),
      type: shape.maybe(shape.metricType),
      unit: shape.maybe(shape.unit),
      tags: shape.maybe(shape.tags),
      values: Type.Array(shape.sampleValue, { description: 'One value per time' }),
    }),
    { minItems: 1, maxItems: limits.seriesPerSessionMax },
  ),
};

/** One series of columns. */
export interface WireSeries {
  name: string;
  type: MetricType;
  /** '' = none. */
  unit: string;
  tags: readonly string[];
  /** One value per time; may be NaN or infinite. */
  values: Float64Array;
}

/** Columns as they were understood. */
export interface WireColumns {
  kind: 'columns';
  /** Lower-case UUID. */
  session: string;
  /** Epoch microseconds by the sender's clock, in the order sent. */
  timesUs: Float64Array;
  /** At least one. */
  series: WireSeries[];
}

/** Schema of a list of series without their values. */
export const seriesKeysField = Type.Array(
  Type.Object({
    name: shape.fullText(limits.metricNameLengthMax, 'Name, with the unit as its last word'),
    type: shape.maybe(shape.metricType),
    unit: shape.maybe(shape.unit),
    tags: shape.maybe(shape.tags),
  }),
  { minItems: 1, maxItems: limits.seriesPerSessionMax + 1 },
);

/** Reads a list of series without their values; throws `invalid_field`. */
export function readSeriesKeys(value: unknown): SeriesKey[] {
  if (!Array.isArray(value) || value.length === 0) {
    throw bad('series', shown(value), 'an array of at least one series');
  }
  const max = limits.seriesPerSessionMax + 1;
  if (value.length > max) throw bad('series', `has ${value.length} items`, `at most ${max}`);
  return value.map((each: unknown, i) => readKey(each, `series[${i}]`).key);
}

/** Reads columns; throws `invalid_body` or `invalid_field`. */
export function readColumns(body: unknown, nowUs: number): WireColumns {
  const fields = fieldsOf(body);
  const session = readUuid(fields.session, 'session');
  const timesUs = readTimes(fields, nowUs);
  const { series } = fields;
  if (!Array.isArray(series) || series.length === 0) {
    throw bad('series', shown(series), 'an array of at least one series');
  }
  if (series.length > limits.seriesPerSessionMax) {
    throw bad('series', `has ${series.length} items`, `at most ${limits.seriesPerSessionMax}`);
  }
  return {
    kind: 'columns',
    session,
    timesUs,
    series: series.map((each: unknown, i) => readSeries(each, `series[${i}]`, timesUs.length)),
  };
}

/** Number of samples that an entry claims to hold, for a bound that is checked before reading. */
export function countSamples(fields: Fields): number {
  const { times, series } = fields;
  return Array.isArray(times) && Array.isArray(series) ? times.length * series.length : 0;
}

function readTimes({ startMs, times }: Fields, nowUs: number): Float64Array {
  if (!isAbsent(startMs) && (typeof startMs !== 'number' || !Number.isFinite(startMs))) {
    throw bad('startMs', shown(startMs), 'a number of milliseconds since 1970');
  }
  if (!Array.isArray(times) || times.length === 0) {
    throw bad('times', shown(times), 'an array of at least one number');
  }
  const baseMs = startMs ?? 0;
  const timesUs = new Float64Array(times.length);
  let first = Number.POSITIVE_INFINITY;
  let last = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < times.length; i++) {
    const time: unknown = times[i];
    if (typeof time !== 'number') throw bad(`times[${i}]`, shown(time), 'a number of milliseconds');
    const us = Math.round((baseMs + time) * 1000);
    timesUs[i] = us;
    if (us < first) first = us;
    if (us > last) last = us;
  }
  // NaN cannot come in: JSON has none, and the sum of two doubles in this range is none.
  checkTime(first, 'times', nowUs);
  checkTime(last, 'times', nowUs);
  return timesUs;
}

function readSeries(value: unknown, field: string, length: number): WireSeries {
  const { key, fields } = readKey(value, field);
  return { ...key, values: readValues(fields.values, `${field}.values`, length) };
}

function readKey(value: unknown, field: string): { key: SeriesKey; fields: Fields } {
  if (!isJsonObject(value)) throw bad(field, shown(value), 'an object with name and values');
  const { name, type, unit, tags } = value;
  const key: SeriesKey = {
    name: requiredText(name, `${field}.name`, limits.metricNameLengthMax),
    type: readType(type, `${field}.type`),
    unit: optionalText(unit, `${field}.unit`, limits.unitLengthMax),
    tags: optionalTexts(tags, `${field}.tags`, limits.tagsMax, limits.tagLengthMax) ?? [],
  };
  return { key, fields: value };
}

/** The loop that bulk goes through: a plain number costs one type check and one store. */
function readValues(values: unknown, field: string, length: number): Float64Array {
  if (!Array.isArray(values)) throw bad(field, shown(values), 'an array of numbers');
  if (values.length !== length) {
    throw bad(field, `has ${values.length} items`, `${length}, as many as times`);
  }
  const read = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const value: unknown = values[i];
    read[i] = typeof value === 'number' ? value : readValue(value, `${field}[${i}]`);
  }
  return read;
}
