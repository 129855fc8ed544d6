/** Turns what was read from requests into batches, appends them, and counts what became of every entry. */
import { TachoError } from '@tacho/protocol';
import type { Counters } from './counters.ts';
import { Latency } from './latency.ts';
import type { LiveHub } from './live/hub.ts';
import type { Draft } from './record/draft.ts';
import { foundSession } from './record/session.ts';
import type { Appended, Once, SessionHandle, Store, StoreBatch } from './store/store.ts';

/** Where entries go, and what is counted on the way. */
export interface RecorderParts {
  store: Store;
  counters: Counters;
  /** Gets what became durable. */
  live: Pick<LiveHub, 'publish'>;
}

/** Writes entries to the store. */
export class Recorder {
  /** From handing a batch over until it is durable. */
  readonly commits = new Latency();
  readonly #store: Store;
  readonly #counters: Counters;
  readonly #live: RecorderParts['live'];

  constructor({ store, counters, live }: RecorderParts) {
    this.#store = store;
    this.#counters = counters;
    this.#live = live;
  }

  /**
   * Appends what a request says about one session; `asked` is an id or a prefix of one.
   * Throws (or rejects with) `session_not_found`, `session_ambiguous`, `prefix_too_short`, and
   * what the store refuses with. Known sessions resolve without a promise, because this runs for
   * every single metric.
   */
  submit(asked: string, draft: Draft, once?: Once): Promise<Appended> {
    const resolution = this.#store.resolve(asked);
    return resolution instanceof Promise
      ? resolution.then((later) => this.#submitTo(foundSession(later, asked), draft, once))
      : this.#submitTo(foundSession(resolution, asked), draft, once);
  }

  /** Appends a batch and counts its entries: stored, duplicate, or rejected by the store's code. */
  append(batch: StoreBatch, entries: number): Promise<Appended> {
    const counters = this.#counters;
    counters.entriesPending += entries;
    const startMs = performance.now();
    return this.#store.append(batch).then(
      (appended) => {
        counters.entriesPending -= entries;
        this.commits.observe(performance.now() - startMs);
        if (appended.kind === 'stored') {
          counters.entriesStored += entries;
          this.#live.publish(batch);
        } else counters.entriesDuplicate += entries;
        return appended;
      },
      (error: unknown) => {
        counters.entriesPending -= entries;
        counters.rejectEntries(error instanceof TachoError ? error.code : 'internal', entries);
        throw error;
      },
    );
  }

  /** Notes items of a list that were not accepted. */
  countRejected(rejected: Draft['rejected']): void {
    for (const { code } of rejected) this.#counters.rejectEntries(code, 1);
  }

  #submitTo(found: Found, draft: Draft, once: Once | undefined): Promise<Appended> {
    if (found instanceof TachoError) throw found;
    if (draft.rejected.length > 0) this.countRejected(draft.rejected);
    const entries = draft.entries(found);
    const batch: StoreBatch = { receivedUs: draft.receivedUs, entries };
    if (once !== undefined) batch.once = once;
    return this.append(batch, draft.accepted);
  }
}

type Found = SessionHandle | TachoError;
