/** Search in the store in memory, the plain way: look at every event, series and state, every time. */
import {
  compareTexts,
  exceptionKind,
  limits,
  matchesText,
  parseJson,
  type SeriesKey,
  statePlaces,
  stateText,
  stringifyJson,
} from '@tacho/protocol';
import { commonsOf } from '../commons.ts';
import { compareTextPlaces, readCursor, writeCursor } from '../page-cursor.ts';
import type {
  EventRow,
  EventSearch,
  ExceptionAsked,
  ExceptionDetail,
  ExceptionGroup,
  ExceptionPage,
  ExceptionQuery,
  FoundEvents,
  MetricEntry,
  MetricPage,
  MetricQuery,
  StateValue,
  StateValueQuery,
} from '../store.ts';
import type { SessionFacts } from './filter.ts';
import { type Asked, matching } from './questions.ts';
import type { MemorySession } from './session.ts';

/** An event with its session and its place in the order in which all events arrived. */
interface Arrived {
  session: MemorySession;
  row: EventRow;
  no: number;
}

/** Answers `SearchQuestions.searchEvents`. */
export function searchEvents(asked: Asked, query: EventSearch): FoundEvents {
  const { text, names, levels, limit, cursor } = query;
  const before = cursor === undefined ? Infinity : Number(readCursor('events', cursor, ['number']));
  const found = arrivals(matching(asked, query.filter, query.nowUs))
    .filter(({ no, row: { event } }) => {
      if (no >= before) return false;
      if (names.length > 0 && !names.includes(event.name)) return false;
      if (levels.length > 0 && !levels.includes(event.level)) return false;
      return text === undefined || matchesText(event, text);
    })
    .reverse();
  const rows = found.slice(0, limit).map(({ session, row }) => {
    const { product, version } = session.start;
    return { ...row, session: session.handle.id, product, version };
  });
  const last = found.length > limit ? found[limit - 1] : undefined;
  return { rows, ...(last && { next: writeCursor('events', [last.no]) }) };
}

/** Answers `SearchQuestions.exceptions`. */
export function exceptionsOf(asked: Asked, query: ExceptionQuery): ExceptionPage {
  const { sort, descending, limit, cursor } = query;
  const list = `exceptions ${sort} ${descending}`;
  const sign = descending ? -1 : 1;
  const place = (group: ExceptionGroup): [number, string] => [sortValue(group, sort), group.id];
  const compare = (a: [number, string], b: [number, string]): number =>
    sign * (a[0] - b[0] || compareTexts(a[1], b[1]));
  const after =
    cursor === undefined
      ? undefined
      : (readCursor(list, cursor, ['number', 'string']) as [number, string]);
  const rest = groups(matching(asked, query.filter, query.nowUs))
    .sort((a, b) => compare(place(a), place(b)))
    .filter((group) => after === undefined || compare(place(group), after) > 0);
  const rows = rest.slice(0, limit);
  const last = rest.length > limit ? rows.at(-1) : undefined;
  return { rows, ...(last && { next: writeCursor(list, place(last)) }) };
}

/** Answers `SearchQuestions.exception`. */
export function exceptionOf(
  asked: Asked,
  { id, filter, nowUs }: ExceptionAsked,
): ExceptionDetail | undefined {
  const all = matching(asked, filter, nowUs);
  const group = groups(all).find((one) => one.id === id);
  if (group === undefined) return undefined;
  const inside = all.filter(({ session }) =>
    session.events.some(({ event }) => exceptionKind(event)?.id === id),
  );
  const outside = all.filter((facts) => !inside.includes(facts));
  const others = pairCounts(outside);
  const counts = [...pairCounts(inside).values()].map((pair) => ({
    ...pair,
    others: others.get(JSON.stringify([pair.path, pair.json]))?.sessions ?? 0,
  }));
  return { group, commons: commonsOf(counts, inside.length, outside.length) };
}

/** Answers `SearchQuestions.metrics`. */
export function metricsOf(asked: Asked, query: MetricQuery): MetricPage {
  const { name: part = '', limit, cursor } = query;
  const found = new Map<string, { session: MemorySession; key: SeriesKey }[]>();
  for (const { session } of matching(asked, query.filter, query.nowUs)) {
    for (const key of session.recordedSeries()) {
      if (!key.name.toLowerCase().includes(part.toLowerCase())) continue;
      const text = JSON.stringify([key.name, key.type, key.unit]);
      found.set(text, [...(found.get(text) ?? []), { session, key }]);
    }
  }
  const after =
    cursor === undefined
      ? undefined
      : readCursor('metrics', cursor, ['string', 'string', 'string']);
  const place = ({ name, type, unit }: MetricEntry): string[] => [name, type, unit];
  const rest = [...found.values()]
    .map(metricOf)
    .sort((a, b) => compareTextPlaces(place(a), place(b)))
    .filter(
      (entry) => after === undefined || compareTextPlaces(place(entry), after as string[]) > 0,
    );
  const rows = rest.slice(0, limit);
  const last = rest.length > limit ? rows.at(-1) : undefined;
  return { rows, ...(last && { next: writeCursor('metrics', place(last)) }) };
}

