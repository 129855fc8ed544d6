/** What a source holds, as entries of a replay: an export of ours, or sessions of DataCat. */
import {
  isExportHeader,
  isJsonObject,
  type JsonValue,
  parseJson,
  stringifyJson,
} from '@tacho/protocol';
import { CommandError } from '../exit.ts';
import type { Line } from './batches.ts';
import { entriesOfDataCat, isDataCatSession } from './datacat.ts';
import { type Cut, itemsOf, linesOf } from './lines.ts';

/** A line that is no entry. */
export interface Unreadable {
  line: number;
  reason: string;
}

/**
 * The entries of a text, told apart by how it begins: an array holds sessions of DataCat, anything
 * else is one entry, header or session per line. What is none of these goes to `onUnreadable`.
 */
export async function* entriesOf(
  text: AsyncIterable<string>,
  onUnreadable: (problem: Unreadable) => void,
): AsyncGenerator<Line> {
  const { isArray, whole } = await beginning(text);
  const cuts = isArray ? itemsOf(whole) : linesOf(whole);
  try {
    for await (const cut of cuts) {
      const problem = yield* entriesOfCut(cut);
      if (problem !== undefined) onUnreadable({ line: cut.line, reason: problem });
    }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    onUnreadable({ line: 0, reason: error.message });
  }
}

/** Gives what is wrong with the cut, undefined when nothing is. */
function* entriesOfCut({ text, line }: Cut): Generator<Line, string | undefined> {
  let value: JsonValue;
  try {
    value = parseJson(text);
  } catch (error) {
    return `is not JSON: ${(error as Error).message}`;
  }
  if (isJsonObject(value) && value.format === 'tacho-export') {
    if (isExportHeader(value)) return undefined;
    throw new CommandError(
      'failed',
      `this export has version ${value.version}; this tacho reads 1`,
    );
  }
  if (isDataCatSession(value)) {
    for (const entry of entriesOfDataCat(value)) {
      yield { session: value.id as string, text: stringifyJson(entry), line };
    }
    return undefined;
  }
  if (isJsonObject(value) && typeof value.kind === 'string' && typeof value.session === 'string') {
    yield { session: value.session, text, line };
    return undefined;
  }
  return 'is neither an entry of an export nor a session of DataCat';
}

async function beginning(
  text: AsyncIterable<string>,
): Promise<{ isArray: boolean; whole: AsyncIterable<string> }> {
  const pieces = text[Symbol.asyncIterator]();
  let start = '';
  for (let next = await pieces.next(); !next.done; next = await pieces.next()) {
    start += next.value;
    if (start.trim() !== '') break;
  }
  // A byte order mark is no part of the text.
  start = start.replace(/^\ufeff/, '');
  const whole = (async function* () {
    yield start;
    yield* { [Symbol.asyncIterator]: () => pieces };
  })();
  return { isArray: start.trimStart().startsWith('['), whole };
}
