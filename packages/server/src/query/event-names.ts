/** Names of events as values that sessions have: how many sessions recorded an event of each name. */
import { compareTexts, limits, type SessionFilter, searchWords } from '@tacho/protocol';
import type { SessionTotals, Store } from '../store/store.ts';

/** What is asked for. */
export interface EventNamesQuery {
  filter: SessionFilter;
  /** Only names that begin so, in any case; '' lets all through. */
  prefix: string;
  nowUs: number;
}

/** A name with the sessions that recorded an event of it. */
export interface EventName {
  name: string;
  totals: SessionTotals;
}

/** Events that are looked at for names: the newest ones of the sessions. */
const eventNamesEvents = 5 * limits.pageRowsMax;

/** Names that are counted at most. */
const eventNamesMax = 50;

/**
 * Names of events, that of most sessions first. The names are those of the newest
 * `eventNamesEvents` events, the most frequent `eventNamesMax` of them; the counts are exact. The
 * filter must not ask for events itself, because sessions with one name or another are a different
 * set from those with both.
 */
export async function eventNames(
  store: Pick<Store, 'searchEvents' | 'groups'>,
  query: EventNamesQuery,
): Promise<EventName[]> {
  const { filter, nowUs } = query;
  const names = await frequentNames(store, query);
  const counted = await Promise.all(
    names.map(async (name) => {
      const [totals] = await store.groups({ filter: { ...filter, events: [name] }, by: [], nowUs });
      return totals === undefined ? [] : [{ name, totals }];
    }),
  );
  return counted
    .flat()
    .sort((a, b) => b.totals.sessions - a.totals.sessions || compareTexts(a.name, b.name));
}

async function frequentNames(
  store: Pick<Store, 'searchEvents'>,
  { filter, prefix, nowUs }: EventNamesQuery,
): Promise<string[]> {
  const start = prefix.toLowerCase();
  // A name that begins so has a word that does; the index finds those, and the rest is looked at here.
  const text = searchWords(prefix).length > 0 ? prefix : undefined;
  const counts = new Map<string, number>();
  let cursor: string | undefined;
  for (let seen = 0; seen < eventNamesEvents; ) {
    const page = await store.searchEvents({
      ...{ filter, names: [], levels: [], limit: limits.pageRowsMax, nowUs },
      ...(text === undefined ? {} : { text }),
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { event } of page.rows) {
      if (!event.name.toLowerCase().startsWith(start)) continue;
      counts.set(event.name, (counts.get(event.name) ?? 0) + 1);
    }
    seen += page.rows.length;
    cursor = page.next;
    if (cursor === undefined) break;
  }
  return [...counts]
    .sort(([a, of], [b, other]) => other - of || compareTexts(a, b))
    .slice(0, eventNamesMax)
    .map(([name]) => name);
}
