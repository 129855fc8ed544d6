/** Log records of OTLP as events of Tacho. */
import { type JsonObject, type Level, limits, readEvent, stringifyJson } from '@tacho/protocol';
import type { DoorFact } from '../door.ts';
import type { KeyValue, LogRecord, LogsRequest, Scope } from './messages.ts';
import { Reading } from './reading.ts';
import { sessionKey } from './resource.ts';
import { jsonOf, textOf } from './value.ts';

/** Name of the event that ends a session, of the semantic conventions. */
const sessionEnd = 'session.end';

/** Reads what a request of logs says. */
export function readLogs({ resourceLogs = [] }: LogsRequest, nowUs: number): Reading {
  const reading = new Reading(nowUs);
  for (const { resource, scopeLogs = [] } of resourceLogs) {
    const run = reading.run(resource);
    for (const { scope, logRecords = [] } of scopeLogs) {
      for (const record of logRecords) {
        reading.take(() => {
          const named = record.attributes?.find(({ key }) => key === sessionKey);
          const words = run.words(textOf(named?.value));
          const time = record.timeUnixNano || record.observedTimeUnixNano;
          const atUs = reading.timeOf(time, 'The time of a log record') ?? nowUs;
          words.facts.push(...factsOf(record, scope, atUs));
        });
      }
    }
  }
  return reading;
}

/** Attributes that stand in fields of the event; the older names are still sent. */
const fields: Readonly<Record<string, string>> = {
  'event.name': 'name',
  'exception.type': 'exception_type',
  'exception.message': 'exception_msg',
  'exception.stacktrace': 'stacktrace',
  'code.function.name': 'source_function',
  'code.function': 'source_function',
  'code.file.path': 'source_file',
  'code.filepath': 'source_file',
  'code.line.number': 'source_line',
  'code.lineno': 'source_line',
};

function factsOf(record: LogRecord, scope: Scope | undefined, atUs: number): DoorFact[] {
  const { attributes = [], body } = record;
  const known = new Map<string, KeyValue['value']>();
  const data: JsonObject = {};
  for (const { key = '', value } of attributes) {
    const field = fields[key];
    if (field !== undefined) known.set(field, value);
    else data[key] = jsonOf(value);
  }
  const text = (field: string): string | undefined => textOf(known.get(field)) || undefined;
  const message = body?.stringValue ?? bodyText(body, data);
  const { event } = readEvent(
    {
      name: record.eventName || text('name') || 'log',
      level: levelOf(record, text('exception_type') !== undefined),
      group: scope?.name,
      message,
      exception_type: text('exception_type'),
      exception_msg: text('exception_msg'),
      stacktrace: linesOf(text('stacktrace')),
      source_function: text('source_function'),
      source_file: text('source_file'),
      source_line: Number(text('source_line')) || undefined,
      data: dataOf(record, data),
    },
    atUs,
  );
  const fact: DoorFact = { kind: 'event', atUs, event };
  return event.name === sessionEnd ? [fact, { kind: 'end', atUs }] : [fact];
}

/** Text of a body that is no text, which goes into the data as it is. */
function bodyText(body: LogRecord['body'], data: JsonObject): string | undefined {
  const value = jsonOf(body);
  if (value === null) return undefined;
  data.body = value;
  const text = typeof value === 'string' ? value : stringifyJson(value);
  return text.length > bodyTextMax ? `${text.slice(0, bodyTextMax)}…` : text;
}

/** A structured body is shown up to here; all of it is in the data. */
const bodyTextMax = 1_000;

function dataOf(record: LogRecord, data: JsonObject): JsonObject | null {
  const { traceId, spanId, droppedAttributesCount, severityText = '' } = record;
  if (traceId) data.trace_id = traceId;
  if (spanId) data.span_id = spanId;
  if (droppedAttributesCount) data.dropped_attributes_count = droppedAttributesCount;
  if (!usualSeverity.test(severityText)) data.severity_text = severityText;
  return Object.keys(data).length === 0 ? null : data;
}

/** Texts that say no more than the level does. */
const usualSeverity =
  /^(?:|trace|debug|info|information|warn|warning|error|fatal|critical)[2-4]?$/i;

/** Ranges of severity numbers: 1 trace, 5 debug, 9 info, 13 warn, 17 error, 21 fatal. */
function levelOf(
  { severityNumber = 0, severityText = '' }: LogRecord,
  isException: boolean,
): Level {
  if (severityNumber >= 21) return 'critical';
  if (severityNumber >= 17) return 'error';
  if (severityNumber >= 13) return 'warning';
  if (severityNumber >= 9) return 'info';
  if (severityNumber >= 1) return 'debug';
  const word = severityText.toLowerCase().replace(/[2-4]$/, '');
  return levelWords[word] ?? (isException ? 'error' : 'info');
}

const levelWords: Readonly<Record<string, Level>> = {
  trace: 'debug',
  debug: 'debug',
  info: 'info',
  warn: 'warning',
  warning: 'warning',
  error: 'error',
  fatal: 'critical',
  critical: 'critical',
};

/** A stack trace as lines; those beyond what is kept are counted in the last one. */
function linesOf(text: string | undefined): string[] | undefined {
  const lines = text?.split(/\r?\n/).filter((line) => line.trim() !== '');
  if (lines === undefined || lines.length <= limits.stacktraceLinesMax) return lines;
  const kept = lines.slice(0, limits.stacktraceLinesMax - 1);
  return [...kept, `… ${lines.length - kept.length} more lines`];
}
