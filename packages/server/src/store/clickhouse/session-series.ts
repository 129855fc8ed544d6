/** The series of a session, in the order of their numbers. */
import type { SeriesKey } from '@tacho/protocol';
import type { Shard } from './connection.ts';
import { keyOfText } from './said.ts';
import { uuidList } from './sql.ts';

/** A series of a session; its hash as text. */
export interface HashedSeries {
  hash: string;
  key: SeriesKey;
  /** Their order; the lowest that a server gave. */
  no: number;
}

/** A session that is there, with its series. */
export interface SampledSession {
  id: string;
  gen: number;
  series: HashedSeries[];
}

/** The session with this id. */
export async function sampledSession(
  shard: Shard,
  id: string,
): Promise<SampledSession | undefined> {
  return (await sampledSessions(shard, [id])).get(id);
}

/** The sessions with these ids that are there; heads and series are asked for in one question. */
export async function sampledSessions(
  shard: Shard,
  ids: readonly string[],
): Promise<Map<string, SampledSession>> {
  const rows = await shard.rows<Row & { head: boolean }>(
    `SELECT *, false AS head FROM (${seriesSql(ids)}) UNION ALL
     SELECT session, gen, '' AS id, '' AS text, 0 AS first, true AS head FROM head FINAL
     WHERE session IN ${uuidList(ids)} AND NOT gone`,
  );
  const found = new Map<string, SampledSession>();
  for (const { session, gen, head } of rows) {
    if (head) found.set(session, { id: session, gen, series: [] });
  }
  for (const row of rows) {
    const session = found.get(row.session);
    if (!row.head && session?.gen === row.gen) session.series.push(hashed(row));
  }
  for (const { series } of found.values()) series.sort(byNumber);
  return found;
}

/** The series of one of the sessions that an id had. */
export async function seriesOfSession(
  shard: Shard,
  id: string,
  gen: number,
): Promise<HashedSeries[]> {
  const rows = await seriesRows(shard, [id]);
  return rows.filter((row) => row.gen === gen).map(hashed);
}

interface Row {
  session: string;
  gen: number;
  id: string;
  text: string;
  first: number;
}

/** Rows of all series that these ids ever had, by number. */
export function seriesRows(shard: Shard, ids: readonly string[]): Promise<Row[]> {
  return shard.rows<Row>(`${seriesSql(ids)} ORDER BY first, hash`);
}

function seriesSql(ids: readonly string[]): string {
  return `SELECT session, gen, toString(hash) AS id, min(key) AS text, min(no) AS first FROM series
     WHERE session IN ${uuidList(ids)} GROUP BY session, gen, hash`;
}

/** By number, then by hash, as ClickHouse orders them. */
function byNumber(a: HashedSeries, b: HashedSeries): number {
  if (a.no !== b.no) return a.no - b.no;
  return BigInt(a.hash) < BigInt(b.hash) ? -1 : 1;
}

function hashed({ id, text, first }: Row): HashedSeries {
  return { hash: id, key: keyOfText(text), no: first };
}
