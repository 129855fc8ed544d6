/** StatsD by UDP and by Unix socket: takes packets, and records what they add up to every few seconds. */
import { createSocket, type Socket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { TachoError } from '@tacho/protocol';
import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import { countOf, type Door, refusalReason, type Said } from '../door.ts';
import { Gatherer } from './gather.ts';
import { readLine, StatsdError } from './line.ts';
import { StatsdSocket } from './socket.ts';

/** What a listener works with. */
export interface StatsdParts {
  door: Door;
  clock: Clock;
  log: Log;
  /** Product of what names none. */
  product: string;
  flushIntervalMs: number;
}

/** Values and events that wait for a store which takes nothing now. */
const waitingMax = 50_000;

/** Characters of a bad line that are shown. */
const shownLength = 80;

/** Listens; nobody gets an answer, so everything that is refused is counted. */
export class StatsdListener {
  readonly #parts: StatsdParts;
  readonly #gatherer: Gatherer;
  #socket: Socket | undefined;
  #unixSocket: StatsdSocket | undefined;
  #timer: NodeJS.Timeout | undefined;
  #flushing: Promise<void> | undefined;
  /** What the store did not take, for the next flush. */
  #waiting: Said[] = [];
  #isClosing = false;

  constructor(parts: StatsdParts) {
    this.#parts = parts;
    this.#gatherer = new Gatherer(parts.product);
  }

  /** Takes the port, 0 for a free one; resolves to it. Rejects when it is taken. */
  async open(host: string, port: number): Promise<number> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.bind(port, host, () => {
        socket.off('error', reject);
        resolve();
      });
    });
    socket.on('message', (bytes, { address }) => this.take(bytes, address));
    socket.on('error', (error) =>
      this.#parts.log.warn({ err: error }, 'the port of StatsD failed'),
    );
    // A server that cannot start for another reason is not kept alive by it.
    socket.unref();
    this.#socket = socket;
    this.#start();
    return socket.address().port;
  }

  /** Listens at a path for streams, see `StatsdSocket`. */
  async openSocket(path: string): Promise<void> {
    const socket = new StatsdSocket(this);
    await socket.open(path);
    this.#unixSocket = socket;
    this.#start();
  }

  /** Takes the lines of one packet. */
  take(bytes: Buffer, sender: string): void {
    const { door, clock } = this.#parts;
    for (const line of bytes.toString('utf8').split('\n')) {
      const text = line.trimEnd();
      if (text === '') continue;
      try {
        this.#gatherer.add(readLine(text), sender, clock());
      } catch (error) {
        const isOurs = error instanceof StatsdError || error instanceof TachoError;
        if (!isOurs) throw error;
        const reason = error instanceof StatsdError ? 'invalid_line' : refusalReason(error);
        door.report.refuse(reason, `${text.slice(0, shownLength)}: ${error.message}`);
      }
    }
  }

  /** Counts what was no packet. */
  refuse(reason: string, details: string): void {
    this.#parts.door.report.refuse(reason, details);
  }

  /** Records what was gathered; one at a time, so that values stay in their order. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    const { door, clock, log } = this.#parts;
    const said = [...this.#waiting, ...this.#gatherer.take()];
    this.#waiting = [];
    if (said.length === 0) return;
    try {
      await door.record(said, clock());
    } catch (error) {
      const count = countOf(said);
      if (mayPass(error) && count <= waitingMax && !this.#isClosing) {
        this.#waiting = said;
        log.warn({ err: error, count }, 'what StatsD said waits for the store');
        return;
      }
      door.refuse(error, count);
      log.warn({ err: error, count }, 'what StatsD said was not stored');
    }
  }

  /** Lets go of port and socket, and records what it has. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket !== undefined) await new Promise<void>((resolve) => socket.close(() => resolve()));
    await this.#unixSocket?.close();
    await this.#flushing;
    this.#isClosing = true;
    await this.flush();
  }

  #start(): void {
    this.#timer ??= setInterval(() => void this.flush(), this.#parts.flushIntervalMs).unref();
  }
}

/** Whether the store may take the same a little later. */
function mayPass(error: unknown): boolean {
  const codes: readonly string[] = ['overloaded', 'store_unavailable', 'disk_full'];
  return error instanceof TachoError && codes.includes(error.code);
}
