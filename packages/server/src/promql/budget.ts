/** What one question may take: samples, series, points, time; and turns for everybody else meanwhile. */
import { limits } from '@tacho/protocol';
import { QueryError } from './syntax.ts';

/** Steps of work between two looks at the clock. */
const stepsPerLook = 200_000;
/** Longest that the server does nothing else. */
const turnMs = 15;

/** The budget of a question. */
export class Budget {
  readonly signal: AbortSignal;
  readonly #deadlineMs: number;
  readonly #timeoutMs: number;
  #samples = 0;
  #steps = 0;
  #turnBeganMs = performance.now();

  constructor(signal: AbortSignal, timeoutMs: number) {
    this.signal = signal;
    this.#timeoutMs = timeoutMs;
    this.#deadlineMs = performance.now() + timeoutMs;
  }

  /** Counts samples that were read. */
  read(samples: number): void {
    this.#samples += samples;
    if (this.#samples <= limits.promqlSamplesMax) return;
    throw new QueryError(
      'execution',
      `the question reads more than ${limits.promqlSamplesMax} samples; ask for less time or fewer series`,
    );
  }

  /** Whether work of so many steps was done since the last pause; `pause` must be awaited then. */
  work(steps: number): boolean {
    this.#steps += steps;
    if (this.#steps < stepsPerLook) return false;
    this.#steps = 0;
    return performance.now() - this.#turnBeganMs > turnMs;
  }

  /** Lets others have their turn; throws when time is up or nobody waits for the answer. */
  async pause(): Promise<void> {
    await new Promise(setImmediate);
    this.signal.throwIfAborted();
    this.#turnBeganMs = performance.now();
    if (this.#turnBeganMs <= this.#deadlineMs) return;
    throw new QueryError('timeout', `the question takes longer than ${this.#timeoutMs} ms`);
  }
}

/** Refuses more series, or more values of them, than one answer or one step on the way may have. */
export function checkSize(series: number, points: number): void {
  if (series > limits.promqlSeriesMax) {
    throw new QueryError(
      'execution',
      `more than ${limits.promqlSeriesMax} series are asked for; narrow the selector`,
    );
  }
  if (series * points <= limits.promqlValuesMax) return;
  throw new QueryError(
    'execution',
    `more than ${limits.promqlValuesMax} values (series times points) are asked for; take a longer step or narrow the selector`,
  );
}
