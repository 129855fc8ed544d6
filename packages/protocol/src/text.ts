/** Text search: what the words of a text are, and when a text holds all that was asked for. */
import type { EventRecord } from './event.ts';

/** Letters, digits and marks make words; everything else, the underscore too, stands between them. */
const wordForm = /[\p{L}\p{M}\p{N}]+/gu;
const asciiWordForm = /[a-z0-9]+/g;
const notAscii = /[^\0-\x7f]/;

/** Words of a text, in lower case and without accents, as the index has them. */
export function searchWords(text: string): string[] {
  // Most texts have nothing to take apart.
  if (!notAscii.test(text)) return text.toLowerCase().match(asciiWordForm) ?? [];
  return (
    text
      .normalize('NFD')
      .replace(/\p{Mn}/gu, '')
      .toLowerCase()
      .match(wordForm) ?? []
  );
}

/** The texts of an event that are searched: its name, its message and its exception. */
export function searchedTexts(event: EventRecord): string[] {
  const { name, message, exception_type = '', exception_msg = '' } = event;
  return [name, message, exception_type, exception_msg];
}

/**
 * Whether an event is a hit: every word that was asked for is a word of its texts, the last one
 * also the beginning of one. Asked for no word at all, nothing is a hit.
 */
export function matchesText(event: EventRecord, asked: string): boolean {
  const wanted = searchWords(asked);
  const last = wanted.pop();
  if (last === undefined) return false;
  const words = new Set(searchedTexts(event).flatMap(searchWords));
  if (!wanted.every((word) => words.has(word))) return false;
  return [...words].some((word) => word.startsWith(last));
}
