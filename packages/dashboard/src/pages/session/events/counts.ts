/** How many events there are of each level under the filter, for the chips and the foot of the table. */
import { type Level, levels } from '@tacho/protocol';
import type { Query } from '../../../address.ts';
import { useLoaded } from '../../../answer.ts';
import { type Answer, ask } from '../../../api.ts';
import { useRecorder } from '../recorder/context.ts';
import type { Timeline } from '../recorder/feed.ts';
import { type EventFilter, isNarrowed, questionOf } from './filter.ts';

/** Events by level; `isWhole` is false when there are more than were counted. */
export interface LevelCounts {
  of: Record<Level, number>;
  isWhole: boolean;
}

/** Pages of events that are counted one by one where nothing else knows their number. */
const countedPages = 3;
const pageEvents = 1_000;

/** The counts, levels that are not shown included; `version` asks again. */
export function useLevelCounts(
  id: string,
  filter: EventFilter,
  range: { from?: number; to?: number },
  version: number,
): LevelCounts | undefined {
  const { whole } = useRecorder().feed;
  const isWhole = !isNarrowed(filter) && range.from === undefined;
  const key = JSON.stringify([id, { ...filter, levels: [] }, range, version]);
  const load = isWhole ? undefined : (signal: AbortSignal) => countsOf(id, filter, range, signal);
  const asked = useLoaded(load, key).value;
  // The strip of the whole run has counted them already.
  if (isWhole) return whole.value && countedBy(whole.value.events);
  return asked;
}

async function countsOf(
  id: string,
  filter: EventFilter,
  range: { from?: number; to?: number },
  signal: AbortSignal,
): Promise<LevelCounts> {
  if (isNarrowed(filter)) return counted(id, filter, range, signal);
  const { events } = await ask('getTimeline', { id, query: { ...range, width: 10 }, signal });
  return countedBy(events);
}

function countedBy(events: Timeline['events']): LevelCounts {
  const sum = (level: Level): number => (events[level]?.count ?? []).reduce((all, n) => all + n, 0);
  return { of: byLevel(sum), isWhole: true };
}

/** Nothing but the events themselves says how many hold a text. */
async function counted(
  id: string,
  filter: EventFilter,
  range: { from?: number; to?: number },
  signal: AbortSignal,
): Promise<LevelCounts> {
  const found = byLevel(() => 0);
  let cursor: string | null = null;
  for (let page = 0; page < countedPages; page++) {
    const question = { ...questionOf({ ...filter, levels }), ...range };
    const query: Query = { ...question, order: 'desc', limit: pageEvents, cursor };
    const answer: Answer<'listEvents'> = await ask('listEvents', { id, query, signal });
    for (const { level } of answer.events) found[level]++;
    cursor = answer.next;
    if (cursor === null) return { of: found, isWhole: true };
  }
  return { of: found, isWhole: false };
}

function byLevel(of: (level: Level) => number): Record<Level, number> {
  return Object.fromEntries(levels.map((level) => [level, of(level)])) as Record<Level, number>;
}
