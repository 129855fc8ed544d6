/** Servers under measurement, and what all benches do with them. */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { get, post } from '../test/whole/http.ts';
import { type Server, startServer } from '../test/whole/server.ts';
import { WireConnection } from '../test/whole/wire.ts';
import { sleep } from './measure.ts';
import type { Row } from './report.ts';

/** What a bench gets. */
export interface BenchContext {
  /** A smoke run: everything is done, nothing long enough to mean something. */
  quick: boolean;
  rounds: number;
  /** How long a live tail is followed, unless `quick`. */
  tailMs: number;
  /** Every server that was measured reports its memory here before it ends. */
  peakRssBytes: (bench: string, bytes: number) => void;
  say: (text: string) => void;
}

/** A bench: gives its rows. */
export type Bench = (context: BenchContext) => Promise<Row[]>;

/** Runs something against a fresh server; the server's memory is noted and it is ended. */
export async function withServer<T>(
  bench: string,
  context: BenchContext,
  run: (server: Server) => Promise<T>,
): Promise<T> {
  const server = await startServer();
  try {
    const result = await run(server);
    context.peakRssBytes(bench, server.memory().peakRssBytes);
    return result;
  } catch (error) {
    throw new Error(`${bench}: ${String(error)}\n${server.stderr()}`, { cause: error });
  } finally {
    await server.stop();
  }
}

/** Starts the floor. */
export function startFloor(): Promise<Server> {
  const path = fileURLToPath(new URL('./floor.ts', import.meta.url));
  return startServer({ command: [process.execPath, '--import', 'tsx', path] });
}

/** Creates sessions; their ids. */
export async function createSessions(server: Server, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID() as string);
  for (const id of ids) {
    const answer = await post(`${server.url}/api/sessions`, { id, product: 'Bench', version: '1' });
    if (answer.status !== 201) throw new Error(`cannot create a session: ${answer.text}`);
  }
  return ids;
}

/**
 * Sends requests over several connections, each of them one at a time, until `next` gives no more;
 * seconds that it took. A 503 is sent again after a pause; anything else but 200 and 204 is an error.
 */
export async function sendAll(
  port: number,
  connectionCount: number,
  next: () => Buffer[] | undefined,
): Promise<number> {
  const connections = await Promise.all(
    Array.from({ length: connectionCount }, () => WireConnection.open(port)),
  );
  const started = performance.now();
  const lanes = connections.map(async (connection) => {
    for (let pieces = next(); pieces; pieces = next()) {
      let answer = await connection.ask(...pieces);
      while (answer.status === 503) {
        await sleep(20);
        answer = await connection.ask(...pieces);
      }
      const text = answer.body.toString('utf8');
      if (![200, 204].includes(answer.status) || text.includes('"rejected"')) {
        throw new Error(`answered ${answer.status} ${text.slice(0, 500)}`);
      }
    }
  });
  try {
    await Promise.all(lanes);
    return (performance.now() - started) / 1_000;
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** A number of the store's health, as `unsealedSamples`; undefined when it does not tell. */
export async function storeNumber(server: Server, field: string): Promise<number | undefined> {
  const answer = await get(`${server.url}/health`);
  const { store } = answer.json as { store?: Record<string, unknown> };
  const value = store?.[field];
  return typeof value === 'number' ? value : undefined;
}

/** Waits until no seal goes on: the number of unsealed samples stays as it is for a second. */
export async function untilNoSealing(server: Server, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  for (let before = -1, since = performance.now(); performance.now() < deadline; ) {
    const now = (await storeNumber(server, 'unsealedSamples')) ?? 0;
    if (now !== before) since = performance.now();
    else if (performance.now() - since > 1_000) return;
    before = now;
    await sleep(100);
  }
  throw new Error(`still sealing after ${timeoutMs} ms`);
}

/** Waits until every sample is sealed. */
export async function untilSealed(server: Server, timeoutMs = 180_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (((await storeNumber(server, 'unsealedSamples')) ?? 0) > 0) {
    if (performance.now() > deadline) throw new Error(`not sealed after ${timeoutMs} ms`);
    await sleep(100);
  }
}

/** Waits until the server has used next to no processor time for two seconds, three minutes at most. */
export async function untilIdle(server: Server): Promise<void> {
  const deadline = performance.now() + 180_000;
  for (let quiet = 0, before = processorTicks(server); quiet < 4; ) {
    if (performance.now() > deadline) throw new Error('the server does not come to rest');
    await sleep(500);
    const now = processorTicks(server);
    quiet = now - before <= 2 ? quiet + 1 : 0;
    before = now;
  }
}

/** Hundredths of a second that a process has run. */
function processorTicks({ pid }: Server): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return Number(fields[11]) + Number(fields[12]);
}
