/** How large the files of a data directory are. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { StoreHealth } from '../store.ts';
import { databaseFile } from './database.ts';
import { indexFileOf } from './index/index-database.ts';

/** Sizes in bytes; a file that is not there is left out. */
export async function fileSizes(dir: string): Promise<NonNullable<StoreHealth['fileBytes']>> {
  const database = join(dir, databaseFile);
  const files = { database, journal: `${database}-wal`, index: indexFileOf(database) };
  const sizes = await Promise.all(
    Object.entries(files).map(async ([name, path]) => {
      const found = await stat(path).catch(() => undefined);
      return found === undefined ? [] : [[name, found.size] as const];
    }),
  );
  return Object.fromEntries(sizes.flat());
}
