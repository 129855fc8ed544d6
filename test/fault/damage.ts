/** A data directory with something of everything, and what a damaged copy of it still gives. */
import { cpSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '../../packages/server/src/store/sqlite/sqlite.ts';
import { get } from '../whole/http.ts';
import type { Random } from '../whole/random.ts';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import { Load } from './workload.ts';

/** The only file that matters once a server has stopped in order. */
const dataFile = 'tacho.db';

/** What is read of each session, by id; undefined when it cannot be read. */
export type Contents = Map<string, string | undefined>;

/** An orderly stopped data directory: sealed and unsealed samples, events, states. */
export async function makeData(random: Random): Promise<{ dir: string; contents: Contents }> {
  const dir = temporaryDirectory();
  const loads = [new Load({ random, clients: 4 }), new Load({ random, clients: 2 })];
  for (const load of loads) {
    const server = await startServer({ dataDir: dir });
    const running = load.run(server.url);
    await new Promise((resolve) => setTimeout(resolve, 600));
    load.stop();
    await running;
    await server.stop();
    if (load === loads[0]) await sealAll(dir);
  }
  const ids = loads.flatMap((load) => [...load.ledger.sessions]);
  const server = await startServer({ dataDir: dir });
  const contents = await readAll(server, ids);
  await server.stop();
  return { dir, contents };
}

/** A copy of a data directory in which one byte is another. */
export function flippedCopy(dir: string, offset: number, xor: number): string {
  const copy = temporaryDirectory();
  cpSync(dir, copy, { recursive: true });
  const path = join(copy, dataFile);
  const bytes = readFileSync(path);
  bytes[offset] = bytes[offset]! ^ xor;
  writeFileSync(path, bytes);
  return copy;
}

/** Size of the data file, in bytes. */
export function dataBytes(dir: string): number {
  return statSync(join(dir, dataFile)).size;
}

/** Reads sessions; what the clock alone changes is left out. */
export async function readAll(server: Server, ids: Iterable<string>): Promise<Contents> {
  const contents: Contents = new Map();
  for (const id of ids) contents.set(id, await readOne(server, id));
  return contents;
}

async function readOne(server: Server, id: string): Promise<string | undefined> {
  try {
    const answer = await get(`${server.url}/api/sessions/${id}`, { timeoutMs: 10_000 });
    if (answer.status !== 200 || typeof answer.json !== 'object') return undefined;
    const { active, suspended, hung, ...kept } = answer.json as Record<string, unknown>;
    return JSON.stringify(kept);
  } catch (error) {
    /* A hang is a broken promise; a connection that is cut tells that something is wrong. */
    if (error instanceof Error && error.message.startsWith('no whole answer')) throw error;
    return undefined;
  }
}

/** Seals every sample into small chunks, which a server would do after a minute into large ones. */
async function sealAll(dir: string): Promise<void> {
  const store = await openSqlite({
    dir,
    clock: () => Date.now() * 1_000,
    log: { info: ignore, warn: ignore, error: ignore },
    suspendedAfterUs: 60e6,
    returnGraceUntilUs: 0,
    local: true,
    sealSamples: 1,
    seal: { rangeSamples: 20_000, chunkSamplesMax: 100, sliceChunksMax: 50 },
  });
  for (let i = 0; i < 300 && (await store.health()).unsealedSamples > 0; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const { unsealedSamples } = await store.health();
  await store.close();
  if (unsealedSamples > 0) throw new Error(`${unsealedSamples} samples were not sealed`);
}

function ignore(): void {}
