/** What the reader's thread answers about one session's history, from a connection of its own. */
import type { StateQuery, TimelineQuery } from '../../store.ts';
import { openReader } from '../database.ts';
import { EventHistory, type EventSearch } from './events.ts';
import { HistorySource } from './sessions.ts';
import { type PatchSearch, StateHistory } from './states.ts';
import { TimelineHistory } from './timeline.ts';

/** Pages of the database kept in memory, in KiB. */
const cacheKiB = 4_096;

/** Opens the history and returns its answers, and what closes it. */
export function historyHandlers(file: string) {
  const db = openReader(file, cacheKiB);
  const source = new HistorySource(db);
  const events = new EventHistory(source);
  const states = new StateHistory(source);
  const timelines = new TimelineHistory(source);
  return {
    handlers: {
      searchEvents: (search: EventSearch) => events.search(search),
      countEvents: (search: EventSearch) => events.count(search),
      eventPlace: (event: { id: string; seq: number }) => events.place(event),
      stateAt: (query: StateQuery) => states.at(query),
      searchPatches: (search: PatchSearch) => states.search(search),
      timeline: (query: TimelineQuery) => timelines.timeline(query),
    },
    close: () => db.close(),
  };
}
