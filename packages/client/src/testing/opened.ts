/** Sessions in the test's own process, with the parts that a test wants to hold. */
import { randomUUID } from 'node:crypto';
import { systemClock } from '../clock.ts';
import type { Destination } from '../destination.ts';
import { httpDestination } from '../http.ts';
import { type Opened, type OpenParts, openSession } from '../open.ts';
import { systemTimers } from '../timers.ts';
import { Warnings } from '../warnings.ts';

/** Opens a session that sends to this URL, as to an agent unless told otherwise. */
export function openedTo(
  url: string | (() => Promise<Destination>),
  parts: Partial<OpenParts> & { receiver?: Destination['receiver'] } = {},
): Opened {
  const { receiver = 'agent' } = parts;
  const seek = async () => {
    return httpDestination({ receiver, url: url as string, isCompressed: receiver === 'server' });
  };
  return openSession({
    start: { session: randomUUID(), product: 'p', version: '1' },
    clientId: randomUUID(),
    clock: systemClock(),
    timers: systemTimers(),
    warnings: new Warnings(undefined),
    seek: typeof url === 'string' ? seek : url,
    flushIntervalMs: 5,
    ...parts,
  });
}
