/** Questions about many sessions, answered the plain way: look at every session, every time. */
import {
  causeKinds,
  compareTexts,
  compareVersions,
  eventNames,
  limits,
  outcomes,
  type SessionFilter,
  statePlaces,
  stateText,
} from '@tacho/protocol';
import { emptyProfile, profileBucket } from '../profile.ts';
import { cursorOf, positionOf } from '../session-cursor.ts';
import type {
  GroupKey,
  GroupQuery,
  SessionGroup,
  SessionPage,
  SessionProfile,
  SessionQuery,
  SessionSort,
  SessionSummary,
  SessionTotals,
} from '../store.ts';
import { factsOf, isError, meetsFilter, type SessionFacts } from './filter.ts';
import type { MemorySession } from './session.ts';

/** What is asked about, and how. */
export interface Asked {
  /** All sessions in order of creation. */
  sessions: readonly MemorySession[];
  suspendedAfterUs: number;
}

/** The sessions that a filter lets through, in order of creation. */
export function matching(asked: Asked, filter: SessionFilter, nowUs: number): SessionFacts[] {
  return asked.sessions
    .map((session) => factsOf(session, nowUs, asked.suspendedAfterUs))
    .filter((facts) => meetsFilter(facts, filter));
}

/** Answers `SessionQuestions.sessions`. */
export function pageOf(asked: Asked, query: SessionQuery): SessionPage {
  const { sort, descending, limit } = query;
  const found = matching(asked, query.filter, query.nowUs);
  const sign = descending ? -1 : 1;
  const after = query.cursor === undefined ? undefined : positionOf(query, query.cursor);
  const nowUs = after?.nowUs ?? query.nowUs;
  const sorted = found
    .map((facts) => ({ facts, place: placeOf(facts, sort, nowUs) }))
    .sort((a, b) => sign * comparePlaces(a.place, b.place, sort));
  const rest = sorted.filter(
    ({ place }) =>
      after === undefined || sign * comparePlaces(place, [after.value, after.session], sort) > 0,
  );
  const rows = rest.slice(0, limit);
  const last = rest.length > limit ? rows.at(-1) : undefined;
  return {
    rows: rows.map(({ facts }) => ({ summary: summaryOf(facts), profile: profileOf(facts) })),
    ...(last === undefined
      ? {}
      : { next: cursorOf(query, { value: last.place[0], session: last.place[1], nowUs }) }),
    ...(query.totals ? { totals: totalsOf(found) } : {}),
  };
}

/** Answers `SessionQuestions.summary`. */
export function summaryRow(facts: SessionFacts): {
  summary: SessionSummary;
  profile: SessionProfile;
} {
  return { summary: summaryOf(facts), profile: profileOf(facts) };
}

/** Answers `SessionQuestions.groups`. */
export function groupsOf(asked: Asked, { filter, by, nowUs }: GroupQuery): SessionGroup[] {
  const found = new Map<string, SessionFacts[]>();
  for (const facts of matching(asked, filter, nowUs)) {
    const key = JSON.stringify(by.map((one) => groupValue(facts, one)));
    const group = found.get(key);
    if (group) group.push(facts);
    else found.set(key, [facts]);
  }
  return [...found.entries()]
    .map(([key, all]) => groupOf(JSON.parse(key) as SessionGroup['values'], all))
    .sort((a, b) => b.sessions - a.sessions || compareValues(a.values, b.values))
    .slice(0, limits.groupsMax);
}

/** The value by which a session is in a group; null when it has none. */
export function groupValue(facts: SessionFacts, key: GroupKey): string | number | null {
  const { row, view } = facts;
  switch (key.by) {
    case 'product':
      return row.product;
    case 'version':
      return row.version;
    case 'machine':
      return row.machineId ?? null;
    case 'hostname':
      return row.hostname ?? null;
    case 'lifecycle':
      return view.lifecycle;
    case 'liveness':
      return view.liveness;
    case 'outcome':
      return facts.outcome;
    case 'cause':
      return facts.cause;
    case 'hung':
      return String(row.status.hangs > 0);
    case 'time':
      return Math.floor(row.createdUs / key.widthUs) * key.widthUs;
    case 'state': {
      const places = [...statePlaces(facts.state)].filter(({ path }) => path === key.path);
      const value = places.find((place) => place.value !== undefined)?.value;
      return value === undefined ? null : stateText(value);
    }
  }
}

