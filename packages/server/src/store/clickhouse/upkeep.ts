/** Upkeep of the tables: what a server that ended left behind is finished, and what was deleted is taken away. */
import type { Log } from '../../log.ts';
import type { ExpireRules, SweepRules } from '../store.ts';
import type { Shard } from './connection.ts';
import { number, whole } from './sql.ts';
import type { Writer } from './writer.ts';

/** What is younger may still be on its way into the tables. */
const settledUs = 10e6;

/** How far back the passes look: a server that starts looks further. */
const recentUs = 15 * 60e6;

/** Time between a deletion and its rows being taken away, so that no server still writes to them. */
const goneUs = 3600e6;

/** Sessions that one pass takes away. */
const purgedMax = 10_000;

const dayUs = 24 * 3600e6;

/** Time between two passes that take away what was deleted. */
const purgeIntervalUs = 3600e6;

/** A shard with who writes to it. */
interface Place {
  shard: Shard;
  writer: Writer;
}

/** The passes over sessions that the server runs from time to time; several servers may run them at once. */
export class Upkeep {
  readonly #places: readonly Place[];
  readonly #clock: () => number;
  readonly #log: Log;
  #purgedUs = -Infinity;

  constructor(places: readonly Place[], clock: () => number, log: Log) {
    this.#places = places;
    this.#clock = clock;
    this.#log = log;
  }

  /** See `Store.sweep`. */
  async sweep({ nowUs, lostAfterUs }: SweepRules): Promise<number> {
    await this.renew();
    const lostBeforeUs = nowUs - lostAfterUs;
    const counts = await Promise.all(
      this.#places.map(async ({ shard, writer }) => {
        const silent = await shard.rows<{ id: string }>(
          `SELECT toString(session) AS id FROM head FINAL
           WHERE NOT gone AND lifecycle = 'active' AND activity_us < ${number(lostBeforeUs)}
           ORDER BY no`,
        );
        if (silent.length === 0) return 0;
        const notices = silent.map(({ id }) => ({ kind: 'lost' as const, id, lostBeforeUs }));
        await writer.append({ receivedUs: nowUs, entries: [], notices });
        return silent.length;
      }),
    );
    return counts.reduce((sum, one) => sum + one, 0);
  }

  /** See `Store.expire`. */
  async expire({ beforeUs, sessionsMax }: ExpireRules): Promise<number> {
    let deleted = 0;
    for (const { shard, writer } of this.#places) {
      const old = await shard.rows<{ id: string }>(
        `SELECT toString(session) AS id FROM head FINAL
         WHERE NOT gone AND lifecycle != 'active' AND updated_us < ${number(beforeUs)}
         ORDER BY no LIMIT ${sessionsMax - deleted}`,
      );
      if (old.length === 0) continue;
      const notices = old.map(({ id }) => ({
        kind: 'gone' as const,
        id,
        expiredBeforeUs: beforeUs,
      }));
      await writer.append({ receivedUs: this.#clock(), entries: [], notices });
      deleted += old.length;
    }
    if (deleted < sessionsMax) await this.#purge();
    return deleted;
  }

  /** Brings the tables of sessions up to date that some server did not get to. */
  async renew(lookBackUs?: number): Promise<void> {
    const receivedUs = this.#clock();
    await Promise.all(
      this.#places.map(async ({ shard, writer }) => {
        const stale = await staleSessions(shard, receivedUs, lookBackUs);
        if (stale.length === 0) return;
        const notices = stale.map((id) => ({ kind: 'renew' as const, id }));
        await writer.append({ receivedUs, entries: [], notices });
        this.#log.info({ sessions: stale.length }, 'sessions brought up to date');
      }),
    );
  }

  /** Takes away what was deleted, at most once in an hour. */
  async #purge(): Promise<void> {
    const nowUs = this.#clock();
    if (nowUs - this.#purgedUs < purgeIntervalUs) return;
    this.#purgedUs = nowUs;
    for (const { shard } of this.#places) await purge(shard, nowUs);
  }
}

/** Sessions written to lately of which the log knows something that the tables do not. */
async function staleSessions(
  shard: Shard,
  nowUs: number,
  lookBackUs = recentUs,
): Promise<string[]> {
  const sinceUs = Math.max(0, nowUs - lookBackUs);
  const rows = await shard.rows<{ id: string }>(
    `SELECT DISTINCT toString(e.session) AS id
     FROM (SELECT session, gen, count() AS rows FROM entry
       WHERE series = 0 AND kind != 'batch' AND session IN (
         SELECT DISTINCT session FROM entry
         WHERE day >= toDate(${Math.floor(sinceUs / dayUs)}) AND turn >= ${whole(sinceUs)}
           AND turn < ${whole(Math.max(0, nowUs - settledUs))} AND series = 0 AND kind != 'batch')
       GROUP BY session, gen) AS e
     LEFT JOIN (SELECT session, gen, known FROM head FINAL) AS h
       ON e.session = h.session AND e.gen = h.gen
     WHERE e.rows > h.known`,
  );
  return rows.map(({ id }) => id);
}

/** Takes away what was deleted some time ago; whole days first, which costs nothing. */
async function purge(shard: Shard, nowUs: number): Promise<void> {
  const goneBeforeUs = nowUs - goneUs;
  const gone = await shard.rows<{ id: string; gen: number }>(
    `SELECT toString(session) AS id, gen FROM head FINAL WHERE gone AND turn < ${whole(goneBeforeUs)}
     ORDER BY turn LIMIT ${purgedMax}`,
  );
  if (gone.length === 0) return;
  const [first] = await shard.rows<{ no: number; n: number }>(
    'SELECT min(no) AS no, count() AS n FROM head FINAL WHERE NOT gone',
  );
  const oldestUs = first === undefined || first.n === 0 ? goneBeforeUs : first.no;
  const day = Math.floor(Math.min(oldestUs, goneBeforeUs) / dayUs) - 1;
  const days = await shard.rows<{ partition: string }>(
    `SELECT DISTINCT partition FROM system.parts
     WHERE active AND database = currentDatabase() AND table = 'entry'
       AND toDate(partition) < toDate(${day})`,
  );
  for (const { partition } of days) {
    await shard.run(`ALTER TABLE entry DROP PARTITION '${partition}'`);
  }
  const list = gone.map(({ id, gen }) => `('${id}', ${gen})`).join(', ');
  for (const table of ['entry', 'event', 'patch', 'series', 'state', 'head']) {
    await shard.run(`DELETE FROM ${table} WHERE (session, gen) IN (${list})`);
  }
}
