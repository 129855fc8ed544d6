/** Groups of exceptions, asked of every shard and put together. */
import { compareTexts, exceptionKind, limits } from '@tacho/protocol';
import { commonSessionsMin, commonsOf, type PairCount } from '../commons.ts';
import { readCursor, writeCursor } from '../page-cursor.ts';
import type {
  ExceptionAsked,
  ExceptionDetail,
  ExceptionGroup,
  ExceptionPage,
  ExceptionQuery,
} from '../store.ts';
import type { Shard } from './connection.ts';
import { type EventColumns, eventOfRow } from './events.ts';
import type { Now } from './filter.ts';
import { sessionsSql } from './search.ts';
import { quoted, quotedList } from './sql.ts';

/** A group as one shard knows it. */
interface Part {
  id: string;
  n: number;
  sessions: number;
  first_us: number;
  last_us: number;
  /** Arrival, session and seq of the one that arrived last. */
  latest: [arrived: number, session: string, seq: number];
  shard: Shard;
}

/** Answers `SearchQuestions.exceptions`. */
export async function exceptionPage(
  shards: readonly Shard[],
  query: ExceptionQuery,
  now: Now,
): Promise<ExceptionPage> {
  const { sort, descending, limit, cursor } = query;
  const list = `exceptions ${sort} ${descending}`;
  const sign = descending ? -1 : 1;
  const place = (part: Part): [number, string] => [sortValue(part, sort), part.id];
  const compare = (a: [number, string], b: [number, string]): number =>
    sign * (a[0] - b[0] || compareTexts(a[1], b[1]));
  const after =
    cursor === undefined
      ? undefined
      : (readCursor(list, cursor, ['number', 'string']) as [number, string]);
  const among = `(session, gen) IN (${sessionsSql(query.filter, now)})`;
  const rest = (await partsOf(shards, `exception != '' AND ${among}`))
    .sort((a, b) => compare(place(a), place(b)))
    .filter((part) => after === undefined || compare(place(part), after) > 0);
  const parts = rest.slice(0, limit);
  const last = rest.length > limit ? parts.at(-1) : undefined;
  const rows = await groupsOf(shards, parts, among);
  return { rows, ...(last && { next: writeCursor(list, place(last)) }) };
}

/** Answers `SearchQuestions.exception`. */
export async function exceptionDetail(
  shards: readonly Shard[],
  { id, filter }: ExceptionAsked,
  now: Now,
): Promise<ExceptionDetail | undefined> {
  const sessions = sessionsSql(filter, now);
  const among = `(session, gen) IN (${sessions})`;
  const parts = await partsOf(shards, `exception = ${quoted(id)} AND ${among}`);
  const [group] = await groupsOf(shards, parts, among);
  if (group === undefined) return undefined;
  const inside = `(session, gen) IN (SELECT session, gen FROM event FINAL WHERE exception = ${quoted(id)})`;
  const [totals, pairs] = await Promise.all([
    Promise.all(
      shards.map((shard) =>
        shard.rows<{ i: number; o: number }>(
          `SELECT countIf(${inside}) AS i, countIf(NOT ${inside}) AS o FROM (${sessions})`,
        ),
      ),
    ),
    Promise.all(
      shards.map((shard) =>
        shard.rows<PairCount>(
          `SELECT pair.1 AS path, pair.2 AS json, countIf(inside) AS sessions,
             countIf(NOT inside) AS others
           FROM (SELECT ${inside} AS inside, arrayJoin(arrayDistinct(arrayFilter(
               x -> x.2 != '', arrayZip(paths, jsons)))) AS pair
             FROM state FINAL WHERE ${among})
           GROUP BY path, json
           ${shards.length === 1 ? `HAVING sessions >= ${commonSessionsMin}` : ''}`,
        ),
      ),
    ),
  ]);
  const sum = (of: (row: { i: number; o: number }) => number): number =>
    totals.flat().reduce((all, row) => all + of(row), 0);
  const counts = new Map<string, PairCount>();
  for (const pair of pairs.flat()) {
    const key = JSON.stringify([pair.path, pair.json]);
    const known = counts.get(key) ?? { ...pair, sessions: 0, others: 0 };
    known.sessions += pair.sessions;
    known.others += pair.others;
    counts.set(key, known);
  }
  return {
    group,
    commons: commonsOf(
      counts.values(),
      sum(({ i }) => i),
      sum(({ o }) => o),
    ),
  };
}

