/** Lines by which a program without a client records: `tacho:metric name=… value=…`, `tacho:event name=…`. */
import { isLevel, type JsonObject, type Level, limits } from '@tacho/protocol';
import { saidPrefix } from './lines.ts';
import { type Reading, readingOf } from './samples.ts';

/** What a line says. */
export type SaidLine =
  | { kind: 'metric'; reading: Reading }
  | { kind: 'event'; name: string; level: Level; message: string; data: JsonObject };

/** Undefined for a line that is not understood; it is output like any other then. */
export function readSaid(line: string): SaidLine | undefined {
  if (!line.startsWith(saidPrefix)) return undefined;
  const [, kind, rest = ''] = /^tacho:(\w+)(?:\s+(.*))?$/.exec(line.trimEnd()) ?? [];
  const words = readWords(rest);
  if (words === undefined) return undefined;
  if (kind === 'metric') {
    const reading = readingOf(Object.fromEntries(words));
    return reading && { kind, reading };
  }
  return kind === 'event' ? readEvent(words) : undefined;
}

function readEvent(words: readonly (readonly [string, string])[]): SaidLine | undefined {
  const { name = '', level = 'info', message = '', ...others } = Object.fromEntries(words);
  if (name === '' || name.length > limits.eventNameLengthMax || !isLevel(level)) return undefined;
  const data: JsonObject = {};
  for (const [key, value] of Object.entries(others)) data[key] = readValue(value);
  return { kind: 'event', name, level, message, data };
}

/** A number where it is written as one. */
function readValue(text: string): number | string | boolean {
  if (text === 'true' || text === 'false') return text === 'true';
  return /^-?\d{1,15}(?:\.\d+)?(?:[eE][-+]?\d{1,3})?$/.test(text) ? Number(text) : text;
}

const word = /\s*([\w.-]+)=(?:"((?:[^"\\]|\\.)*)"|(\S*))/y;

/** `key=value` with quotes where there are spaces; undefined when there is anything else. */
function readWords(text: string): [string, string][] | undefined {
  const words: [string, string][] = [];
  word.lastIndex = 0;
  while (word.lastIndex < text.length) {
    const match = word.exec(text);
    if (match === null) return undefined;
    const [, key = '', quoted, plain] = match;
    words.push([key, quoted === undefined ? (plain ?? '') : quoted.replace(/\\(.)/g, '$1')]);
  }
  return words;
}
