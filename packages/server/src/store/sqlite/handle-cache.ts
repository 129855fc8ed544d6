/** The sessions that the main thread knows: at most one handle per session at any time. */
import { type SeriesKey, SeriesTable } from '@tacho/protocol';
import type { SessionHandle } from '../store.ts';

/** A session as the main thread writes to it. */
export class SqliteHandle implements SessionHandle {
  readonly id: string;
  readonly series: SeriesTable;
  /** Session number; 0 until it was started. */
  no = 0;
  /** Numbers of the series by local index; shorter than the table while new ones were not sent yet. */
  readonly nos: number[] = [];
  /** How many of `nos` are durable. */
  durableSeries = 0;
  /** Whether the start is durable. */
  isDurable = false;
  /** Taken up again since the last clean-up. */
  isUsed = true;
  /** Deleted by retention; what is said to it goes nowhere. */
  isGone = false;

  constructor(id: string, keys: Iterable<SeriesKey> = []) {
    this.id = id;
    this.series = new SeriesTable(keys);
  }
}

/** Handles and series that are kept although nobody holds them. */
const handlesMax = 20_000;
const seriesMax = 400_000;

/** Handles by id and by resolved prefix. */
export class HandleCache {
  readonly #strong = new Map<string, SqliteHandle>();
  /** Let go, but perhaps still held by a request: two handles of one session would number its series twice. */
  readonly #weak = new Map<string, WeakRef<SqliteHandle>>();
  readonly #finalized = new FinalizationRegistry<string>((id) => {
    if (this.#weak.get(id)?.deref() === undefined) this.#weak.delete(id);
  });
  /** Resolved prefixes by their first 8 characters. */
  readonly #prefixes = new Map<string, Map<string, SqliteHandle>>();
  #series = 0;

  /** The handle for an id, if one is alive. */
  get(id: string): SqliteHandle | undefined {
    const known = this.#strong.get(id);
    if (known) {
      known.isUsed = true;
      return known;
    }
    const held = this.#weak.get(id)?.deref();
    if (held) this.add(held);
    return held;
  }

  /** The handle that a prefix was resolved to. */
  byPrefix(prefix: string): SqliteHandle | undefined {
    const known = this.#prefixes.get(prefix.slice(0, 8))?.get(prefix);
    if (known) known.isUsed = true;
    return known;
  }

  /** Remembers what a prefix stands for. */
  addPrefix(prefix: string, handle: SqliteHandle): void {
    const head = prefix.slice(0, 8);
    if (this.#prefixes.size > handlesMax) this.#prefixes.clear();
    const group = this.#prefixes.get(head);
    if (group) group.set(prefix, handle);
    else this.#prefixes.set(head, new Map([[prefix, handle]]));
  }

  /** Forgets prefixes that a new or deleted session could change the meaning of. */
  forgetPrefixes(id: string): void {
    this.#prefixes.delete(id.slice(0, 8));
  }

  add(handle: SqliteHandle): void {
    this.#strong.set(handle.id, handle);
    this.#weak.delete(handle.id);
    this.#series += handle.series.keys.length + 1;
    if (this.#strong.size > handlesMax || this.#series > seriesMax) this.#trim();
  }

  /** Forgets a session for good. */
  remove(id: string): void {
    const handle = this.get(id);
    if (handle) {
      handle.isGone = true;
      handle.no = 0;
    }
    this.#strong.delete(id);
    this.#weak.delete(id);
    this.forgetPrefixes(id);
  }

  /** Every handle that is alive. */
  *all(): Generator<SqliteHandle> {
    yield* this.#strong.values();
    for (const held of this.#weak.values()) {
      const handle = held.deref();
      if (handle) yield handle;
    }
  }

  /** Lets go of a quarter, sparing those in use since the last time. */
  #trim(): void {
    const target = Math.floor(this.#strong.size * 0.75);
    for (const handle of this.#strong.values()) {
      if (this.#strong.size <= target) break;
      if (handle.isUsed && this.#series <= seriesMax) {
        handle.isUsed = false;
        continue;
      }
      this.#strong.delete(handle.id);
      this.#weak.set(handle.id, new WeakRef(handle));
      this.#finalized.register(handle, handle.id);
    }
    this.#prefixes.clear();
    this.#series = 0;
    for (const handle of this.#strong.values()) this.#series += handle.series.keys.length + 1;
  }
}
