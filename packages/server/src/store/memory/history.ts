/** One session's history, asked of the store in memory: looks at everything every time. */
import {
  applyPatch,
  type JsonObject,
  type JsonValue,
  jsonEqual,
  type Level,
  levels,
  limits,
  parseJson,
  partAt,
  stateChanges,
  stringifyJson,
  valueAt,
} from '@tacho/protocol';
import {
  type BucketCounts,
  type EventCount,
  EventCounter,
  type EventCountQuery,
  type EventPlace,
  type EventQuery,
  type EventRow,
  type HistoryPage,
  meetsEventFilter,
  type PatchChange,
  type PatchQuery,
  type PatchRow,
  type StateAt,
  type StateQuery,
  severestFirst,
  type TimelineCounts,
  type TimelineQuery,
} from '../store.ts';

/** What of a session its history is told from. */
export interface Recorded {
  readonly events: readonly EventRow[];
  readonly patches: readonly PatchRow[];
  readonly start: { atUs: number };
  row(): { startState: string };
}

/** A page of events. */
export function eventsOf(session: Recorded, query: EventQuery): HistoryPage<EventRow> {
  const { filter, start, limit } = query;
  const all = [...session.events]
    .filter(({ event, atUs }) => isWithin(atUs, query) && meetsEventFilter(event, filter))
    .sort((a, b) => comparePlaces(a, b));
  if (start.kind !== 'around') {
    return pageOf(all, start.kind, limit, (row) =>
      'place' in start ? comparePlaces(row, start.place) : 0,
    );
  }
  const pivot = pivotOf(session, start);
  const at = all.filter((row) => comparePlaces(row, pivot) < 0).length;
  const later = all.length - at;
  const before = Math.min(at, Math.max(Math.floor(limit / 2), limit - later));
  const rows = all.slice(at - before, at - before + limit);
  return { rows, hasEarlier: before < at, hasLater: at - before + limit < all.length };
}

/** Events counted. */
export function eventCountsOf(session: Recorded, query: EventCountQuery): EventCount[] {
  const counter = new EventCounter();
  for (const { event, atUs } of session.events) {
    if (isWithin(atUs, query) && meetsEventFilter(event, query.filter)) counter.addEvent(event);
  }
  return counter.ordered();
}

/** A state as it was. */
export function stateAt(session: Recorded, query: StateQuery): StateAt {
  const applied = session.patches.filter((patch) =>
    'revision' in query ? patch.revision <= query.revision : patch.atUs <= query.atUs,
  );
  let before = parseJson(session.row().startState) as JsonObject;
  let state = before;
  for (const { patch } of applied) {
    before = state;
    state = applyPatch(state, parseJson(patch) as JsonObject);
  }
  const last = applied.at(-1);
  return {
    revision: last?.revision ?? 0,
    atUs: last?.atUs ?? session.start.atUs,
    state: stringifyJson(state),
    changes: stateChanges(before, state),
  };
}

/** A page of patches. */
export function patchesOf(session: Recorded, query: PatchQuery): HistoryPage<PatchChange> {
  const { path, start, limit } = query;
  const all: PatchChange[] = [];
  let state = parseJson(session.row().startState) as JsonObject;
  for (const row of session.patches) {
    const next = applyPatch(state, parseJson(row.patch) as JsonObject);
    const change = changeOf(row, state, next, path);
    if (change && isWithin(row.atUs, query)) all.push(change);
    state = next;
  }
  return pageOf(all, start.kind, limit, (row) =>
    'revision' in start ? row.revision - start.revision : 0,
  );
}

/** What happened when. */
export function timelineOf(session: Recorded, query: TimelineQuery): TimelineCounts {
  const bucketOf = ({ atUs }: { atUs: number }) =>
    Math.floor((atUs - query.fromUs) / query.widthUs);
  const isIn = (row: { atUs: number }) => bucketOf(row) >= 0 && bucketOf(row) < query.buckets;
  const events = session.events.filter(isIn).sort((a, b) => comparePlaces(a, b));
  const patches = session.patches.filter(isIn).sort((a, b) => bucketOf(a) - bucketOf(b));
  const marks: EventRow[] = [];
  const counts = {} as Record<Level, BucketCounts>;
  for (const level of severestFirst) {
    const ofLevel = groupBy(
      events.filter(({ event }) => event.level === level),
      bucketOf,
    );
    counts[level] = countsOf(ofLevel);
    marks.push(...marksOf(ofLevel));
  }
  const ofPatches = groupBy(patches, bucketOf);
  return {
    levels: Object.fromEntries(levels.map((level) => [level, counts[level]])) as typeof counts,
    marks: marks.slice(0, limits.timelineMarksMax),
    patches: countsOf(ofPatches),
    patchMarks: marksOf<PatchRow>(ofPatches).slice(0, limits.timelineMarksMax),
  };
}

function comparePlaces(a: EventPlace, b: EventPlace): number {
  return a.atUs - b.atUs || a.seq - b.seq;
}

function isWithin(atUs: number, { fromUs, toUs }: { fromUs?: number; toUs?: number }): boolean {
  return atUs >= (fromUs ?? -Infinity) && atUs < (toUs ?? Infinity);
}

/** The place just before the event or instant that a window is around. */
function pivotOf(session: Recorded, around: { atUs: number } | { seq: number }): EventPlace {
  if ('atUs' in around) return { atUs: around.atUs, seq: -0.5 };
  const found = session.events[around.seq];
  return { atUs: found?.atUs ?? Infinity, seq: around.seq - 0.5 };
}

/** A page of a sorted list; `compare` says where a row lies from the place that the page begins at. */
function pageOf<T>(
  all: T[],
  kind: 'first' | 'last' | 'after' | 'before',
  limit: number,
  compare: (row: T) => number,
): HistoryPage<T> {
  if (kind === 'first' || kind === 'after') {
    const rest = kind === 'first' ? all : all.filter((row) => compare(row) > 0);
    const hasLater = rest.length > limit;
    return { rows: rest.slice(0, limit), hasEarlier: kind === 'after', hasLater };
  }
  const rest = kind === 'last' ? all : all.filter((row) => compare(row) < 0);
  const rows = rest.slice(Math.max(0, rest.length - limit));
  return { rows, hasEarlier: rest.length > limit, hasLater: kind === 'before' };
}

/** What a patch did; undefined when it did nothing to the path. */
function changeOf(
  row: PatchRow,
  before: JsonObject,
  after: JsonObject,
  path: string | undefined,
): PatchChange | undefined {
  if (path === undefined) return { ...row, changes: stateChanges(before, after) };
  const [old, now] = [valueAt(before, path), valueAt(after, path)];
  if (isSame(old, now)) return undefined;
  const changes = stateChanges(partAt(before, path), partAt(after, path));
  const values = {
    ...(old === undefined ? {} : { before: old }),
    ...(now === undefined ? {} : { after: now }),
  };
  return { ...row, changes, ...values };
}

function isSame(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  return a === undefined || b === undefined ? a === b : jsonEqual(a, b);
}

function groupBy<T>(rows: T[], keyOf: (row: T) => number): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) groups.set(keyOf(row), [...(groups.get(keyOf(row)) ?? []), row]);
  return groups;
}

function countsOf(groups: Map<number, unknown[]>): BucketCounts {
  return {
    bucket: Uint32Array.from(groups.keys()),
    count: Uint32Array.from(groups.values(), (rows) => rows.length),
  };
}

function marksOf<T>(groups: Map<number, T[]>): T[] {
  return [...groups.values()].filter((rows) => rows.length <= limits.timelineBucketMarks).flat();
}
