/** What became of the things said through a door: nothing is refused without a counted, named reason. */
import type { Clock } from '../clock.ts';

/** Foreign dialects that the server understands. */
export const doorNames = ['otlp', 'statsd', 'influx', 'prometheus', 'mlflow'] as const;

/** One of them. */
export type DoorName = (typeof doorNames)[number];

/** Things that were refused for one reason. */
export interface Refusals {
  /** A word that stays the same: `invalid_line`, `too_many_sessions`. */
  reason: string;
  count: number;
  /** The last of them: what was wrong with it, and when, in epoch microseconds. */
  lastDetails: string;
  lastUs: number;
}

/** Reasons that are told apart for one door; further ones share the last. */
const reasonsMax = 100;

/** The rest of the reasons. */
const otherReason = 'other';

/** The account of one door: received = stored + refused. */
export class DoorReport {
  /** Samples and events that are durable. */
  stored = 0;
  /** Of the samples stored, those that went to the overflow series of their session. */
  overflowed = 0;
  readonly #refused = new Map<string, Refusals>();
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts things that were not stored; `details` says what was wrong with the last of them. */
  refuse(reason: string, details: string, count = 1): void {
    const isKnown = this.#refused.has(reason) || this.#refused.size < reasonsMax;
    const name = isKnown ? reason : otherReason;
    const before = this.#refused.get(name)?.count ?? 0;
    const now = { count: before + count, lastDetails: details, lastUs: this.#clock() };
    this.#refused.set(name, { reason: name, ...now });
  }

  /** Reasons by name, in the order in which they first came up. */
  get refused(): readonly Refusals[] {
    return [...this.#refused.values()];
  }
}
