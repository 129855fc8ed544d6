/** Thrown values as fields of an event: type, message, stack, causes, and where it was thrown. */
import { limits } from '@tacho/protocol';

/** What an event says of an exception; the names are those on the wire. */
export interface ExceptionFields {
  stacktrace?: string[];
  exception_type: string;
  exception_msg: string;
  source_file?: string;
  source_function?: string;
  source_line?: number;
}

/** Causes of causes that are followed. */
const causesMax = 10;

/** Reads a thrown value, whatever it is; never throws. */
export function exceptionFields(thrown: unknown): ExceptionFields {
  const lines = stackLines(thrown);
  const fields: ExceptionFields = {
    exception_type: typeOf(thrown).slice(0, limits.exceptionTypeLengthMax),
    exception_msg: messageOf(thrown).slice(0, limits.messageLengthMax),
  };
  const stacktrace = [...lines, ...causeLines(thrown)].slice(0, limits.stacktraceLinesMax);
  if (stacktrace.length > 0) fields.stacktrace = stacktrace;
  return { ...fields, ...placeOf(lines) };
}

function stackLines(thrown: unknown): string[] {
  const stack = field(thrown, 'stack');
  if (typeof stack !== 'string') return [];
  return stack
    .split('\n')
    .filter((line) => line.trim() !== '')
    .slice(0, limits.stacktraceLinesMax)
    .map((line) => line.slice(0, limits.stacktraceLineLengthMax));
}

/** The chain of causes, and the errors that an AggregateError holds, each with its stack. */
function causeLines(thrown: unknown): string[] {
  const lines: string[] = [];
  const seen = new Set<unknown>([thrown]);
  const next = inner(thrown);
  for (let left = causesMax; left > 0 && next.length > 0; left--) {
    const cause = next.shift();
    if (seen.has(cause)) continue;
    seen.add(cause);
    next.push(...inner(cause));
    const stack = stackLines(cause);
    const head = stack[0] ?? `${typeOf(cause)}: ${messageOf(cause)}`;
    lines.push(`Caused by: ${head}`.slice(0, limits.stacktraceLineLengthMax), ...stack.slice(1));
  }
  return lines;
}

function inner(thrown: unknown): unknown[] {
  const cause = field(thrown, 'cause');
  const errors = field(thrown, 'errors');
  const listed: unknown[] = [];
  try {
    if (Array.isArray(errors)) listed.push(...errors.slice(0, causesMax));
  } catch {
    // A list that cannot be read names no causes.
  }
  return cause === undefined || cause === null ? listed : [cause, ...listed];
}

function typeOf(thrown: unknown): string {
  if (typeof thrown !== 'object' || thrown === null)
    return thrown === null ? 'null' : typeof thrown;
  const name = field(thrown, 'name');
  const made = field(field(thrown, 'constructor'), 'name');
  // A subclass that did not set `name` is still known by its class.
  if (typeof made === 'string' && made !== '' && (name === 'Error' || typeof name !== 'string')) {
    return made;
  }
  return typeof name === 'string' && name !== '' ? name : 'Object';
}

function messageOf(thrown: unknown): string {
  const message = field(thrown, 'message');
  if (typeof message === 'string') return message;
  try {
    return String(thrown);
  } catch {
    return '';
  }
}

/** The place of the innermost call, in the forms of V8 and of Firefox and Safari. */
function placeOf(
  lines: readonly string[],
): Pick<ExceptionFields, 'source_file' | 'source_function' | 'source_line'> {
  for (const line of lines) {
    const match =
      /^\s*at (?:(?:async |new )*(.+?) \()?(?:file:\/\/)?([^()]+):(\d+):\d+\)?$/.exec(line) ??
      /^([^\s@]*)@(.+):(\d+):\d+$/.exec(line);
    if (match === null) continue;
    const [, call, file = '', number] = match;
    // What V8 adds is another name of the same function.
    const name = call?.replace(/ \[as [^\]]*\]$/, '');
    return {
      source_file: file.slice(0, limits.sourceLengthMax),
      ...(name && { source_function: name.slice(0, limits.sourceLengthMax) }),
      source_line: Number(number),
    };
  }
  return {};
}

/** A field of anything; undefined where it cannot be read. */
function field(value: unknown, key: string): unknown {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null)
    return undefined;
  try {
    return (value as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}
