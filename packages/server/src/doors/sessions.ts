/** The sessions of a door: each source has one from its first word until it ends or falls silent. */
import { type JsonObject, limits, TachoError } from '@tacho/protocol';
import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { SessionHandle, Store, StoreEntry } from '../store/store.ts';
import type { DoorName } from './report.ts';
import { type Source, sessionIdOf, sourceKey } from './source.ts';

/** What the sessions of a door are made of. */
export interface DoorSessionsParts {
  store: Pick<Store, 'resolve' | 'reserve' | 'sessions' | 'summary'>;
  clock: Clock;
  log: Log;
  /** Silence after which a session that the door started has ended. */
  silenceMs: number;
  /** Ends a session at the instant of its last word. */
  end: (session: SessionHandle, atUs: number) => Promise<unknown>;
}

/** A session as a door knows it. */
export interface DoorSession {
  readonly key: string;
  readonly handle: SessionHandle;
  /** What starts it, as long as that is not known to be durable. */
  start: Extract<StoreEntry, { kind: 'start' }> | undefined;
  /** Whether this door started it; others are ended by whoever did. */
  readonly isOwn: boolean;
  /** Last word, by the server's clock. */
  lastUs: number;
  /** What running totals stand at, by whatever the door calls them. */
  readonly totals: Map<string, unknown>;
  /** What was last said under the names that are said again and again, as JSON, and when. */
  readonly patches: Map<string, { text: string; saidUs: number }>;
}

/** Sessions tried under derived ids before a source is given up as absurd. */
const turnsMax = 1_000;

/** Finds and starts the sessions of one door, and ends those that fell silent. */
export class DoorSessions {
  readonly #door: DoorName;
  readonly #parts: DoorSessionsParts;
  readonly #open = new Map<string, DoorSession>();
  /** Those that are being looked for. */
  readonly #sought = new Map<string, Promise<DoorSession>>();
  #timer: NodeJS.Timeout | undefined;
  #sweeping: Promise<void> | undefined;

  constructor(door: DoorName, parts: DoorSessionsParts) {
    this.#door = door;
    this.#parts = parts;
  }

  /** Sessions that are open now. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * The session of a source, started with `state` when it has none. Rejects with `too_many_sessions` when
   * `limits.doorSessionsMax` are open.
   */
  find(source: Source, state: JsonObject = {}): DoorSession | Promise<DoorSession> {
    const key = sourceKey(this.#door, source);
    const known = this.#open.get(key);
    if (known !== undefined) {
      known.lastUs = this.#parts.clock();
      return known;
    }
    const sought = this.#sought.get(key);
    if (sought !== undefined) return sought;
    const seeking = this.#seek(key, source, state).finally(() => this.#sought.delete(key));
    this.#sought.set(key, seeking);
    return seeking;
  }

  /** Forgets a session that has ended: the next word of its source starts another one. */
  forget({ key }: DoorSession): void {
    this.#open.delete(key);
  }

  /** Ends the sessions that were silent for too long; called by a timer of its own. */
  sweep(): Promise<void> {
    this.#sweeping ??= this.#endSilent().finally(() => {
      this.#sweeping = undefined;
    });
    return this.#sweeping;
  }

  /** Stops looking for silence; what is open stays as it is, and goes on with the next server. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#sweeping;
  }

  async #seek(key: string, source: Source, state: JsonObject): Promise<DoorSession> {
    if (this.#open.size + this.#sought.size > limits.doorSessionsMax) {
      throw new TachoError(
        'too_many_sessions',
        `This door has ${limits.doorSessionsMax} open sessions; wait until some of them end`,
        { retryAfterSeconds: 30 },
      );
    }
    const found = await (source.session === undefined
      ? this.#seekByKey(key, source, state)
      : this.#seekById(key, source, source.session, state));
    this.#open.set(key, found);
    const { silenceMs } = this.#parts;
    this.#timer ??= setInterval(() => void this.sweep(), Math.max(silenceMs / 10, 100)).unref();
    return found;
  }

  async #seekById(
    key: string,
    source: Source,
    id: string,
    state: JsonObject,
  ): Promise<DoorSession> {
    const { store } = this.#parts;
    const resolution = await store.resolve(id);
    if (resolution.kind !== 'found') {
      return this.#begin(key, source, state, await store.reserve(id));
    }
    const row = await store.summary(id);
    return this.#known(key, resolution.session, row?.summary.agentId === this.#agentId);
  }

  /** The active session of a source, whichever server started it, or a new one. */
  async #seekByKey(key: string, source: Source, state: JsonObject): Promise<DoorSession> {
    const { store, clock } = this.#parts;
    const nowUs = clock();
    const page = await store.sessions({
      filter: {
        products: [source.product],
        versions: [source.version],
        lifecycles: ['active'],
        state: [{ path: 'tacho.source', operator: '=', value: key }],
      },
      ...{ sort: 'created', descending: true, limit: 1, totals: false, nowUs },
    });
    const active = page.rows[0]?.summary.id;
    if (active !== undefined) {
      const resolution = await store.resolve(active);
      if (resolution.kind === 'found') return this.#known(key, resolution.session, true);
    }
    for (let turn = 0; turn < turnsMax; turn++) {
      const id = sessionIdOf(key, nowUs, turn);
      const resolution = await store.resolve(id);
      if (resolution.kind !== 'found') {
        return this.#begin(key, source, state, await store.reserve(id));
      }
    }
    throw new Error(`source ${key} started ${turnsMax} sessions within minutes`);
  }

  get #agentId(): string {
    return `door:${this.#door}`;
  }

  #known(key: string, handle: SessionHandle, isOwn: boolean): DoorSession {
    const lastUs = this.#parts.clock();
    return { key, handle, start: undefined, isOwn, lastUs, totals: new Map(), patches: new Map() };
  }

  #begin(key: string, source: Source, state: JsonObject, session: SessionHandle): DoorSession {
    const { product, version, machineId, hostname } = source;
    const atUs = this.#parts.clock();
    const start: DoorSession['start'] = {
      ...{ kind: 'start', session, atUs, product, version, agentId: this.#agentId },
      ...(machineId !== undefined && { machineId }),
      ...(hostname !== undefined && { hostname }),
      state: { ...state, tacho: { door: this.#door, source: key } },
    };
    return { ...this.#known(key, session, true), start };
  }

  async #endSilent(): Promise<void> {
    const { silenceMs, clock, log } = this.#parts;
    for (const session of [...this.#open.values()]) {
      if (clock() - session.lastUs <= silenceMs * 1000) continue;
      try {
        await this.#endOne(session);
      } catch (error) {
        log.warn({ err: error, session: session.handle.id }, 'a silent session was not ended');
      }
    }
  }

  async #endOne(session: DoorSession): Promise<void> {
    const { store, end, silenceMs, clock } = this.#parts;
    const row = await store.summary(session.handle.id);
    const isActive = row?.summary.status.lifecycle === 'active';
    // Another server may have heard of it since.
    const lastUs = Math.max(session.lastUs, row?.summary.updatedUs ?? 0);
    if (clock() - lastUs <= silenceMs * 1000) {
      session.lastUs = lastUs;
      return;
    }
    if (isActive && session.isOwn) await end(session.handle, lastUs);
    this.forget(session);
  }
}
