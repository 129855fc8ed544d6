/** Columns of numbers as JSON text: the larger part of what charts answer, written once where it repeats. */

/** Bytes that no number takes more of: a sign, 17 digits, a point, an exponent, a comma, quotation marks. */
const numberBytesMax = 32;

/** Where numbers are written, one column at a time; it grows to the longest one. */
let bytes: Buffer = Buffer.allocUnsafe(64 * 1024);
let end = 0;

/** The numbers as a JSON array; NaN, which says that there is none, as null, the infinities as texts. */
export function columnText(values: Float64Array): string {
  begin(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value - value === 0) writeNumber(value);
    else writeText(Number.isNaN(value) ? 'null' : JSON.stringify(String(value)));
    bytes[end++] = comma;
  }
  return ended();
}

/** Instants in microseconds as a JSON array of milliseconds. */
export function millisecondsText(timesUs: Float64Array): string {
  begin(timesUs.length);
  for (let i = 0; i < timesUs.length; i++) {
    writeNumber(timesUs[i]! / 1000);
    bytes[end++] = comma;
  }
  return ended();
}

const [comma, point, minus, zero, open, close] = [0x2c, 0x2e, 0x2d, 0x30, 0x5b, 0x5d];

function begin(length: number): void {
  const needed = length * numberBytesMax + 2;
  if (bytes.length < needed) bytes = Buffer.allocUnsafe(needed);
  bytes[0] = open;
  end = 1;
}

function ended(): string {
  if (end > 1) end--;
  bytes[end++] = close;
  return bytes.toString('latin1', 0, end);
}

/** Digits that are exact in a double whatever they are. */
const exactMax = 1e15;

/** A number below it may have a text with an exponent. */
const plainMin = 1e-6;

/**
 * A number as `JSON.stringify` writes it. Most recorded numbers have few decimals; those are whole
 * numbers of thousandths, millionths or billionths, whose digits are found four times as fast as
 * those of any double. With at most 15 digits a decimal is the shortest text of its double, so the
 * text is the same.
 */
function writeNumber(value: number): void {
  if (!(writeScaled(value, 1e3) || writeScaled(value, 1e6) || writeScaled(value, 1e9))) {
    writeText(String(value));
  }
}

/** Writes a number that is so many parts of one; zeros at the end are left out. False when it is not. */
function writeScaled(value: number, scale: number): boolean {
  let rest = Math.abs(Math.round(value * scale));
  const size = Math.abs(value);
  if (rest / scale !== size || rest >= exactMax || (size < plainMin && size > 0)) return false;
  if (value < 0) bytes[end++] = minus;
  const whole = Math.floor(rest / scale);
  rest -= whole * scale;
  writeWhole(whole);
  if (rest > 0) bytes[end++] = point;
  for (let unit = scale / 10; rest > 0; unit /= 10) {
    const digit = Math.floor(rest / unit);
    bytes[end++] = zero + digit;
    rest -= digit * unit;
  }
  return true;
}

function writeWhole(whole: number): void {
  let digits = 1;
  for (let power = 10; power <= whole; power *= 10) digits++;
  let rest = whole;
  for (let at = end + digits - 1; at >= end; at--) {
    const tens = Math.floor(rest / 10);
    bytes[at] = zero + (rest - tens * 10);
    rest = tens;
  }
  end += digits;
}

function writeText(text: string): void {
  for (let i = 0; i < text.length; i++) bytes[end++] = text.charCodeAt(i);
}

/** Writes each of several columns, mostly equal ones, and gives the text of the one before again. */
export class TextOfEqual {
  readonly #write: (values: Float64Array) => string;
  #values: Float64Array = new Float64Array(0);
  #text = '[]';

  constructor(write: (values: Float64Array) => string) {
    this.#write = write;
  }

  /** The column as text. */
  of(values: Float64Array): string {
    if (!areEqual(values, this.#values)) {
      this.#values = values;
      this.#text = this.#write(values);
    }
    return this.#text;
  }
}

/** Equal number by number; NaN equals nothing, which costs only time. -0 is written as 0. */
function areEqual(a: Float64Array, b: Float64Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