function groupOf(values: SessionGroup['values'], all: SessionFacts[]): SessionGroup {
  return {
    values,
    ...totalsOf(all),
    errors: all.reduce((sum, { errors }) => sum + errors, 0),
    firstUs: all.reduce((first, { row }) => Math.min(first, row.createdUs), Infinity),
    lastUs: all.reduce((last, { row }) => Math.max(last, row.updatedUs), -Infinity),
  };
}

function totalsOf(all: readonly SessionFacts[]): SessionTotals {
  const count = (meets: (facts: SessionFacts) => boolean): number => all.filter(meets).length;
  const outcome = (wanted: string): number => count((facts) => facts.outcome === wanted);
  return {
    sessions: all.length,
    active: count(({ view }) => view.lifecycle === 'active'),
    suspended: count(({ view }) => view.liveness === 'suspended'),
    hung: count(({ row }) => row.status.hangs > 0),
    outcomes: {
      healthy: outcome('healthy'),
      errored: outcome('errored'),
      abnormal: outcome('abnormal'),
      crashed: outcome('crashed'),
    },
  };
}

function summaryOf({ row, errors, exception }: SessionFacts): SessionSummary {
  return { ...row, errors, ...(exception === undefined ? {} : { exception }) };
}

function profileOf({ session, row }: SessionFacts): SessionProfile {
  const profile = emptyProfile(row.createdUs, row.status);
  const add = (counts: Float64Array, atUs: number): void => {
    const bucket = profileBucket(profile, atUs);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  };
  for (const { atUs } of session.patches) add(profile.entries, atUs);
  for (const receivedUs of session.samplesReceivedUs()) add(profile.entries, receivedUs);
  for (const event of session.events) {
    add(profile.entries, event.atUs);
    if (isError(event)) add(profile.errors, event.atUs);
    if (event.event.name === eventNames.hang) add(profile.hangs, event.atUs);
  }
  return profile;
}

/** Where a session stands in a sorted list: by a value, then by its number. */
type Place = [value: number | string, no: number];

function placeOf(facts: SessionFacts, sort: SessionSort, nowUs: number): Place {
  return [sortValue(facts, sort, nowUs), facts.session.no];
}

/** The durations of one list are measured by one clock. */
function sortValue(
  { row, ...facts }: SessionFacts,
  sort: SessionSort,
  nowUs: number,
): number | string {
  switch (sort) {
    case 'created':
      return row.createdUs;
    case 'updated':
      return row.updatedUs;
    case 'duration':
      return Math.max(0, (row.status.endedUs ?? nowUs) - row.createdUs);
    case 'events':
      return row.events;
    case 'errors':
      return facts.errors;
    case 'samples':
      return row.samples;
    case 'hangs':
      return row.status.hangs;
    case 'product':
      return row.product;
    case 'version':
      return row.version;
    case 'machine':
      return row.machineId ?? '';
    case 'outcome':
      return outcomes.indexOf(facts.outcome);
    case 'cause':
      return facts.cause === null ? -1 : causeKinds.indexOf(facts.cause);
  }
}

function comparePlaces([a, aNo]: Place, [b, bNo]: Place, sort: SessionSort): number {
  if (typeof a === 'number' || typeof b === 'number') return Number(a) - Number(b) || aNo - bNo;
  return (sort === 'version' ? compareVersions(a, b) : compareTexts(a, b)) || aNo - bNo;
}

/** Null before numbers before texts. */
export function compareValues(a: SessionGroup['values'], b: SessionGroup['values']): number {
  for (const [i, left] of a.entries()) {
    const right = b[i] ?? null;
    if (left === right) continue;
    if (left === null || right === null) return left === null ? -1 : 1;
    if (typeof left === 'string' && typeof right === 'string') return compareTexts(left, right);
    if (typeof left === 'number' && typeof right === 'number') return left - right;
    return typeof left === 'number' ? -1 : 1;
  }
  return 0;
}
