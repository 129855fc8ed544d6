/** The door of OTLP: a decoded request becomes samples and events, and an answer about those that could not. */
import { createHash } from 'node:crypto';
import type { Once } from '../../store/store.ts';
import type { Door } from '../door.ts';
import { readLogs } from './logs.ts';
import type { Decoded, LogsRequest, MetricsRequest, Signal } from './messages.ts';
import { readMetrics } from './metrics.ts';
import type { Reading, Refusal } from './reading.ts';

/** What of a request was not stored; `rejected` is 0 when all of it was. */
export interface Outcome {
  rejected: number;
  errorMessage: string;
}

/**
 * Records a request; `bytes` are its body, by which it is known when it comes again: an exporter that
 * did not get our answer sends it once more. Rejects with what the door refuses with, and then nothing
 * of it is stored.
 */
export async function recordOtlp(
  door: Door,
  request: { signal: Signal; message: Decoded; bytes: Uint8Array },
  receivedUs: number,
): Promise<Outcome> {
  const { signal, message } = request;
  const reading =
    signal === 'metrics'
      ? readMetrics(message as MetricsRequest, receivedUs)
      : readLogs(message as LogsRequest, receivedUs);
  const kept = reading.items - reading.refused.length - reading.empty;
  const isNew = await record(door, reading, kept, receivedUs, onceOf(request, reading));
  const { report } = door;
  if (isNew) {
    for (const { reason, details } of reading.refused) report.refuse(reason, details);
    if (reading.empty > 0) report.refuse('no_recorded_value', emptyDetails, reading.empty);
  } else report.refuse('duplicate', `the same ${signal} came before`, reading.items);
  return outcomeOf(reading.refused, signal);
}

const emptyDetails = 'a point with the flag that it has no recorded value';

async function record(
  door: Door,
  { said, items }: Reading,
  kept: number,
  receivedUs: number,
  once: Once | undefined,
): Promise<boolean> {
  if (kept === 0) return true;
  try {
    return await door.record(said, receivedUs, once);
  } catch (error) {
    door.refuse(error, items);
    throw error;
  }
}

/** What has no time may well be said twice in the same words, and then it is meant twice. */
function onceOf({ signal, bytes }: { signal: Signal; bytes: Uint8Array }, { isDated }: Reading) {
  if (!isDated) return undefined;
  const digest = createHash('sha256').update(bytes).digest('base64url');
  return { kind: 'key', key: `otlp ${signal} ${digest}`, fingerprint: '', reply: '' } as const;
}

function outcomeOf(refused: readonly Refusal[], signal: Signal): Outcome {
  const [first] = refused;
  const rejected = refused.length;
  if (first === undefined) return { rejected, errorMessage: '' };
  const items = signal === 'metrics' ? 'data points' : 'log records';
  const word = rejected === 1 ? items.slice(0, -1) : items;
  const were = rejected === 1 ? 'was' : 'were';
  return {
    rejected,
    errorMessage: `${rejected} ${word} ${were} refused; the first: ${first.details}`,
  };
}
