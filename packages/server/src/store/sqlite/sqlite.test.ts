/** The SQLite store: passes the contract, in one thread from source and in several as built. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { OpenStore } from '../contract/harness.ts';
import { describeStoreContract } from '../contract.ts';
import type * as sqlite from './sqlite.ts';

const source: typeof sqlite = await import('./sqlite.ts');
// Threads start in a moment from the bundle, and in seconds through a loader from the sources.
const builtFile = new URL('../../../dist/bundle/sqlite-store.js', import.meta.url).href;
const built: typeof sqlite = await import(builtFile);

const dirs: string[] = [];
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const tightSeal = { rangeSamples: 20, chunkSamplesMax: 7, sliceChunksMax: 6 };

function opener({ openSqlite }: typeof sqlite, local: boolean): OpenStore {
  return async ({ tight, ...clock }) => {
    const dir = mkdtempSync(join(tmpdir(), 'tacho-store-'));
    dirs.push(dir);
    const options: sqlite.SqliteOptions = {
      ...clock,
      dir,
      log: quiet,
      local,
      ...(tight && { seal: tightSeal, sealSamples: 5 }),
    };
    let store = await openSqlite(options);
    const reopen = async () => {
      await store.close();
      store = await openSqlite(options);
      return store;
    };
    return { store, reopen };
  };
}

afterAll(() => {
  for (const dir of dirs) rmSync(dir, { recursive: true, force: true });
});

describeStoreContract('the SQLite store in one thread', opener(source, true), { rounds: 40 });
describeStoreContract('the SQLite store in threads', opener(built, false), { rounds: 4 });
