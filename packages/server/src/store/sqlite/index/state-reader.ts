/** States as they stand, read from the main database: the nearest snapshot and the patches after it. */
import { applyPatch, type JsonObject, parseJson } from '@tacho/protocol';
import type { Database, Statement } from '../database.ts';

/** Reads states by number of session. */
export class StateReader {
  readonly #sql: Record<'start' | 'snapshot' | 'patches' | 'count', Statement>;

  constructor(main: Database) {
    const prepare = (sql: string): Statement => main.prepare(sql);
    this.#sql = {
      start: prepare('SELECT start_state FROM session WHERE no = ?'),
      snapshot: prepare(
        `SELECT revision, state FROM snapshot WHERE session = ? AND revision <= ?
         ORDER BY revision DESC LIMIT 1`,
      ),
      patches: prepare(
        `SELECT patch FROM patch WHERE session = ? AND revision > ? AND revision <= ?
         ORDER BY revision`,
      ),
      count: prepare('SELECT patches FROM status WHERE session = ?'),
    };
  }

  /** The state after so many patches, or after all; undefined when there is no such session. A damaged one reads as empty. */
  read(session: number, patches = this.#count(session)): JsonObject | undefined {
    const start = this.#sql.start.get(session) as { start_state: string } | undefined;
    if (!start) return undefined;
    try {
      const snapshot =
        patches === 0
          ? undefined
          : (this.#sql.snapshot.get(session, patches) as
              | { revision: number; state: string }
              | undefined);
      const from = snapshot?.revision ?? 0;
      let state = parseJson(snapshot?.state ?? start.start_state) as JsonObject;
      if (from === patches) return state;
      for (const row of this.#sql.patches.all(session, from, patches) as { patch: string }[]) {
        state = applyPatch(state, parseJson(row.patch) as JsonObject);
      }
      return state;
    } catch {
      return {};
    }
  }

  #count(session: number): number {
    return (this.#sql.count.get(session) as { patches: number } | undefined)?.patches ?? 0;
  }
}
