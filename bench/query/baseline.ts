/** The same questions as plain SQL on the tables as they are: what they would cost without columns and indexes. */
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';

/** Plain SQL on a data directory, read-only. */
export class Baseline {
  readonly #db: InstanceType<typeof DatabaseSync>;

  constructor(dataDir: string) {
    this.#db = new DatabaseSync(join(dataDir, 'tacho.db'), { readOnly: true });
  }

  /** First page by errors of one product, with totals. */
  list(): void {
    this.#all(
      `SELECT s.id, t.status, (SELECT count(*) FROM event e WHERE e.session = s.no AND e.level IN ('error', 'critical')) AS errors
       FROM session s JOIN status t ON t.session = s.no WHERE s.product = 'emberline'
       ORDER BY errors DESC, s.no DESC LIMIT 50`,
    );
    this.#all(
      `SELECT t.lifecycle, count(*) FROM session s JOIN status t ON t.session = s.no
       WHERE s.product = 'emberline' GROUP BY t.lifecycle`,
    );
  }

  /** A page far down the list, by offset. */
  deepPage(): void {
    this.#all(
      `SELECT s.id, t.status FROM session s JOIN status t ON t.session = s.no
       ORDER BY s.created_us DESC LIMIT 50 OFFSET (SELECT count(*) / 2 FROM session)`,
    );
  }

  /** State by JSON, start states only, because the current ones are nowhere whole. */
  state(): void {
    this.#all(
      `SELECT id FROM session WHERE json_extract(start_state, '$.settings.seed') = 77
       ORDER BY no DESC LIMIT 50`,
    );
  }

  /** Newest events with a word. */
  text(word: string): void {
    this.#all(
      'SELECT record FROM event WHERE record LIKE ? ORDER BY id DESC LIMIT 50',
      `%${word}%`,
    );
  }

  /** Sessions by product, version and lifecycle. */
  releases(): void {
    this.#all(
      `SELECT s.product, s.version, t.lifecycle, count(*), min(s.created_us), max(t.updated_us)
       FROM session s JOIN status t ON t.session = s.no GROUP BY 1, 2, 3`,
    );
  }

  close(): void {
    this.#db.close();
  }

  #all(sql: string, ...values: string[]): void {
    this.#db.prepare(sql).all(...values);
  }
}
