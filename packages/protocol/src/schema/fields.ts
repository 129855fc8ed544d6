/** Reading the fields of a request body: each reader returns what it understood or says what is wrong. */
import { TachoError } from '../errors.ts';
import { isJsonObject, type JsonObject, jsonDepth, stringifyJson } from '../json.ts';
import { limits } from '../limits.ts';
import { parseTimeUs } from '../time.ts';

/** The fields of a JSON object, as yet unread. */
export type Fields = Readonly<Record<string, unknown>>;

/** What Go writes for an instant that was never set; it stands for no instant. */
const zeroTime = '0001-01-01T00:00:00Z';

/** What is accepted as an instant, to stand after "expected". */
export const timeForm =
  'an RFC 3339 time such as 2025-01-31T12:00:00.000Z, or a number of milliseconds since 1970';

/** The body as an object; throws `invalid_body` when it is none. */
export function fieldsOf(body: unknown): Fields {
  if (isJsonObject(body)) return body;
  throw new TachoError('invalid_body', `The body ${shown(body)}; expected a JSON object.`);
}

/** Whether a field was not supplied: absent or null. */
export function isAbsent(value: unknown): value is null | undefined {
  return value === undefined || value === null;
}

/** A text of at least one and at most `max` characters. */
export function requiredText(value: unknown, field: string, max: number): string {
  if (typeof value === 'string' && value !== '' && isWithin(value, max)) return value;
  throw badText(value, field, max, 'a string that is not empty');
}

/** A text of at most `max` characters; '' when absent. */
export function optionalText(value: unknown, field: string, max: number): string {
  if (isAbsent(value)) return '';
  if (typeof value === 'string' && isWithin(value, max)) return value;
  throw badText(value, field, max, 'a string');
}

/** A list of texts; undefined when absent. The list is the one that was sent, not a copy. */
export function optionalTexts(
  value: unknown,
  field: string,
  itemsMax: number,
  max: number,
): string[] | undefined {
  if (isAbsent(value)) return undefined;
  if (!Array.isArray(value)) throw bad(field, shown(value), 'an array of strings');
  if (value.length > itemsMax) {
    throw bad(field, `has ${value.length} items`, `at most ${itemsMax}`);
  }
  for (let i = 0; i < value.length; i++) {
    const text: unknown = value[i];
    if (typeof text !== 'string' || !isWithin(text, max)) {
      throw badText(text, `${field}[${i}]`, max, 'a string');
    }
  }
  return value as string[];
}

/** An object of at most `bytesMax` bytes as JSON; undefined when absent. */
export function optionalObject(
  value: unknown,
  field: string,
  bytesMax: number,
): JsonObject | undefined {
  if (isAbsent(value)) return undefined;
  if (!isJsonObject(value)) throw bad(field, shown(value), 'an object');
  checkSize(value, field, bytesMax);
  return value;
}

/** Throws when a document is nested too deep or too large to be kept. */
export function checkSize(value: JsonObject, field: string, bytesMax: number): void {
  if (!jsonDepth(value, limits.jsonDepthMax)) {
    throw bad(field, 'is nested too deep', `at most ${limits.jsonDepthMax} levels`);
  }
  const bytes = utf8Bytes(stringifyJson(value));
  if (bytes > bytesMax) {
    throw bad(field, `takes ${bytes} bytes as JSON`, `at most ${bytesMax}`);
  }
}

/** A whole number from `min` to 2^53 - 1; undefined when absent. */
export function optionalInteger(value: unknown, field: string, min: number): number | undefined {
  if (isAbsent(value)) return undefined;
  if (Number.isSafeInteger(value) && (value as number) >= min) return value as number;
  throw bad(field, shown(value), `an integer from ${min} to ${Number.MAX_SAFE_INTEGER}`);
}

/**
 * An instant in epoch microseconds; undefined when absent or Go's zero time. Instants before 1970
 * or more than `limits.futureMaxMs` ahead of `nowUs` are nonsense.
 */
export function optionalTime(value: unknown, field: string, nowUs: number): number | undefined {
  if (isAbsent(value) || value === zeroTime) return undefined;
  const us = parseTimeUs(value);
  if (us === undefined) throw bad(field, shown(value), timeForm);
  checkTime(us, field, nowUs);
  return us;
}

/** Throws when an instant cannot be meant. */
export function checkTime(us: number, field: string, nowUs: number): void {
  // What rounds up to 1970 is before it all the same, and no instant is ever a negative zero.
  if (us < 0 || Object.is(us, -0)) throw bad(field, 'is before 1970', timeForm);
  if (us > nowUs + limits.futureMaxMs * 1000) {
    throw bad(field, 'is more than a year in the future', timeForm);
  }
}

/** The error of a field: what it is and what it should be. */
export function bad(field: string, problem: string, expected: string): TachoError {
  return new TachoError('invalid_field', `${field} ${problem}; expected ${expected}.`);
}

/** A value as part of a sentence, cut short. */
export function shown(value: unknown): string {
  if (value === undefined) return 'is missing';
  if (value === '') return 'is empty';
  if (typeof value === 'string') return `is "${value.length > 40 ? `${cut(value, 40)}…` : value}"`;
  if (Array.isArray(value)) return value.length === 0 ? 'is an empty array' : 'is an array';
  if (typeof value === 'object' && value !== null) return 'is an object';
  return `is ${String(value).slice(0, 40)}`;
}

/** The first `max` characters of a text, none of them cut in half. */
export function cut(text: string, max: number): string {
  return text.length <= max ? text : [...text.slice(0, 2 * max)].slice(0, max).join('');
}

/** Whether a text has at most `max` characters (Unicode code points, as JSON Schema counts). */
function isWithin(text: string, max: number): boolean {
  return text.length <= max || (text.length <= 2 * max && [...text].length <= max);
}

function badText(value: unknown, field: string, max: number, expected: string): TachoError {
  if (typeof value !== 'string' || value === '') return bad(field, shown(value), expected);
  return bad(field, `has ${[...value].length} characters`, `at most ${max}`);
}

/** Length of a text in UTF-8. */
function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x80) continue;
    // Each half of a surrogate pair stands for two of the four bytes.
    bytes += code < 0x800 || (code >= 0xd800 && code < 0xe000) ? 1 : 2;
  }
  return bytes;
}
