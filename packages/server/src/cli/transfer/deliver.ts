/** Delivers batches of a replay one after the other, and tells what became of every line. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type JsonObject, type JsonValue, routes } from '@tacho/protocol';
import { type Answer, type Asker, errorOf } from '../ask.ts';
import { CommandError } from '../exit.ts';
import { type Batch, bodyOf, type Line } from './batches.ts';

/** What became of an import so far. */
export interface Tally {
  /** Entries that were stored now. */
  entries: number;
  /** Entries of batches that an earlier import had stored already. */
  repeated: number;
  /** Sessions of which something was stored now. */
  sessions: Set<string>;
  /** Sessions that were there before, and to which nothing was added. */
  existing: Set<string>;
  rejected: { line: number; reason: string }[];
}

/** A tally of nothing. */
export function newTally(): Tally {
  return { entries: 0, repeated: 0, sessions: new Set(), existing: new Set(), rejected: [] };
}

/** Tries of one batch before we give up, and the longest wait between two. */
const triesMax = 8;
const waitMaxSeconds = 30;

/**
 * Sends a batch until it is stored. What is refused for good is noted in the tally; rejects with
 * CommandError when the server cannot be reached, wants another token, or stays unable.
 */
export async function deliver(asker: Asker, batch: Batch, tally: Tally): Promise<void> {
  let lines = batch.lines.filter(({ session }) => !tally.existing.has(session));
  while (lines.length > 0) {
    const answer = await patiently(asker, bodyOf({ ...batch, lines }));
    const reply = (answer.json ?? {}) as JsonObject;
    if (answer.status === 200) {
      note(reply, lines, tally);
      return;
    }
    if (reply.code !== 'session_exists') {
      refuse(answer, reply, lines, tally, asker.whom);
      return;
    }
    // Nothing of the batch is stored: the rest of it is sent again under the same number.
    const existing = new Set(reply.sessions as string[]);
    for (const id of existing) tally.existing.add(id);
    lines = lines.filter(({ session }) => !existing.has(session.toLowerCase()));
  }
}

function note(reply: JsonObject, lines: readonly Line[], tally: Tally): void {
  if (reply.duplicate === true) {
    tally.repeated += lines.length;
    return;
  }
  const rejected = (reply.rejected ?? []) as { index: number; details: string }[];
  for (const { index, details } of rejected) {
    const reason = details.replace(/^entries\[\d+\]: /, '');
    tally.rejected.push({ line: lines[index]?.line ?? 0, reason });
  }
  tally.entries += lines.length - rejected.length;
  for (const { session } of lines) tally.sessions.add(session);
}

/** A whole batch was refused: for what it holds, or because the import as a whole cannot be. */
function refuse(
  { status, json }: Answer,
  { code, details }: JsonObject,
  lines: readonly Line[],
  tally: Tally,
  whom: string,
): void {
  const isOurs = code === 'too_many_items' || code === 'state_too_large' || status === 413;
  if (!isOurs) throw errorOf(status, json as JsonValue, whom);
  const [first] = lines;
  if (lines.length === 1 || first === undefined) {
    tally.rejected.push({ line: first?.line ?? 0, reason: String(details) });
    return;
  }
  const last = lines.at(-1)?.line;
  tally.rejected.push({ line: first.line, reason: `up to line ${last}: ${String(details)}` });
}

/** Waits and tries again while the server is busy, full or away for a moment. */
async function patiently(asker: Asker, body: string): Promise<Answer> {
  let waitSeconds = 0.5;
  for (let tries = 1; ; tries++) {
    try {
      const answer = await asker.send('POST', routes.importSessions.path, body);
      const isBusy = [408, 429, 503, 507].includes(answer.status);
      if (!isBusy || tries === triesMax) return answer;
      waitSeconds = answer.retryAfterSeconds ?? waitSeconds;
    } catch (error) {
      const isAway = error instanceof CommandError && error.exit === 'unreachable';
      if (!isAway || tries === triesMax || isRefused(error)) throw error;
    }
    await sleep(Math.min(waitMaxSeconds, waitSeconds) * 1000);
    waitSeconds *= 2;
  }
}

/** Nothing listens there; waiting is for a server that broke off. */
function isRefused({ cause }: Error): boolean {
  return ['ECONNREFUSED', 'ENOTFOUND'].includes((cause as NodeJS.ErrnoException)?.code ?? '');
}
