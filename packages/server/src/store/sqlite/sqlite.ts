/** The default store: one SQLite file, journal of group commits plus sealed chunks. */
import { statfs } from 'node:fs/promises';
import { limits, TachoError } from '@tacho/protocol';
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
  StoreHealth,
  SweepRules,
  TokenRow,
} from '../store.ts';
import { Tellings } from '../told.ts';
import { SqliteAnswers } from './answers.ts';
import { Committer } from './committer.ts';
import { lockDirectory, OpenError, prepareDirectory } from './database.ts';
import { type Engine, startEngine, startLocalEngine } from './engine.ts';
import { fileSizes } from './file-sizes.ts';
import { HandleCache, SqliteHandle } from './handle-cache.ts';
import { Housekeeping } from './housekeeping.ts';
import { OnceLedger } from './once.ts';
import type { FindAnswer, Found, Pieces } from './reader.ts';
import { type SealBounds, sealBounds } from './sealer.ts';
import { parseSeriesText } from './series-text.ts';
import { storeError } from './store-error.ts';
import type { RemoteError } from './thread.ts';
import { sqliteWebhooks } from './webhooks.ts';
import type { Damage, Opened, Writer } from './writer.ts';

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
      catalog: { file, suspendedAfterUs: options.suspendedAfterUs },
      onDeath: (error) => store?.fail(error),
    });
    const opened = await engine.writer<Opened>('opened');
    store = new SqliteStore(options, engine, opened, unlock);
    return store;
  } catch (error) {
    unlock();
    const { name, remoteName, message } = error as Partial<RemoteError>;
    if (name === 'OpenError' || remoteName === 'OpenError') throw new OpenError(message);
    throw new OpenError(`cannot open ${file}: ${message}; tacho doctor says what is damaged`);
  }
}

/** A data directory as a store: finds and reads sessions itself, and leaves writing to its committer. */
export class SqliteStore extends SqliteAnswers implements Store {
  readonly told = new Tellings();
  readonly webhooks = sqliteWebhooks((method, argument) => this.#write(method, argument));
  readonly #options: SqliteOptions;
  readonly #engine: Engine;
  readonly #unlock: () => void;
  readonly #handles = new HandleCache();
  readonly #loading = new Map<string, Promise<SqliteHandle | undefined>>();
  readonly #once: OnceLedger;
  readonly #keeper: Housekeeping;
  readonly #committer: Committer;
  #quarantined: number;
  readonly #reported = new Set<string>();
  #isClosed = false;
  #dead: Error | undefined;

  constructor(options: SqliteOptions, engine: Engine, opened: Opened, unlock: () => void) {
    super(engine);
    this.#options = options;
    this.#engine = engine;
    this.#unlock = unlock;
    this.#quarantined = opened.quarantined;
    this.#once = new OnceLedger({
      spool: (id) => engine.reader('spool', id),
      key: (key) => engine.reader('key', key),
    });
    this.#keeper = new Housekeeping(engine, opened, {
      sealSamples: options.sealSamples ?? limits.sealSamples,
      onError: (error, what) => options.log.error({ err: error }, `${what} failed`),
      onResume: () => this.#committer.schedule(),
    });
    this.#committer = new Committer(
      {
        dir: options.dir,
        engine,
        handles: this.#handles,
        clock: options.clock,
        log: options.log,
        isStalled: () => this.#keeper.isStalled,
        told: this.told,
        onCommitted: (committed) => this.#keeper.committed(committed),
        onFailed: () => this.#once.forget(),
      },
      opened,
    );
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
      await this.#committer.enqueue(batch);
      return { kind: 'stored' };
    }
    return this.#once.run(once, batch.receivedUs, (makeOp) =>
      this.#committer.enqueue(batch, makeOp),
    );
  }

  async *read(id: string, parts: ReadParts): AsyncGenerator<SessionPart> {
    let keys: SampleRows['keys'] = [];
    let answer = await this.#engine.reader<Pieces | undefined>('read', { id, parts });
    if (!answer) return;
    let cursor = answer.cursor;
    try {
      for (;;) {
        this.report(answer.damages);
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
      const asked = { after, silentSinceUs, nowUs };
      const page: ReturnType<Writer['sweep']> = await this.#engine.writer('sweep', asked);
      this.told.say(page.told);
      lost += page.lost;
      after = page.after;
    }
    return lost;
  }

  async expire(rules: ExpireRules): Promise<number> {
    const ids = await this.#engine.writer<string[]>('expire', rules);
    for (const id of ids) this.#handles.remove(id);
    await this.#keeper.clear();
    const keysFromUs = this.#options.clock() - limits.idempotencyTtlMs * 1000;
    await this.#engine.writer('forget', keysFromUs);
    return ids.length;
  }

  async remove(id: string): Promise<boolean> {
    if (!(await this.#engine.writer<boolean>('remove', id))) return false;
    this.#handles.remove(id);
    this.#keeper.clear().catch((error: Error) => {
      this.#options.log.error({ err: error }, 'deleting the data of a session failed');
    });
    return true;
  }

  async health(): Promise<StoreHealth> {
    const { dir } = this.#options;
    const disk = await statfs(dir).catch(() => undefined);
    const problem = this.#dead ?? this.#committer.problem;
    return {
      writable: problem === undefined && !this.#isClosed,
      ...(problem && { problem: problem.message }),
      ...(disk && { diskFreeBytes: disk.bavail * disk.bsize }),
      queuedEntries: this.#committer.queuedEntries,
      queuedBytes: this.#committer.queuedBytes,
      unsealedSamples: this.#keeper.unsealed,
      quarantined: this.#quarantined,
      fileBytes: await fileSizes(dir),
    };
  }

  tokens(): Promise<TokenRow[]> {
    return this.#write('tokens');
  }

  addToken(token: TokenRow): Promise<void> {
    return this.#write('addToken', token);
  }

  removeToken(id: string): Promise<boolean> {
    return this.#write('removeToken', id);
  }

  noteTokenUse(uses: ReadonlyMap<string, number>): Promise<void> {
    return this.#write('noteTokenUse', uses);
  }

  /** Seals all that is in the journal; returns when that is done. */
  async seal(): Promise<void> {
    await this.#keeper.sealAll();
  }

  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await this.#keeper.stop();
    const closed = new TachoError('store_unavailable', 'The store is closed');
    if (!this.#dead) await this.#committer.finish(closed);
    await this.#engine.stop();
    this.#unlock();
  }

  /** Refuses every write from now on, and leaves the data as they are. */
  async freeze(refusal: TachoError): Promise<void> {
    this.#committer.refuse(refusal);
    await this.#keeper.stop();
  }

  /** One of the engine's threads ended: nothing can be promised any more. */
  fail(error: Error): void {
    if (this.#dead) return;
    this.#dead = error;
    this.#committer.refuse(
      new TachoError('store_unavailable', 'The store has failed', { cause: error }),
    );
    this.#options.onFatal?.(error);
  }

  /** Calls the writer; rejects with TachoError. */
  #write<T>(method: string, argument?: unknown): Promise<T> {
    if (this.#isClosed || this.#dead) {
      return Promise.reject(new TachoError('store_unavailable', 'The store is closed'));
    }
    return this.#engine.writer<T>(method, argument).catch((error: Error) => {
      throw storeError(error, this.#options.dir);
    });
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

  /** Has damage recorded that a read has met, each piece once. */
  protected override report(damages: readonly Damage[]): void {
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
