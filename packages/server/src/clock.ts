/** The server's clock: the wall's time in microseconds, which does not step back without need. */

/** Source of the present instant in integer epoch microseconds. */
export type Clock = () => number;

/** Wall and monotonic time in milliseconds; parameters, so that a test can turn the hands. */
export interface ClockSources {
  wallMs: () => number;
  monotonicMs: () => number;
}

/** Wall time may run off this far before the clock follows it in one step. */
const driftMsMax = 50;

const realSources: ClockSources = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/**
 * A clock that runs with the monotonic timer (finer than a millisecond, indifferent to small
 * corrections of the wall clock) and follows the wall when they are more than 50 ms apart, as after
 * sleep or when somebody sets the time. It only goes back when the wall was set back that far.
 */
export function makeClock(sources: ClockSources = realSources): Clock {
  let offsetMs = sources.wallMs() - sources.monotonicMs();
  return () => {
    const wallMs = sources.wallMs();
    const monotonicMs = sources.monotonicMs();
    if (Math.abs(wallMs - monotonicMs - offsetMs) > driftMsMax) offsetMs = wallMs - monotonicMs;
    return Math.floor((monotonicMs + offsetMs) * 1000);
  };
}
