/** JSON values as Tacho keeps them: integers beyond 2^53 are bigint, so that their digits survive. */
import { parse as parseLossless } from 'lossless-json';
import { limits } from './limits.ts';

/** A JSON value; `bigint` stands for an integer whose digits a double would change. */
export type JsonValue = null | boolean | number | bigint | string | JsonValue[] | JsonObject;

/** A JSON object. */
export interface JsonObject {
  [key: string]: JsonValue;
}

/** What JSON.parse would get wrong; bits of `survey`. */
const wideNumbers = 1;
const bareWords = 2;

/**
 * Longer text is surveyed before JSON.parse sees it, shorter text only when its value looks odd.
 * The survey costs a quarter of the parse, the look at the value a fifteenth; but a bomb of 8
 * million brackets keeps JSON.parse busy for seconds, one of this length for a fraction of one.
 */
const surveyFirstLength = 2 * 1024 * 1024;

/**
 * Reads JSON text without losing anything that telemetry sends:
 * - integers beyond 2^53 whose digits a double would change become bigint; they are at most
 *   `limits.jsonIntegerDigitsMax` digits long (longer ones cost more than linear time to convert);
 * - the bare words NaN, Infinity and -Infinity, which Python writes, become strings of that name,
 *   and so do numbers outside the range of a double (1e999);
 * - `__proto__` is an ordinary key; of equal keys the last one wins, as in JSON.parse.
 *
 * Throws SyntaxError, also for documents nested deeper than `limits.jsonParseDepthMax`, so that
 * nothing behind it can be made to overflow the stack. Takes time linear in the length of the text.
 */
export function parseJson(text: string): JsonValue {
  let found: number;
  if (text.length > surveyFirstLength) {
    found = survey(text);
    if (found === 0) return JSON.parse(text) as JsonValue;
  } else {
    const value = parseOrdinary(text);
    if (value !== undefined && isOrdinary(value, limits.jsonParseDepthMax)) return value;
    found = survey(text);
    if (found === 0 && value !== undefined) return value;
  }
  const readable = (found & bareWords) === 0 ? text : quoteBareWords(text);
  // Numbers that overflow or lose digits need the slow parser, words in quotes do not.
  if ((found & wideNumbers) === 0) return JSON.parse(readable) as JsonValue;
  return parseLossless(readable, undefined, {
    parseNumber: readNumber,
    onDuplicateKey: ({ newValue }) => newValue,
  }) as JsonValue;
}

/**
 * Writes JSON text; a bigint is written with all its digits. Numbers are finite by contract
 * (JSON.stringify would write null for others).
 */
export function stringifyJson(value: JsonValue): string {
  try {
    return JSON.stringify(value);
  } catch (error) {
    // JSON.stringify refuses bigint with a TypeError; it is rare enough to be tried first.
    if (error instanceof TypeError) return stringifyWide(value);
    throw error;
  }
}

/** Whether a value nests at most `max` arrays and objects in each other; a scalar nests none. */
export function jsonDepth(value: JsonValue, max: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (max < 1) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!jsonDepth(item, max - 1)) return false;
    return true;
  }
  for (const key in value) if (!jsonDepth(value[key] as JsonValue, max - 1)) return false;
  return true;
}

/** Whether a value is an object, not an array and not null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Sets a key of an object as JSON.parse would: plain assignment to `__proto__` would change the
 * prototype instead.
 */
export function setJsonKey(object: JsonObject, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(object, key, {
      value,
      writable: true,
      enumerable: true,
      configurable: true,
    });
  } else {
    object[key] = value;
  }
}

/** The value as JSON.parse reads it; undefined when it cannot and the lossless path may. */
function parseOrdinary(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    if ((survey(text) & bareWords) === 0) throw error;
    return undefined;
  }
}

/** Whether all numbers are finite and safe and the nesting is at most `depth`. */
function isOrdinary(value: JsonValue, depth: number): boolean {
  if (typeof value === 'number') return value <= maxSafe && value >= -maxSafe;
  if (typeof value !== 'object' || value === null) return true;
  if (depth === 0) return false;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) {
      const item = value[i] as JsonValue;
      // Asked here as well, because most items are strings and a call costs more than the answer.
      if (typeof item !== 'string' && !isOrdinary(item, depth - 1)) return false;
    }
    return true;
  }
  for (const key in value) {
    const item = value[key] as JsonValue;
    if (typeof item !== 'string' && !isOrdinary(item, depth - 1)) return false;
  }
  return true;
}

/**
 * One pass over the text outside of strings. Returns which kinds of token need the lossless path,
 * and throws when the nesting is too deep, before anything is built.
 */
