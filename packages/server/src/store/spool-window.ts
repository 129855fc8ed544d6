/** Which batches of a spool have been stored: everything below a floor, and some ahead of it. */
import { limits } from '@tacho/protocol';

/** Numbers seen of one spool. Gaps wider than `limits.spoolWindow` are given up, so that it stays small. */
export class SpoolWindow {
  /** Lowest number that may still arrive. */
  #floor: number;
  readonly #ahead: Set<number>;

  constructor(floor = 0, ahead: Iterable<number> = []) {
    this.#floor = floor;
    this.#ahead = new Set(ahead);
  }

  /** Whether this batch was stored, or is so old that it counts as stored. */
  has(seq: number): boolean {
    return seq < this.#floor || this.#ahead.has(seq);
  }

  /** Notes that this batch is stored. */
  add(seq: number): void {
    this.#ahead.add(seq);
    const floor = Math.max(this.#floor, seq - limits.spoolWindow);
    if (floor > this.#floor) {
      for (const known of this.#ahead) if (known < floor) this.#ahead.delete(known);
      this.#floor = floor;
    }
    while (this.#ahead.delete(this.#floor)) this.#floor += 1;
  }

  /** What to keep of it. */
  get floor(): number {
    return this.#floor;
  }

  /** Numbers seen above the floor. */
  get ahead(): number[] {
    return [...this.#ahead];
  }
}
