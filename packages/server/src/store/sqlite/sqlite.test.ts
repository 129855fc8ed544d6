/** The SQLite store: passes the contract, in one thread and in several. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { OpenStore } from '../contract/harness.ts';
import { describeStoreContract } from '../contract.ts';
import { openSqlite, type SqliteOptions } from './sqlite.ts';

const dirs: string[] = [];
const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const tightSeal = { rangeSamples: 20, chunkSamplesMax: 7, sliceChunksMax: 6 };

function opener(local: boolean): OpenStore {
  return async ({ tight, ...clock }) => {
    const dir = mkdtempSync(join(tmpdir(), 'tacho-store-'));
    dirs.push(dir);
    const options: SqliteOptions = {
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

describeStoreContract('the SQLite store in one thread', opener(true), { rounds: 40 });
describeStoreContract('the SQLite store in threads', opener(false), { rounds: 2 });
