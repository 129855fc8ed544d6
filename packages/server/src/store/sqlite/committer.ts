/** Numbers sessions and series, gathers what arrives into groups, and hands them to the writer. */
import {
  applyPatch,
  type JsonObject,
  type JsonValue,
  limits,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import { refuseStarted } from '../replay.ts';
import type { StoreBatch, StoreEntry } from '../store.ts';
import type { Tellings } from '../told.ts';
import type { Engine } from './engine.ts';
import type { Committed, Group, Op } from './group.ts';
import { GroupBuilder } from './group-builder.ts';
import type { HandleCache, SqliteHandle } from './handle-cache.ts';
import { seriesText } from './series-text.ts';
import type { StoreLog } from './sqlite.ts';
import { storeError } from './store-error.ts';
import type { Opened } from './writer.ts';

/** What a committer works with. */
export interface CommitterOptions {
  dir: string;
  engine: Engine;
  handles: HandleCache;
  clock: () => number;
  log: StoreLog;
  /** Whether commits have to wait for sealing. */
  isStalled: () => boolean;
  /** Passes on what the writer found out about sessions. */
  told: Tellings;
  onCommitted: (committed: Committed) => void;
  /** Called after a commit failed and nothing of it is stored. */
  onFailed: () => void;
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

/** A group on its way to the disk. */
interface Commit {
  waiters: Waiter[];
  epoch: number;
  /** Handles that the group defines something of, with the number of series defined then. */
  series: Map<SqliteHandle, number>;
}

/** Size from which a group gains nothing by waiting for more. */
const largeGroupBytes = 16 * 1024;

/** Groups what arrives while the commit before is under way. */
export class Committer {
  readonly #options: CommitterOptions;
  #lastSession: number;
  #lastSeries: number;
  #group = new GroupBuilder();
  #waiters: Waiter[] = [];
  readonly #underWay = new Set<Commit>();
  /** Grows with every failed commit. */
  #epoch = 0;
  #isScheduled = false;
  /** Entries accepted and not yet durable. */
  queuedEntries = 0;
  /** The same, roughly in bytes. */
  queuedBytes = 0;
  /** Why the last commit failed; undefined after one that did not. */
  problem: TachoError | undefined;
  #refusal: TachoError | undefined;

  constructor(options: CommitterOptions, opened: Opened) {
    this.#options = options;
    this.#lastSession = opened.lastSession;
    this.#lastSeries = opened.lastSeries;
  }

  /**
   * Makes a batch durable, together with the op that says it is; rejects with TachoError. The op is
   * asked for when the batch is on its way, so that one that is refused leaves no trace.
   */
  enqueue(batch: StoreBatch, makeOnce?: () => Op): Promise<void> {
    if (this.#refusal) return Promise.reject(this.#refusal);
    if (
      this.queuedEntries >= limits.queuedEntriesMax ||
      this.queuedBytes >= limits.queuedBytesMax
    ) {
      const details = `The queue to the disk is full (${this.queuedEntries} entries); try again later`;
      return Promise.reject(new TachoError('overloaded', details, { retryAfterSeconds: 1 }));
    }
    if (batch.replay) {
      try {
        refuseStarted(batch.entries, (session) => (session as SqliteHandle).no > 0);
      } catch (error) {
        return Promise.reject(error);
      }
    }
    const before = this.#group.bytes;
    const patches = this.#encode(batch, makeOnce?.());
    const bytes = this.#group.bytes - before;
    const entries = batch.entries.length;
    this.queuedEntries += entries;
    this.queuedBytes += bytes;
    return new Promise<void>((resolve, reject) => {
      this.#waiters.push({ resolve, reject, entries, bytes, patches });
      this.schedule();
    });
  }

  /** Adds a batch to the group; returns the indexes of its patch ops. */
  #encode({ receivedUs, entries, replay = false }: StoreBatch, once: Op | undefined): number[] {
    const patches: number[] = [];
    this.#group.replay = replay;
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
    this.#options.handles.forgetPrefixes(handle.id);
    // Nulls delete, yet product and version stay whatever the state says.
    const whole: JsonObject = {
      product: start.product,
      version: start.version,
      ...applyPatch({}, state ?? {}),
    };
    const op: Op = {
      ...start,
      op: 'start',
      replay: this.#group.replay,
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

  /**
   * Commits at the end of this turn of the event loop, so that all that arrived in it goes together;
   * at once when the group is large already, so that the disk works while this thread reads on.
   */
  schedule(): void {
    if (!this.#mayCommit()) return;
    if (this.#group.bytes >= largeGroupBytes) {
      void this.#commit();
      return;
    }
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#mayCommit()) void this.#commit();
    });
  }

  /** Commits what is queued, and everything that comes until it is done; then refuses with this error. */
  async finish(refusal: TachoError): Promise<void> {
    this.#refusal = refusal;
    while (this.#underWay.size > 0 || this.#waiters.length > 0) {
      if (this.#underWay.size > 0) await new Promise((resolve) => setImmediate(resolve));
      else await this.#commit();
    }
  }

  /** Rejects everything that waits and all that comes: nothing can be promised any more. */
  refuse(refusal: TachoError): void {
    this.#refusal = refusal;
    this.#rejectAll(refusal);
  }

  /**
   * One commit at a time makes the largest groups. A second one may wait at the writer's door when
   * it is large anyway: the writer then goes on while this thread is busy reading requests.
   */
  #mayCommit(): boolean {
    if (this.#waiters.length === 0 || this.#options.isStalled()) return false;
    const { size } = this.#underWay;
    return size === 0 || (size === 1 && this.#group.bytes >= largeGroupBytes);
  }

  async #commit(): Promise<void> {
    const builder = this.#group;
    const commit: Commit = {
      waiters: this.#waiters,
      epoch: this.#epoch,
      series: new Map([...builder.handles].map((handle) => [handle, handle.nos.length])),
    };
    this.#waiters = [];
    this.#group = new GroupBuilder();
    this.#underWay.add(commit);
    const group: Group = { ...builder.finish(), epoch: commit.epoch };
    const buffers = [group.steps.buffer as ArrayBuffer];
    if (group.frame) buffers.push(group.frame.buffer as ArrayBuffer);
    try {
      const committed = await this.#options.engine.writer<Committed>('commit', group, buffers);
      this.#underWay.delete(commit);
      this.#settle(commit, committed);
    } catch (error) {
      this.#underWay.delete(commit);
      this.#fail(commit, error as Error);
    }
    // What arrived meanwhile goes on its way before the answers of this group are written.
    if (this.#mayCommit()) void this.#commit();
  }

  #settle({ waiters, series }: Commit, committed: Committed): void {
    this.problem = undefined;
    for (const [handle, defined] of series) {
      if (!handle.isDurable) {
        handle.isDurable = true;
        this.#options.handles.forgetPrefixes(handle.id);
      }
      handle.durableSeries = defined;
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
    this.#options.told.say(committed.told);
    this.#options.onCommitted(committed);
  }

  /**
   * A commit failed, so nothing of it is stored. What was gathered after it refers to sessions and
   * series that do not exist now, so it fails as well: the writer refuses commits of the same epoch.
   * All may be sent again.
   */
  #fail(commit: Commit, error: Error): void {
    const known = storeError(error, this.#options.dir);
    if (commit.epoch === this.#epoch) {
      this.#epoch += 1;
      if (known.code !== 'disk_full') this.#options.log.error({ err: error }, 'a commit failed');
      else if (!this.problem) this.#options.log.warn({}, 'the disk is full; writes are refused');
      this.problem = known;
      for (const { series } of [commit, ...this.#underWay]) this.#forget(series.keys());
      this.#forget(this.#group.handles);
      this.#options.onFailed();
      this.#rejectAll(known);
    }
    for (const waiter of commit.waiters) {
      this.#release(waiter);
      waiter.reject(this.problem ?? known);
    }
  }

  /** Takes back the numbers of sessions and series that are not durable. */
  #forget(handles: Iterable<SqliteHandle>): void {
    for (const handle of handles) {
      handle.nos.length = handle.durableSeries;
      if (!handle.isDurable) handle.no = 0;
    }
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
    this.queuedEntries -= entries;
    this.queuedBytes -= bytes;
  }
}
