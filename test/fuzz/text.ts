/** Broken texts for parsers of foreign dialects. */
import { integer, pick, type Random } from '../whole/random.ts';

/** A text with a few places cut out, doubled or replaced by parts; or nothing but parts, one in four. */
export function broken(random: Random, whole: string, parts: readonly string[]): string {
  if (random() < 0.25) {
    return Array.from({ length: integer(random, 0, 12) }, () => pick(random, parts)).join('');
  }
  let text = whole;
  for (let left = integer(random, 1, 3); left > 0; left--) {
    const from = integer(random, 0, text.length);
    const to = Math.min(text.length, from + integer(random, 0, 4));
    const kept = random() < 0.2 ? text.slice(from, to) : '';
    const put = random() < 0.5 ? pick(random, parts) : kept + kept;
    text = text.slice(0, from) + put + text.slice(to);
  }
  return text;
}
