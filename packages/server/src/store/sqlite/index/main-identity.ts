/** Tells whether an index belongs to the database beside it: a backup may have been put in its place. */
import type { Database } from '../database.ts';

/** SQL of the table that says which database the index was made from. */
export const identitySchema = `
  CREATE TABLE made_from(one INTEGER PRIMARY KEY CHECK(one = 1), rev INTEGER NOT NULL,
    session INTEGER NOT NULL, id TEXT NOT NULL);
`;

interface Mark {
  rev: number;
  session: number;
  id: string;
}

/** Notes how far the main database was and which session was its newest; inside a transaction of both. */
export function noteMain(main: Database, index: Database): void {
  const known = readMark(index);
  const rev = lastRev(main);
  if (known?.rev === rev) return;
  const newest = main.prepare('SELECT no, id FROM session ORDER BY no DESC LIMIT 1').get() as
    | { no: number; id: string }
    | undefined;
  if (!newest) return;
  index
    .prepare('INSERT OR REPLACE INTO made_from VALUES(1, ?, ?, ?)')
    .run(rev, newest.no, newest.id);
}

/**
 * Whether the main database is what the index was made from, or went on from that: it has not gone
 * back, and the number of what was its newest session has not been given to another one.
 */
export function fitsMain(main: Database, index: Database): boolean {
  const mark = readMark(index);
  if (!mark) return true;
  if (lastRev(main) < mark.rev) return false;
  const session = main.prepare('SELECT id FROM session WHERE no = ?').get(mark.session) as
    | { id: string }
    | undefined;
  if (session) return session.id === mark.id;
  const gone = main.prepare('SELECT 1 FROM gone WHERE session = ?').get(mark.session);
  return gone !== undefined;
}

function readMark(index: Database): Mark | undefined {
  return index.prepare('SELECT rev, session, id FROM made_from').get() as Mark | undefined;
}

function lastRev(main: Database): number {
  const row = main
    .prepare(
      `SELECT max(coalesce((SELECT max(rev) FROM status), 0),
         coalesce((SELECT max(rev) FROM gone), 0)) AS rev`,
    )
    .get() as { rev: number };
  return row.rev;
}
