/** Handles of sessions: most requests find their session here, without asking ClickHouse. */
import { limits, SeriesTable } from '@tacho/protocol';
import type { Resolution, SessionHandle } from '../store.ts';
import type { Shard } from './connection.ts';
import type { ClickHouseHandle } from './live.ts';
import { noteNumbers } from './series-numbers.ts';
import { type SampledSession, sampledSessions } from './session-series.ts';
import { isId, quoted } from './sql.ts';

/** Handles that are kept. */
const handlesMax = 50_000;

type Found = Map<string, SampledSession>;

/** Finds sessions by their ids and the beginnings of them. */
export class Handles {
  readonly #shards: readonly Shard[];
  readonly #shardOf: (id: string) => Shard;
  readonly #kept = new Map<string, ClickHouseHandle>();
  /** Ids that the next question of a shard is about. */
  readonly #asking = new Map<Shard, { ids: Set<string>; answer: Promise<Found> }>();
  readonly #reserving = new Map<string, Promise<SessionHandle>>();

  constructor(shards: readonly Shard[], shardOf: (id: string) => Shard) {
    this.#shards = shards;
    this.#shardOf = shardOf;
  }

  /** See `Store.resolve`; without a promise where it is known, because this runs for every metric. */
  resolve(idOrPrefix: string): Resolution | Promise<Resolution> {
    const known = this.#kept.get(idOrPrefix) ?? this.#kept.get(idOrPrefix.toLowerCase());
    if (known?.gen !== undefined) return { kind: 'found', session: known };
    return this.#find(idOrPrefix.toLowerCase());
  }

  /** See `Store.reserve`; whoever asks at the same time gets the same handle. */
  reserve(id: string): SessionHandle | Promise<SessionHandle> {
    const whole = id.toLowerCase();
    const known = this.#kept.get(whole);
    if (known !== undefined) return known;
    const asked = this.#reserving.get(whole) ?? this.#reserve(whole);
    this.#reserving.set(whole, asked);
    return asked;
  }

  async #reserve(id: string): Promise<SessionHandle> {
    try {
      const found = await this.#find(id);
      if (found.kind === 'found') return found.session;
      return this.#kept.get(id) ?? this.#keep({ id, series: new SeriesTable(), gen: undefined });
    } finally {
      this.#reserving.delete(id);
    }
  }

  /** Forgets a session that was deleted. */
  forget(id: string): void {
    this.#kept.delete(id);
  }

  async #find(prefix: string): Promise<Resolution> {
    if (isId(prefix)) {
      const found = await this.#ask(prefix);
      if (found === undefined) return { kind: 'missing' };
      return { kind: 'found', session: this.#handleOf(prefix, found) };
    }
    if (prefix.length < limits.idPrefixMin || !/^[\da-f-]+$/.test(prefix)) {
      return { kind: 'missing' };
    }
    const found = await Promise.all(
      this.#shards.map((shard) =>
        shard.rows<{ id: string }>(
          `SELECT toString(session) AS id FROM head FINAL
           WHERE NOT gone AND startsWith(toString(session), ${quoted(prefix)})
           ORDER BY id LIMIT ${limits.ambiguousIdsMax + 1}`,
        ),
      ),
    );
    const rows = found.flat().sort((a, b) => (a.id < b.id ? -1 : 1));
    const [first] = rows;
    if (first === undefined) return { kind: 'missing' };
    if (rows.length > 1) {
      return { kind: 'ambiguous', ids: rows.slice(0, limits.ambiguousIdsMax).map(({ id }) => id) };
    }
    return this.#find(first.id);
  }

  /** Looks a session up together with all that are asked for in the same turn. */
  #ask(id: string): Promise<SampledSession | undefined> {
    const shard = this.#shardOf(id);
    let asking = this.#asking.get(shard);
    if (asking === undefined) {
      const ids = new Set<string>();
      const answer = new Promise<Found>((resolve, reject) => {
        setImmediate(() => {
          this.#asking.delete(shard);
          sampledSessions(shard, [...ids]).then(resolve, reject);
        });
      });
      asking = { ids, answer };
      this.#asking.set(shard, asking);
    }
    asking.ids.add(id);
    return asking.answer.then((found) => found.get(id));
  }

  #handleOf(id: string, { gen, series }: SampledSession): ClickHouseHandle {
    const known = this.#kept.get(id);
    if (known !== undefined && (known.gen ?? gen) === gen) {
      known.gen = gen;
      return known;
    }
    const table = new SeriesTable(series.map(({ key }) => key));
    const last = series.at(-1)?.no ?? -1;
    noteNumbers(table, { count: series.length, next: last + 1 });
    return this.#keep({ id, series: table, gen });
  }

  #keep(handle: ClickHouseHandle): ClickHouseHandle {
    this.#kept.set(handle.id, handle);
    for (const id of this.#kept.keys()) {
      if (this.#kept.size <= handlesMax) break;
      this.#kept.delete(id);
    }
    return handle;
  }
}
