/** Terms that an event is indexed under, and the terms that a question asks for. */
import {
  type EventRecord,
  type Level,
  matchesText,
  searchedTexts,
  searchWords,
} from '@tacho/protocol';

/** What an event must be. */
export interface EventCriteria {
  /** It `matchesText`. */
  text?: string;
  /** It has one of these names; any when empty. */
  names: readonly string[];
  /** It has one of these levels; any when empty. */
  levels: readonly Level[];
}

/** One of these terms must be there, or one that begins so. */
export interface Clause {
  terms: readonly string[];
  prefix?: string;
}

/** Criteria as clauses, of which all must hold. */
export interface Clauses {
  all: Clause[];
  /** Whether what the clauses find must be looked at, because a term was cut. */
  isVague: boolean;
}

/** The texts of an event that are indexed; the record may hold more. */
export type EventTexts = Pick<EventRecord, 'name' | 'level' | 'message'> &
  Pick<EventRecord, 'exception_type' | 'exception_msg'>;

/** Bytes of a term; longer ones are cut. */
const termBytes = 100;

/** Stands after a term that was cut, and in no word. */
const cutMark = '\0';

/**
 * Terms are strings of bytes: a kind, then UTF-8. JavaScript compares those as SQLite compares text,
 * and what begins alike as text begins alike as bytes.
 */
function term(kind: 'w' | 'n' | 'l', text: string): string {
  const bytes = isAscii(text) ? text : Buffer.from(text).toString('latin1');
  return bytes.length > termBytes ? kind + bytes.slice(0, termBytes) + cutMark : kind + bytes;
}

/** Every term of an event, each once. */
export function termsOf(event: EventTexts): Set<string> {
  const terms = new Set([term('n', event.name), term('l', event.level)]);
  for (const text of searchedTexts(event as EventRecord)) {
    for (const word of searchWords(text)) terms.add(term('w', word));
  }
  return terms;
}

/** The clauses of some criteria; undefined when nothing can meet them. */
export function clausesOf({ text, names, levels }: EventCriteria): Clauses | undefined {
  const all: Clause[] = [];
  if (names.length > 0) all.push({ terms: names.map((name) => term('n', name)) });
  if (levels.length > 0) all.push({ terms: levels.map((level) => term('l', level)) });
  if (text !== undefined) {
    const words = searchWords(text);
    const last = words.pop();
    if (last === undefined) return undefined;
    for (const word of new Set(words)) all.push({ terms: [term('w', word)] });
    all.push({ terms: [], prefix: term('w', last) });
  }
  const isCut = (one: string) => one.endsWith(cutMark);
  const isVague =
    all.some(({ terms, prefix = '' }) => terms.some(isCut) || isCut(prefix)) ||
    // Halves of surrogate pairs have no UTF-8 of their own.
    names.some((name) => /[\ud800-\udfff\ufffd]/u.test(name));
  return { all, isVague };
}

/** Whether an event is what was asked for. */
export function meetsCriteria(event: EventRecord, { text, names, levels }: EventCriteria): boolean {
  return (
    (names.length === 0 || names.includes(event.name)) &&
    (levels.length === 0 || levels.includes(event.level)) &&
    (text === undefined || matchesText(event, text))
  );
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}
