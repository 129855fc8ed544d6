/** Places in one session's history as parameters name them: moments, events, and where a page goes on. */
import Type from 'typebox';
import { type Param, readInstant } from './params.ts';

/** A moment in the life of a session; instants are epoch microseconds. */
export type Moment =
  | { kind: 'start' | 'death' | 'now' }
  | { kind: 'at'; atUs: number }
  | { kind: 'revision'; revision: number };

const revisionForm = /^revision:(\d{1,9})$/;

const instantForms =
  'an RFC 3339 time such as 2025-01-31T12:00:00.000Z, a number of milliseconds since 1970, or so long ago as "-90s"';

/** A moment: `start`, `death`, `now`, `revision:N` or an instant. */
export function momentParam(description: string): Param<Moment | undefined> {
  return {
    schema: Type.String({
      description: '`start`, `death`, `now`, `revision:12`, or an instant',
      examples: ['death', 'revision:12', '2026-03-01T12:00:00Z'],
    }),
    description,
    accepted: `"start", "death", "now", "revision:12", ${instantForms}`,
    many: false,
    preset: undefined,
    read: (text, nowUs) => {
      const match = revisionForm.exec(text);
      if (match) return { kind: 'revision', revision: Number(match[1]) };
      return readPlainMoment(text, nowUs);
    },
  };
}

/** A moment that no revision is: `death`, `now` or an instant. */
export function endParam(
  description: string,
): Param<Exclude<Moment, { kind: 'revision' }> | undefined> {
  return {
    schema: Type.String({
      description: '`death`, `now`, or an instant',
      examples: ['death', '-15m', '2026-03-01T12:00:00Z'],
    }),
    description,
    accepted: `"death", "now", ${instantForms}`,
    many: false,
    preset: undefined,
    read: (text, nowUs) => (text === 'start' ? undefined : readPlainMoment(text, nowUs)),
  };
}

function readPlainMoment(
  text: string,
  nowUs: number,
): Exclude<Moment, { kind: 'revision' }> | undefined {
  if (text === 'start' || text === 'death' || text === 'now') return { kind: text };
  const atUs = readInstant(text, nowUs);
  return atUs === undefined ? undefined : { kind: 'at', atUs };
}

/** What a window of events opens around. */
export type Around = { atUs: number } | { seq: number };

/** An event by its number, or an instant. */
export const aroundParam: Param<Around | undefined> = {
  schema: Type.String({
    description: '`seq:` and the number of an event, or an instant',
    examples: ['seq:120', '2026-03-01T12:00:00Z'],
  }),
  description: 'Opens a window around this event or instant, half of it before and half after',
  accepted: `"seq:120" with the number of an event, ${instantForms}`,
  many: false,
  preset: undefined,
  read: (text, nowUs) => {
    const match = /^seq:(\d{1,15})$/.exec(text);
    if (match) return { seq: Number(match[1]) };
    const atUs = readInstant(text, nowUs);
    return atUs === undefined ? undefined : { atUs };
  },
};

/** Where a page of events goes on: right after or right before a place in their order. */
export interface EventCursor {
  kind: 'after' | 'before';
  place: { atUs: number; seq: number };
}

/** Where a page of patches goes on. */
export interface RevisionCursor {
  kind: 'after' | 'before';
  revision: number;
}

/** A cursor as text; its form is ours alone. */
export function formatEventCursor({ kind, place }: EventCursor): string {
  return `e${kind === 'after' ? 'a' : 'b'}${place.atUs.toString(36)}.${place.seq.toString(36)}`;
}

/** A cursor as text; its form is ours alone. */
export function formatRevisionCursor({ kind, revision }: RevisionCursor): string {
  return `r${kind === 'after' ? 'a' : 'b'}${revision.toString(36)}`;
}

/** Cursor of a page of events. */
export const eventCursorParam: Param<EventCursor | undefined> = cursorParam((text) => {
  const match = /^e([ab])(-?[0-9a-z]{1,11})\.([0-9a-z]{1,11})$/.exec(text);
  if (!match) return undefined;
  const place = { atUs: Number.parseInt(match[2]!, 36), seq: Number.parseInt(match[3]!, 36) };
  return { kind: match[1] === 'a' ? 'after' : 'before', place };
});

/** Cursor of a page of patches. */
export const revisionCursorParam: Param<RevisionCursor | undefined> = cursorParam((text) => {
  const match = /^r([ab])([0-9a-z]{1,10})$/.exec(text);
  if (!match) return undefined;
  return { kind: match[1] === 'a' ? 'after' : 'before', revision: Number.parseInt(match[2]!, 36) };
});

function cursorParam<T>(read: (text: string) => T | undefined): Param<T | undefined> {
  return {
    schema: Type.String(),
    description: '`next` or `previous` of another page; all other parameters must be the same',
    accepted: '"next" or "previous" of another page of this list',
    many: false,
    preset: undefined,
    read,
  };
}
