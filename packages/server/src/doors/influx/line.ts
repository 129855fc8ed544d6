/** Line protocol: one line after the other as a point, by the published grammar of InfluxDB. */

/** What a field of a point holds. */
export type FieldValue = number | boolean | string;

/** One line, as it stands. */
export interface Point {
  /** Measurement and tags with their escapes: lines of one series share it. */
  head: string;
  /** Pairs of names and values, in the order of the line. */
  fields: readonly (readonly [string, FieldValue])[];
  /** Digits of the timestamp with their sign; '' when there is none. */
  time: string;
}

/** The measurement of a point, and its tags. */
export interface PointHead {
  measurement: string;
  tags: readonly (readonly [string, string])[];
}

/** What is wrong with a line, in the words of InfluxDB. */
export class LineError extends Error {
  override readonly name = 'LineError';
}

/** A line that was no point: its first characters, and why. */
export interface BadLine {
  text: string;
  error: LineError;
}

const [tab, newline, carriageReturn, space] = [0x09, 0x0a, 0x0d, 0x20];
const [quote, hash, comma, equals, backslash] = [0x22, 0x23, 0x2c, 0x3d, 0x5c];

/** Characters of a bad line that are shown. */
const shownLength = 80;

/** Reads the lines of a text in order; blank lines and comments are skipped. */
export function* readPoints(text: string): Generator<Point | BadLine> {
  const reader = new LineReader(text);
  while (reader.skipToLine()) {
    const from = reader.at;
    try {
      yield reader.point();
    } catch (error) {
      if (!(error instanceof LineError)) throw error;
      reader.at = from;
      reader.skipLine();
      yield { text: text.slice(from, Math.min(reader.at, from + shownLength)).trimEnd(), error };
    }
  }
}

/** Takes a head apart; throws LineError. */
export function readHead(head: string): PointHead {
  const parts = splitUnescaped(head, comma);
  const measurement = plain(parts[0] as string, /\\([, ])/g);
  if (measurement === '') throw new LineError('missing measurement');
  const tags: [string, string][] = [];
  for (let i = 1; i < parts.length; i++) {
    const [key = '', value, ...rest] = splitUnescaped(parts[i] as string, equals);
    if (key === '') throw new LineError('missing tag key');
    if (value === undefined || value === '') throw new LineError('missing tag value');
    if (rest.length > 0) throw new LineError('invalid tag format');
    const name = plain(key, tagEscapes);
    if (tags.some(([other]) => other === name)) throw new LineError('duplicate tags');
    tags.push([name, plain(value, tagEscapes)]);
  }
  return { measurement, tags };
}

/** Escapes of tags and of names of fields; any other backslash stands for itself. */
const tagEscapes = /\\([,= ])/g;

/** A place in a text; its methods read on from there. */
class LineReader {
  at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Goes to the first character of the next line that says something; false at the end. */
  skipToLine(): boolean {
    for (; ; this.at++) {
      const code = this.#text.charCodeAt(this.at);
      if (code === hash) this.skipLine();
      else if (!(isBlank(code) || code === newline)) return !Number.isNaN(code);
    }
  }

  /** Goes to the end of the line. */
  skipLine(): void {
    const end = this.#text.indexOf('\n', this.at);
    this.at = end < 0 ? this.#text.length : end;
  }

