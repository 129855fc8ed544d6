/** The body of `POST …/events`: one event, in the forms that DataCat's documents and programs use. */
import Type, { type Static } from 'typebox';
import { type EventRecord, isLevel, type Level, levels } from '../event.ts';
import { isJsonObject, type JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import {
  bad,
  checkSize,
  type Fields,
  fieldsOf,
  optionalInteger,
  optionalObject,
  optionalText,
  optionalTexts,
  optionalTime,
  requiredText,
  shown,
} from './fields.ts';
import * as shape from './shapes.ts';

/** Schema of one event. */
export const eventBody = Type.Object(
  {
    name: shape.fullText(limits.eventNameLengthMax, 'What happened'),
    level: shape.maybe(shape.level),
    category: shape.maybe(
      Type.Union([
        shape.text(limits.categoryLengthMax, 'Component; one of the five levels means the level'),
        shape.anyObject('Taken as `data` when `data` is empty, refused otherwise'),
      ]),
    ),
    group: shape.maybe(shape.text(limits.groupLengthMax, 'Logger or component')),
    labels: shape.maybe(shape.texts(limits.labelsMax, limits.labelLengthMax, 'Bare words')),
    message: shape.maybe(shape.text(limits.messageLengthMax, 'A sentence for people')),
    data: shape.maybe(shape.anyObject('Facts about it')),
    stacktrace: shape.maybe(
      shape.texts(limits.stacktraceLinesMax, limits.stacktraceLineLengthMax, 'Lines of the stack'),
    ),
    exception_type: shape.maybe(shape.text(limits.exceptionTypeLengthMax)),
    exception_msg: shape.maybe(shape.text(limits.messageLengthMax)),
    source_file: shape.maybe(shape.text(limits.sourceLengthMax)),
    source_function: shape.maybe(shape.text(limits.sourceLengthMax)),
    source_line: shape.maybe(Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
    timestamp: shape.maybe(shape.instant),
  },
  {
    title: 'NewEvent',
    description: 'One event',
    examples: [{ name: 'payment_failed', level: 'error', data: { order: 1041 } }],
  },
);

/** One event as it is sent. */
export type EventBody = Static<typeof eventBody>;

/** One event as it was understood. */
export interface EventInput {
  event: EventRecord;
  /** Epoch microseconds by the sender's clock; absent when it named no time. */
  atUs?: number;
}

/** Reads one event; throws `invalid_body` or `invalid_field`. */
export function readEvent(
  body: unknown,
  nowUs: number,
  timeField: 'timestamp' | 'at' = 'timestamp',
): EventInput {
  const fields = fieldsOf(body);
  const name = requiredText(fields.name, 'name', limits.eventNameLengthMax);
  const exception = readException(fields);
  const { category, data } = readCategory(fields);
  const level = readLevel(fields.level, category, exception.exception_type !== undefined);
  const event: EventRecord = {
    name,
    level,
    category: category === '' ? level : category,
    group: optionalText(fields.group, 'group', limits.groupLengthMax),
    labels: optionalTexts(fields.labels, 'labels', limits.labelsMax, limits.labelLengthMax) ?? null,
    message: optionalText(fields.message, 'message', limits.messageLengthMax),
    data,
    ...exception,
  };
  const atUs = optionalTime(fields[timeField], timeField, nowUs);
  return atUs === undefined ? { event } : { event, atUs };
}

type Exception = Pick<
  EventRecord,
  | 'stacktrace'
  | 'exception_type'
  | 'exception_msg'
  | 'source_file'
  | 'source_function'
  | 'source_line'
>;

/** The fields of an exception that say something. */
function readException(fields: Fields): Exception {
  const { stacktraceLinesMax, stacktraceLineLengthMax } = limits;
  const exception: Exception = {};
  const lines = optionalTexts(
    fields.stacktrace,
    'stacktrace',
    stacktraceLinesMax,
    stacktraceLineLengthMax,
  );
  if (lines !== undefined && lines.length > 0) exception.stacktrace = lines;
  for (const [field, max] of exceptionTexts) {
    const text = optionalText(fields[field], field, max);
    if (text !== '') exception[field] = text;
  }
  const line = optionalInteger(fields.source_line, 'source_line', 0);
  if (line !== undefined && line > 0) exception.source_line = line;
  return exception;
}

const exceptionTexts = [
  ['exception_type', limits.exceptionTypeLengthMax],
  ['exception_msg', limits.messageLengthMax],
  ['source_file', limits.sourceLengthMax],
  ['source_function', limits.sourceLengthMax],
] as const;

/** Category and data; DataCat's examples pass the data where the category belongs. */
function readCategory(fields: Fields): { category: string; data: JsonObject | null } {
  const data = optionalObject(fields.data, 'data', limits.eventDataBytesMax) ?? null;
  const { category } = fields;
  if (!isJsonObject(category)) {
    return { category: optionalText(category, 'category', limits.categoryLengthMax), data };
  }
  if (data !== null && Object.keys(data).length > 0) {
    throw bad('category', 'is an object although data is given as well', 'a string');
  }
  checkSize(category, 'category', limits.eventDataBytesMax);
  return { category: '', data: category };
}

/** The level that was sent, or the one that the rest of the event implies. */
function readLevel(value: unknown, category: string, isException: boolean): Level {
  if (isLevel(value)) return value;
  if (value !== undefined && value !== null && value !== '') {
    throw bad('level', shown(value), `one of ${levels.map((each) => `"${each}"`).join(', ')}`);
  }
  if (isLevel(category)) return category;
  return isException ? 'error' : 'info';
}
