/** Does one fuzz case to a server and gives what came back; never waits beyond a deadline. */
import { connect, type Socket } from 'node:net';
import { AnswerReader, type WireAnswer } from '../whole/wire.ts';
import type { FuzzCase } from './cases.ts';

/** What came back. */
export interface Outcome {
  answers: WireAnswer[];
  /** The server ended the connection. */
  closed: boolean;
  /** Neither the answers nor the end came in time. */
  hung: boolean;
}

/** Time that an answer may take which keeps arriving. */
const longAnswerMs = 120_000;

/** Connections to one server, used again while they are in order. */
export class Connections {
  readonly #port: number;
  readonly #idle: Socket[] = [];

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends the pieces and collects answers until all came, the server hung up, or nothing came for too long. */
  async exchange(fuzzCase: FuzzCase, deadlineMs: number): Promise<Outcome> {
    const socket = await this.#take();
    const outcome: Outcome = { answers: [], closed: false, hung: false };
    const reader = new AnswerReader();
    const wanted = fuzzCase.afterwards === 'wait' ? fuzzCase.answers : 0;
    const done = new Promise<void>((resolve) => {
      const giveUp = (): void => {
        outcome.hung = true;
        resolve();
      };
      const timer = setTimeout(giveUp, deadlineMs);
      const started = performance.now();
      const close = (): void => {
        clearTimeout(timer);
        const last = reader.finish();
        if (last) outcome.answers.push(last);
        outcome.closed = true;
        resolve();
      };
      socket.on('data', (chunk: Buffer) => {
        /* A long answer that goes on arriving is no hang. */
        if (performance.now() - started < longAnswerMs) timer.refresh();
        for (let next: Buffer = chunk; ; next = Buffer.alloc(0)) {
          const answer = reader.push(next, fuzzCase.bodyless);
          if (!answer) break;
          outcome.answers.push(answer);
        }
        if (wanted > 0 && outcome.answers.length >= wanted) {
          clearTimeout(timer);
          resolve();
        }
      });
      socket.once('close', close);
    });
    await this.#send(socket, fuzzCase);
    await done;
    const reusable = wanted > 0 && !outcome.closed && !outcome.hung && reader.pending === 0;
    const last = outcome.answers.at(-1);
    if (reusable && last && !/\r\nconnection: *close\r\n/i.test(last.head)) this.#keep(socket);
    else socket.destroy();
    return outcome;
  }

  close(): void {
    for (const socket of this.#idle) socket.destroy();
  }

  async #send(socket: Socket, fuzzCase: FuzzCase): Promise<void> {
    for (const { bytes, afterMs } of fuzzCase.pieces) {
      if (afterMs > 0) await new Promise((resolve) => setTimeout(resolve, afterMs));
      if (socket.destroyed) return;
      socket.write(bytes);
    }
    if (fuzzCase.afterwards === 'finish') socket.end();
    if (fuzzCase.afterwards === 'reset') socket.resetAndDestroy();
  }

  #keep(socket: Socket): void {
    socket.removeAllListeners('data');
    socket.removeAllListeners('close');
    this.#idle.push(socket);
  }

  #take(): Promise<Socket> {
    for (let idle = this.#idle.pop(); idle; idle = this.#idle.pop()) {
      if (!idle.destroyed && !idle.readableEnded) return Promise.resolve(idle);
    }
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1', allowHalfOpen: false });
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        /* Resets are part of the game; 'close' tells of them. */
        socket.on('error', () => undefined);
        resolve(socket);
      });
    });
  }
}
