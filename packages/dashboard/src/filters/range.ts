/** Ranges of time as filters have them: so long ago, or from an instant to another. */
import { dayOf, hourMinute } from '../format/time.ts';

/** Ranges that are one click away, with the value of `from`. */
export const presets = ['-1h', '-24h', '-7d', '-30d'] as const;

const units: Record<string, string> = { s: 's', m: 'min', h: 'h', d: 'd', w: 'weeks' };

/** A range as people say it: `last 24 h`, `since Today 14:00`, `Mon 3 Mar 14:00 – 15:30`. */
export function rangeText(from: string, to: string): string {
  const length = to === '' || to === 'now' ? lengthText(from) : undefined;
  if (length !== undefined) return `last ${length}`;
  const [start, end] = [pointText(from), pointText(to)];
  if (end === undefined) return start === undefined ? 'any' : `since ${start}`;
  if (start === undefined) return `until ${end}`;
  const day = start.slice(0, -5);
  return `${start} – ${end.startsWith(day) ? end.slice(day.length) : end}`;
}

/** A length as it stands after `last`; undefined when the value is no length. */
export function lengthText(from: string): string | undefined {
  const [, number, unit = ''] = /^-(\d+)([smhdw])$/.exec(from) ?? [];
  return number === undefined ? undefined : `${number} ${units[unit]}`;
}

/** What somebody typed as a length, `last 24 h`, `90m`, `7 days`, as the value of `from`; undefined when it is none. */
export function readLength(text: string): string | undefined {
  const form = /^(?:last\s+)?-?(\d{1,6})\s*(s|m|h|d|w)(?:ec\w*|in\w*|ours?|ays?|eeks?)?$/i;
  const [, number, unit = ''] = form.exec(text.trim()) ?? [];
  return number === undefined ? undefined : `-${number}${unit.toLowerCase()}`;
}

/** An instant of the address in the form of a field for local times; empty when it is no instant. */
export function fieldText(instant: string): string {
  const atMs = instantMs(instant);
  if (atMs === undefined) return '';
  const local = new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** A local time of a field as an instant of the address; undefined when the field is empty. */
export function instantOfField(text: string): string | undefined {
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : new Date(atMs).toISOString().replace(':00.000Z', ':00Z');
}

function pointText(instant: string): string | undefined {
  if (instant === '') return undefined;
  const length = lengthText(instant);
  if (length !== undefined) return `${length} ago`;
  const atMs = instantMs(instant);
  return atMs === undefined ? instant : `${dayOf(atMs)} ${hourMinute(atMs)}`;
}

function instantMs(instant: string): number | undefined {
  if (instant === '') return undefined;
  const atMs = /^\d+(\.\d+)?$/.test(instant) ? Number(instant) : Date.parse(instant);
  return Number.isNaN(atMs) ? undefined : atMs;
}
