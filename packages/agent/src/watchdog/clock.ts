/** The watchdog's clocks, and how much of the passing time it was awake to see. */
import { uptime } from 'node:os';

/** Three clocks, because each is blind to something. */
export interface Clock {
  /** Never steps; on some systems it stands still while the machine sleeps. */
  monotonicMs(): number;
  /** Never steps, and counts sleep. */
  uptimeMs(): number;
  /** The wall's time, epoch microseconds: for what is written down, never for durations. */
  wallUs(): number;
}

/** The clocks of this machine. */
export const machineClock: Clock = {
  monotonicMs: () => performance.now(),
  uptimeMs: () => uptime() * 1000,
  wallUs: () => Date.now() * 1000,
};

/** What passed between two ticks. */
export interface Step {
  wallUs: number;
  /** By the monotonic clock. */
  gapMs: number;
  /** The part of the gap that counts as silence of those who could have been heard. */
  heardMs: number;
  /** The tick came so late that signs of life may still lie in the sockets: no time to judge. */
  late: boolean;
  /** The machine slept, or this process was stopped: silence before this means nothing. */
  away: boolean;
}

/** Tells ordinary ticks from those after a sleep, by clocks that no one can set. */
export class Attention {
  readonly #clock: Clock;
  readonly #intervalMs: number;
  readonly #awayAfterMs: number;
  #monotonicMs: number;
  #uptimeMs: number;

  constructor(clock: Clock, intervalMs: number, awayAfterMs: number) {
    this.#clock = clock;
    this.#intervalMs = intervalMs;
    this.#awayAfterMs = awayAfterMs;
    this.#monotonicMs = clock.monotonicMs();
    this.#uptimeMs = clock.uptimeMs();
  }

  /** To be called at each tick. */
  step(): Step {
    const monotonicMs = this.#clock.monotonicMs();
    const uptimeMs = this.#clock.uptimeMs();
    const gapMs = Math.max(0, monotonicMs - this.#monotonicMs);
    const sleptMs = uptimeMs - this.#uptimeMs - gapMs;
    this.#monotonicMs = monotonicMs;
    this.#uptimeMs = uptimeMs;
    return {
      wallUs: this.#clock.wallUs(),
      gapMs,
      heardMs: Math.min(gapMs, 2 * this.#intervalMs),
      late: gapMs > 2 * this.#intervalMs,
      away: gapMs > this.#awayAfterMs || sleptMs > this.#awayAfterMs,
    };
  }
}
