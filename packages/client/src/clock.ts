/** The client's clock: wall time with the resolution of the monotonic clock, cheap enough for every call. */

/** What time it is. */
export interface Clock {
  /** Epoch milliseconds with fractions. */
  nowMs(): number;
  /** Milliseconds of a clock that never jumps, for durations. */
  monotonicMs(): number;
  /** Follows the wall clock where that was set, or the machine slept; called now and then. */
  follow(): void;
}

/** Difference to the wall clock that is still its resolution and not a jump. */
const toleranceMs = 5;

/** The clock of this process. */
export function systemClock(): Clock {
  const monotonic = globalThis.performance;
  let offsetMs = Date.now() - monotonic.now();
  return {
    nowMs: () => monotonic.now() + offsetMs,
    monotonicMs: () => monotonic.now(),
    follow: () => {
      const presentMs = Date.now() - monotonic.now();
      if (Math.abs(presentMs - offsetMs) > toleranceMs) offsetMs = presentMs;
    },
  };
}

/** Epoch milliseconds to the microsecond, as they are sent. */
export function wireMs(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