function survey(text: string): number {
  let found = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      i = endOfString(text, i);
    } else if (code >= zero && code <= nine) {
      const end = endOfNumber(text, i);
      if (end < 0) found |= wideNumbers;
      i = Math.abs(end) - 1;
    } else if (code === openBrace || code === openBracket) {
      depth++;
      if (depth > limits.jsonParseDepthMax) {
        throw new SyntaxError(`JSON is nested deeper than ${limits.jsonParseDepthMax} levels`);
      }
    } else if (code === closeBrace || code === closeBracket) {
      depth--;
    } else if (code === capitalN || code === capitalI) {
      found |= bareWords;
    }
  }
  return found;
}

/** Index of the closing quote of the string that starts at `start`, or the end of the text. */
function endOfString(text: string, start: number): number {
  let i = start + 1;
  for (; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) break;
    if (code === backslash) i++;
  }
  return i;
}

/** Index after the unsigned number that starts at `start`; negative when a double may not hold it. */
function endOfNumber(text: string, start: number): number {
  let end = endOfDigits(text, start);
  const digits = end - start;
  let wide = digits > doubleDigitsMax;
  let integer = true;
  if (text.charCodeAt(end) === dot) {
    integer = false;
    end = endOfDigits(text, end + 1);
  }
  const code = text.charCodeAt(end);
  if (code === smallE || code === capitalE) {
    integer = false;
    const sign = text.charCodeAt(end + 1);
    const exponent = sign === plus || sign === minus ? end + 2 : end + 1;
    end = endOfDigits(text, exponent);
    wide ||= end - exponent > 2;
  }
  if (integer && digits >= maxSafeDigits.length) {
    wide ||= digits > maxSafeDigits.length || text.slice(start, end) > maxSafeDigits;
  }
  return wide ? -end : end;
}

function endOfDigits(text: string, start: number): number {
  let end = start;
  for (; end < text.length; end++) {
    const code = text.charCodeAt(end);
    if (code < zero || code > nine) break;
  }
  return end;
}

/** Puts NaN, Infinity and -Infinity outside of strings in quotes, where a value may stand. */
function quoteBareWords(text: string): string {
  let quoted = '';
  let copied = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === quote) {
      i = endOfString(text, i);
      continue;
    }
    if (code !== capitalN && code !== capitalI) continue;
    const word = code === capitalN ? 'NaN' : 'Infinity';
    if (!text.startsWith(word, i)) continue;
    const negative = word === 'Infinity' && text.charCodeAt(i - 1) === minus;
    const start = negative ? i - 1 : i;
    i += word.length - 1;
    // Not as a key: {NaN: 1} stays the mistake that it is.
    if (isFollowedByColon(text, i + 1)) continue;
    quoted += `${text.slice(copied, start)}"${negative ? '-' : ''}${word}"`;
    copied = i + 1;
  }
  return quoted + text.slice(copied);
}

function isFollowedByColon(text: string, start: number): boolean {
  let i = start;
  while (whitespace.includes(text.charAt(i)) && i < text.length) i++;
  return text.charAt(i) === ':';
}

/** A number literal as number, bigint or, where neither can hold it, as the name of an infinity. */
function readNumber(literal: string): number | bigint | string {
  const value = Number(literal);
  // Also beyond 2^53 a double may write the very digits that were read.
  if (/[.eE]/.test(literal) || String(value) === literal || Number.isSafeInteger(value)) {
    return Number.isFinite(value) ? value : String(value);
  }
  if (literal.length > limits.jsonIntegerDigitsMax) {
    throw new SyntaxError(`JSON integer has more than ${limits.jsonIntegerDigitsMax} digits`);
  }
  return BigInt(literal);
}

/** JSON text of a value that holds a bigint somewhere. */
function stringifyWide(value: JsonValue): string {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(stringifyWide).join(',')}]`;
  const fields = Object.keys(value).map(
    (key) => `${JSON.stringify(key)}:${stringifyWide(value[key] as JsonValue)}`,
  );
  return `{${fields.join(',')}}`;
}

const maxSafe = Number.MAX_SAFE_INTEGER;
const maxSafeDigits = String(maxSafe);
/** Numbers with no more digits before the point than this are finite as doubles. */
const doubleDigitsMax = 300;
const whitespace = ' \t\n\r';
const quote = 0x22;
const plus = 0x2b;
const minus = 0x2d;
const dot = 0x2e;
const zero = 0x30;
const nine = 0x39;
const capitalE = 0x45;
const capitalI = 0x49;
const capitalN = 0x4e;
const openBracket = 0x5b;
const backslash = 0x5c;
const closeBracket = 0x5d;
const smallE = 0x65;
const openBrace = 0x7b;
const closeBrace = 0x7d;
