/** The rows of the events table: the loaded stretch of events, newest first, with the cursor among them. */
import { eventNames } from '@tacho/protocol';
import type { Answer } from '../../../api.ts';
import { ms } from '../../../format/time.ts';

/** An event as the API tells it. */
export type SessionEvent = Answer<'listEvents'>['events'][number];

/** A stretch of events without a hole, newest first. */
export interface Stretch {
  events: readonly SessionEvent[];
  /** Where the later ones are; null when there are none. */
  newer: string | null;
  /** Where the earlier ones are. */
  older: string | null;
}

/** An exception so close to the end is what ended it, milliseconds. */
const fatalWithinMs = 5_000;

/** Index of the first event at or before an instant: the cursor stands above it. */
export function indexAt(events: readonly SessionEvent[], atMs: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ms((events[middle] as SessionEvent).timestamp) <= atMs) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Whether an instant lies where events are loaded, so that the cursor has a place among them. */
export function covers(stretch: Stretch, atMs: number): boolean {
  const at = indexAt(stretch.events, atMs);
  if (at === 0) return stretch.newer === null || ms(stretch.events[0]?.timestamp ?? '') === atMs;
  return at < stretch.events.length || stretch.older === null;
}

/** Events that are kept while newer ones come in: who looks at the newest has the others far below. */
const keptMax = 2_000;

/**
 * The stretch after newer events were asked for: joined where they overlap, else the newer ones
 * alone, since what lies between is not known. Also alone when they have become many: the page would
 * grow for as long as it is open.
 */
export function refreshed(stretch: Stretch, newest: Stretch): Stretch {
  const known = new Set(stretch.events.map(({ seq }) => seq));
  const fresh = newest.events.filter(({ seq }) => !known.has(seq));
  if (fresh.length === 0) return { ...stretch, newer: newest.newer };
  if (fresh.length === newest.events.length && newest.older !== null) return newest;
  if (newest.older !== null && fresh.length + stretch.events.length > keptMax) return newest;
  const events = [...fresh, ...stretch.events].sort(
    (a, b) => ms(b.timestamp) - ms(a.timestamp) || b.seq - a.seq,
  );
  return { events, newer: newest.newer, older: stretch.older };
}

/** Number of the event that ended the session; undefined when none did. */
export function fatalSeq(events: readonly SessionEvent[], endMs: number): number | undefined {
  const fatal = events.find(
    ({ exception_type: type, level, timestamp }) =>
      type !== undefined &&
      (level === 'error' || level === 'critical') &&
      Math.abs(ms(timestamp) - endMs) <= fatalWithinMs,
  );
  return (fatal ?? events.find(({ name }) => name === eventNames.crash))?.seq;
}
