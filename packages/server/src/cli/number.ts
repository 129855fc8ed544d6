/** Whole numbers as values of options. */
import { InvalidArgumentError } from 'commander';

/** Reads a whole number; throws what commander shows. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}
