/** Timers: stopwatches by the clock that never jumps, in the unit that is asked for. */
import type { Details, RunningTimer, TimerDetails, TimerFunction } from './api.ts';
import type { Clock } from './clock.ts';

/** Records a measured time, in the unit of its details. */
export type RecordTime = (name: string, value: number, details: TimerDetails) => void;

/** Makes the function that starts timers. */
export function makeTimers(clock: Clock, record: RecordTime): TimerFunction {
  const start = (name: string, details?: Details<TimerDetails>): RunningTimer => {
    return new Stopwatch(clock, record, name, readDetails(name, details));
  };
  const wrap = (name: string, work: unknown, details?: Details<TimerDetails>): unknown => {
    const timer = start(name, details);
    if (typeof work !== 'function') return awaited(work, timer);
    let result: unknown;
    try {
      result = work();
    } catch (error) {
      timer.stop();
      throw error;
    }
    if (isPromise(result)) return awaited(result, timer);
    timer.stop();
    return result;
  };
  return Object.assign(start, { wrap }) as TimerFunction;
}

/** Milliseconds in each unit that a timer can have. */
const unitsMs = new Map([
  ['ns', 1e-6],
  ['nanoseconds', 1e-6],
  ['us', 1e-3],
  ['microseconds', 1e-3],
  ['ms', 1],
  ['milliseconds', 1],
  ['s', 1e3],
  ['seconds', 1e3],
  ['min', 6e4],
  ['minutes', 6e4],
  ['h', 3.6e6],
  ['hours', 3.6e6],
]);

class Stopwatch implements RunningTimer {
  count: number;

  readonly #clock: Clock;
  readonly #record: RecordTime;
  readonly #name: string;
  readonly #details: TimerDetails & { perUnitMs: number };
  readonly #startedMs: number;
  #measured: number | undefined;

  constructor(
    clock: Clock,
    record: RecordTime,
    name: string,
    details: TimerDetails & { perUnitMs: number },
  ) {
    this.#clock = clock;
    this.#record = record;
    this.#name = name;
    this.#details = details;
    this.count = details.count ?? 0;
    this.#startedMs = clock.monotonicMs();
  }

  stop(): number {
    if (this.#measured !== undefined) return this.#measured;
    const ms = Math.round((this.#clock.monotonicMs() - this.#startedMs) * 1e6) / 1e6;
    const { perUnitMs, count: _count, ...details } = this.#details;
    this.#measured = ms / perUnitMs;
    this.#record(this.#name, this.#measured, { ...details, count: this.count });
    return this.#measured;
  }

  [Symbol.dispose](): void {
    this.stop();
  }
}

/** A name that ends in a unit is measured in it; otherwise the unit goes with the timer. */
function readDetails(name: unknown, details: unknown): TimerDetails & { perUnitMs: number } {
  try {
    const given = (Array.isArray(details) ? { tags: details } : (details ?? {})) as TimerDetails;
    const { unit, tags, count } = given;
    const word = typeof name === 'string' ? (/_([a-z]+)$/.exec(name)?.[1] ?? '') : '';
    const wanted = typeof unit === 'string' ? unit : '';
    const own = unitsMs.get(wanted);
    const common = { ...(tags !== undefined && { tags }), ...(count !== undefined && { count }) };
    if (own !== undefined) return { ...common, unit: wanted, perUnitMs: own };
    const named = wanted === '' ? unitsMs.get(word) : undefined;
    if (named !== undefined) return { ...common, perUnitMs: named };
    return { ...common, unit: 'seconds', perUnitMs: 1e3 };
  } catch {
    return { unit: 'seconds', perUnitMs: 1e3 };
  }
}

function awaited(work: unknown, timer: RunningTimer): Promise<unknown> {
  return Promise.resolve(work).finally(() => timer.stop());
}

function isPromise(value: unknown): boolean {
  try {
    return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
  } catch {
    return false;
  }
}
