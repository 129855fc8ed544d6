/** The default store: one SQLite file, journal of group commits plus sealed chunks. */
import { statfs } from 'node:fs/promises';
import {
  applyPatch,
  type JsonObject,
  type JsonValue,
  limits,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import type {
  Appended,
  ExpireRules,
  ReadParts,
  Resolution,
  SampleRows,
  SessionPart,
  Store,
  StoreBatch,
  StoreClock,
  StoreEntry,
  StoreHealth,
  SweepRules,
} from '../store.ts';
import { lockDirectory, prepareDirectory } from './database.ts';
import { type Engine, startEngine, startLocalEngine } from './engine.ts';
import type { Committed, Op } from './group.ts';
import { GroupBuilder } from './group-builder.ts';
import { HandleCache, SqliteHandle } from './handle-cache.ts';
import { Housekeeping } from './housekeeping.ts';
import { OnceLedger } from './once.ts';
import type { FindAnswer, Found, Pieces } from './reader.ts';
import { type SealBounds, sealBounds } from './sealer.ts';
import { parseSeriesText, seriesText } from './series-text.ts';
import { storeError } from './store-error.ts';
import type { Damage, Opened } from './writer.ts';

/** Where a store's messages go. */
export interface StoreLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** How to open the store. */
export interface SqliteOptions extends StoreClock {
  /** Data directory; made when missing. */
  dir: string;
  /** The server's clock, epoch microseconds. */
  clock: () => number;
  log: StoreLog;
  /** Called when the store cannot go on, e.g. because one of its threads died. */
  onFatal?: (error: Error) => void;
  /** Runs everything in the calling thread; for tests and tools. Default false. */
  local?: boolean;
  /** Bounds of sealing; default `sealBounds`. */
  seal?: SealBounds;
  /** Samples in the journal that start a seal; default `limits.sealSamples`. */
  sealSamples?: number;
}

/** Opens the store of a data directory; rejects with OpenError when that cannot be used. */
export async function openSqlite(options: SqliteOptions): Promise<SqliteStore> {
  const file = prepareDirectory(options.dir);
  const unlock = lockDirectory(options.dir);
  let store: SqliteStore | undefined;
  const start = options.local ? startLocalEngine : startEngine;
  try {
    const engine = start({
      writer: {
        file,
        suspendedAfterUs: options.suspendedAfterUs,
        returnGraceUntilUs: options.returnGraceUntilUs,
      },
      sealer: { file, bounds: options.seal ?? sealBounds },
      onDeath: (error) => store?.fail(error),
    });
    const opened = await engine.writer<Opened>('opened');
    store = new SqliteStore(options, engine, opened, unlock);
    return store;
  } catch (error) {
    unlock();
    throw error;
  }
}

/** A request waiting for its group. */
interface Waiter {
  resolve: () => void;
  reject: (error: Error) => void;
  entries: number;
  bytes: number;
  /** Indexes of the group's ops that are this request's patches. */
  patches: number[];
}

/** Numbers sessions and series, gathers what arrives into groups, and hands them to the writer. */
export class SqliteStore implements Store {
  readonly #options: SqliteOptions;
  readonly #engine: Engine;
  readonly #unlock: () => void;
  readonly #handles = new HandleCache();
  readonly #loading = new Map<string, Promise<SqliteHandle | undefined>>();
  readonly #once: OnceLedger;
  readonly #keeper: Housekeeping;
  #lastSession: number;
  #lastSeries: number;
  #group = new GroupBuilder();
  #waiters: Waiter[] = [];
  #isCommitting = false;
  #isScheduled = false;
  #queuedEntries = 0;
  #queuedBytes = 0;
  #quarantined: number;
  readonly #reported = new Set<string>();
  #problem: TachoError | undefined;
  #isClosed = false;
  #dead: Error | undefined;

  constructor(options: SqliteOptions, engine: Engine, opened: Opened, unlock: () => void) {
    this.#options = options;
    this.#engine = engine;
    this.#unlock = unlock;
    this.#lastSession = opened.lastSession;
    this.#lastSeries = opened.lastSeries;
    this.#quarantined = opened.quarantined;
    this.#once = new OnceLedger({
      spool: (id) => engine.reader('spool', id),
      key: (key) => engine.reader('key', key),
    });
    this.#keeper = new Housekeeping(engine, opened, {
      sealSamples: options.sealSamples ?? limits.sealSamples,
      onError: (error, what) => options.log.error({ err: error }, `${what} failed`),
      onResume: () => this.#schedule(),
    });
  }

  resolve(idOrPrefix: string): Resolution | Promise<Resolution> {
    const text = idOrPrefix.toLowerCase();
    const known = this.#handles.get(text) ?? this.#handles.byPrefix(text);
    if (known && known.no > 0) return { kind: 'found', session: known };
    return this.#find(text);
  }

  reserve(id: string): SqliteHandle | Promise<SqliteHandle> {
    const text = id.toLowerCase();
    return this.#handles.get(text) ?? this.#load(text).then((found) => found ?? this.#handle(text));
  }

  async append(batch: StoreBatch): Promise<Appended> {
    const { once } = batch;
    if (!once) {
      await this.#enqueue(batch);
      return { kind: 'stored' };
    }
    return this.#once.run(once, batch.receivedUs, (op) => this.#enqueue(batch, op));
  }

  async *read(id: string, parts: ReadParts): AsyncGenerator<SessionPart> {
    let keys: SampleRows['keys'] = [];
    let answer = await this.#engine.reader<Pieces | undefined>('read', { id, parts });
    if (!answer) return;
    let cursor = answer.cursor;
    try {
      for (;;) {
        this.#report(answer.damages);
        for (const part of answer.parts) {
          if (part.kind === 'samples') {
            if (part.rows.keys.length > 0) keys = part.rows.keys;
            else part.rows.keys = keys;
          }
          yield part;
        }
        if (cursor === undefined) return;
        answer = await this.#engine.reader<Pieces>('next', cursor);
        cursor = answer.cursor;
      }
    } finally {
      if (cursor !== undefined) this.#engine.reader('abandon', cursor).catch(() => {});
    }
  }

  async *ids(): AsyncGenerator<string[]> {
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: { ids: string[]; after: number | undefined } = await this.#engine.reader(
        'ids',
        after,
      );
      if (page.ids.length > 0) yield page.ids;
      after = page.after;
    }
  }

  async sweep({ nowUs, lostAfterUs }: SweepRules): Promise<number> {
    const silentSinceUs = nowUs - lostAfterUs;
    let lost = 0;
    for (let after: number | undefined = 0; after !== undefined; ) {
      const page: { lost: number; after: number | undefined } = await this.#engine.writer('sweep', {
        after,
        silentSinceUs,
        nowUs,
      });
      lost += page.lost;
      after = page.after;
    }
    return lost;
  }

  async expire(rules: ExpireRules): Promise<number> {
    const ids = await this.#engine.writer<string[]>('expire', rules);
    for (const id of ids) this.#handles.remove(id);
    while (await this.#engine.writer<boolean>('deleteStep')) {
      // Commits get their turn between the steps.
    }
    await this.#engine.writer('forgetKeys', rules.beforeUs);
    return ids.length;
  }

  async health(): Promise<StoreHealth> {
    const { dir } = this.#options;
    const disk = await statfs(dir).catch(() => undefined);
    const problem = this.#dead ?? this.#problem;
    return {
      writable: problem === undefined && !this.#isClosed,
      ...(problem && { problem: problem.message }),
      ...(disk && { diskFreeBytes: disk.bavail * disk.bsize }),
      queuedEntries: this.#queuedEntries,
      unsealedSamples: this.#keeper.unsealed,
      quarantined: this.#quarantined,
    };
  }

  /** Seals all that is in the journal; returns when that is done. */
  async seal(): Promise<void> {
    await this.#keeper.sealAll();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#keeper.stop();
    while (!this.#dead && (this.#isCommitting || this.#waiters.length > 0)) await this.#commit();
    await this.#engine.stop();
    this.#unlock();
  }

  /** One of the engine's threads ended: nothing can be promised any more. */
  fail(error: Error): void {
    if (this.#dead) return;
    this.#dead = error;
    this.#rejectAll(new TachoError('store_unavailable', 'The store has failed', { cause: error }));
    this.#options.onFatal?.(error);
  }

  async #find(text: string): Promise<Resolution> {
    const answer = await this.#engine.reader<FindAnswer>('find', text);
    if (answer.kind !== 'found') return answer;
    const handle = this.#adopt(answer.found);
    if (text !== handle.id) this.#handles.addPrefix(text, handle);
    return { kind: 'found', session: handle };
  }

  /** Loads a session by id once, however many ask for it meanwhile. */
  #load(id: string): Promise<SqliteHandle | undefined> {
    const loading = this.#loading.get(id);
    if (loading) return loading;
    const load = this.#engine
      .reader<FindAnswer>('find', id)
      .then((answer) => (answer.kind === 'found' ? this.#adopt(answer.found) : undefined))
      .finally(() => this.#loading.delete(id));
    this.#loading.set(id, load);
    return load;
  }

  #adopt(found: Found): SqliteHandle {
    const known = this.#handles.get(found.id);
    if (known) return known;
    const handle = new SqliteHandle(
      found.id,
      found.series.map(({ key }) => parseSeriesText(key)),
    );
    handle.no = found.no;
    handle.isDurable = true;
    for (const { no } of found.series) handle.nos.push(no);
    handle.durableSeries = handle.nos.length;
    this.#handles.add(handle);
    return handle;
  }

  /** A handle for a session that does not exist yet. */
  #handle(id: string): SqliteHandle {
    const known = this.#handles.get(id);
    if (known) return known;
    const handle = new SqliteHandle(id);
    this.#handles.add(handle);
    return handle;
  }

  #enqueue(batch: StoreBatch, once?: Op): Promise<void> {
    if (this.#isClosed) {
      return Promise.reject(new TachoError('store_unavailable', 'The store is closed'));
    }
    if (this.#dead) {
      return Promise.reject(
        new TachoError('store_unavailable', 'The store has failed', { cause: this.#dead }),
      );
    }
    if (
      this.#queuedEntries >= limits.queuedEntriesMax ||
      this.#queuedBytes >= limits.queuedBytesMax
    ) {
      const details = `The queue to the disk is full (${this.#queuedEntries} entries); try again later`;
      return Promise.reject(new TachoError('overloaded', details, { retryAfterSeconds: 1 }));
    }
    const before = this.#group.bytes;
    const patches = this.#encode(batch, once);
    const bytes = this.#group.bytes - before;
    const entries = batch.entries.length;
    this.#queuedEntries += entries;
    this.#queuedBytes += bytes;
    this.#schedule();
    return new Promise<void>((resolve, reject) => {
      this.#waiters.push({ resolve, reject, entries, bytes, patches });
    });
  }

  /** Adds a batch to the group; returns the indexes of its patch ops. */
  #encode({ receivedUs, entries }: StoreBatch, once: Op | undefined): number[] {
    const patches: number[] = [];
    for (const entry of entries) {
      const handle = entry.session as SqliteHandle;
      if (entry.kind === 'start') {
        if (handle.no === 0 && !handle.isGone) this.#start(handle, entry, receivedUs);
        continue;
      }
      // Never started, or deleted since: there is no place for it.
      if (handle.no === 0) continue;
      if (handle.nos.length < handle.series.keys.length) this.#defineSeries(handle, receivedUs);
      const op = this.#group.add(entry, handle.no, handle.nos, receivedUs);
      if (entry.kind === 'patch') patches.push(op);
    }
    if (once) {
      const unless = once.op === 'key' ? patches[0] : undefined;
      this.#group.op(
        unless === undefined ? once : ({ ...once, unless } as Op),
        receivedUs,
        receivedUs,
      );
    }
    return patches;
  }

  #start(
    handle: SqliteHandle,
    entry: Extract<StoreEntry, { kind: 'start' }>,
    receivedUs: number,
  ): void {
    const { kind: _kind, session: _session, state, atUs, ...start } = entry;
    handle.no = ++this.#lastSession;
    this.#handles.forgetPrefixes(handle.id);
    // Nulls delete, yet product and version stay whatever the state says.
    const whole: JsonObject = {
      product: start.product,
      version: start.version,
      ...applyPatch({}, state ?? {}),
    };
    const op: Op = {
      ...start,
      op: 'start',
      no: handle.no,
      id: handle.id,
      atUs,
      nowUs: this.#options.clock(),
      state: stringifyJson(whole as JsonValue),
    };
    this.#group.op(op, receivedUs, atUs);
    this.#group.handles.add(handle);
  }

  #defineSeries(handle: SqliteHandle, receivedUs: number): void {
    const { keys } = handle.series;
    for (let local = handle.nos.length; local < keys.length; local++) {
      const no = ++this.#lastSeries;
      handle.nos.push(no);
      const key = seriesText(keys[local]!);
      this.#group.op({ op: 'series', no, session: handle.no, local, key }, receivedUs, receivedUs);
    }
    this.#group.handles.add(handle);
  }

  /** Commits at the end of this turn of the event loop, so that all that arrived in it goes together. */
  #schedule(): void {
    if (this.#isScheduled || this.#isCommitting || this.#keeper.isStalled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (!this.#isCommitting) void this.#commit();
    });
  }

  async #commit(): Promise<void> {
    if (this.#isCommitting || this.#waiters.length === 0) {
      // Somebody who closes the store waits for the commit under way.
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    this.#isCommitting = true;
    const waiters = this.#waiters;
    const builder = this.#group;
    this.#waiters = [];
    this.#group = new GroupBuilder();
    const group = builder.finish();
    const buffers = [group.steps.buffer as ArrayBuffer];
    if (group.frame) buffers.push(group.frame.buffer as ArrayBuffer);
    try {
      const committed = await this.#engine.writer<Committed>('commit', group, buffers);
      this.#isCommitting = false;
      this.#settle(builder, waiters, committed);
    } catch (error) {
      this.#isCommitting = false;
      this.#failCommit(error as Error, builder, waiters);
    }
    // What arrived meanwhile goes on its way before the answers of this group are written.
    if (this.#waiters.length > 0 && !this.#keeper.isStalled) void this.#commit();
  }

  #settle(builder: GroupBuilder, waiters: Waiter[], committed: Committed): void {
    this.#problem = undefined;
    for (const handle of builder.handles) {
      if (!handle.isDurable) {
        handle.isDurable = true;
        this.#handles.forgetPrefixes(handle.id);
      }
      handle.durableSeries = handle.nos.length;
    }
    for (const waiter of waiters) {
      this.#release(waiter);
      if (waiter.patches.some((op) => committed.refused.includes(op))) {
        const details = `state would grow beyond ${limits.stateBytesMax} bytes; delete keys by setting them to null`;
        waiter.reject(new TachoError('state_too_large', details));
      } else {
        waiter.resolve();
      }
    }
    this.#keeper.committed(committed);
  }

  /**
   * A commit failed, so nothing of it is stored. Requests that were gathered meanwhile refer to
   * sessions and series that do not exist now, so they fail with it; all may be sent again.
   */
  #failCommit(error: Error, builder: GroupBuilder, waiters: Waiter[]): void {
    const known = storeError(error, this.#options.dir);
    if (known.code !== 'disk_full') this.#options.log.error({ err: error }, 'a commit failed');
    else if (!this.#problem) this.#options.log.warn({}, 'the disk is full; writes are refused');
    this.#problem = known;
    for (const handles of [builder.handles, this.#group.handles]) {
      for (const handle of handles) {
        handle.nos.length = handle.durableSeries;
        if (!handle.isDurable) handle.no = 0;
      }
    }
    this.#once.forget();
    for (const waiter of waiters) {
      this.#release(waiter);
      waiter.reject(known);
    }
    this.#rejectAll(known);
  }

  #rejectAll(error: TachoError): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    this.#group = new GroupBuilder();
    for (const waiter of waiters) {
      this.#release(waiter);
      waiter.reject(error);
    }
  }

  #release({ entries, bytes }: Waiter): void {
    this.#queuedEntries -= entries;
    this.#queuedBytes -= bytes;
  }

  /** Has damage recorded that a read has met, each piece once. */
  #report(damages: readonly Damage[]): void {
    const fresh = damages.filter(({ place }) => !this.#reported.has(place));
    if (fresh.length === 0) return;
    for (const { place, problem } of fresh) {
      this.#reported.add(place);
      this.#options.log.error({ place, problem }, 'a damaged piece was set aside');
    }
    this.#engine.writer<number>('quarantine', fresh).then(
      (count) => {
        this.#quarantined = count;
      },
      () => {},
    );
  }
}
