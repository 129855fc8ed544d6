/** Handles of sessions: most requests find their session here, without asking ClickHouse. */
import { limits, SeriesTable } from '@tacho/protocol';
import type { Resolution, SessionHandle } from '../store.ts';
import type { Shard } from './connection.ts';
import type { ClickHouseHandle } from './live.ts';
import { headOf } from './recorded.ts';
import { seriesOfSession } from './session-series.ts';
import { isId, quoted } from './sql.ts';

/** Handles that are kept. */
const handlesMax = 50_000;

/** Finds sessions by their ids and the beginnings of them. */
export class Handles {
  readonly #shards: readonly Shard[];
  readonly #shardOf: (id: string) => Shard;
  readonly #kept = new Map<string, ClickHouseHandle>();
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
      const head = await headOf(this.#shardOf(prefix), prefix);
      if (head === undefined) return { kind: 'missing' };
      return { kind: 'found', session: await this.#handleOf(prefix, head.gen) };
    }
    if (prefix.length < limits.idPrefixMin || !/^[\da-f-]+$/.test(prefix)) {
      return { kind: 'missing' };
    }
    const found = await Promise.all(
      this.#shards.map((shard) =>
        shard.rows<{ id: string; gen: number }>(
          `SELECT toString(session) AS id, gen FROM head FINAL
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
    return { kind: 'found', session: await this.#handleOf(first.id, first.gen) };
  }

  async #handleOf(id: string, gen: number): Promise<ClickHouseHandle> {
    const known = this.#kept.get(id);
    if (known !== undefined && (known.gen ?? gen) === gen) {
      known.gen = gen;
      return known;
    }
    const series = await seriesOfSession(this.#shardOf(id), id, gen);
    return this.#keep({ id, series: new SeriesTable(series.map(({ key }) => key)), gen });
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
