/** What a client could not keep or deliver, counted by reason: nothing disappears without a number. */

/** Why something that a program said is not delivered. */
export type DropReason =
  /** It was not understood, or is longer than what is taken. */
  | 'invalid'
  /** There was no room for it while nothing could be delivered. */
  | 'buffer_full'
  /** The session has as many series as it may have. */
  | 'series_limit'
  /** It was said after the end of its session. */
  | 'ended'
  /** The agent or the server refused it for good. */
  | 'refused'
  /** Recording is switched off. */
  | 'disabled';

/** Counts by reason; a reason without any is absent. */
export class Drops {
  /** Of all reasons together. */
  total = 0;

  readonly #counts = new Map<DropReason, number>();
  #reported = new Map<DropReason, number>();

  /** Counts drops. */
  add(reason: DropReason, calls = 1): void {
    if (calls === 0) return;
    this.total += calls;
    this.#counts.set(reason, (this.#counts.get(reason) ?? 0) + calls);
  }

  /** All drops so far. */
  counts(): { [reason in DropReason]?: number } {
    return Object.fromEntries(this.#counts);
  }

  /** What was not reported yet, which from now on it is; undefined when that is nothing. */
  news(): { [reason: string]: number } | undefined {
    const news: { [reason: string]: number } = {};
    for (const [reason, count] of this.#counts) {
      const more = count - (this.#reported.get(reason) ?? 0);
      // After the end there is nobody left to be told.
      if (more > 0 && reason !== 'ended') news[reason] = more;
    }
    if (Object.keys(news).length === 0) return undefined;
    this.#reported = new Map(this.#counts);
    return news;
  }
}
