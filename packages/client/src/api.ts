/** What programs see: the session that `connect` returns, and everything that can be said to it. */

declare global {
  // So that `using` works with any set of libraries; the same words as in TypeScript's own.
  interface SymbolConstructor {
    readonly dispose: unique symbol;
  }
}

/** Severities of events, least severe first. */
export type EventLevel = 'debug' | 'info' | 'warning' | 'error' | 'critical';

/** What can be said of an event beside its name. */
export interface EventDetails {
  /** `info` by default. */
  level?: EventLevel;
  /** What kind of thing it is; the level by default. */
  category?: string;
  /** Logger or component. */
  group?: string;
  /** Bare words to find it by. */
  labels?: readonly string[];
  /** A sentence for people. */
  message?: string;
  /** Facts about it; anything that becomes JSON. */
  data?: object;
}

/** How a series is told from others of its name. */
export interface SeriesDetails {
  /** Unit of the values, unless the name ends in one. */
  unit?: string;
  /** `key:value`, or bare words. */
  tags?: readonly string[];
}

/** The same for a histogram. */
export interface HistogramDetails extends SeriesDetails {
  /** Inclusive upper edges of its buckets; by default 1 ms to 60 s, in seconds. */
  bounds?: readonly number[];
}

/** The same for a timer. */
export interface TimerDetails extends SeriesDetails {
  /** How many equal things are timed in one go. */
  count?: number;
}

/** Tags alone, or together with the rest. */
export type Details<D> = readonly string[] | D;

/** A running stopwatch. */
export interface RunningTimer {
  /** How many equal things are timed in one go; 0 to say nothing about it. */
  count: number;
  /** Records the time since its start, once, and returns it in the timer's unit. */
  stop(): number;
  /** For `using`: stops. */
  [Symbol.dispose](): void;
}

/** Starts stopwatches: `timer(name)` starts one, `timer.wrap(name, work)` times a piece of work. */
export interface TimerFunction {
  (name: string, details?: Details<TimerDetails>): RunningTimer;
  /**
   * Times a promise until it settles, or a function until it returns or its promise settles, and
   * hands on what it gives or throws.
   */
  wrap<T>(name: string, work: PromiseLike<T>, details?: Details<TimerDetails>): Promise<T>;
  wrap<T>(name: string, work: () => T, details?: Details<TimerDetails>): T;
}

/** What became of everything that was said: accepted = sent + pending + all that was dropped. */
export interface SessionStats {
  /** Calls so far. */
  accepted: number;
  /** Delivered to the agent or the server, which answered that they have it. */
  sent: number;
  /** Waiting, or on their way. */
  pending: number;
  /** Why calls were dropped, and how many each. */
  dropped: { readonly [reason: string]: number };
  /** Where it goes; `seeking` until that is known. */
  receiver: 'seeking' | 'agent' | 'server' | 'none';
}

/** One recorded run. No method throws, waits, or keeps the process alive. */
export interface Session {
  /** UUID of the session, known at once. */
  readonly id: string;
  /** Merges facts into the state (RFC 7396): objects merge, `null` deletes. */
  updateState(patch: object): void;
  /** Records that something happened. */
  logEvent(name: string, details?: EventDetails): void;
  /** Records a value: `logMetric('response_time_ms', 123.45, ['api'])`. */
  logMetric(name: string, value: number, tags?: readonly string[]): void;
  /** Records how much there is now; as `logMetric`, with a unit if need be. */
  gauge(name: string, value: number, details?: Details<SeriesDetails>): void;
  /** Counts up; the total since the start is kept for you. */
  counter(name: string, delta?: number, details?: Details<SeriesDetails>): void;
  /** Puts a value into its bucket. */
  histogram(name: string, value: number, details?: Details<HistogramDetails>): void;
  /** Times something. */
  readonly timer: TimerFunction;
  /** Records an exception with its stack and causes, at level `error`; `data` adds facts. */
  logException(error: unknown, data?: object): void;
  /** A sign of life. From the first one on, they are yours to give: the client gives none itself. */
  heartbeat(): void;
  /** Until `resumeHeartbeat`, silence is not taken for a hang. */
  pauseHeartbeat(): void;
  /** Silence counts again, from now on. */
  resumeHeartbeat(): void;
  /**
   * Delivers what was said so far. Resolves, never rejects: true when it was delivered, false when
   * the time was over (3 s by default) or there is nobody to deliver to.
   */
  flush(timeoutMs?: number): Promise<boolean>;
  /** Ends the session and delivers everything; resolves as `flush` does. */
  end(timeoutMs?: number): Promise<boolean>;
  /** What became of everything that was said. */
  stats(): SessionStats;
}
