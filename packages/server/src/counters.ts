/** What became of requests and entries since the start: nothing disappears without a number. */
import type { ErrorCode } from '@tacho/protocol';

/** The counters as `/health` shows them. */
export interface CountersView {
  requests: {
    succeeded: number;
    /** By error code. */
    failed: Partial<Record<ErrorCode, number>>;
  };
  /** received = stored + duplicate + pending + the sum over `rejected`. */
  entries: {
    received: number;
    stored: number;
    /** Delivered before, so that storing them again would have doubled them. */
    duplicate: number;
    /** Handed to the store and not yet durable. */
    pending: number;
    /** By error code. */
    rejected: Partial<Record<ErrorCode, number>>;
  };
}

/** Running numbers of one server. Plain fields, because a metric's road touches them. */
export class Counters {
  requestsSucceeded = 0;
  entriesStored = 0;
  entriesDuplicate = 0;
  entriesPending = 0;
  readonly #failed = new Map<ErrorCode, number>();
  readonly #rejected = new Map<ErrorCode, number>();

  /** A request that was answered with an error. */
  failRequest(code: ErrorCode): void {
    this.#failed.set(code, (this.#failed.get(code) ?? 0) + 1);
  }

  /** Entries that were understood and not stored. */
  rejectEntries(code: ErrorCode, entries: number): void {
    this.#rejected.set(code, (this.#rejected.get(code) ?? 0) + entries);
  }

  /** A snapshot. */
  view(): CountersView {
    const rejected = Object.fromEntries(this.#rejected);
    let received = this.entriesStored + this.entriesDuplicate + this.entriesPending;
    for (const entries of this.#rejected.values()) received += entries;
    return {
      requests: { succeeded: this.requestsSucceeded, failed: Object.fromEntries(this.#failed) },
      entries: {
        received,
        stored: this.entriesStored,
        duplicate: this.entriesDuplicate,
        pending: this.entriesPending,
        rejected,
      },
    };
  }
}
