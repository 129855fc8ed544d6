/**
 * The messages of OTLP that are read, field by field, from opentelemetry-proto 1.x (common, resource,
 * metrics, logs and their services). What stands in no table is skipped: exemplars, schema URLs,
 * descriptions, start times.
 */
/** How a value is written. `hex` and `base64` are bytes, which become texts of that kind. */
export type Kind =
  | 'message'
  | 'string'
  | 'hex'
  | 'base64'
  | 'bool'
  | 'double'
  | 'fixed64'
  | 'sfixed64'
  | 'int64'
  | 'uint64'
  | 'uint32'
  | 'sint32'
  | 'enum';

/** One field of a message. */
export interface Field {
  name: string;
  kind: Kind;
  /** Whether there may be any number of values. */
  many: boolean;
  /** The message that it holds, of kind `message`; a function, since messages hold each other. */
  of: () => Message;
}

/** What a message is made of. */
export interface Message {
  byNumber: readonly (Field | undefined)[];
  byName: ReadonlyMap<string, Field>;
}

/** A value of any type, as it was sent: of these fields at most one is there. */
export interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: number | bigint;
  doubleValue?: number;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
  /** Base64. */
  bytesValue?: string;
}

/** An attribute. */
export interface KeyValue {
  key?: string;
  value?: AnyValue;
}

/** What is said of the program. */
export interface Resource {
  attributes?: KeyValue[];
}

/** The part of the program that measured. */
export interface Scope {
  name?: string;
}

/** What every point has. */
export interface Point {
  attributes?: KeyValue[];
  /** Nanoseconds since 1970; 0 or absent when not known. */
  timeUnixNano?: number;
  flags?: number;
}

/** A number. */
export interface NumberPoint extends Point {
  asDouble?: number;
  asInt?: number;
}

/** Values in buckets of given bounds. */
export interface HistogramPoint extends Point {
  count?: number;
  sum?: number;
  min?: number;
  max?: number;
  bucketCounts?: number[];
  explicitBounds?: number[];
}

/** Values in buckets whose bounds are powers. */
export interface ExponentialPoint extends Point {
  count?: number;
  sum?: number;
  min?: number;
  max?: number;
  scale?: number;
  zeroCount?: number;
  zeroThreshold?: number;
  positive?: ExponentialBuckets;
  negative?: ExponentialBuckets;
}

/** Counts of consecutive buckets, the first of which has the index `offset`. */
export interface ExponentialBuckets {
  offset?: number;
  bucketCounts?: number[];
}

/** Quantiles that were computed by the sender. */
export interface SummaryPoint extends Point {
  count?: number;
  sum?: number;
  quantileValues?: { quantile?: number; value?: number }[];
}

/** Points of one metric. */
export interface MetricMessage {
  name?: string;
  unit?: string;
  gauge?: { dataPoints?: NumberPoint[] };
  sum?: { dataPoints?: NumberPoint[]; aggregationTemporality?: number; isMonotonic?: boolean };
  histogram?: { dataPoints?: HistogramPoint[]; aggregationTemporality?: number };
  exponentialHistogram?: { dataPoints?: ExponentialPoint[]; aggregationTemporality?: number };
  summary?: { dataPoints?: SummaryPoint[] };
}

/** The body of `POST /v1/metrics`. */
export interface MetricsRequest {
  resourceMetrics?: {
    resource?: Resource;
    scopeMetrics?: { scope?: Scope; metrics?: MetricMessage[] }[];
  }[];
}

/** A log record. */
export interface LogRecord {
  timeUnixNano?: number;
  observedTimeUnixNano?: number;
  severityNumber?: number;
  severityText?: string;
  body?: AnyValue;
  attributes?: KeyValue[];
  droppedAttributesCount?: number;
  /** Hexadecimal digits. */
  traceId?: string;
  spanId?: string;
  eventName?: string;
}

/** The body of `POST /v1/logs`. */
export interface LogsRequest {
  resourceLogs?: {
    resource?: Resource;
    scopeLogs?: { scope?: Scope; logRecords?: LogRecord[] }[];
  }[];
}

/** `{ name: [number, kind] }`; a kind in brackets is repeated, a function is a message. */
type Row = readonly [number, Kind | (() => Message), 'many'?];

function message(rows: Readonly<Record<string, Row>>): Message {
  const byNumber: (Field | undefined)[] = [];
  const byName = new Map<string, Field>();
  for (const [name, [number, kind, many]] of Object.entries(rows)) {
    const isMessage = typeof kind === 'function';
    const field: Field = {
      name,
      kind: isMessage ? 'message' : kind,
      many: many === 'many',
      of: isMessage ? kind : () => message({}),
    };
    byNumber[number] = field;
    byName.set(name, field);
  }
  return { byNumber: Array.from(byNumber), byName };
}

