/** The series of a session, in the order of their numbers. */
import type { SeriesKey } from '@tacho/protocol';
import type { Shard } from './connection.ts';
import { headOf } from './recorded.ts';
import { keyOfText } from './said.ts';
import { quoted } from './sql.ts';

/** A series of a session; its hash as text. */
export interface HashedSeries {
  hash: string;
  key: SeriesKey;
}

/** A session that is there, with its series. */
export interface SampledSession {
  id: string;
  gen: number;
  series: HashedSeries[];
}

/** The session with this id; both questions are asked at once. */
export async function sampledSession(
  shard: Shard,
  id: string,
): Promise<SampledSession | undefined> {
  const [head, rows] = await Promise.all([headOf(shard, id), seriesRows(shard, id)]);
  if (head === undefined) return undefined;
  const { gen } = head;
  return { id, gen, series: rows.filter((row) => row.gen === gen).map(hashed) };
}

/** The series of one of the sessions that an id had. */
export async function seriesOfSession(
  shard: Shard,
  id: string,
  gen: number,
): Promise<HashedSeries[]> {
  const rows = await seriesRows(shard, id);
  return rows.filter((row) => row.gen === gen).map(hashed);
}

interface Row {
  gen: number;
  id: string;
  text: string;
}

function seriesRows(shard: Shard, id: string): Promise<Row[]> {
  return shard.rows<Row>(
    `SELECT gen, toString(hash) AS id, min(key) AS text, min(no) AS first FROM series
     WHERE session = ${quoted(id)} GROUP BY gen, hash ORDER BY first, hash`,
  );
}

function hashed({ id, text }: Row): HashedSeries {
  return { hash: id, key: keyOfText(text) };
}
