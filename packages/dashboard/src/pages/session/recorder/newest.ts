/** Questions of which only the newest matters: one is on its way at a time, and then the newest that came meanwhile. */

/** Asks for the newest. */
export interface Newest<T> {
  ask(asked: T): void;
  /** Forgets everything; the one on its way is aborted. */
  stop(): void;
}

/**
 * While hands move, a view changes with every frame. To abort the question on its way each time
 * would leave nothing to draw until they rest; to ask every one would bury the server. So an answer
 * is waited for while it is of use, and what was passed over meanwhile is never asked. `isStale`
 * says whether an answer on its way is of no use any more for what is wanted now.
 */
export function newestOnly<T>(
  run: (asked: T, signal: AbortSignal) => Promise<void>,
  isStale: (running: T, wanted: T) => boolean = () => false,
): Newest<T> {
  let running: { asked: T; aborter: AbortController } | undefined;
  let waiting: { asked: T } | undefined;

  const start = async (asked: T): Promise<void> => {
    const mine = { asked, aborter: new AbortController() };
    running = mine;
    try {
      await run(asked, mine.aborter.signal);
    } finally {
      // One that was aborted has a successor already.
      if (running === mine) {
        const next = waiting;
        running = undefined;
        waiting = undefined;
        if (next !== undefined) void start(next.asked);
      }
    }
  };
  return {
    ask: (asked) => {
      if (running !== undefined && !isStale(running.asked, asked)) {
        waiting = { asked };
        return;
      }
      running?.aborter.abort();
      waiting = undefined;
      void start(asked);
    },
    stop: () => {
      const last = running;
      running = undefined;
      waiting = undefined;
      last?.aborter.abort();
    },
  };
}
