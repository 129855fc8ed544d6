/** Takes up sessions from the tables, or from the log where the tables know less of it. */
import type { Row, Shard } from './connection.ts';
import { LiveSession, refold } from './live.ts';
import type { EntryLog } from './log.ts';
import type { LogRow } from './log-row.ts';
import { seriesRows } from './session-series.ts';
import { uuidList, whole } from './sql.ts';
import { type HeadRow, headColumns, standingOfRow, startOfRow, writeOutcomes } from './tables.ts';

/** Rows of the log that an id has, by the deletions before. */
export type Counts = Map<string, Map<number, number>>;

/** Reads and mends what is known of sessions, on one shard. */
export class Catalog {
  readonly #shard: Shard;
  readonly #log: EntryLog;

  constructor(shard: Shard, log: EntryLog) {
    this.#shard = shard;
    this.#log = log;
  }

  /** How many rows of the log there are of each of these sessions. */
  async counts(ids: readonly string[]): Promise<Counts> {
    const rows = await this.#shard.rows<{ session: string; gen: number; rows: number }>(
      `SELECT session, gen, count() AS rows FROM entry
       WHERE session IN ${uuidList(ids)} AND series = 0 GROUP BY session, gen`,
    );
    const counts: Counts = new Map();
    for (const { session, gen, rows: n } of rows) {
      const gens = counts.get(session) ?? new Map<number, number>();
      counts.set(session, gens.set(gen, n));
    }
    return counts;
  }

  /** Those of some sessions that other servers wrote to since a turn. */
  async strangers(ids: readonly string[], server: bigint, sinceTurn: number): Promise<string[]> {
    if (ids.length === 0) return [];
    const rows = await this.#shard.rows<{ id: string }>(
      `SELECT DISTINCT toString(session) AS id FROM entry
       WHERE session IN ${uuidList(ids)} AND series = 0 AND turn >= ${whole(sinceTurn)}
         AND server != ${server}`,
    );
    return rows.map(({ id }) => id);
  }

  /** The sessions that are there or were; their tables are brought up to date first where they are not. */
  async load(ids: readonly string[]): Promise<LiveSession[]> {
    if (ids.length === 0) return [];
    const list = uuidList(ids);
    const [counts, heads, states, series] = await Promise.all([
      this.counts(ids),
      this.#shard.rows<HeadRow>(`SELECT ${headColumns} FROM head FINAL WHERE session IN ${list}`),
      this.#shard.rows<{ session: string; gen: number; state: string }>(
        `SELECT session, gen, state FROM state FINAL WHERE session IN ${list}`,
      ),
      seriesRows(this.#shard, ids),
    ]);
    const nameOf = (row: { session: string; gen: number }) => `${row.session} ${row.gen}`;
    const headOf = new Map(heads.map((row) => [nameOf(row), row]));
    const stateOf = new Map(states.map((row) => [nameOf(row), row.state]));
    const seriesOf = new Map<string, typeof series>();
    for (const row of series) {
      const name = nameOf(row);
      seriesOf.set(name, [...(seriesOf.get(name) ?? []), row]);
    }
    const found: LiveSession[] = [];
    const stale: string[] = [];
    for (const [session, gens] of counts) {
      const gen = Math.max(...gens.keys());
      const name = nameOf({ session, gen });
      const head = headOf.get(name);
      const state = stateOf.get(name);
      if (head === undefined || state === undefined || head.known !== gens.get(gen)) {
        stale.push(session);
        continue;
      }
      found.push(
        new LiveSession({
          ...{ id: session, gen, no: head.no, turn: head.turn, known: head.known, gone: head.gone },
          ...{ start: startOfRow(head), startState: head.start_state },
          standing: standingOfRow(head, state),
          series: (seriesOf.get(name) ?? []).map(({ first, id, text }) => {
            return { no: first, hash: BigInt(id), text };
          }),
        }),
      );
    }
    return [...found, ...(await this.refold(stale))];
  }

  /** Folds sessions anew from their whole log, and writes what comes of it. */
  async refold(ids: readonly string[]): Promise<LiveSession[]> {
    if (ids.length === 0) return [];
    const bySession = new Map<string, LogRow[]>();
    for await (const row of this.#log.said(ids)) {
      const rows = bySession.get(row.session) ?? [];
      const isLater = rows[0] !== undefined && row.gen > rows[0].gen;
      // Of the sessions that an id had, only the last one can still change.
      if (isLater) bySession.set(row.session, [row]);
      else if (rows[0] === undefined || row.gen === rows[0].gen) {
        rows.push(row);
        bySession.set(row.session, rows);
      }
    }
    const found = [...bySession.values()].flatMap((rows) => refold(rows) ?? []);
    const all = found.map((live) => ({ live, outcome: live.takeOutcome() }));
    await writeOutcomes(this.#shard, all);
    await this.#cut(found);
    return found;
  }

  /** Takes away events and patches that an earlier fold had more of. */
  async #cut(sessions: readonly LiveSession[]): Promise<void> {
    for (const { id, gen, known, fold } of sessions) {
      const { events, patches } = fold.standing;
      for (const [table, surplus] of [
        ['event', `seq >= ${events}`],
        ['patch', `revision > ${patches}`],
      ] as const) {
        // What a later fold has written meanwhile is none of it.
        const which = `session = '${id}' AND gen = ${gen} AND known < ${known} AND ${surplus}`;
        const [row] = await this.#shard.rows<Row>(`SELECT 1 FROM ${table} WHERE ${which} LIMIT 1`);
        if (row !== undefined) await this.#shard.run(`DELETE FROM ${table} WHERE ${which}`);
      }
    }
  }
}
