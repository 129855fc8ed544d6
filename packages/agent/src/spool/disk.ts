/** The few things that a spool does to a disk, in one place so that a test can let them fail. */
import { close, closeSync, fsync, ftruncateSync, open, openSync, writevSync } from 'node:fs';
import { dirname } from 'node:path';

/** A file that is only ever appended to. */
export interface AppendFile {
  /** Bytes that are written for certain. */
  readonly size: number;
  /** Appends all pieces or none; throws the error of the system. */
  append(pieces: readonly Uint8Array[]): void;
  /** Resolves when everything appended so far outlives a loss of power. */
  sync(): Promise<void>;
  close(): void;
}

/** Makes a new file for appending; throws the error of the system. */
export type CreateFile = (path: string) => AppendFile;

/** Makes a file on the real disk, readable by its owner alone. */
export const createFile: CreateFile = (path) => new DiskFile(path);

/** Pieces that systems take at once. */
const piecesMax = 512;

class DiskFile implements AppendFile {
  readonly #fd: number;
  #size = 0;
  #isClosed = false;
  /** The directory whose entry of this file may not be on disk yet. */
  #directory: string | undefined;

  constructor(path: string) {
    this.#fd = openSync(path, 'wx', 0o600);
    this.#directory = dirname(path);
  }

  get size(): number {
    return this.#size;
  }

  append(pieces: readonly Uint8Array[]): void {
    try {
      this.#size += this.#write(pieces);
    } catch (error) {
      // Half a record in the middle of a file would be taken for damage.
      ftruncateSync(this.#fd, this.#size);
      throw error;
    }
  }

  async sync(): Promise<void> {
    if (this.#isClosed) return;
    await syncHandle(this.#fd);
    const directory = this.#directory;
    this.#directory = undefined;
    if (directory !== undefined) await syncDirectory(directory);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
  }

  /** A disk that runs full takes a part first and fails at the next attempt. */
  #write(pieces: readonly Uint8Array[]): number {
    const total = pieces.reduce((length, piece) => length + piece.length, 0);
    let rest = pieces.length > piecesMax ? [Buffer.concat(pieces)] : pieces;
    let written = 0;
    while (written < total) {
      const count = writevSync(this.#fd, rest, this.#size + written);
      written += count;
      if (written < total) rest = [Buffer.concat(rest).subarray(count)];
    }
    return total;
  }
}

function syncHandle(handle: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(handle, (error) => (error === null ? resolve() : reject(error)));
  });
}

/** Makes sure that a new file can be found again; systems that cannot do it need it not. */
function syncDirectory(path: string): Promise<void> {
  return new Promise((resolve) => {
    open(path, 'r', (error, handle) => {
      if (error !== null) resolve();
      else fsync(handle, () => close(handle, () => resolve()));
    });
  });
}
