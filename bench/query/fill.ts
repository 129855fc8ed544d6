/** Fills a server with what the queries are measured on: the mix, one very long series, and the field. */
import { randomUUID } from 'node:crypto';
import type { Server } from '../../test/whole/server.ts';
import { requestBytes } from '../../test/whole/wire.ts';
import { benchShape, MixBatches } from '../batches.ts';
import { nextOf } from '../ingest.ts';
import { type BenchContext, sendAll } from '../target.ts';
import { Field } from './field.ts';

/** How much there is. */
export interface Amounts {
  /** Batches of the mix, 5,000 samples each. */
  mixBatches: number;
  mixSessions: number;
  longSamples: number;
  fieldSessions: number;
  eventsPerSession: number;
}

/** The amounts that the targets speak of, and those of a smoke run. */
export function amountsOf({ quick }: BenchContext): Amounts {
  if (quick) {
    return {
      mixBatches: 20,
      mixSessions: 20,
      longSamples: 20_000,
      fieldSessions: 500,
      eventsPerSession: 10,
    };
  }
  return {
    mixBatches: 2_000,
    mixSessions: 1_000,
    longSamples: 1_000_000,
    fieldSessions: 98_999,
    eventsPerSession: 10,
  };
}

/** What the questions need to know of the data. */
export interface Filled {
  /** Session whose only series has `longSamples` samples, one a second. */
  longId: string;
  longFromMs: number;
  longToMs: number;
  /** A session of the mix. */
  mixId: string;
}

const connections = 4;
const sessionsPerBatch = 200;
const longRowsPerBatch = 50_000;

/** Sends everything and returns once it is acknowledged. */
export async function fill(server: Server, amounts: Amounts): Promise<Filled> {
  const mix = new MixBatches(1, { ...benchShape, sessions: amounts.mixSessions });
  const start = [mix.start()];
  await sendAll(server.port, 1, () => nextOf(start));
  let left = amounts.mixBatches;
  await sendAll(server.port, connections, () => (left-- > 0 ? [mix.next()] : undefined));
  const long = longSession(amounts.longSamples);
  await sendAll(server.port, 1, () => nextOf(long.requests));
  await fillField(server, amounts);
  return { ...long.facts, mixId: mix.ids[0]! };
}

/** Sends only the field: sessions of three products over thirty days. */
export async function fillField(
  server: Server,
  amounts: Pick<Amounts, 'fieldSessions' | 'eventsPerSession'>,
): Promise<void> {
  const field = new Field(7, Date.now(), amounts.eventsPerSession);
  const spoolId = randomUUID();
  let seq = 0;
  let left = amounts.fieldSessions;
  await sendAll(server.port, connections, () => {
    if (left <= 0) return undefined;
    const count = Math.min(left, sessionsPerBatch);
    left -= count;
    const entries = Array.from({ length: count }, () => field.next(randomUUID())).flat();
    return [ingestRequest(spoolId, ++seq, entries)];
  });
}

/** One series, a value a second with jitter, a slow wave with spikes. */
function longSession(samples: number): { requests: Buffer[]; facts: Omit<Filled, 'mixId'> } {
  const session = randomUUID();
  const spoolId = randomUUID();
  const startMs = Date.UTC(2026, 9, 1);
  const start = { kind: 'start', session, at: startMs, product: 'Long', version: '1' };
  const requests = [ingestRequest(spoolId, 1, [start])];
  for (let from = 0; from < samples; from += longRowsPerBatch) {
    const count = Math.min(longRowsPerBatch, samples - from);
    const row = (i: number): number => from + i;
    const entry = {
      kind: 'columns',
      session,
      startMs,
      times: Array.from({ length: count }, (_, i) => row(i) * 1_000 + ((row(i) * 7) % 11) - 5 + 5),
      series: [{ name: 'fps', values: Array.from({ length: count }, (_, i) => valueAt(row(i))) }],
    };
    requests.push(ingestRequest(spoolId, requests.length + 1, [entry]));
  }
  const longToMs = startMs + samples * 1_000;
  return { requests, facts: { longId: session, longFromMs: startMs, longToMs } };
}

function valueAt(i: number): number {
  const spike = (i * 2_654_435_761) % 9_973 === 0 ? 40 : 0;
  return Math.round(10 * (60 + 3 * Math.sin(i / 5_000) + ((i * 31) % 17) / 10 - spike)) / 10;
}

/** A batch of entries as a ready request. */
export function ingestRequest(spoolId: string, seq: number, entries: unknown[]): Buffer {
  const body = JSON.stringify({ spoolId, seq, entries });
  return requestBytes('POST', '/api/ingest', { 'content-type': 'application/json' }, body);
}
