/** Instants of a session as people name them: a time of the day, so long before its end, words, a revision. */
import { formatTime, readInstant } from '@tacho/protocol';
import { CommandError } from './exit.ts';
import type { Look } from './look.ts';
import type { SessionRow } from './session-text.ts';

/** What is accepted, for help and for errors. */
const whenForms =
  '14:03:20, -90s (before its end), start, death, now, revision:12, or an RFC 3339 time';

const timeForm = /^(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,3}))?)?$/;
const revisionForm = /^revision:\d{1,9}$/;
const dayUs = 86_400e6;

/** The moment that a text means for a session, as the API takes it. Throws CommandError when it is not understood. */
export function momentOf(look: Look, session: SessionRow, text: string): string {
  const isWord = ['start', 'death', 'now'].includes(text) || revisionForm.test(text);
  return isWord ? text : formatTime(instantOf(look, session, text));
}

/**
 * The instant that a text means for a session, in epoch microseconds. A time of the day is the first
 * one from the start on; `-90s` counts back from the end, or from now while it runs. Throws
 * CommandError when it is not understood.
 */
export function instantOf(look: Look, session: SessionRow, text: string): number {
  const startUs = Date.parse(session.created_at) * 1000;
  const nowUs = Date.now() * 1000;
  const endUs = session.ended_at === null ? undefined : Date.parse(session.ended_at) * 1000;
  if (text === 'start') return startUs;
  if (text === 'death') {
    if (endUs !== undefined) return endUs + 999;
    throw new CommandError('usage', `session ${session.id} is active: it has no death yet`);
  }
  const time = timeForm.exec(text);
  if (time !== null) return timeOfDay(look, time, startUs);
  const atUs = readInstant(text, text.startsWith('-') ? (endUs ?? nowUs) : nowUs);
  if (atUs === undefined) {
    throw new CommandError('usage', `"${text}" is no instant; expected ${whenForms}`);
  }
  return text.startsWith('-') ? Math.max(startUs, atUs) : atUs;
}

function timeOfDay({ isUtc }: Look, parts: RegExpExecArray, startUs: number): number {
  const [hour, minute, second] = [parts[1], parts[2], parts[3] ?? 0].map(Number) as [
    number,
    number,
    number,
  ];
  const milli = Number((parts[4] ?? '').padEnd(3, '0'));
  if (hour > 23 || minute > 59 || second > 59) {
    throw new CommandError('usage', `${parts[0]} is no time of a day`);
  }
  const day = new Date(startUs / 1000);
  const atMs = isUtc
    ? day.setUTCHours(hour, minute, second, milli)
    : day.setHours(hour, minute, second, milli);
  const atUs = atMs * 1000;
  // A time is named to the second or less: one within the second of the start is meant to be in it.
  return atUs + 999_999 < startUs ? atUs + dayUs : Math.max(atUs, startUs);
}
