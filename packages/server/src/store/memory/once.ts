/** Which batches the in-memory store has seen: windows of spools, and idempotency keys. */
import { limits, TachoError } from '@tacho/protocol';
import type { Appended, Once } from '../store.ts';

/** Batches seen. `seen` decides, `note` remembers; a refused batch is never noted. */
export class OnceLedger {
  readonly #spools = new Map<string, SpoolWindow>();
  readonly #keys = new Map<string, { fingerprint: string; reply: string; receivedUs: number }>();

  /**
   * The answer to a batch that was here before, undefined for a new one.
   * @throws TachoError `idempotency_conflict` when the key was used for another request
   */
  seen(once: Once, receivedUs: number): Appended | undefined {
    if (once.kind === 'spool') {
      return this.#spools.get(once.spoolId)?.has(once.seq) ? { kind: 'duplicate' } : undefined;
    }
    const known = this.#keys.get(once.key);
    if (known === undefined || receivedUs - known.receivedUs > limits.idempotencyTtlMs * 1000) {
      return undefined;
    }
    if (known.fingerprint !== once.fingerprint) {
      throw new TachoError(
        'idempotency_conflict',
        'Idempotency-Key was used for another request before; use a new key for a new request',
      );
    }
    return { kind: 'duplicate', reply: known.reply };
  }

  /** Remembers a batch that is stored. */
  note(once: Once, receivedUs: number): void {
    if (once.kind === 'key') {
      const { key, fingerprint, reply } = once;
      this.#keys.set(key, { fingerprint, reply, receivedUs });
      return;
    }
    const window = this.#spools.get(once.spoolId) ?? new SpoolWindow();
    window.add(once.seq);
    this.#spools.set(once.spoolId, window);
  }
}

/** Numbers seen of one spool: everything below `#floor`, and those in `#ahead`. */
class SpoolWindow {
  /** Lowest number that may still arrive. */
  #floor = 0;
  readonly #ahead = new Set<number>();

  has(seq: number): boolean {
    return seq < this.#floor || this.#ahead.has(seq);
  }

  add(seq: number): void {
    this.#ahead.add(seq);
    // Holes that are further behind than the window are given up, so that memory stays bounded.
    const floor = Math.max(this.#floor, seq - limits.spoolWindow);
    for (const known of this.#ahead) {
      if (known < floor) this.#ahead.delete(known);
    }
    this.#floor = floor;
    while (this.#ahead.delete(this.#floor)) this.#floor += 1;
  }
}
