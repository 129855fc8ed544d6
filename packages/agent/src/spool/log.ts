/** The log of a spool: what was accepted, appended before anybody hears of it; started anew with a checkpoint. */
import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { AppendFile, CreateFile } from './disk.ts';
import { fileMagic, type RecordKind, recordPieces } from './record.ts';

/** A place in the log: number of the file, and offset in it. */
export type Position = readonly [number, number];

/** Whether a place is before another. */
export function isBefore(a: Position, b: Position): boolean {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
}

/** Name of a log file. */
export function logName(number: number): string {
  return `log-${number}.wal`;
}

/** What a log works with. */
export interface LogOptions {
  directory: string;
  createFile: CreateFile;
  /** Hears what the disk refused, once until it takes something again. */
  warn: (text: string) => void;
}

/**
 * A log never throws. When the disk refuses, it is broken, and appends are lost to it until
 * `rotate` starts a new file with a checkpoint, which makes up for them.
 */
export class SpoolLog {
  readonly #options: LogOptions;
  #number = 0;
  #file: AppendFile | undefined;
  #isBroken = false;
  /** Oldest file that is still there. */
  #oldest = 1;

  constructor(options: LogOptions) {
    this.#options = options;
  }

  /** Where the next record goes. */
  get position(): Position {
    return [this.#number, this.#file?.size ?? 0];
  }

  /** The disk refuses what is appended. */
  get isBroken(): boolean {
    return this.#isBroken;
  }

  /** Bytes of the present file. */
  get size(): number {
    return this.#file?.size ?? 0;
  }

  /** Appends a record; false when the disk refuses. */
  append(kind: RecordKind, us: number, payload: Uint8Array): boolean {
    if (this.#isBroken) return false;
    return this.#attempt(() => {
      if (this.#file === undefined) this.#start([]);
      this.#file?.append(recordPieces(kind, us, payload));
    });
  }

  /** Starts the next file with a checkpoint; false when the disk refuses, and then nothing has changed. */
  rotate(us: number, checkpoint: Uint8Array): boolean {
    return this.#attempt(() => {
      this.#start(recordPieces('checkpoint', us, checkpoint));
    });
  }

  /** Resolves when all that was appended to the present file outlives a loss of power. */
  async sync(): Promise<void> {
    try {
      await this.#file?.sync();
    } catch (error) {
      this.#complain(error);
    }
  }

  /** Removes the files before the present one. */
  removeOlder(): void {
    for (; this.#oldest < this.#number; this.#oldest++) {
      remove(join(this.#options.directory, logName(this.#oldest)));
    }
  }

  close(): void {
    this.#file?.close();
  }

  /** The next file takes the place of the present one once it holds what it starts with. */
  #start(pieces: readonly Uint8Array[]): void {
    const path = join(this.#options.directory, logName(this.#number + 1));
    const file = this.#options.createFile(path);
    try {
      file.append([fileMagic.log, ...pieces]);
    } catch (error) {
      file.close();
      remove(path);
      throw error;
    }
    this.#file?.close();
    this.#file = file;
    this.#number++;
  }

  #attempt(write: () => void): boolean {
    try {
      write();
      this.#isBroken = false;
    } catch (error) {
      this.#complain(error);
      this.#isBroken = true;
    }
    return !this.#isBroken;
  }

  #complain(error: unknown): void {
    if (!this.#isBroken) this.#options.warn(`log of the spool: ${(error as Error).message}`);
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // It is gone, or will be when the spool goes.
  }
}
