/** The body of `POST …/metrics`: one sample of one series. */
import Type, { type Static } from 'typebox';
import type { JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import type { MetricType } from '../series.ts';
import {
  bad,
  fieldsOf,
  isAbsent,
  optionalInteger,
  optionalObject,
  optionalText,
  optionalTexts,
  optionalTime,
  requiredText,
  shown,
} from './fields.ts';
import * as shape from './shapes.ts';

/** Schema of one metric. */
export const metricBody = Type.Object(
  {
    name: shape.fullText(limits.metricNameLengthMax, 'Name, with the unit as its last word'),
    value: shape.sampleValue,
    type: shape.maybe(shape.metricType),
    tags: shape.maybe(shape.tags),
    unit: shape.maybe(shape.unit),
    count: shape.maybe(
      Type.Integer({
        minimum: 0,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Number of things measured in one go (timers)',
      }),
    ),
    metadata: shape.maybe(shape.anyObject('Anything else; histograms carry their buckets here')),
    timestamp: shape.maybe(shape.instant),
  },
  {
    title: 'NewSample',
    description: 'One sample',
    examples: [{ name: 'response_time_ms', value: 123.45, tags: ['api', 'endpoint:cart'] }],
  },
);

/** One metric as it is sent. */
export type MetricBody = Static<typeof metricBody>;

/** One metric as it was understood. */
export interface MetricInput {
  name: string;
  type: MetricType;
  /** '' = none. */
  unit: string;
  /** As sent; may be shared, so nobody changes it. */
  tags: readonly string[];
  /** May be NaN or infinite. */
  value: number;
  /** Epoch microseconds by the sender's clock; absent when it named no time. */
  atUs?: number;
  count?: number;
  metadata?: JsonObject;
}

const noTags: readonly string[] = [];

/**
 * Reads one metric; throws `invalid_body` or `invalid_field`. It is called for every item of a
 * batch, so what is usual takes no allocation beyond the result. `delta` is not ours to read: an
 * agent has turned it into a running total.
 */
export function readMetric(
  body: unknown,
  nowUs: number,
  timeField: 'timestamp' | 'at' = 'timestamp',
): MetricInput {
  const { name, type, unit, tags, value, count, metadata, [timeField]: time } = fieldsOf(body);
  const input: MetricInput = {
    name: requiredText(name, 'name', limits.metricNameLengthMax),
    type: readType(type),
    unit: optionalText(unit, 'unit', limits.unitLengthMax),
    tags: optionalTexts(tags, 'tags', limits.tagsMax, limits.tagLengthMax) ?? noTags,
    value: typeof value === 'number' ? value : readValue(value, 'value'),
  };
  if (time !== undefined) {
    const atUs = optionalTime(time, timeField, nowUs);
    if (atUs !== undefined) input.atUs = atUs;
  }
  if (!isAbsent(count)) input.count = optionalInteger(count, 'count', 0) as number;
  if (!isAbsent(metadata)) {
    input.metadata = optionalObject(metadata, 'metadata', limits.metadataBytesMax) as JsonObject;
  }
  return input;
}

/** A type of metric; gauge when absent or empty. */
export function readType(value: unknown, field = 'type'): MetricType {
  switch (value) {
    case undefined:
    case null:
    case '':
      return 'gauge';
    case 'gauge':
    case 'counter':
    case 'histogram':
    case 'timer':
      return value;
    default:
      throw bad(field, shown(value), '"gauge", "counter", "histogram" or "timer"');
  }
}

/** A value that may not be a plain number; integers beyond 2^53 become the nearest double. */
export function readValue(value: unknown, field: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (value === 'NaN') return Number.NaN;
  if (value === 'Infinity') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity') return Number.NEGATIVE_INFINITY;
  throw bad(field, shown(value), 'a number, or "NaN", "Infinity" or "-Infinity"');
}