const anyValue: Message = message({
  stringValue: [1, 'string'],
  boolValue: [2, 'bool'],
  intValue: [3, 'int64'],
  doubleValue: [4, 'double'],
  arrayValue: [5, () => arrayValue],
  kvlistValue: [6, () => keyValueList],
  bytesValue: [7, 'base64'],
});
const keyValue = message({ key: [1, 'string'], value: [2, () => anyValue] });
const arrayValue = message({ values: [1, () => anyValue, 'many'] });
const keyValueList = message({ values: [1, () => keyValue, 'many'] });
const resource = message({ attributes: [1, () => keyValue, 'many'] });
const scope = message({ name: [1, 'string'] });

const numberPoint = message({
  attributes: [7, () => keyValue, 'many'],
  timeUnixNano: [3, 'fixed64'],
  asDouble: [4, 'double'],
  asInt: [6, 'sfixed64'],
  flags: [8, 'uint32'],
});
const histogramPoint = message({
  attributes: [9, () => keyValue, 'many'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  bucketCounts: [6, 'fixed64', 'many'],
  explicitBounds: [7, 'double', 'many'],
  flags: [10, 'uint32'],
  min: [11, 'double'],
  max: [12, 'double'],
});
const exponentialBuckets = message({
  offset: [1, 'sint32'],
  bucketCounts: [2, 'uint64', 'many'],
});
const exponentialPoint = message({
  attributes: [1, () => keyValue, 'many'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  scale: [6, 'sint32'],
  zeroCount: [7, 'fixed64'],
  positive: [8, () => exponentialBuckets],
  negative: [9, () => exponentialBuckets],
  flags: [10, 'uint32'],
  min: [12, 'double'],
  max: [13, 'double'],
  zeroThreshold: [14, 'double'],
});
const quantileValue = message({ quantile: [1, 'double'], value: [2, 'double'] });
const summaryPoint = message({
  attributes: [7, () => keyValue, 'many'],
  timeUnixNano: [3, 'fixed64'],
  count: [4, 'fixed64'],
  sum: [5, 'double'],
  quantileValues: [6, () => quantileValue, 'many'],
  flags: [8, 'uint32'],
});

const gauge = message({ dataPoints: [1, () => numberPoint, 'many'] });
const sum = message({
  dataPoints: [1, () => numberPoint, 'many'],
  aggregationTemporality: [2, 'enum'],
  isMonotonic: [3, 'bool'],
});
const histogram = message({
  dataPoints: [1, () => histogramPoint, 'many'],
  aggregationTemporality: [2, 'enum'],
});
const exponentialHistogram = message({
  dataPoints: [1, () => exponentialPoint, 'many'],
  aggregationTemporality: [2, 'enum'],
});
const summary = message({ dataPoints: [1, () => summaryPoint, 'many'] });
const metric = message({
  name: [1, 'string'],
  unit: [3, 'string'],
  gauge: [5, () => gauge],
  sum: [7, () => sum],
  histogram: [9, () => histogram],
  exponentialHistogram: [10, () => exponentialHistogram],
  summary: [11, () => summary],
});
const scopeMetrics = message({ scope: [1, () => scope], metrics: [2, () => metric, 'many'] });
const resourceMetrics = message({
  resource: [1, () => resource],
  scopeMetrics: [2, () => scopeMetrics, 'many'],
});

const logRecord = message({
  timeUnixNano: [1, 'fixed64'],
  severityNumber: [2, 'enum'],
  severityText: [3, 'string'],
  body: [5, () => anyValue],
  attributes: [6, () => keyValue, 'many'],
  droppedAttributesCount: [7, 'uint32'],
  traceId: [9, 'hex'],
  spanId: [10, 'hex'],
  observedTimeUnixNano: [11, 'fixed64'],
  eventName: [12, 'string'],
});
const scopeLogs = message({ scope: [1, () => scope], logRecords: [2, () => logRecord, 'many'] });
const resourceLogs = message({
  resource: [1, () => resource],
  scopeLogs: [2, () => scopeLogs, 'many'],
});

/** The request of each signal. */
export const requests = {
  metrics: message({ resourceMetrics: [1, () => resourceMetrics, 'many'] }),
  logs: message({ resourceLogs: [1, () => resourceLogs, 'many'] }),
} as const;

/** What a program can say in OTLP and this server understands. */
export type Signal = keyof typeof requests;

/** A message as it was decoded: its fields by name. */
export type Decoded = Record<string, unknown>;
