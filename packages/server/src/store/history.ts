/** Questions about one session's history: what is asked of a store, and what it answers. */
import {
  compareTexts,
  type EventRecord,
  isException,
  type JsonValue,
  type Level,
  levels,
  matchesText,
  type StateChange,
} from '@tacho/protocol';
import type { EventRow, PatchRow } from './store.ts';

/** Which events are meant: all fields that are there must hold, of a list any one value. */
export interface EventFilter {
  levels?: readonly Level[];
  names?: readonly string[];
  categories?: readonly string[];
  groups?: readonly string[];
  /** One of its labels. */
  labels?: readonly string[];
  /** Words, see `matchesText`. */
  text?: string;
  /** It carries an exception. */
  exception?: true;
}

/** Whether a filter lets an event through. */
export function meetsEventFilter(event: EventRecord, filter: EventFilter): boolean {
  return (
    (filter.levels?.includes(event.level) ?? true) &&
    (filter.names?.includes(event.name) ?? true) &&
    (filter.categories?.includes(event.category) ?? true) &&
    (filter.groups?.includes(event.group) ?? true) &&
    (filter.labels === undefined ||
      (event.labels ?? []).some((it) => filter.labels?.includes(it))) &&
    (filter.text === undefined || matchesText(event, filter.text)) &&
    (filter.exception === undefined || isException(event))
  );
}

/** A place in the order of a session's events: by time, equal instants in order of arrival. */
export interface EventPlace {
  atUs: number;
  seq: number;
}

/** Where a page of events lies. */
type EventStart =
  /** At the first or the last of them. */
  | { kind: 'first' | 'last' }
  /** Right after or right before a place, which is not part of it. */
  | { kind: 'after' | 'before'; place: EventPlace }
  /** Half before an instant and half from it on; a side that has fewer leaves its room to the other. */
  | { kind: 'around'; atUs: number }
  /** The same around the event of this number; around the end when there is none. */
  | { kind: 'around'; seq: number };

/** A question for a page of a session's events. */
export interface EventQuery {
  /** Whole id of the session. */
  id: string;
  filter: EventFilter;
  /** Events from `fromUs` on and before `toUs`; all when absent. */
  fromUs?: number;
  toUs?: number;
  start: EventStart;
  /** 1 … `limits.pageRowsMax`. */
  limit: number;
}

/** A question for how many events of a session a filter lets through. */
export interface EventCountQuery {
  /** Whole id of the session. */
  id: string;
  filter: EventFilter;
  /** Events from `fromUs` on and before `toUs`; all when absent. */
  fromUs?: number;
  toUs?: number;
}

/** How many events there are of one name, level and type of exception. */
export interface EventCount {
  name: string;
  level: Level;
  /** Absent for events that name none. */
  exceptionType?: string;
  count: number;
}

/** Counts events by what tells kinds of them apart. */
export class EventCounter {
  readonly #counts = new Map<string, EventCount>();

  /** Counts some events of a kind. */
  add({ name, level, exceptionType, count }: EventCount): void {
    const key = JSON.stringify([name, level, exceptionType]);
    const known = this.#counts.get(key);
    if (known !== undefined) known.count += count;
    else {
      const type = exceptionType === undefined ? {} : { exceptionType };
      this.#counts.set(key, { name, level, ...type, count });
    }
  }

  /** Counts one event. */
  addEvent({ name, level, exception_type: type }: EventRecord): void {
    this.add({ name, level, ...(type ? { exceptionType: type } : {}), count: 1 });
  }

  /** The kinds, the most frequent first, equal ones by name, severity and type. */
  ordered(): EventCount[] {
    return [...this.#counts.values()].sort(
      (a, b) =>
        b.count - a.count ||
        compareTexts(a.name, b.name) ||
        levels.indexOf(b.level) - levels.indexOf(a.level) ||
        compareTexts(a.exceptionType ?? '', b.exceptionType ?? ''),
    );
  }
}

/** A page of a list that can be read in both directions. */
export interface HistoryPage<T> {
  /** In the order of the list. */
  rows: T[];
  /** Whether rows lie before and after these; a page after or before a place has that place on its other side. */
  hasEarlier: boolean;
  hasLater: boolean;
}

/**
 * A question for a state as it was. At an instant: the state at the start and, in order of revision,
 * all patches of that time or earlier. At a revision: all patches up to it, whatever their time.
 */
export type StateQuery = { id: string } & ({ atUs: number } | { revision: number });

/** A state as it was. */
export interface StateAt {
  /** The last revision that is part of it; 0 for the state at the start. */
  revision: number;
  /** When that revision was; for 0 when the session began. */
  atUs: number;
  /** JSON text; integers keep their digits. */
  state: string;
  /** What that revision changed in what came before it; nothing for 0. */
  changes: StateChange[];
}

/** A question for a page of state patches. */
export interface PatchQuery {
  id: string;
  /** Only revisions that changed what this dotted path leads to (see `valueAt`). */
  path?: string;
  /** Patches from `fromUs` on and before `toUs`; all when absent. */
  fromUs?: number;
  toUs?: number;
  start: { kind: 'first' | 'last' } | { kind: 'after' | 'before'; revision: number };
  limit: number;
}

/** A state patch with what it did to the state of the revision before. */
export interface PatchChange extends PatchRow {
  /** With a path, only what bears on it (see `partAt`). */
  changes: StateChange[];
  /** With a path: its value before and after; absent where it leads nowhere. */
  before?: JsonValue;
  after?: JsonValue;
}

/** A question for what happened when, for a picture: equal buckets from `fromUs` on. */
export interface TimelineQuery {
  id: string;
  fromUs: number;
  widthUs: number;
  /** Their number; time after the last one is not part of it. */
  buckets: number;
}

/** What lies in which bucket; buckets with nothing are left out. */
export interface BucketCounts {
  bucket: Uint32Array;
  count: Uint32Array;
}

/** What happened when. */
export interface TimelineCounts {
  /** Events by level. */
  levels: Record<Level, BucketCounts>;
  /** Where a bucket holds at most `limits.timelineBucketMarks` events of a level, these events: the severest levels first, then in order of time, at most `limits.timelineMarksMax`. */
  marks: EventRow[];
  /** State patches. */
  patches: BucketCounts;
  /** Where a bucket holds at most `limits.timelineBucketMarks` patches, these patches: by bucket, then revision, at most `limits.timelineMarksMax`. */
  patchMarks: PatchRow[];
}

/** Levels, severest first. */
export const severestFirst: readonly Level[] = [...levels].reverse();

/** What a store answers about one session's history; undefined when there is none with this whole id. */
export interface HistoryQuestions {
  /** A page of events. Paging on gives each event once, also while further ones arrive. */
  events(query: EventQuery): Promise<HistoryPage<EventRow> | undefined>;
  /** How many events there are of each kind; the order is that of `EventCounter`. */
  countEvents(query: EventCountQuery): Promise<EventCount[] | undefined>;
  /** A state as it was; a revision that is not there yet stands for the last one. */
  stateAt(query: StateQuery): Promise<StateAt | undefined>;
  /** A page of patches in order of revision. */
  patches(query: PatchQuery): Promise<HistoryPage<PatchChange> | undefined>;
  timeline(query: TimelineQuery): Promise<TimelineCounts | undefined>;
}
