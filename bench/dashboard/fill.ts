/** Fills a server with what the dashboard is measured on: the field, one very full session, and one that lives. */
import { randomUUID } from 'node:crypto';
import type { Server } from '../../test/whole/server.ts';
import { nextOf } from '../ingest.ts';
import { fillField, ingestRequest } from '../query/fill.ts';
import { sendAll } from '../target.ts';

/** How much there is. */
export interface Amounts {
  fieldSessions: number;
  /** Of the full session, in each of its twenty series. */
  samplesPerSeries: number;
  events: number;
}

/** The amounts that the targets speak of, and those of a smoke run. */
export function amountsOf(quick: boolean): Amounts {
  return quick
    ? { fieldSessions: 300, samplesPerSeries: 1_000, events: 2_000 }
    : { fieldSessions: 99_998, samplesPerSeries: 50_000, events: 100_000 };
}

/** Sessions that the pages are opened at. */
export interface Filled {
  /** Twenty series and very many events, dead. */
  fullId: string;
  /** Alive, to be written to. */
  liveId: string;
}

/** Sends everything and returns once it is acknowledged. */
export async function fill(server: Server, amounts: Amounts): Promise<Filled> {
  await fillField(server, { fieldSessions: amounts.fieldSessions, eventsPerSession: 10 });
  const full = fullSession(amounts);
  await sendAll(server.port, 1, () => nextOf(full.requests));
  const liveId = randomUUID();
  const start = { kind: 'start', session: liveId, product: 'emberline', version: '2.3.0' };
  const requests = [
    ingestRequest(randomUUID(), 1, [start, { kind: 'heartbeat', session: liveId }]),
  ];
  await sendAll(server.port, 1, () => nextOf(requests));
  return { fullId: full.id, liveId };
}

const seriesNames = ['frame_time_ms', 'heap_bytes', 'queue_depth', 'request_ms', 'draw_calls'];
const seriesTags = ['zone:hub', 'zone:boss', 'zone:shop', 'zone:menu'];
const stepMs = 100;
const rowsPerBatch = 2_500;
const eventsPerBatch = 2_500;

/** A run in which something is sampled ten times a second, and dies. */
function fullSession({ samplesPerSeries, events }: Amounts): { id: string; requests: Buffer[] } {
  const id = randomUUID();
  const lengthMs = samplesPerSeries * stepMs;
  const startMs = Date.now() - lengthMs - 60_000;
  const spoolId = randomUUID();
  const requests: Buffer[] = [];
  const send = (entries: unknown[]): void => {
    requests.push(ingestRequest(spoolId, requests.length + 1, entries));
  };
  const state = { settings: { quality: 'high' }, scene: 'menu' };
  send([
    { kind: 'start', session: id, at: startMs, product: 'emberline', version: '2.3.0', state },
  ]);
  for (let from = 0; from < samplesPerSeries; from += rowsPerBatch) {
    send([columns(id, startMs, from, Math.min(rowsPerBatch, samplesPerSeries - from))]);
  }
  const eventAt = (i: number): number => startMs + Math.floor((i / events) * lengthMs);
  for (let from = 0; from < events; from += eventsPerBatch) {
    const count = Math.min(eventsPerBatch, events - from);
    send(Array.from({ length: count }, (_, i) => eventEntry(id, eventAt(from + i), from + i)));
  }
  const scenes = ['hub', 'boss', 'shop', 'credits'];
  const patches = Array.from({ length: 200 }, (_, i) => {
    const patch = { scene: scenes[i % scenes.length], players: i % 64 };
    return { kind: 'patch', session: id, at: startMs + Math.floor((i / 200) * lengthMs), patch };
  });
  send([...patches, { kind: 'crash', session: id, at: startMs + lengthMs, reason: 'SIGSEGV' }]);
  return { id, requests };
}

function columns(session: string, startMs: number, from: number, count: number): unknown {
  const rows = Array.from({ length: count }, (_, i) => from + i);
  const series = seriesNames.flatMap((name, n) =>
    seriesTags.map((tag, t) => ({
      name,
      tags: [tag],
      values: rows.map((row) => valueAt(row, n * seriesTags.length + t)),
    })),
  );
  return { kind: 'columns', session, startMs, times: rows.map((row) => row * stepMs), series };
}

/** A slow wave with noise and rare spikes, another one for each series. */
function valueAt(row: number, series: number): number {
  const spike = (row * 2_654_435_761 + series) % 9_973 === 0 ? 80 : 0;
  const wave = 8 * Math.sin(row / (900 + 40 * series));
  return Math.round(10 * (20 + series + wave + ((row * 31 + series * 7) % 17) / 4 + spike)) / 10;
}

function eventEntry(session: string, at: number, i: number): unknown {
  const level = i % 997 === 0 ? 'error' : i % 31 === 0 ? 'warning' : 'info';
  return {
    kind: 'event',
    session,
    at,
    name: `step_${i % 40}`,
    level,
    message: `step ${i} is done`,
  };
}
