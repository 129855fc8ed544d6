/** Copies a data directory into one file while the server runs, and back. */
import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { databaseFile, lockDirectory, OpenError, openReader } from './database.ts';
import { indexFileOf, removeIndex } from './index/index-database.ts';
import { type Inspection, inspect, inspectFile } from './inspect.ts';
import { startThread } from './thread.ts';

/** How often progress is told. */
const progressIntervalMs = 200;

/**
 * Writes a compact copy of the data, as of the moment of the call, into `targetFile`; acknowledged
 * entries up to then are in it. Rejects with OpenError when there is nothing to copy or the copy
 * cannot be written; a half-written copy is removed.
 */
export async function backup(
  dir: string,
  targetFile: string,
  onProgress?: (done: number, total: number) => void,
): Promise<{ bytes: number }> {
  const file = join(dir, databaseFile);
  if (!existsSync(file)) throw new OpenError(`there is no ${file}`);
  const partial = `${targetFile}.partial`;
  rmSync(partial, { force: true });
  const total = statSync(file).size;
  const timer = setInterval(() => {
    if (existsSync(partial)) onProgress?.(Math.min(statSync(partial).size, total), total);
  }, progressIntervalMs);
  // The copy is one long call into SQLite, so it has a thread of its own.
  const thread = startThread('backup-thread', {}, () => {});
  try {
    await thread.caller.call('copy', { file, target: partial });
    syncFile(partial);
    renameSync(partial, targetFile);
    syncFile(dirname(targetFile));
    onProgress?.(total, total);
    return { bytes: statSync(targetFile).size };
  } catch (error) {
    rmSync(partial, { force: true });
    throw new OpenError(`cannot back up ${dir}: ${(error as Error).message}`);
  } finally {
    clearInterval(timer);
    await thread.stop();
  }
}

/** The copy itself: SQLite writes a compact database from one snapshot. */
export function copyDatabase({ file, target }: { file: string; target: string }): void {
  const db = openReader(file);
  try {
    db.exec('PRAGMA query_only = 0');
    db.prepare('VACUUM INTO ?').run(target);
  } finally {
    db.close();
  }
}

/**
 * Makes `dir` hold what a backup holds. With `verify`, the backup is checked before anything is
 * written: OpenError when it is damaged. Returns what the directory holds now.
 */
export function restore(
  sourceFile: string,
  dir: string,
  { verify }: { verify: boolean },
): Inspection {
  if (verify) {
    const { problems } = inspectFile(sourceFile);
    const first = problems[0];
    if (first) {
      throw new OpenError(
        `${sourceFile} is damaged (${problems.length} found): ${first.what} in ${first.where}; nothing was restored`,
      );
    }
  }
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const unlock = lockDirectory(dir);
  try {
    const file = join(dir, databaseFile);
    const partial = `${file}.partial`;
    copyFileSync(sourceFile, partial);
    syncFile(partial);
    // A log of another database would be played into this one.
    for (const suffix of ['-wal', '-shm']) rmSync(file + suffix, { force: true });
    removeIndex(indexFileOf(file));
    renameSync(partial, file);
    syncFile(dir);
  } finally {
    unlock();
  }
  return inspect(dir);
}

/** Makes a file, or the entries of a directory, durable. */
function syncFile(path: string): void {
  const isDirectory = statSync(path).isDirectory();
  // Windows has no fsync for directories; renames are durable there in the end.
  if (process.platform === 'win32' && isDirectory) return;
  const fd = openSync(path, isDirectory ? 'r' : 'r+');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
