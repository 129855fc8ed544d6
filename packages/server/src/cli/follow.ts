/** Following a live stream: it goes on where it stopped when the connection breaks. */
import type { IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Asker, Query } from './ask.ts';
import { CommandError } from './exit.ts';
import { type ServerEvent, serverEvents } from './sse.ts';

/** Waits between two tries, in milliseconds. */
const waitMinMs = 250;
const waitMaxMs = 10_000;

/**
 * The events of a live stream after a position, for ever: when the connection breaks, the server is
 * asked for what came after the last event. Rejects with CommandError when the server refuses, or was
 * never reached.
 */
export async function* follow(
  asker: Asker,
  path: string,
  query: Query,
  position: string,
): AsyncGenerator<ServerEvent> {
  let lastId = position;
  let waitMs = waitMinMs;
  let wasReached = false;
  for (;;) {
    try {
      const headers = {
        accept: 'text/event-stream',
        ...(lastId !== '' && { 'last-event-id': lastId }),
      };
      const answer = await asker.stream(path, query, { headers });
      if (wasReached) process.stderr.write(`tacho: ${asker.whom} is there again\n`);
      wasReached = true;
      waitMs = waitMinMs;
      for await (const event of serverEvents(textOf(answer))) {
        if (event.id !== '') lastId = event.id;
        yield event;
      }
    } catch (error) {
      if (!isTemporary(error) || !wasReached) throw error;
    }
    if (wasReached && waitMs === waitMinMs) {
      process.stderr.write(`tacho: the connection to ${asker.whom} is lost; trying again\n`);
    }
    await sleep(waitMs);
    waitMs = Math.min(waitMaxMs, waitMs * 2);
  }
}

async function* textOf(answer: IncomingMessage): AsyncGenerator<string> {
  answer.setEncoding('utf8');
  yield* answer as AsyncIterable<string>;
}

/** A server that is away or busy may come back; one that refuses will go on to. */
function isTemporary(error: unknown): boolean {
  if (!(error instanceof CommandError)) return true;
  return error.exit === 'unreachable' || error.exit === 'unavailable';
}