async function partsOf(shards: readonly Shard[], where: string): Promise<Part[]> {
  const found = new Map<string, Part>();
  await Promise.all(
    shards.map(async (shard) => {
      const rows = await shard.rows<Omit<Part, 'shard'>>(
        `SELECT exception AS id, count() AS n, uniqExact(session) AS sessions,
           min(at_us) AS first_us, max(at_us) AS last_us,
           max((arrived, toString(session), seq)) AS latest
         FROM event FINAL WHERE ${where} GROUP BY exception`,
      );
      for (const row of rows) {
        const part = { ...row, latest: tupleOf(row.latest), shard };
        const known = found.get(row.id);
        found.set(row.id, known === undefined ? part : sumOf(known, part));
      }
    }),
  );
  return [...found.values()];
}

/** Named tuples come as objects, nameless ones as lists. */
function tupleOf(latest: Part['latest'] | Record<string, unknown>): Part['latest'] {
  return Array.isArray(latest) ? latest : (Object.values(latest) as Part['latest']);
}

function sumOf(a: Part, b: Part): Part {
  const isLater =
    b.latest[0] - a.latest[0] ||
    compareTexts(b.latest[1], a.latest[1]) ||
    b.latest[2] - a.latest[2];
  const { latest, shard } = isLater > 0 ? b : a;
  return {
    ...{ id: a.id, n: a.n + b.n, sessions: a.sessions + b.sessions, latest, shard },
    first_us: Math.min(a.first_us, b.first_us),
    last_us: Math.max(a.last_us, b.last_us),
  };
}

/** The groups that parts stand for, in their order. */
async function groupsOf(
  shards: readonly Shard[],
  parts: readonly Part[],
  among: string,
): Promise<ExceptionGroup[]> {
  if (parts.length === 0) return [];
  const ids = quotedList(parts.map(({ id }) => id));
  const latest = new Map<string, EventColumns & { session: string }>();
  const versions = new Map<string, ExceptionGroup['versions']>();
  await Promise.all([
    ...shards.map(async (shard) => {
      const mine = parts.filter((part) => part.shard === shard);
      if (mine.length === 0) return;
      const which = mine.map(({ latest: [, session, seq] }) => `('${session}', ${seq})`);
      const rows = await shard.rows<EventColumns & { session: string; id: string }>(
        `SELECT session, seq, at_us, received_us, body, exception AS id FROM event FINAL
         WHERE session IN (${mine.map(({ latest: [, session] }) => `'${session}'`).join(', ')})
           AND (toString(session), seq) IN (${which.join(', ')}) AND exception IN ${ids}
           AND ${among}`,
      );
      for (const row of rows) latest.set(row.id, row);
    }),
    ...shards.map(async (shard) => {
      const rows = await shard.rows<ExceptionGroup['versions'][number] & { id: string }>(
        `SELECT id, product, version, count() AS sessions
         FROM (SELECT DISTINCT exception AS id, session, gen FROM event FINAL
           WHERE exception IN ${ids} AND ${among}) AS e
         INNER JOIN (SELECT session, gen, product, version FROM head FINAL WHERE ${among}) AS h
           USING (session, gen)
         GROUP BY id, product, version`,
      );
      for (const { id, ...version } of rows)
        versions.set(id, [...(versions.get(id) ?? []), version]);
    }),
  ]);
  return parts.flatMap((part) => {
    const row = latest.get(part.id);
    if (row === undefined) return [];
    const { event, seq, atUs } = eventOfRow(row);
    const { id, type, frames } = exceptionKind(event)!;
    return {
      ...{ id, type, frames, message: event.exception_msg ?? event.message },
      ...{ count: part.n, sessions: part.sessions, firstUs: part.first_us, lastUs: part.last_us },
      versions: summed(versions.get(part.id) ?? []),
      latest: { session: row.session, seq, atUs },
    };
  });
}

function summed(versions: ExceptionGroup['versions']): ExceptionGroup['versions'] {
  const sums = new Map<string, ExceptionGroup['versions'][number]>();
  for (const { product, version, sessions } of versions) {
    const key = JSON.stringify([product, version]);
    sums.set(key, { product, version, sessions: sessions + (sums.get(key)?.sessions ?? 0) });
  }
  return [...sums.values()]
    .sort(
      (a, b) =>
        b.sessions - a.sessions ||
        compareTexts(a.product, b.product) ||
        compareTexts(a.version, b.version),
    )
    .slice(0, limits.exceptionVersionsMax);
}

function sortValue(part: Part, sort: ExceptionQuery['sort']): number {
  if (sort === 'count') return part.n;
  if (sort === 'sessions') return part.sessions;
  return sort === 'last_seen' ? part.last_us : part.first_us;
}
