/** Activity of sessions that is not in the columns: densities of many events, and unsealed samples. */
import type { Database, Statement } from '../database.ts';
import type { Touch } from '../frame.ts';
import { IndexDamage } from './block-store.ts';
import { Density } from './density.ts';
import { type FreshEvent, isErrorLevel, isHangName } from './main-feed.ts';
import type { FollowedSession, Follower } from './session-columns.ts';

/** SQL of the tables of activity. */
export const activitySchema = `
  CREATE TABLE session_density(session INTEGER PRIMARY KEY, data BLOB NOT NULL);
`;

/** Sessions with more events have a density; the events of the others are looked at one by one. */
export const plainEventsMax = 2_000;

/** Densities kept in memory: about 25 MB. */
const residentMax = 4_096;

/** Samples that a row of the journal holds of one session. */
export interface UnsealedSamples {
  receivedUs: number;
  samples: number;
}

/** Follows what the columns take up. */
export class Activity implements Follower {
  readonly #sql: Record<'get' | 'put' | 'drop' | 'before' | 'seal' | 'first', Statement>;
  readonly #densities = new Map<number, Density>();
  readonly #dirty = new Set<number>();
  readonly #gone = new Set<number>();
  /** Rows of the journal with samples: `touchFields` numbers each, in the order of the journal. */
  #touches = new Float64Array(64 * touchFields);
  #from = 0;
  #count = 0;

  constructor(main: Database, index: Database) {
    this.#sql = {
      get: index.prepare('SELECT data FROM session_density WHERE session = ?'),
      put: index.prepare(
        `INSERT INTO session_density VALUES(?, ?)
         ON CONFLICT(session) DO UPDATE SET data = excluded.data`,
      ),
      drop: index.prepare('DELETE FROM session_density WHERE session = ?'),
      before: main.prepare(
        'SELECT at_us, level, name FROM event WHERE session = ? AND id < ? ORDER BY at_us',
      ),
      seal: main.prepare('SELECT upto, session FROM seal'),
      first: main.prepare('SELECT min(id) AS id FROM journal'),
    };
  }

  event(event: FreshEvent, { events, createdUs }: FollowedSession): void {
    if (events <= plainEventsMax) return;
    const density = this.density(event.session) ?? this.#begin(event, createdUs);
    density.add(event.atUs, event.isError, event.isHang);
    this.#dirty.add(event.session);
  }

  touch(id: number, { session, samples, receivedUs }: Touch): void {
    if (samples === 0) return;
    if ((this.#count + 1) * touchFields > this.#touches.length) this.#makeRoom();
    this.#touches.set([id, session, samples, receivedUs], this.#count * touchFields);
    this.#count += 1;
  }

  gone(session: number): void {
    this.#densities.delete(session);
    this.#dirty.delete(session);
    this.#gone.add(session);
  }

  write(): void {
    for (const session of this.#gone) this.#sql.drop.run(session);
    for (const session of this.#dirty)
      this.#sql.put.run(session, this.#densities.get(session)!.bytes);
    this.#gone.clear();
    this.#dirty.clear();
    this.#trim();
  }

  forget(): void {
    this.#densities.clear();
    this.#dirty.clear();
    this.#gone.clear();
    this.#from = 0;
    this.#count = 0;
  }

  /** How the events of a session lie in time; undefined for one with few of them. */
  density(session: number): Density | undefined {
    const known = this.#densities.get(session);
    if (known) return known;
    const row = this.#sql.get.get(session) as { data: Uint8Array } | undefined;
    if (!row) return undefined;
    const density = Density.read(row.data);
    if (!density) throw new IndexDamage(`the density of session ${session} is damaged`);
    this.#keep(session, density);
    return density;
  }

  /** The samples of some sessions that are not sealed yet, in order of arrival. */
  unsealed(sessions: readonly number[]): Map<number, UnsealedSamples[]> {
    const found = new Map<number, UnsealedSamples[]>(sessions.map((session) => [session, []]));
    const seal = this.#sql.seal.get() as { upto: number; session: number };
    this.#dropSealed();
    const rows = this.#touches;
    for (let at = this.#from * touchFields; at < this.#count * touchFields; at += touchFields) {
      const session = rows[at + 1]!;
      // In the middle of sealing a session, all of its samples count as unsealed.
      if (rows[at]! <= seal.upto && session < seal.session) continue;
      found.get(session)?.push({ samples: rows[at + 2]!, receivedUs: rows[at + 3]! });
    }
    return found;
  }

  /** The session has just become one with many events. */
  #begin({ session, id }: FreshEvent, createdUs: number): Density {
    const density = Density.begin(createdUs);
    for (const row of this.#sql.before.iterate(session, id) as Iterable<{
      at_us: number;
      level: string;
      name: string;
    }>) {
      density.add(row.at_us, isErrorLevel(row.level), isHangName(row.name));
    }
    this.#keep(session, density);
    return density;
  }

  #keep(session: number, density: Density): void {
    this.#densities.set(session, density);
    this.#trim();
  }

  #trim(): void {
    if (this.#densities.size <= residentMax) return;
    for (const session of this.#densities.keys()) {
      if (this.#densities.size <= residentMax * 0.9) break;
      if (!this.#dirty.has(session)) this.#densities.delete(session);
    }
  }

  /** Rows that the journal no longer has. */
  #dropSealed(): void {
    const { id } = this.#sql.first.get() as { id: number | null };
    const first = id ?? Number.POSITIVE_INFINITY;
    while (this.#from < this.#count && this.#touches[this.#from * touchFields]! < first) {
      this.#from += 1;
    }
  }

  #makeRoom(): void {
    this.#dropSealed();
    const rows = this.#touches.subarray(this.#from * touchFields, this.#count * touchFields);
    const room = Math.max(64 * touchFields, rows.length * 2);
    const touches = new Float64Array(room);
    touches.set(rows);
    this.#touches = touches;
    this.#count -= this.#from;
    this.#from = 0;
  }
}

const touchFields = 4;
