/** Finds the decimal exponent that turns a block of doubles into integers without loss. */

/** Samples of one block. */
export const blockSize = 128;
/** Smallest decimal exponent. */
export const exponentMin = -9;
/** Largest decimal exponent; powers of ten up to 10^22 are exact doubles. */
const exponentMax = 22;
/** Largest magnitude of a scaled integer: up to here every integer is a double. */
const integerMax = 2 ** 53;

/** 10^0 … 10^22, exact. */
export const powersOfTen = Float64Array.from({ length: exponentMax + 1 }, (_, e) =>
  Number(`1e${e}`),
);

/** Outcome of `scale`, reused from block to block. */
export interface Scaled {
  /** The integers; a special repeats its neighbour, which costs least. */
  integers: Float64Array;
  /** Rows of samples that no exponent, or only a much larger one, turns into integers. */
  specials: Uint8Array;
  specialCount: number;
}

/** Room for one block. */
export function makeScaled(): Scaled {
  return {
    integers: new Float64Array(blockSize),
    specials: new Uint8Array(blockSize),
    specialCount: 0,
  };
}

/**
 * Scales `values[from, from + count)` into `into`, trying the exponent `hint` first.
 * Returns the exponent, or undefined when too few of the values are short decimals.
 */
export function scale(
  values: Float64Array,
  from: number,
  count: number,
  hint: number,
  into: Scaled,
): number | undefined {
  if (!worthScaling(values, from, count)) return undefined;
  let exponent = hint;
  let hinted = true;
  for (;;) {
    const failed = tryExponent(values, from, count, exponent, into);
    if (failed < 0) return reduce(exponent, count, into.integers);
    let next = fittingExponent(values[from + failed]!, exponent + 1);
    // The hint was too large for this block.
    if (next === undefined && hinted) next = fittingExponent(values[from + failed]!, exponentMin);
    // Nothing fits this one: there are too many specials.
    if (next === undefined) return undefined;
    exponent = next;
    hinted = false;
  }
}

/** Looks at four values only, so that full-precision columns are recognised at once. */
function worthScaling(values: Float64Array, from: number, count: number): boolean {
  const last = count - 1;
  for (let k = 0; k < 4; k++) {
    if (isDecimal(values[(from + (last * k) / 3) | 0]!)) return true;
  }
  return false;
}

/**
 * Scales all values by one exponent. Returns -1, or the row at which there were more misfits than
 * specials may be: many of values that are no decimals at all (a special costs 9 bytes, about what
 * it costs without scaling), few of decimals that a larger exponent would fit (a digit more costs
 * 3.3 bits in every row).
 */
function tryExponent(
  values: Float64Array,
  from: number,
  count: number,
  exponent: number,
  into: Scaled,
): number {
  const { integers, specials } = into;
  const power = powersOfTen[Math.abs(exponent)]!;
  const up = exponent >= 0;
  let found = 0;
  let decimals = 0;
  let next = up ? scaleUp(values, from, count, power, integers) : 0;
  let previous = next > 0 ? integers[next - 1]! : 0;
  for (; next < count; next++) {
    const value = values[from + next]!;
    const integer = up ? Math.round(value * power) : Math.round(value / power);
    if (isKept(value, integer, up ? integer / power : integer * power)) {
      // Specials before the first integer take its value.
      if (found === next) integers.fill(integer, 0, next);
      previous = integer;
    } else {
      if (isDecimal(value) && ++decimals > count >> 5) return next;
      if (found >= count >> 2) return next;
      specials[found++] = next;
    }
    integers[next] = previous;
  }
  into.specialCount = found;
  return -1;
}

/** The usual case in a tight loop; returns the first row that does not fit. */
function scaleUp(
  values: Float64Array,
  from: number,
  count: number,
  power: number,
  integers: Float64Array,
): number {
  for (let i = 0; i < count; i++) {
    const value = values[from + i]!;
    const integer = Math.round(value * power);
    if (!isKept(value, integer, integer / power)) return i;
    integers[i] = integer;
  }
  return count;
}

/** Whether the integer stands for the value, which came `back` from it, bit for bit. */
function isKept(value: number, integer: number, back: number): boolean {
  return (
    back === value &&
    integer <= integerMax &&
    integer >= -integerMax &&
    (integer !== 0 || !Object.is(value, -0))
  );
}

/** Whether some exponent turns the value into an integer. */
function isDecimal(value: number): boolean {
  const magnitude = Math.abs(value);
  if (magnitude <= integerMax && Math.floor(value) === value) return !Object.is(value, -0);
  if (!(magnitude < integerMax)) return false;
  // If a smaller exponent fits, then so does the largest that keeps the integer below 2^50.
  const exponent = Math.min(exponentMax, Math.floor(15.05 - Math.log10(magnitude)));
  if (exponent < 0) return false;
  const power = powersOfTen[exponent]!;
  return Math.round(value * power) / power === value;
}

/** The smallest exponent from `start` on that turns the value into an integer. */
function fittingExponent(value: number, start: number): number | undefined {
  if (!isDecimal(value)) return undefined;
  for (let exponent = start; exponent <= exponentMax; exponent++) {
    const power = powersOfTen[Math.abs(exponent)]!;
    const integer = exponent >= 0 ? Math.round(value * power) : Math.round(value / power);
    if (Math.abs(integer) > integerMax) return undefined;
    if ((exponent >= 0 ? integer / power : integer * power) === value) return exponent;
  }
  return undefined;
}

/** Takes common trailing decimal zeros away; returns the exponent that belongs to what is left. */
function reduce(exponent: number, count: number, integers: Float64Array): number {
  let reduced = exponent;
  // A block of one value gains nothing, and its zeros say nothing about the next block.
  while (reduced > exponentMin && varies(integers, count) && allTens(integers, count)) {
    for (let i = 0; i < count; i++) integers[i]! /= 10;
    reduced--;
  }
  return reduced;
}

function varies(integers: Float64Array, count: number): boolean {
  for (let i = 1; i < count; i++) if (integers[i] !== integers[0]) return true;
  return false;
}

function allTens(integers: Float64Array, count: number): boolean {
  for (let i = 0; i < count; i++) if (integers[i]! % 10 !== 0) return false;
  return true;
}

/** A number as `integer / 10^exponent`, exactly; undefined when it is no short decimal. */
export function decimalOf(value: number): { integer: number; exponent: number } | undefined {
  const exponent = fittingExponent(value, 0);
  if (exponent === undefined) return undefined;
  return { integer: Math.round(value * powersOfTen[exponent]!), exponent };
}
