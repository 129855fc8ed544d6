/** Makes a batch count once: what was stored before, what is on its way, what is new. */
import { limits, TachoError } from '@tacho/protocol';
import { SpoolWindow } from '../spool-window.ts';
import type { Appended, Once } from '../store.ts';
import type { Op } from './group.ts';

/** Spools and keys kept in memory. */
const rememberedMax = 10_000;

/** Reads what is durable. */
export interface OnceSource {
  spool(id: string): Promise<{ floor: number; ahead: number[] } | undefined>;
  key(key: string): Promise<{ fingerprint: string; reply: string; createdUs: number } | undefined>;
}

interface SpoolState {
  window: SpoolWindow;
  /** Batches on their way. */
  pending: Map<number, Promise<unknown>>;
}

/** Remembers batches; a batch that fails is forgotten, so that it can be sent again. */
export class OnceLedger {
  readonly #source: OnceSource;
  readonly #spools = new Map<string, Promise<SpoolState>>();
  readonly #keys = new Map<string, { fingerprint: string; done: Promise<unknown> }>();

  constructor(source: OnceSource) {
    this.#source = source;
  }

  /**
   * Stores a batch unless it was stored before: `store` is called at most once per batch, with what
   * makes the op that says durably that the batch is stored. It must be called only for a batch that
   * is on its way to the disk: one that is refused before must count as never seen.
   */
  async run(
    once: Once,
    receivedUs: number,
    store: (makeOp: () => Op) => Promise<void>,
  ): Promise<Appended> {
    return once.kind === 'spool'
      ? this.#runSpool(once, store)
      : this.#runKey(once, receivedUs, store);
  }

  /** Forgets what was only in memory: a commit failed. */
  forget(): void {
    this.#spools.clear();
  }

  async #runSpool(
    { spoolId, seq }: Extract<Once, { kind: 'spool' }>,
    store: (makeOp: () => Op) => Promise<void>,
  ): Promise<Appended> {
    const spool = await this.#spool(spoolId);
    const pending = spool.pending.get(seq);
    if (pending) {
      // The first delivery decides; if it fails, so does this one, and the sender tries again.
      await pending;
      return { kind: 'duplicate' };
    }
    if (spool.window.has(seq)) return { kind: 'duplicate' };
    const done = store(() => {
      spool.window.add(seq);
      const { floor, ahead } = spool.window;
      return { op: 'spool', id: spoolId, floor, ahead };
    });
    spool.pending.set(seq, done);
    try {
      await done;
      return { kind: 'stored' };
    } finally {
      spool.pending.delete(seq);
    }
  }

  async #runKey(
    once: Extract<Once, { kind: 'key' }>,
    receivedUs: number,
    store: (makeOp: () => Op) => Promise<void>,
  ): Promise<Appended> {
    const { key, fingerprint, reply } = once;
    for (let pending = this.#keys.get(key); pending; pending = this.#keys.get(key)) {
      if (pending.fingerprint !== fingerprint) throw conflict();
      await pending.done;
    }
    let resolve: () => void = () => {};
    const claim = new Promise<void>((done) => {
      resolve = done;
    });
    this.#keys.set(key, { fingerprint, done: claim });
    try {
      const known = await this.#source.key(key);
      if (known && receivedUs - known.createdUs <= limits.idempotencyTtlMs * 1000) {
        if (known.fingerprint !== fingerprint) throw conflict();
        return { kind: 'duplicate', reply: known.reply };
      }
      await store(() => ({ op: 'key', key, fingerprint, reply }));
      return { kind: 'stored' };
    } finally {
      this.#keys.delete(key);
      resolve();
    }
  }

  #spool(id: string): Promise<SpoolState> {
    const known = this.#spools.get(id);
    if (known) return known;
    const loading = this.#source.spool(id).then((row) => ({
      window: new SpoolWindow(row?.floor, row?.ahead),
      pending: new Map(),
    }));
    loading.catch(() => this.#spools.delete(id));
    if (this.#spools.size >= rememberedMax) this.#dropIdle();
    this.#spools.set(id, loading);
    return loading;
  }

  /** Lets go of spools without a batch on its way. */
  #dropIdle(): void {
    for (const [id, loading] of this.#spools) {
      loading.then(
        (spool) => {
          if (spool.pending.size === 0 && this.#spools.get(id) === loading) this.#spools.delete(id);
        },
        () => {},
      );
    }
  }
}

function conflict(): TachoError {
  return new TachoError(
    'idempotency_conflict',
    'Idempotency-Key was used for another request before; use a new key for a new request',
  );
}
