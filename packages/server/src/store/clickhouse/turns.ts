/** Turns: the order in which things were said, the same for all servers (a hybrid logical clock). */
import { randomBytes } from 'node:crypto';

/**
 * A turn is the server's clock in microseconds, or one more than any turn that this server gave or
 * saw, whichever is greater: so what a server knew comes before what it says, and between servers
 * the clock decides. (S. Kulkarni et al., Logical Physical Clocks, OPODIS 2014.)
 */
export class Turns {
  /** Tells servers apart that use the same turn; drawn by each process. */
  readonly server = randomBytes(8).readBigUInt64LE() | 1n;
  #last = 0;

  /** The next turn at an instant of the clock; `count` turns are taken. */
  next(nowUs: number, count = 1): number {
    const turn = Math.max(this.#last + 1, nowUs);
    this.#last = turn + count - 1;
    return turn;
  }

  /** Notes a turn of another server. */
  see(turn: number): void {
    this.#last = Math.max(this.#last, turn);
  }
}
