/** Copies what a command writes to where it belongs, byte for byte, no faster than that can take it. */
import { spawn } from 'node:child_process';
import { closeSync, writev } from 'node:fs';
import type { Socket } from 'node:net';
import { limits } from '@tacho/protocol';
import { blockingEnd } from './pipe.ts';

/** From where to where. */
export interface CopyOptions {
  from: Socket;
  /** Descriptor of `from`, if it is a pipe that can be handed over. */
  readFd?: number;
  /** Descriptor that is written to. */
  to: number;
  /** Hears of every piece once it is on its way; must not throw. */
  hear: (piece: Buffer) => void;
}

/**
 * One direction of copying. Descriptors are written to in the background: a reader that is slow
 * holds up the command, and never us, who have signals to forward.
 */
export class Copy {
  /** Resolves when everything was written, or nobody is left to write to, or others go on with it. */
  readonly done: Promise<void>;

  readonly #options: CopyOptions;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #writing = false;
  #over = false;
  #ended = false;
  #waitMs = 0;
  #finish = (): void => {};

  constructor(options: CopyOptions) {
    this.#options = options;
    this.done = new Promise((resolve) => {
      this.#finish = resolve;
    });
    const { from } = options;
    from.on('data', (piece: Buffer) => this.#take(piece));
    from.on('end', () => this.#end());
    from.on('error', () => this.#end());
    from.on('close', () => this.#end());
  }

  /**
   * Lets `cat` go on with what others than the command still write, so that we can end and they
   * lose nothing. False when it cannot: then their end has to be waited for.
   */
  async handOver(): Promise<boolean> {
    const { readFd, from, to } = this.#options;
    if (this.#ended || readFd === undefined) return false;
    from.pause();
    const fd = blockingEnd(readFd);
    if (fd === undefined) return false;
    await this.#written();
    const heir = spawn('cat', [], { stdio: [fd, to, 'ignore'] });
    const isThere = await new Promise<boolean>((resolve) => {
      heir.once('spawn', () => resolve(true));
      heir.once('error', () => resolve(false));
    });
    closeSync(fd);
    if (!isThere) {
      from.resume();
      return false;
    }
    heir.unref();
    this.#end();
    from.destroy();
    return true;
  }

  #take(piece: Buffer): void {
    if (this.#over) return;
    this.#queue.push(piece);
    this.#queuedBytes += piece.length;
    if (this.#queuedBytes >= limits.runCopyBytesMax) this.#options.from.pause();
    if (!this.#writing) this.#write();
    this.#options.hear(piece);
  }

  #write(): void {
    const pieces = this.#queue;
    this.#queue = [];
    this.#writing = true;
    writev(this.#options.to, pieces, (error, written) => this.#wrote(error, written, pieces));
  }

  #wrote(error: NodeJS.ErrnoException | null, written: number, pieces: Buffer[]): void {
    if (error?.code === 'EAGAIN') {
      // Somebody who shares the descriptor made it so that it does not wait for its reader.
      this.#queue = [...pieces, ...this.#queue];
      this.#waitMs = Math.min(retryMsMax, this.#waitMs * 2 + 1);
      setTimeout(() => this.#write(), this.#waitMs);
      return;
    }
    this.#waitMs = 0;
    if (error) {
      this.#giveUp();
      return;
    }
    this.#queuedBytes -= written;
    const rest = after(pieces, written);
    if (rest.length > 0) this.#queue = [...rest, ...this.#queue];
    if (this.#queue.length > 0) {
      this.#write();
      return;
    }
    this.#writing = false;
    if (this.#ended) this.#finish();
    else if (!this.#over) this.#options.from.resume();
    this.#onIdle?.();
  }

  /** The command gets what it would have got without us: its next write fails. */
  #giveUp(): void {
    this.#over = true;
    this.#writing = false;
    this.#queue = [];
    this.#queuedBytes = 0;
    this.#options.from.destroy();
    this.#finish();
    this.#onIdle?.();
  }

  #end(): void {
    this.#ended = true;
    if (!this.#writing) this.#finish();
  }

  #onIdle: (() => void) | undefined;

  #written(): Promise<void> {
    if (!this.#writing) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onIdle = resolve;
    });
  }
}

const retryMsMax = 20;

/** What is left of pieces after so many bytes. */
function after(pieces: readonly Buffer[], bytes: number): Buffer[] {
  let left = bytes;
  for (const [i, piece] of pieces.entries()) {
    if (left < piece.length) return [piece.subarray(left), ...pieces.slice(i + 1)];
    left -= piece.length;
  }
  return [];
}
