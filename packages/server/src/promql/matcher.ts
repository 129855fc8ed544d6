/** Conditions on labels as functions; regular expressions are those of RE2, in linear time. */
import { RE2JS, RE2JSException } from 're2js';
import { type Matcher, QueryError } from './syntax.ts';

/** Whether a label's text meets a condition; a label that is not there has the empty text. */
export type Meets = (text: string) => boolean;

/** The condition as a function; throws QueryError for a bad regular expression. */
export function compileMatcher({ operator, value }: Matcher): Meets {
  switch (operator) {
    case '=':
      return (text) => text === value;
    case '!=':
      return (text) => text !== value;
    case '=~':
      return wholeMatch(value);
    default: {
      const matches = wholeMatch(value);
      return (text) => !matches(text);
    }
  }
}

/** Fully anchored, as always in PromQL. */
function wholeMatch(pattern: string): Meets {
  const words = wordsOf(pattern);
  if (words !== undefined) {
    const known = new Set(words);
    return (text) => known.has(text);
  }
  const made = compilePattern(pattern);
  return (text) => made.matches(text);
}

/** Compiled lately: a question compiles the same ones when it is read and for each selector. */
const compiled = new Map<string, RE2JS>();
const compiledMax = 100;

/** A regular expression of RE2 whose dot also stands for line breaks; throws QueryError. */
export function compilePattern(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  try {
    const made = RE2JS.compile(pattern, RE2JS.DOTALL);
    if (compiled.size >= compiledMax) compiled.clear();
    compiled.set(pattern, made);
    return made;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    // Our flag stands in the text that it quotes.
    const message = error.message.replace('(?s)', '').replace('error parsing', 'bad');
    throw new QueryError('bad_data', message.replaceAll('`', '"'));
  }
}

/** The texts that a pattern without any operator but `|` stands for. */
export function wordsOf(pattern: string): string[] | undefined {
  return /[\\.+*?()[\]{}^$]/.test(pattern) ? undefined : pattern.split('|');
}
