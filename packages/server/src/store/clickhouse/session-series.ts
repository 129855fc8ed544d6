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

/** The sessions with these ids that are there; heads and series are asked for at once. */
export async function sampledSessions(
  shard: Shard,
  ids: readonly string[],
): Promise<Map<string, SampledSession>> {
  const list = uuidList(ids);
  const [heads, rows] = await Promise.all([
    shard.rows<{ session: string; gen: number }>(
      `SELECT session, gen FROM head FINAL WHERE session IN ${list} AND NOT gone`,
    ),
    seriesRows(shard, ids),
  ]);
  const found = new Map<string, SampledSession>();
  for (const { session, gen } of heads) found.set(session, { id: session, gen, series: [] });
  for (const row of rows) {
    const session = found.get(row.session);
    if (session?.gen === row.gen) session.series.push(hashed(row));
  }
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
  return shard.rows<Row>(
    `SELECT session, gen, toString(hash) AS id, min(key) AS text, min(no) AS first FROM series
     WHERE session IN ${uuidList(ids)} GROUP BY session, gen, hash ORDER BY first, hash`,
  );
}

function hashed({ id, text, first }: Row): HashedSeries {
  return { hash: id, key: keyOfText(text), no: first };
}
