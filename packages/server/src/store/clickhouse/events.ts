/** Rows of the table `event` as events. */
import { type EventRecord, parseJson } from '@tacho/protocol';
import type { EventRow } from '../store.ts';

/** Columns of an event. */
export interface EventColumns {
  seq: number;
  at_us: number;
  received_us: number;
  body: string;
}

/** An event by its row. */
export function eventOfRow({ seq, at_us, received_us, body }: EventColumns): EventRow {
  const event = parseJson(body) as unknown as EventRecord;
  return { seq, atUs: at_us, receivedUs: received_us, event };
}