/** Answers `SearchQuestions.stateValues`. */
export function stateValuesOf(asked: Asked, query: StateValueQuery): StateValue[] {
  const prefix = query.prefix?.toLowerCase() ?? '';
  return [...pairCounts(matching(asked, query.filter, query.nowUs)).values()]
    .map(({ path, json, sessions }) => ({ path, json, value: parseJson(json), sessions }))
    .filter(({ path }) => query.path === undefined || path === query.path)
    .filter(({ value }) => stateText(value).toLowerCase().startsWith(prefix))
    .sort(
      (a, b) =>
        b.sessions - a.sessions || compareTexts(a.path, b.path) || compareTexts(a.json, b.json),
    )
    .slice(0, query.limit)
    .map(({ path, value, sessions }) => ({ path, value, sessions }));
}

/** All events of some sessions in order of arrival. */
function arrivals(all: readonly SessionFacts[]): Arrived[] {
  return all
    .flatMap(({ session }) =>
      session.events.map((row, i) => ({ session, row, no: session.arrivals[i]! })),
    )
    .sort((a, b) => a.no - b.no);
}

function groups(all: readonly SessionFacts[]): ExceptionGroup[] {
  const found = new Map<string, Arrived[]>();
  for (const arrived of arrivals(all)) {
    const id = exceptionKind(arrived.row.event)?.id;
    if (id !== undefined) found.set(id, [...(found.get(id) ?? []), arrived]);
  }
  return [...found.values()].map(groupOf);
}

function groupOf(all: readonly Arrived[]): ExceptionGroup {
  const { session, row } = all.at(-1)!;
  const { id, type, frames } = exceptionKind(row.event)!;
  const sessions = [...new Set(all.map((arrived) => arrived.session))];
  const versions = new Map<string, ExceptionGroup['versions'][number]>();
  for (const { start } of sessions) {
    const { product, version } = start;
    const key = JSON.stringify([product, version]);
    const before = versions.get(key)?.sessions ?? 0;
    versions.set(key, { product, version, sessions: before + 1 });
  }
  const times = all.map((arrived) => arrived.row.atUs);
  return {
    id,
    type,
    frames,
    message: row.event.exception_msg ?? row.event.message,
    count: all.length,
    sessions: sessions.length,
    versions: [...versions.values()]
      .sort(
        (a, b) =>
          b.sessions - a.sessions ||
          compareTexts(a.product, b.product) ||
          compareTexts(a.version, b.version),
      )
      .slice(0, limits.exceptionVersionsMax),
    firstUs: Math.min(...times),
    lastUs: Math.max(...times),
    latest: { session: session.handle.id, seq: row.seq, atUs: row.atUs },
  };
}

function sortValue(group: ExceptionGroup, sort: ExceptionQuery['sort']): number {
  if (sort === 'count') return group.count;
  if (sort === 'sessions') return group.sessions;
  return sort === 'last_seen' ? group.lastUs : group.firstUs;
}

function metricOf(all: readonly { session: MemorySession; key: SeriesKey }[]): MetricEntry {
  const { name, type, unit } = all[0]!.key;
  const tags = new Map<string, Set<string>>();
  for (const tag of all.flatMap(({ key }) => key.tags)) {
    const colon = tag.indexOf(':');
    const key = colon < 0 ? tag : tag.slice(0, colon);
    tags.set(key, (tags.get(key) ?? new Set()).add(tag));
  }
  const sessions = [...new Set(all.map(({ session }) => session))];
  const created = sessions.map(({ start }) => start.atUs);
  return {
    name,
    type,
    unit,
    series: all.length,
    sessions: sessions.length,
    tags: [...tags]
      .map(([key, values]) => ({ key, values: values.size }))
      .sort((a, b) => compareTexts(a.key, b.key)),
    products: [...new Set(sessions.map(({ start }) => start.product))].sort(compareTexts),
    firstUs: Math.min(...created),
    lastUs: Math.max(...created),
  };
}

/** Every value at every path that counts, with the number of sessions. */
function pairCounts(all: readonly SessionFacts[]) {
  const found = new Map<string, { path: string; json: string; sessions: number }>();
  for (const { state } of all) {
    const pairs = new Map<string, { path: string; json: string }>();
    for (const { path, value } of [...statePlaces(state)].slice(0, limits.statePlacesMax)) {
      if (value === undefined) continue;
      const json = stringifyJson(value);
      if (json.length > limits.stateValueLengthMax) continue;
      pairs.set(JSON.stringify([path, json]), { path, json });
    }
    for (const [key, pair] of pairs) {
      found.set(key, { ...pair, sessions: (found.get(key)?.sessions ?? 0) + 1 });
    }
  }
  return found;
}
