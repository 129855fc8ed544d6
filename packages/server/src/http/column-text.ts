/** Columns of numbers as JSON text: the larger part of what charts answer, written once where it repeats. */

/** The numbers as a JSON array; NaN, which says that there is none, as null, the infinities as texts. */
export function columnText(values: Float64Array): string {
  const wire = new Array<number | string | null>(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    wire[i] = value - value === 0 ? value : Number.isNaN(value) ? null : String(value);
  }
  return JSON.stringify(wire);
}

/** Instants in microseconds as a JSON array of milliseconds. */
export function millisecondsText(timesUs: Float64Array): string {
  const wire = new Array<number>(timesUs.length);
  for (let i = 0; i < timesUs.length; i++) wire[i] = timesUs[i]! / 1000;
  return JSON.stringify(wire);
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
