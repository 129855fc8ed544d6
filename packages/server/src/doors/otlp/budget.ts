/** What one body may make the server keep: a few bytes can stand for very many values. */
import { limits, TachoError } from '@tacho/protocol';

/** Messages inside each other; a value of 45 nested lists is as deep as any that is kept. */
const depthMax = 100;

/** Counts the values of one body. */
export class Budget {
  #left: number = limits.otlpValuesMax;

  /** Throws `too_many_items` when nothing is left. */
  spend(values = 1): void {
    this.#left -= values;
    if (this.#left >= 0) return;
    throw new TachoError(
      'too_many_items',
      `The body holds more than ${limits.otlpValuesMax} messages and numbers; send smaller batches`,
    );
  }
}

/** Throws `invalid_body` when messages are nested beyond all sense. */
export function checkDepth(depth: number): void {
  if (depth <= depthMax) return;
  throw new TachoError('invalid_body', `The body is nested deeper than ${depthMax} messages`);
}
