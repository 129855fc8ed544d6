/** One session's history, asked of the thread that reads: puts the slices of a search together. */
import {
  type EventCount,
  EventCounter,
  type EventCountQuery,
  type EventPlace,
  type EventQuery,
  type EventRow,
  type HistoryPage,
  type HistoryQuestions,
  type PatchChange,
  type PatchQuery,
  type StateAt,
  type StateQuery,
  type TimelineCounts,
  type TimelineQuery,
} from '../../store.ts';
import type { Engine } from '../engine.ts';
import type { Damage } from '../writer.ts';
import type { CountSlice, EventSearch, EventSlice } from './events.ts';
import type { Answered } from './sessions.ts';
import type { PatchSearch, PatchSlice } from './states.ts';

/** Events that one slice of a search looks at: in the index alone, or with their records. */
const looked = { index: 131_072, records: 8_192 };

/** Before every instant and after it. */
const [minUs, maxUs] = [-Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER];

/** Slices leave room for other questions between them. */
export class HistoryClient implements HistoryQuestions {
  readonly #call: Engine['reader'];
  readonly #report: (damages: readonly Damage[]) => void;

  /** `report` takes damage that questions meet. */
  constructor(call: Engine['reader'], report: (damages: readonly Damage[]) => void) {
    this.#call = call;
    this.#report = report;
  }

  async events(query: EventQuery): Promise<HistoryPage<EventRow> | undefined> {
    const { start, limit } = query;
    if (start.kind !== 'around') {
      const isBackward = start.kind === 'last' || start.kind === 'before';
      const place = 'place' in start ? start.place : undefined;
      const found = await this.#search(query, isBackward, place);
      return found && pageOf(found, start.kind, limit);
    }
    const pivot = await this.#pivot(query.id, start);
    const earlier = pivot && (await this.#search(query, true, pivot));
    const later = pivot && (await this.#search(query, false, pivot));
    if (!earlier || !later) return undefined;
    const before = Math.min(earlier.length, Math.max(Math.floor(limit / 2), limit - later.length));
    const after = Math.min(later.length, limit - before);
    return {
      rows: [...earlier.slice(0, before).reverse(), ...later.slice(0, after)],
      hasEarlier: earlier.length > before,
      hasLater: later.length > after,
    };
  }

  async countEvents(query: EventCountQuery): Promise<EventCount[] | undefined> {
    const { id, filter, fromUs = minUs, toUs = maxUs } = query;
    const search: EventSearch = {
      ...{ id, filter, isBackward: false, limit: 0, look: looked.records },
      after: { atUs: fromUs, seq: -1 },
      before: { atUs: toUs, seq: -1 },
    };
    const counter = new EventCounter();
    for (;;) {
      const slice = await this.#ask<CountSlice>('countEvents', search);
      if (!slice) return undefined;
      for (const kind of slice.counts) counter.add(kind);
      if (slice.upto === undefined) return counter.ordered();
      search.after = slice.upto;
    }
  }

  stateAt(query: StateQuery): Promise<StateAt | undefined> {
    return this.#ask('stateAt', query);
  }

  async patches(query: PatchQuery): Promise<HistoryPage<PatchChange> | undefined> {
    const { id, path, fromUs = minUs, toUs = maxUs, start, limit } = query;
    const isBackward = start.kind === 'last' || start.kind === 'before';
    const search: PatchSearch = {
      ...{ id, fromUs, toUs, isBackward, limit: limit + 1 },
      after: start.kind === 'after' ? start.revision : 0,
      before: start.kind === 'before' ? start.revision : maxUs,
      ...(path === undefined ? {} : { path }),
    };
    const found: PatchChange[] = [];
    for (;;) {
      const slice = await this.#ask<PatchSlice>('searchPatches', search);
      if (!slice) return undefined;
      found.push(...slice.rows);
      if (found.length > limit || slice.upto === undefined) break;
      if (isBackward) search.before = slice.upto;
      else search.after = slice.upto;
    }
    return pageOf(found, start.kind, limit);
  }

  timeline(query: TimelineQuery): Promise<TimelineCounts | undefined> {
    return this.#ask('timeline', query);
  }

  /** One event more than the page has room for, in the direction of the search; it tells whether more follow. */
  async #search(
    query: EventQuery,
    isBackward: boolean,
    from: EventPlace | undefined,
  ): Promise<EventRow[] | undefined> {
    const { id, filter, fromUs = minUs, toUs = maxUs, limit } = query;
    const look = isByIndex(query) ? looked.index : looked.records;
    const search: EventSearch = {
      ...{ id, filter, isBackward, limit: limit + 1, look },
      after: { atUs: fromUs, seq: -1 },
      before: { atUs: toUs, seq: -1 },
    };
    if (from && isBackward && isBefore(from, search.before)) search.before = from;
    if (from && !isBackward && isBefore(search.after, from)) search.after = from;
    const found: EventRow[] = [];
    for (;;) {
      const slice = await this.#ask<EventSlice>('searchEvents', search);
      if (!slice) return undefined;
      found.push(...slice.rows);
      if (found.length > limit || slice.upto === undefined) return found.slice(0, limit + 1);
      if (isBackward) search.before = slice.upto;
      else search.after = slice.upto;
    }
  }

  /** The place just before the event or instant that a window is around. */
  async #pivot(
    id: string,
    around: { atUs: number } | { seq: number },
  ): Promise<EventPlace | undefined> {
    if ('atUs' in around) return { atUs: around.atUs, seq: -0.5 };
    const place = await this.#ask<EventPlace>('eventPlace', { id, seq: around.seq });
    return place && { atUs: place.atUs, seq: place.seq - 0.5 };
  }

  async #ask<T>(method: string, argument: unknown): Promise<T | undefined> {
    const answer = await this.#call<Answered<T> | undefined>(method, argument);
    if (answer) this.#report(answer.damages);
    return answer?.value;
  }
}

/** A page of rows that were found in the direction of a search, with one more if there is one. */
function pageOf<T>(
  found: T[],
  kind: 'first' | 'last' | 'after' | 'before',
  limit: number,
): HistoryPage<T> {
  const rows = found.slice(0, limit);
  const hasMore = found.length > limit;
  if (kind === 'first' || kind === 'after') {
    return { rows, hasEarlier: kind === 'after', hasLater: hasMore };
  }
  return { rows: rows.reverse(), hasEarlier: hasMore, hasLater: kind === 'before' };
}

function isBefore(a: EventPlace, b: EventPlace): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.seq < b.seq);
}

/** Whether levels and names are all that a filter asks for; the index has them. */
function isByIndex({ filter }: EventQuery): boolean {
  return Object.keys(filter).every((field) => field === 'levels' || field === 'names');
}
