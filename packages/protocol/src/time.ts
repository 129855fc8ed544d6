/** Instants: RFC 3339 text or epoch milliseconds on the wire, integer epoch microseconds inside. */

/** The seconds that RFC 3339 can name, from the first of year 0001 to the last of 9999. */
const minSecond = -62_135_596_800;
const maxSecond = 253_402_300_799;
const minUs = minSecond * 1_000_000;
/** The latest instant, in epoch microseconds: the last double before the year 10000, where they are 32 apart. */
export const latestUs = (maxSecond + 1) * 1_000_000 - 32;

/**
 * Reads an instant of the wire as integer epoch microseconds (exact until the year 2255, to the
 * nearest double after it); undefined when it is not understood.
 *
 * A string is RFC 3339 and strictly so: existing days only, seconds, `Z` or an offset of at most
 * 23:59; `t`, `z` and a blank between date and time are allowed. Any number of decimals is read,
 * what is finer than a microsecond is cut off. A leap second (23:59:60 UTC) is the last microsecond
 * of its minute, because epoch time has no room for it and its order among neighbours stays right.
 * A number is epoch milliseconds with fractions, rounded to the microsecond.
 */
export function parseTimeUs(value: unknown): number | undefined {
  if (typeof value === 'string') return parseRfc3339(value);
  if (typeof value !== 'number') return undefined;
  const us = Math.round(value * 1000);
  return isWithinRange(us) ? us : undefined;
}

/**
 * Writes an instant as RFC 3339 in UTC with milliseconds, and with microseconds only where there
 * are any. Throws RangeError outside of the years 0001 to 9999.
 */
export function formatTime(us: number): string {
  if (!isWithinRange(us)) throw new RangeError(`instant out of range: ${us}`);
  const whole = Math.floor(us);
  const micro = mod(whole, 1000);
  const secondUs = mod(whole, 1_000_000);
  const second = mod((whole - secondUs) / 1_000_000, 86_400);
  const date = formatDay((whole - secondUs) / 1_000_000 - second);
  const minute = Math.floor(second / 60);
  const clock = `${two(Math.floor(minute / 60))}:${two(minute % 60)}:${two(second % 60)}`;
  const milli = three((secondUs - micro) / 1000);
  return `${date}T${clock}.${milli}${micro === 0 ? '' : three(micro)}Z`;
}

/** The layout YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM), read by position. */
function parseRfc3339(text: string): number | undefined {
  const daySecond = parseDay(text);
  const separator = text.charCodeAt(10) | 0x20;
  if (Number.isNaN(daySecond) || (separator !== smallT && separator !== blank)) return undefined;
  const hour = digits2(text, 11);
  const minute = digits2(text, 14);
  const second = digits2(text, 17);
  // NaN fails every comparison, so each test is written to be true for what is right.
  if (!(hour <= 23 && minute <= 59 && second <= 60)) return undefined;
  if (text.charCodeAt(13) !== colon || text.charCodeAt(16) !== colon) return undefined;
  const fractionEnd = endOfFraction(text);
  const offset = parseOffset(text, fractionEnd);
  if (Number.isNaN(offset)) return undefined;
  const minuteSecond = daySecond + hour * 3600 + minute * 60 - offset;
  if (second === 60) {
    if (mod(minuteSecond, 86_400) !== 86_340) return undefined;
    return atSecond(minuteSecond + 59, 999_999);
  }
  return atSecond(minuteSecond + second, fractionUs(text, fractionEnd));
}

/** Epoch microseconds; 9999-12-31T23:59:59.999999, a usual "for ever", must not round up. */
function atSecond(second: number, us: number): number | undefined {
  if (second < minSecond || second > maxSecond) return undefined;
  return Math.min(second * 1_000_000 + us, latestUs);
}

/** The last date read; almost every instant of a batch is of the same day. */
let lastDate = -1;
let lastDaySecond = 0;

/** Epoch second at which the date at the start of the text begins in UTC; NaN when it is none. */
function parseDay(text: string): number {
  if (text.charCodeAt(4) !== dash || text.charCodeAt(7) !== dash) return Number.NaN;
  const year = digits2(text, 0) * 100 + digits2(text, 2);
  const month = digits2(text, 5);
  const day = digits2(text, 8);
  const date = (year * 100 + month) * 100 + day;
  if (date === lastDate) return lastDaySecond;
  if (!(year >= 0 && month >= 1 && month <= 12 && day >= 1)) return Number.NaN;
  if (day > daysInMonth(year, month)) return Number.NaN;
  // Date.UTC takes the years 0 to 99 for 1900 to 1999; 400 years are always 146,097 days.
  const daySecond = Date.UTC(year + 400, month - 1, day) / 1000 - 146_097 * 86_400;
  lastDate = date;
  lastDaySecond = daySecond;
  return daySecond;
}

function daysInMonth(year: number, month: number): number {
  if (month === 2) {
    const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
    return leap ? 29 : 28;
  }
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Index after the fraction of the second, or of the seconds when there is none. */
function endOfFraction(text: string): number {
  if (text.charCodeAt(19) !== point) return 19;
  let end = 20;
  while (isDigit(text.charCodeAt(end))) end++;
  return end;
}

/** Microseconds of the fraction that ends at `end`; finer digits are cut off. */
function fractionUs(text: string, end: number): number {
  let us = 0;
  for (let i = 20; i < 26; i++) us = us * 10 + (i < end ? text.charCodeAt(i) - zero : 0);
  return us;
}

/** Seconds east of UTC that the text from `start` to its end names; NaN when it names none. */
function parseOffset(text: string, start: number): number {
  // A point without digits behind it is no fraction.
  if (start === 20) return Number.NaN;
  const code = text.charCodeAt(start);
  if ((code | 0x20) === smallZ) return text.length === start + 1 ? 0 : Number.NaN;
  if ((code !== plus && code !== dash) || text.length !== start + 6) return Number.NaN;
  const hours = digits2(text, start + 1);
  const minutes = digits2(text, start + 4);
  if (!(hours <= 23 && minutes <= 59) || text.charCodeAt(start + 3) !== colon) return Number.NaN;
  const seconds = hours * 3600 + minutes * 60;
  return code === plus ? seconds : -seconds;
}

/** The two digits at `at` as a number; NaN when they are not digits. */
function digits2(text: string, at: number): number {
  const tens = text.charCodeAt(at);
  const ones = text.charCodeAt(at + 1);
  return isDigit(tens) && isDigit(ones) ? (tens - zero) * 10 + (ones - zero) : Number.NaN;
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine;
}

function isWithinRange(us: number): boolean {
  return us >= minUs && us <= latestUs;
}

/** The last day written and its text. */
let lastFormatted = Number.NaN;
let lastFormattedText = '';

function formatDay(daySecond: number): string {
  if (daySecond !== lastFormatted) {
    lastFormatted = daySecond;
    lastFormattedText = new Date(daySecond * 1000).toISOString().slice(0, 10);
  }
  return lastFormattedText;
}

/** Remainder that is never negative. */
function mod(value: number, divisor: number): number {
  const rest = value % divisor;
  return rest < 0 ? rest + divisor : rest;
}

function two(value: number): string {
  return value < 10 ? `0${value}` : `${value}`;
}

function three(value: number): string {
  return value < 10 ? `00${value}` : value < 100 ? `0${value}` : `${value}`;
}

const blank = 0x20;
const plus = 0x2b;
const dash = 0x2d;
const point = 0x2e;
const zero = 0x30;
const nine = 0x39;
const colon = 0x3a;
const smallT = 0x74;
const smallZ = 0x7a;
