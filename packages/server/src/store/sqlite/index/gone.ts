/** Follows which sessions were deleted, so that parts of the index can drop what they hold of them. */
import { limits } from '@tacho/protocol';
import type { Database, Statement } from '../database.ts';

/** Sessions deleted since a point. */
export interface GonePage {
  sessions: ReadonlySet<number>;
  /** Where the next page begins. */
  upto: number;
}

/** SQLite's code for a damaged file: whoever meets it makes the index anew. */
const corrupt = 11;

/** Reads table `gone` of the main database. */
export class GoneFeed {
  readonly #sql: Record<'after' | 'ends' | 'count', Statement>;

  constructor(main: Database) {
    const prepare = (sql: string): Statement => main.prepare(sql);
    this.#sql = {
      after: prepare('SELECT rev, session FROM gone WHERE rev > ? ORDER BY rev LIMIT ?'),
      ends: prepare(
        'SELECT (SELECT min(rev) FROM gone) AS first, (SELECT max(rev) FROM gone) AS last',
      ),
      count: prepare('SELECT count(*) AS n FROM gone'),
    };
  }

  /** Where a part begins that holds nothing yet. */
  last(): number {
    return this.#ends().last ?? 0;
  }

  /**
   * Sessions deleted after `rev`, at most `rows`. Throws as for a damaged index when deletions were
   * missed, because more of them happened since than the main database remembers.
   */
  after(rev: number, rows: number): GonePage {
    const found = this.#sql.after.all(rev, rows) as { rev: number; session: number }[];
    if (found.length === 0) return { sessions: new Set(), upto: rev };
    if ((this.#ends().first ?? 0) > rev && rev > 0 && this.#count() >= limits.goneRowsMax) {
      throw Object.assign(new Error('the index has missed deletions'), { errcode: corrupt });
    }
    return { sessions: new Set(found.map(({ session }) => session)), upto: found.at(-1)!.rev };
  }

  #ends(): { first: number | null; last: number | null } {
    return this.#sql.ends.get() as { first: number | null; last: number | null };
  }

  #count(): number {
    return (this.#sql.count.get() as { n: number }).n;
  }
}
