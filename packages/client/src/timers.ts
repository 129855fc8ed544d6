/** Timers that do not keep a program alive. */

/** Timers as the client needs them. */
export interface Timers {
  /** Calls later; only a timer that `holds` keeps the process alive. */
  after(ms: number, call: () => void, holds?: boolean): unknown;
  /** Calls again and again. */
  every(ms: number, call: () => void): unknown;
  clear(timer: unknown): void;
  /** Resolves when the program had its turn. */
  turn(): Promise<void>;
}

interface Unrefable {
  unref?: () => void;
}

/** Timers of this process or page. */
export function systemTimers(): Timers {
  return {
    after: (ms, call, holds = false) => {
      const timer = setTimeout(call, ms);
      if (!holds) release(timer);
      return timer;
    },
    every: (ms, call) => {
      const timer = setInterval(call, ms);
      release(timer);
      return timer;
    },
    clear: (timer) => clearTimeout(timer as Parameters<typeof clearTimeout>[0]),
    turn: () =>
      new Promise((resolve) => {
        // Not released, for the event loop does not hurry for one that is: it would wait for the
        // program's next event. A browser has no immediates; its shortest timer does as well.
        if (typeof setImmediate === 'function') setImmediate(resolve);
        else setTimeout(resolve, 0);
      }),
  };
}

function release(timer: unknown): void {
  (timer as Unrefable).unref?.();
}
