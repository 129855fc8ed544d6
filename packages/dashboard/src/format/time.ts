/** Times the way people read them: local, short, with the day where it is not today. */
import { signal } from '@preact/signals';

/** The time that relative times count from, in milliseconds since 1970; moves every few seconds. */
export const now = signal(Date.now());

setInterval(() => {
  // Tests of what is pure run where there is no document.
  if (!globalThis.document?.hidden) now.value = Date.now();
}, 5_000);

const day = 86_400_000;
const two = (value: number): string => String(value).padStart(2, '0');
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const months = [
  ...['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun'],
  ...['Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'],
];

/** Milliseconds since 1970 of an instant as the API writes it, with its microseconds as a fraction. */
export function ms(instant: string): number {
  const micros = /\.\d{3}(\d{3})/.exec(instant)?.[1];
  return micros === undefined
    ? Date.parse(instant)
    : Math.round(Date.parse(instant) * 1_000 + Number(micros)) / 1_000;
}

/** Local time of day with so many digits of a second: `14:03:06.9`. */
export function clock(atMs: number, digits = 0): string {
  const at = new Date(atMs);
  const base = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (digits === 0) return base;
  // Cut, not rounded: a time must not be shown before it came.
  const fraction = String(Math.floor(((atMs % 1000) + 1000) % 1000)).padStart(3, '0');
  return `${base}.${fraction.slice(0, digits)}`;
}

/** Hours and minutes: `14:03`. */
export function hourMinute(atMs: number): string {
  return clock(atMs).slice(0, 5);
}

/** The local day as people say it: `Today`, `Yesterday`, `Sun 22 Nov`, with the year when it is another one. */
export function dayOf(atMs: number, nowMs = now.peek()): string {
  const at = new Date(atMs);
  const start = new Date(nowMs).setHours(0, 0, 0, 0);
  const dayStart = new Date(atMs).setHours(0, 0, 0, 0);
  const ago = Math.round((start - dayStart) / day);
  if (ago === 0) return 'Today';
  if (ago === 1) return 'Yesterday';
  const text = `${weekdays[at.getDay()]} ${at.getDate()} ${months[at.getMonth()]}`;
  return at.getFullYear() === new Date(nowMs).getFullYear() ? text : `${text} ${at.getFullYear()}`;
}

/** The local weekday in short: `Sun`. */
export function weekday(atMs: number): string {
  return weekdays[new Date(atMs).getDay()] ?? '';
}

/** The local day without its weekday: `22 Nov`. */
export function dayAndMonth(atMs: number): string {
  const at = new Date(atMs);
  return `${at.getDate()} ${months[at.getMonth()]}`;
}

/** Day and time: `Yesterday 17:02`. */
export function dayAndTime(atMs: number): string {
  return `${dayOf(atMs)} ${hourMinute(atMs)}`;
}

/** How long ago, in one unit: `34 s ago`, `13 min ago`, `3 h ago`, `2 d ago`. */
export function ago(atMs: number, nowMs = now.value): string {
  const passed = nowMs - atMs;
  if (passed < 1_000) return 'now';
  if (passed < 90_000) return `${Math.round(passed / 1_000)} s ago`;
  if (passed < 90 * 60_000) return `${Math.round(passed / 60_000)} min ago`;
  if (passed < 36 * 3_600_000) return `${Math.round(passed / 3_600_000)} h ago`;
  return `${Math.round(passed / day)} d ago`;
}

/** A length of time in at most two units: `840 ms`, `2.1 s`, `41 min 3 s`, `2 d 4 h`. */
export function duration(lengthMs: number): string {
  if (lengthMs < 1_000) return `${Math.round(lengthMs)} ms`;
  const seconds = lengthMs / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 59.5) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  if (whole < 3_600) return pair(whole, 60, 'min', 's');
  if (whole < 86_400) return pair(Math.floor(whole / 60), 60, 'h', 'min');
  return pair(Math.floor(whole / 3_600), 24, 'd', 'h');
}

/** A distance on the axis with its sign: `−14.6 s`, `+12 ms`. */
export function offset(lengthMs: number): string {
  return `${lengthMs < 0 ? '−' : '+'}${duration(Math.abs(lengthMs))}`;
}

/** The full instant, in UTC and in the local zone, for a title. */
export function full(atMs: number): string {
  const at = new Date(atMs);
  const zone = -at.getTimezoneOffset();
  const shift = `${zone < 0 ? '−' : '+'}${two(Math.floor(Math.abs(zone) / 60))}:${two(Math.abs(zone) % 60)}`;
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${at.toISOString()}\n${date} ${clock(atMs, 3)} (UTC${shift})`;
}

function pair(value: number, base: number, large: string, small: string): string {
  const rest = value % base;
  const whole = `${Math.floor(value / base)} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
