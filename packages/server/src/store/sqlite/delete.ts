/** Deletes sessions: first out of sight, then their data in small transactions. */
import { limits } from '@tacho/protocol';
import type { Database, Statement } from './database.ts';

/** Rows deleted by one step. */
const stepRows = 500;

/** Deletes sessions; the caller holds the transaction. */
export class Deleter {
  readonly #sql: ReturnType<typeof prepareAll>;

  constructor(db: Database) {
    this.#sql = prepareAll(db);
  }

  /**
   * Takes a session out of sight; its data follows step by step, also after a restart. `rev` is the
   * number of this change.
   */
  doom(session: number, rev: number): void {
    // Numbers are never given out twice: the journal and the index may still name them.
    this.#sql.keepNumbers.run();
    this.#sql.doom.run(session);
    this.#sql.deleteSession.run(session);
    this.#sql.deleteStatus.run(session);
    this.#sql.gone.run(rev, session);
  }

  /** Forgets the oldest deletions: an index that has fallen that far behind starts over. */
  forgetGone(): void {
    this.#sql.forgetGone.run(limits.goneRowsMax);
  }

  /** Deletes some data of a doomed session; false when there is none. */
  step(): boolean {
    const row = this.#sql.doomed.get() as { session: number } | undefined;
    if (!row) return false;
    const { session } = row;
    let left = stepRows;
    for (const statement of [this.#sql.events, this.#sql.patches, this.#sql.snapshots]) {
      left -= Number(statement.run(session, left).changes);
      if (left <= 0) return true;
    }
    left -= this.#deleteChunks(session, left);
    if (left <= 0) return true;
    left -= Number(this.#sql.series.run(session, left).changes);
    if (left <= 0) return true;
    this.#sql.undoom.run(session);
    return true;
  }

  #deleteChunks(session: number, max: number): number {
    const chunks = this.#sql.chunks.all(session, max) as { id: number; times: number }[];
    for (const { id, times } of chunks) {
      this.#sql.deleteChunk.run(id);
      this.#sql.releaseTimes.run(times);
      this.#sql.deleteTimes.run(times);
    }
    return chunks.length;
  }
}

function prepareAll(db: Database) {
  const prepare = (sql: string): Statement => db.prepare(sql);
  return {
    keepNumbers: prepare(
      `INSERT INTO meta SELECT 'last_session', max(no) FROM session UNION ALL
         SELECT 'last_series', coalesce(max(no), 0) FROM series UNION ALL
         SELECT 'last_event', coalesce(max(id), 0) FROM event WHERE true
       ON CONFLICT(key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
    ),
    doom: prepare('INSERT OR IGNORE INTO doomed(session) VALUES(?)'),
    deleteSession: prepare('DELETE FROM session WHERE no = ?'),
    deleteStatus: prepare('DELETE FROM status WHERE session = ?'),
    gone: prepare('INSERT INTO gone(rev, session) VALUES(?, ?)'),
    forgetGone: prepare(
      'DELETE FROM gone WHERE rev <= (SELECT rev FROM gone ORDER BY rev DESC LIMIT 1 OFFSET ?)',
    ),
    doomed: prepare('SELECT session FROM doomed LIMIT 1'),
    undoom: prepare('DELETE FROM doomed WHERE session = ?'),
    events: prepare(
      'DELETE FROM event WHERE id IN (SELECT id FROM event WHERE session = ? LIMIT ?)',
    ),
    patches: prepare(
      `DELETE FROM patch WHERE session = ?1 AND revision IN
         (SELECT revision FROM patch WHERE session = ?1 ORDER BY revision LIMIT ?2)`,
    ),
    snapshots: prepare(
      `DELETE FROM snapshot WHERE session = ?1 AND revision IN
         (SELECT revision FROM snapshot WHERE session = ?1 ORDER BY revision LIMIT ?2)`,
    ),
    chunks: prepare(
      `SELECT c.id, c.times FROM series s JOIN chunk c ON c.series = s.no WHERE s.session = ? LIMIT ?`,
    ),
    deleteChunk: prepare('DELETE FROM chunk WHERE id = ?'),
    releaseTimes: prepare('UPDATE times SET refs = refs - 1 WHERE id = ?'),
    deleteTimes: prepare('DELETE FROM times WHERE id = ? AND refs <= 0'),
    series: prepare(
      `DELETE FROM series WHERE no IN (SELECT no FROM series WHERE session = ? LIMIT ?)`,
    ),
  };
}
