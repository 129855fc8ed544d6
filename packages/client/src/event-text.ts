/** Events as text: what a program says of one, made fit for the wire. */
import { isLevel, limits } from '@tacho/protocol';
import type { ExceptionFields } from './exception.ts';
import { objectText } from './json-text.ts';
import { shown, type Warnings } from './warnings.ts';

/** What is known of an event; anything may be of any type, as programs are. */
export interface EventParts {
  name: string;
  details?: unknown;
  exception?: ExceptionFields;
}

/** An event as JSON fields after `at`, and how severe it is. */
export interface EventText {
  fields: string;
  isGrave: boolean;
}

/** Writes an event; throws what getters of the program throw. */
export function eventText({ name, details, exception }: EventParts, warnings: Warnings): EventText {
  const said = detailsOf(details, warnings);
  const level = readLevel(said.level, warnings);
  const fields = [`"name":${JSON.stringify(name.slice(0, limits.eventNameLengthMax))}`];
  if (level !== undefined) fields.push(`"level":"${level}"`);
  pushText(fields, 'category', said.category, limits.categoryLengthMax);
  pushText(fields, 'group', said.group, limits.groupLengthMax);
  const labels = readLabels(said.labels);
  if (labels.length > 0) fields.push(`"labels":${JSON.stringify(labels)}`);
  pushText(fields, 'message', said.message, limits.messageLengthMax);
  const data = dataText(said, warnings);
  if (data !== undefined) fields.push(`"data":${data}`);
  if (exception !== undefined)
    fields.push(JSON.stringify(exceptionInOrder(exception)).slice(1, -1));
  const effective = level ?? (exception === undefined ? 'info' : 'error');
  return { fields: fields.join(), isGrave: effective === 'error' || effective === 'critical' };
}

/** Length in bytes as UTF-8. */
export function byteLength(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0x80) bytes += unit >= 0x800 ? 2 : 1;
    // Both halves of a pair make four bytes together.
    if (unit >= 0xd800 && unit <= 0xdfff) bytes -= 1;
  }
  return bytes;
}

type Fields = { readonly [key: string]: unknown };

const known = new Set(['level', 'category', 'group', 'labels', 'message', 'data']);

function detailsOf(details: unknown, warnings: Warnings): Fields {
  if (details === undefined || details === null) return {};
  if (typeof details === 'object' && !Array.isArray(details)) return details as Fields;
  warnings.once(
    'event-details',
    `logEvent: the second argument is ${shown(details)}; expected { level, message, data, … }`,
  );
  return {};
}

function readLevel(level: unknown, warnings: Warnings): string | undefined {
  if (isLevel(level)) return level;
  if (level !== undefined && level !== null) {
    warnings.once('event-level', `logEvent: there is no level ${shown(level)}; it becomes "info"`);
  }
  return undefined;
}

/** The facts; what stands beside the known details belongs to them, and is not lost. */
function dataText(said: Fields, warnings: Warnings): string | undefined {
  const strange = Object.keys(said).filter((key) => !known.has(key));
  let { data } = said;
  if (strange.length > 0) {
    warnings.once(
      'event-data',
      `logEvent: ${strange[0]} is no detail of an event; facts belong into { data: { … } }`,
    );
    const beside = Object.fromEntries(strange.map((key) => [key, said[key]]));
    data = typeof data === 'object' && data !== null ? { ...data, ...beside } : beside;
  }
  if (data === undefined || data === null) return undefined;
  const text = objectText(data) ?? objectText({ value: data });
  if (text === undefined || text === '{}') return text;
  if (text.length > limits.eventDataBytesMax / 3 && byteLength(text) > limits.eventDataBytesMax) {
    warnings.once('event-size', `logEvent: data of more than ${limits.eventDataBytesMax} bytes`);
    return `{"tacho_omitted":"${byteLength(text)} bytes"}`;
  }
  return text;
}

function readLabels(labels: unknown): string[] {
  if (!Array.isArray(labels)) return [];
  return labels
    .slice(0, limits.labelsMax)
    .filter((label) => typeof label === 'string' && label !== '')
    .map((label: string) => label.slice(0, limits.labelLengthMax));
}

function pushText(fields: string[], key: string, value: unknown, lengthMax: number): void {
  if (typeof value !== 'string' || value === '') return;
  fields.push(`"${key}":${JSON.stringify(value.slice(0, lengthMax))}`);
}

function exceptionInOrder(exception: ExceptionFields): ExceptionFields {
  const { stacktrace, exception_type, exception_msg } = exception;
  const { source_file, source_function, source_line } = exception;
  // Undefined ones are left out by JSON.stringify.
  return {
    stacktrace,
    exception_type,
    exception_msg,
    source_file,
    source_function,
    source_line,
  } as ExceptionFields;
}
