/** Patterns that find metrics in lines: regular expressions of somebody else, given little time. */
import { createContext, Script } from 'node:vm';
import { limits } from '@tacho/protocol';
import { type Reading, readingOf } from './samples.ts';

/** What was found in a line that came at that time. */
export type Found = (reading: Reading, atUs: number) => void;

/** Groups that say something about the one metric of a match; any other is a metric of that name. */
const words: readonly string[] = ['name', 'value', 'unit', 'type', 'tags'];

/** What is wrong with a pattern, as a sentence; undefined when it can be used. */
export function faultOf(pattern: string): string | undefined {
  try {
    new RegExp(pattern);
  } catch (error) {
    return (error as Error).message;
  }
  const groups = [...pattern.matchAll(/\(\?<([A-Za-z_$][\w$]*)>/g)].map(([, name]) => name ?? '');
  const others = groups.filter((group) => !words.includes(group));
  if (others.length > 0 || (groups.includes('name') && groups.includes('value'))) return undefined;
  return 'it names no metric; give it (?<name>…) and (?<value>…), or a group named as the metric';
}

interface Line {
  text: string;
  atUs: number;
}

/** Looks for patterns in lines, many at a time. */
export class Patterns {
  /** Lines left out because there were too many at once. */
  dropped = 0;

  readonly #found: Found;
  readonly #onSlow: (pattern: string) => void;
  readonly #context = createContext(Object.create(null));
  #patterns: readonly string[];
  #lines: Line[] = [];
  #length = 0;

  /** `onSlow` hears of a pattern that took too long and is not looked for any more. */
  constructor(patterns: readonly string[], found: Found, onSlow: (pattern: string) => void) {
    this.#patterns = patterns;
    this.#found = found;
    this.#onSlow = onSlow;
  }

  add(text: string, atUs: number): void {
    if (this.#patterns.length === 0) return;
    if (this.#length + text.length > limits.runParseLengthMax) {
      this.dropped++;
      return;
    }
    this.#lines.push({ text, atUs });
    this.#length += text.length;
  }

  /** Looks at the lines that came since the last time. */
  flush(): void {
    const lines = this.#lines;
    if (lines.length === 0) return;
    this.#lines = [];
    this.#length = 0;
    this.#patterns = this.#patterns.filter((pattern) => this.#search(pattern, lines));
  }

  /** False when it took too long. */
  #search(pattern: string, lines: readonly Line[]): boolean {
    const context = Object.assign(this.#context, {
      pattern,
      lines: lines.map(({ text }) => text),
    });
    let matches: [number, Record<string, string | undefined>][];
    try {
      const text = search.runInContext(context, { timeout: limits.runParseTimeoutMs }) as string;
      matches = JSON.parse(text) as typeof matches;
    } catch {
      this.#onSlow(pattern);
      return false;
    }
    for (const [index, groups] of matches) {
      const atUs = lines[index]?.atUs ?? 0;
      for (const reading of readingsOf(groups)) this.#found(reading, atUs);
    }
    return true;
  }
}

/** Runs where it can be interrupted, and gives back nothing but text. */
const search = new Script(`{
  const expression = new RegExp(pattern, 'g');
  const matches = [];
  lines.forEach((line, index) => {
    for (const { groups } of line.matchAll(expression)) if (groups) matches.push([index, groups]);
  });
  JSON.stringify(matches);
}`);

function readingsOf(groups: Readonly<Record<string, string | undefined>>): Reading[] {
  const { name, value, unit, type, tags } = groups;
  const about = { unit, type, tags };
  const readings = [readingOf({ ...about, name, value })];
  for (const [group, text] of Object.entries(groups)) {
    if (!words.includes(group)) readings.push(readingOf({ ...about, name: group, value: text }));
  }
  return readings.filter((reading) => reading !== undefined);
}
