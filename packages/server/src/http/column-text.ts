/** Columns of numbers as JSON text: the larger part of what charts answer, written once where it repeats. */

import { numberBytesMax, writeAscii, writeNumber } from './digits.ts';

/** Where numbers are written, one column at a time; it grows to the longest one. */
let bytes: Buffer = Buffer.allocUnsafe(64 * 1024);

/** The numbers as a JSON array; NaN, which says that there is none, as null, the infinities as texts. */
export function columnText(values: Float64Array): string {
  let end = begin(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value - value === 0) end = writeNumber(bytes, end, value);
    else end = writeAscii(bytes, end, Number.isNaN(value) ? 'null' : `"${value}"`);
    bytes[end++] = comma;
  }
  return ended(end);
}

/** Instants in microseconds as a JSON array of milliseconds. */
export function millisecondsText(timesUs: Float64Array): string {
  let end = begin(timesUs.length);
  for (let i = 0; i < timesUs.length; i++) {
    end = writeNumber(bytes, end, timesUs[i]! / 1000);
    bytes[end++] = comma;
  }
  return ended(end);
}

const [comma, open, close] = [0x2c, 0x5b, 0x5d];

/** A number and the comma behind it. */
const placeBytes = numberBytesMax + 1;

function begin(length: number): number {
  const needed = length * placeBytes + 2;
  if (bytes.length < needed) bytes = Buffer.allocUnsafe(needed);
  bytes[0] = open;
  return 1;
}

function ended(end: number): string {
  const last = end > 1 ? end - 1 : end;
  bytes[last] = close;
  return bytes.toString('latin1', 0, last + 1);
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
