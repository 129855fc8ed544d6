/** Bodies with many items, of which the good ones are kept and the bad ones reported. */
import { type ErrorReply, TachoError } from '../errors.ts';
import { limits } from '../limits.ts';

/** An item that was refused; what was wrong with it, and where it stood. */
export interface Rejection extends ErrorReply {
  /** Position among the items sent, from 0. */
  index: number;
}

/** What became of many items. */
export interface Many<T> {
  /** The good ones, in their order. */
  items: T[];
  rejected: Rejection[];
}

/**
 * Reads each item with `readOne`, whose TachoError or SyntaxError (an NDJSON line may be no JSON)
 * rejects that item alone. Throws `too_many_items` beyond `limits.batchItemsMax`.
 */
export function readMany<I, T>(items: readonly I[], readOne: (item: I) => T): Many<T> {
  if (items.length > limits.batchItemsMax) {
    throw tooMany(`${items.length} items`, `${limits.batchItemsMax} in one request`);
  }
  const good: T[] = [];
  const rejected: Rejection[] = [];
  for (let i = 0; i < items.length; i++) {
    try {
      good.push(readOne(items[i] as I));
    } catch (error) {
      rejected.push(rejectionOf(error, i));
    }
  }
  return { items: good, rejected };
}

/** What to report of an item that could not be read; throws what is no fault of the sender again. */
export function rejectionOf(error: unknown, index: number): Rejection {
  if (error instanceof SyntaxError) {
    return rejectionOf(new TachoError('invalid_json', error.message, { cause: error }), index);
  }
  if (!(error instanceof TachoError)) throw error;
  const { error: short, details, code } = error.toReply();
  return { index, error: short, details, code };
}

/** The error of a request that holds more than it may. */
export function tooMany(found: string, most: string): TachoError {
  return new TachoError('too_many_items', `The body has ${found}; expected at most ${most}.`);
}
