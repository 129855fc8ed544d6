/** What SQLite's errors mean to whoever waits for a write. */
import { statfsSync } from 'node:fs';
import { TachoError } from '@tacho/protocol';
import { RemoteError } from './thread.ts';

/** Primary result codes of SQLite (https://www.sqlite.org/rescode.html). */
const sqliteFull = 13;
const sqliteIoErr = 10;

/** Below this much free space an input/output error is put down to it. */
const freeBytesMin = 1024 * 1024;

/** A commit's failure as an error of the table; the cause stays attached for the log. */
export function storeError(error: Error, dir: string): TachoError {
  const code = errcodeOf(error);
  const primary = code === undefined ? undefined : code & 0xff;
  // Growing the shared memory file on a full disk is reported as an input/output error.
  const isFull =
    primary === sqliteFull ||
    /disk is full|ENOSPC|no space left/i.test(error.message) ||
    (primary === sqliteIoErr && freeBytes(dir) < freeBytesMin);
  if (isFull) {
    const details = 'The disk is full; nothing of this request was stored, try again later';
    return new TachoError('disk_full', details, { retryAfterSeconds: 5, cause: error });
  }
  const what = primary === sqliteIoErr ? 'The disk does not take writes' : 'The store failed';
  const details = `${what}; nothing of this request was stored, try again later`;
  return new TachoError('store_unavailable', details, { retryAfterSeconds: 5, cause: error });
}

function freeBytes(dir: string): number {
  try {
    const { bavail, bsize } = statfsSync(dir);
    return bavail * bsize;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}

function errcodeOf(error: Error): number | undefined {
  if (error instanceof RemoteError) return error.errcode;
  return (error as { errcode?: number }).errcode;
}
