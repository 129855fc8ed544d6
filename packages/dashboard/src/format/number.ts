/** Numbers the way people read them: thin spaces, few digits, units, never 0 for nothing. */
import { humanize, unitOf } from '@tacho/protocol';

const thinSpace = '\u2009';
const minus = '\u2212';

/** Longest unit that is shown in full. */
const unitLengthMax = 12;

/** What stands where nothing was recorded. */
export const nothing = '—';

/** A whole number with thin spaces between thousands: `8 412`. */
export function count(value: number): string {
  return grouped(String(Math.round(value)));
}

/** So many things: `1 session`, `8 412 sessions`; the noun is one that takes an s. */
export function counted(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
}

/** A whole number in a table, where zero is a quiet dot. */
export function countOrDot(value: number): string {
  return value === 0 ? '·' : count(value);
}

/** A number of things in little room: in full below a thousand, then `2.1 k`, `98 k`, `1.2 M`. */
export function compact(value: number): string {
  if (value < 1_000) return count(value);
  const [scaled, prefix] = value < 999_500 ? [value / 1e3, 'k'] : [value / 1e6, 'M'];
  return `${scaled < 9.95 ? scaled.toFixed(1) : Math.round(scaled)} ${prefix}`;
}

/** A share between 0 and 1 as a percentage without its sign: `98.06`, `100`, `41`. */
export function percent(share: number, digits = 2): string {
  const text = (share * 100).toFixed(digits);
  // What is not quite all must not look like all.
  if (Number(text) === 100 && share < 1) return (100 - 10 ** -digits).toFixed(digits);
  return text;
}

/** A difference of two shares in percentage points: `−1.21 pt`. */
export function points(difference: number): string {
  return `${signed(difference * 100, 2)} pt`;
}

/** A number with its sign, for differences. */
function signed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return `${value < 0 ? minus : '+'}${text}`;
}

/** A value of a metric with its unit, `2.58 GiB`; an em dash for none. NaN and infinities as they are. */
export function reading(value: unknown, name: string, unit = ''): string {
  const number = numberOf(value);
  if (number === undefined) return nothing;
  return withMinus(humanize(number, shortUnit(name, unit)));
}

/** A unit is a short word; whatever else stands in its place must not push the numbers away. */
function shortUnit(name: string, unit: string): ReturnType<typeof unitOf> {
  const known = unitOf(name, unit);
  if (known === undefined || known.id.length <= unitLengthMax) return known;
  return { ...known, id: `${known.id.slice(0, unitLengthMax - 1)}…` };
}

/** The same in two parts, the number and its unit, so that they can look different. */
export function readingParts(value: unknown, name: string, unit = ''): [string, string] {
  const text = reading(value, name, unit);
  const space = text.lastIndexOf(' ');
  // `1 h 30 min` is one reading, not a number with a unit.
  if (space < 0 || /\d .*\d/.test(text)) return [text, ''];
  return [text.slice(0, space), text.slice(space + 1)];
}

/** A value of a sample as JSON has it, where NaN and infinities are texts; undefined for none. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (value === 'NaN' || value === 'Infinity' || value === '-Infinity') return Number(value);
  return undefined;
}

/** A reading for little room, with so many digits where some stand after the point: `159 ms`, `2.56 GiB`. */
export function shortReading(value: unknown, name: string, unit = '', digits = 3): string {
  const [number, unitText] = shortReadingParts(value, name, unit, digits);
  return unitText === '' ? number : `${number} ${unitText}`;
}

/** The same in two parts, the number and its unit. */
export function shortReadingParts(
  value: unknown,
  name: string,
  unit = '',
  digits = 3,
): [string, string] {
  const [text, unitText] = readingParts(value, name, unit);
  const found = /^(\D?)(\d+)\.(\d+)$/.exec(text);
  if (found === null) return [text, unitText];
  const [, sign = '', whole = ''] = found;
  const after = Math.max(0, digits - (whole === '0' ? 0 : whole.length));
  return [sign + String(Number(Number(text.slice(sign.length)).toFixed(after))), unitText];
}

/** A number of bytes: `2.34 GiB`. */
export function bytes(value: number): string {
  return humanize(value, 'bytes');
}

function withMinus(text: string): string {
  return grouped(text.replace(/^-/, minus).replaceAll(',', ''));
}

/** Thin spaces between the thousands of the first number of a text, from five digits on or where asked. */
function grouped(text: string): string {
  return text.replace(/(?<![\d.])\d{4,}(?![\d]*\.)/, (digits) =>
    digits.replace(/\B(?=(\d{3})+$)/g, thinSpace),
  );
}
