/** Waiting between attempts: longer each time, by chance, so that agents do not come back all at once. */
import { limits } from '@tacho/protocol';

/** Runs something later; returns how to call it off. */
export type Timer = (ms: number, run: () => void) => () => void;

/** Timers of Node; none of them keeps the process alive. */
export const realTimer: Timer = (ms, run) => {
  const timer = setTimeout(run, ms).unref();
  return () => clearTimeout(timer);
};

/** Sleeps that somebody may end. */
export class Backoff {
  readonly #timer: Timer;
  readonly #random: () => number;
  #attempts = 0;
  #wake: (() => void) | undefined;

  constructor(timer: Timer = realTimer, random: () => number = Math.random) {
    this.#timer = timer;
    this.#random = random;
  }

  /** Sleeps after one more failure: any time up to a bound that doubles. */
  next(): Promise<void> {
    return this.#sleep(this.#random() * this.#boundMs());
  }

  /** The same, but no shorter than that. */
  atLeast(ms: number): Promise<void> {
    return this.#sleep(ms + this.#random() * this.#boundMs());
  }

  /** Sleeps until somebody wakes it. */
  sleep(): Promise<void> {
    return this.#sleep(undefined);
  }

  /** It worked: the next failure is the first one. */
  reset(): void {
    this.#attempts = 0;
  }

  /** Ends a sleep. */
  wake(): void {
    this.#wake?.();
  }

  #boundMs(): number {
    const { deliverRetryMinMs, deliverRetryMaxMs } = limits;
    return Math.min(deliverRetryMaxMs, deliverRetryMinMs * 2 ** this.#attempts++);
  }

  #sleep(ms: number | undefined): Promise<void> {
    return new Promise((resolve) => {
      const cancel = ms === undefined ? undefined : this.#timer(ms, () => this.#wake?.());
      this.#wake = () => {
        this.#wake = undefined;
        cancel?.();
        resolve();
      };
    });
  }
}