  point(): Point {
    const head = this.#head();
    const fields: [string, FieldValue][] = [];
    for (;;) {
      const name = this.#fieldName();
      fields.push([name, this.#fieldValue()]);
      if (this.#code() !== comma) break;
      this.at++;
    }
    return { head, fields, time: this.#time() };
  }

  #code(): number {
    return this.#text.charCodeAt(this.at);
  }

  #head(): string {
    const from = this.at;
    for (; ; this.at++) {
      const code = this.#code();
      if (code === backslash) this.#skipEscaped();
      else if (isBlank(code)) break;
      else if (isEnd(code)) throw new LineError('missing fields');
    }
    const head = this.#text.slice(from, this.at);
    this.#skipBlanks();
    if (isEnd(this.#code())) throw new LineError('missing fields');
    return head;
  }

  #fieldName(): string {
    const from = this.at;
    let hasEscape = false;
    for (; ; this.at++) {
      const code = this.#code();
      if (code === backslash) {
        hasEscape = true;
        this.#skipEscaped();
      } else if (code === equals) break;
      else if (isEnd(code) || isBlank(code) || code === comma) {
        throw new LineError(this.at === from ? 'missing field key' : 'missing field value');
      }
    }
    if (this.at === from) throw new LineError('missing field key');
    const name = this.#text.slice(from, this.at++);
    return hasEscape ? plain(name, tagEscapes) : name;
  }

  #fieldValue(): FieldValue {
    if (this.#code() === quote) return this.#string();
    const from = this.at;
    for (; ; this.at++) {
      const code = this.#code();
      if (code === comma || isBlank(code) || isEnd(code)) break;
    }
    if (this.at === from) throw new LineError('missing field value');
    return readPlain(this.#text.slice(from, this.at));
  }

  /** A text in quotes, which may hold newlines. */
  #string(): string {
    const from = ++this.at;
    for (; this.#code() !== quote; this.at++) {
      const code = this.#code();
      if (Number.isNaN(code)) throw new LineError('unbalanced quotes');
      if (code === backslash) this.at++;
    }
    const raw = this.#text.slice(from, this.at++);
    const after = this.#code();
    if (after !== comma && !isBlank(after) && !isEnd(after)) {
      throw new LineError('invalid field format');
    }
    return raw.includes('\\') ? plain(raw, /\\(["\\])/g) : raw;
  }

  #time(): string {
    this.#skipBlanks();
    const from = this.at;
    while (!isEnd(this.#code())) this.at++;
    const time = this.#text.slice(from, this.at).trimEnd();
    if (time !== '' && !/^-?\d{1,19}$/.test(time)) throw new LineError('bad timestamp');
    return time;
  }

  #skipBlanks(): void {
    while (isBlank(this.#code())) this.at++;
  }

  /** From a backslash to the character that it may escape; an end of the line is never escaped. */
  #skipEscaped(): void {
    if (!isEnd(this.#text.charCodeAt(this.at + 1))) this.at++;
  }
}

/** A number or a boolean as it is written without quotes. */
function readPlain(text: string): number | boolean {
  const known = booleans.get(text);
  if (known !== undefined) return known;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) {
    const value = Number(text);
    if (Number.isFinite(value)) return value;
    throw new LineError('number out of range');
  }
  if (/^-?\d+[iu]$/.test(text)) return readInteger(text);
  throw new LineError(/^[+-]?[\d.]/.test(text) ? 'invalid number' : 'invalid boolean');
}

/** An integer of 64 bits; beyond 2^53 it becomes the nearest double. */
function readInteger(text: string): number {
  const digits = text.slice(0, -1);
  const isSigned = text.endsWith('i');
  if (!isSigned && digits.startsWith('-')) throw new LineError('invalid number');
  const value = Number(digits);
  if (Number.isSafeInteger(value)) return value;
  const whole = BigInt(digits.slice(0, 40));
  const fits = isSigned ? BigInt.asIntN(64, whole) : BigInt.asUintN(64, whole);
  if (digits.length > 40 || fits !== whole) throw new LineError('number out of range');
  return value;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ...['t', 'T', 'true', 'True', 'TRUE'].map((word) => [word, true] as const),
  ...['f', 'F', 'false', 'False', 'FALSE'].map((word) => [word, false] as const),
]);

/** A carriage return before a newline belongs to it, and nobody means one elsewhere. */
function isBlank(code: number): boolean {
  return code === space || code === tab || code === carriageReturn;
}

function isEnd(code: number): boolean {
  return code === newline || Number.isNaN(code);
}

function splitUnescaped(text: string, separator: number): string[] {
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === backslash) at++;
    else if (code === separator) {
      parts.push(text.slice(from, at));
      from = at + 1;
    }
  }
  parts.push(text.slice(from));
  return parts;
}

function plain(text: string, escapes: RegExp): string {
  return text.includes('\\') ? text.replaceAll(escapes, '$1') : text;
}
