/** Numbers as digits in bytes, several times as fast as texts of numbers that are joined. */

/** Bytes that no number takes more of: a sign, 17 digits, a point, an exponent. */
export const numberBytesMax = 26;

const [point, minus, zero] = [0x2e, 0x2d, 0x30];

/** Digits that are exact in a double whatever they are. */
const exactMax = 1e15;

/** A number below it may have a text with an exponent. */
const plainMin = 1e-6;

/**
 * Writes a finite number as `JSON.stringify` does, -0 without its sign; where it ends. Most recorded
 * numbers have few decimals; those are whole numbers of thousandths, millionths or billionths, whose
 * digits are found four times as fast as those of any double. With at most 15 digits a decimal is
 * the shortest text of its double, so the text is the same.
 */
export function writeNumber(bytes: Uint8Array, at: number, value: number): number {
  const size = Math.abs(value);
  for (let scale = 1e3; scale <= 1e9; scale *= 1e3) {
    const parts = Math.abs(Math.round(value * scale));
    if (parts / scale !== size || parts >= exactMax || (size < plainMin && size > 0)) continue;
    if (value < 0) bytes[at++] = minus;
    return writeParts(bytes, at, parts, scale);
  }
  return writeAscii(bytes, at, String(value));
}

/**
 * Writes any number so that it reads back as the same one: -0 with its sign, NaN and the infinities
 * as words between `mark`; where it ends.
 */
export function writeExact(bytes: Uint8Array, from: number, value: number, mark: '' | '"'): number {
  if (value - value !== 0) return writeAscii(bytes, from, `${mark}${value}${mark}`);
  if (value !== 0 || !Object.is(value, -0)) return writeNumber(bytes, from, value);
  bytes[from] = minus;
  bytes[from + 1] = zero;
  return from + 2;
}

/** Writes so many parts of one; zeros at the end are left out. */
function writeParts(bytes: Uint8Array, from: number, parts: number, scale: number): number {
  const whole = Math.floor(parts / scale);
  let at = writeWhole(bytes, from, whole);
  let rest = parts - whole * scale;
  if (rest > 0) bytes[at++] = point;
  for (let unit = scale / 10; rest > 0; unit /= 10) {
    const digit = Math.floor(rest / unit);
    bytes[at++] = zero + digit;
    rest -= digit * unit;
  }
  return at;
}

function writeWhole(bytes: Uint8Array, from: number, whole: number): number {
  let digits = 1;
  for (let power = 10; power <= whole; power *= 10) digits++;
  return writeDigits(bytes, from, whole, digits);
}

/** Writes the last digits of a whole number, zeros before it where it has fewer; where they end. */
export function writeDigits(
  bytes: Uint8Array,
  from: number,
  whole: number,
  digits: number,
): number {
  let rest = whole;
  for (let at = from + digits - 1; at >= from; at--) {
    const tens = Math.floor(rest / 10);
    bytes[at] = zero + (rest - tens * 10);
    rest = tens;
  }
  return from + digits;
}

/** Writes a text of ASCII characters; where it ends. */
export function writeAscii(bytes: Uint8Array, from: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[from + i] = text.charCodeAt(i);
  return from + text.length;
}
