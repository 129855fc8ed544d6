/** Last words of programs: batches that they left in files because there was no time to send them. */
import { readdirSync, readFileSync, renameSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import {
  type IngestInput,
  type LocalEntry,
  limits,
  parseJson,
  readLocalBatch,
} from '@tacho/protocol';

/** What becomes of last words. */
export interface LastWordsOptions {
  /** Directory of the files. */
  directory: string;
  /** Epoch microseconds. */
  nowUs: () => number;
  /** Whether this agent knows the session, so that its last words are meant for it. */
  knows: (session: string) => boolean;
  /** Takes one batch; a batch that was taken before must do no harm. */
  take: (batch: IngestInput<LocalEntry>) => void;
  /** Whether words of programs that no agent knows are taken too, once they have waited. */
  takesForeign: boolean;
  /** Hears of files that cannot be read. */
  warn: (text: string) => void;
}

/**
 * Takes the last words that are there for this agent, oldest file first, and removes their files.
 * Returns the sessions that they are about. Nothing throws: what cannot be read now may be later.
 */
export function takeLastWords(options: LastWordsOptions): Set<string> {
  const sessions = new Set<string>();
  for (const path of filesIn(options.directory)) {
    try {
      takeFile(path, options, sessions);
    } catch (error) {
      options.warn(`last words are left where they are: ${(error as Error).message}`);
    }
  }
  return sessions;
}

function takeFile(path: string, options: LastWordsOptions, sessions: Set<string>): void {
  const { nowUs, knows, take, takesForeign, warn } = options;
  const size = statSync(path, { throwIfNoEntry: false })?.size;
  if (size === undefined) return;
  if (size > limits.expandedBodyBytesMax) {
    warn(`last words of ${size} bytes are set aside`);
    renameSync(path, `${path}.too-large`);
    return;
  }
  const { batches, badLines } = readBatches(readFileSync(path, 'utf8'), nowUs());
  const about = new Set(batches.flatMap(({ entries }) => entries.map(({ session }) => session)));
  const isOurs = [...about].some(knows);
  if (!isOurs && !(takesForeign && isForeign(path, batches, nowUs()))) return;
  for (const batch of batches) take(batch);
  unlinkSync(path);
  if (badLines > 0) warn(`${badLines} lines of last words were not understood`);
  for (const session of about) sessions.add(session);
}

/** Whether no other agent seems to want it, and it holds all that one needs to know. */
function isForeign(
  path: string,
  batches: readonly IngestInput<LocalEntry>[],
  nowUs: number,
): boolean {
  const writtenMs = statSync(path).mtimeMs;
  const started = batches.some(({ entries }) => entries.some(({ kind }) => kind === 'start'));
  return started && nowUs / 1_000 - writtenMs >= limits.lastWordsForeignMs;
}

/** One batch per line; what was cut off by the end of the program is left out. */
function readBatches(
  text: string,
  nowUs: number,
): { batches: IngestInput<LocalEntry>[]; badLines: number } {
  const batches: IngestInput<LocalEntry>[] = [];
  let badLines = 0;
  for (const line of text.split('\n')) {
    if (line.trim() === '') continue;
    try {
      batches.push(readLocalBatch(parseJson(line), nowUs));
    } catch {
      badLines++;
    }
  }
  return { batches, badLines };
}

/** Finished files, in the order in which they were written. */
function filesIn(directory: string): string[] {
  let names: string[];
  try {
    names = readdirSync(directory);
  } catch {
    return [];
  }
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => join(directory, name))
    .map((path) => ({ path, ms: statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => a.ms - b.ms)
    .map(({ path }) => path);
}
