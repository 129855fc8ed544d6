/** The Unix socket of StatsD: packets with their lengths, as DogStatsD streams them, or plain lines. */
import { chmod, lstat, unlink } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { limits } from '@tacho/protocol';

/** What a socket hands its packets to. */
export interface PacketTaker {
  /** Takes the lines of one packet. */
  take(bytes: Buffer, sender: string): void;
  /** Counts what could not be taken. */
  refuse(reason: string, details: string): void;
}

/** Who speaks where nothing else tells. */
const sender = 'unix';

/** Any user of this machine may write, as to the UDP port. */
const mode = 0o666;

const newline = 0x0a;

/** Listens at a path. */
export class StatsdSocket {
  readonly #taker: PacketTaker;
  readonly #connections = new Set<Socket>();
  #server: Server | undefined;

  constructor(taker: PacketTaker) {
    this.#taker = taker;
  }

  /**
   * Takes the path; a socket that a dead server left there makes room. Rejects with EADDRINUSE when
   * somebody listens there, or when there is something else.
   */
  async open(path: string): Promise<void> {
    try {
      this.#server = await this.#listen(path);
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      if (!isTaken || !(await isLeftOver(path))) throw error;
      await unlink(path);
      this.#server = await this.#listen(path);
    }
    await chmod(path, mode);
  }

  /** Lets go of the path; what a sender has written so far was taken. */
  async close(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  #listen(path: string): Promise<Server> {
    return new Promise((resolve, reject) => {
      const server = createServer((connection) => this.#serve(connection));
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve(server.unref());
      });
    });
  }

  #serve(connection: Socket): void {
    this.#connections.add(connection);
    const packets = new Packets(this.#taker);
    connection.on('data', (bytes) => {
      if (!packets.add(bytes)) connection.destroy();
    });
    connection.on('end', () => packets.end());
    connection.on('error', () => {});
    connection.on('close', () => this.#connections.delete(connection));
  }
}

/**
 * Cuts one stream into packets. Four bytes say how long a packet is, least first
 * (docs.datadoghq.com/developers/dogstatsd/unix_socket). Text read so is longer than any packet may
 * be, which is how a stream of plain lines is told from one of packets.
 */
class Packets {
  readonly #taker: PacketTaker;
  #rest: Buffer = Buffer.alloc(0);
  #isText: boolean | undefined;

  constructor(taker: PacketTaker) {
    this.#taker = taker;
  }

  /** Takes what came; false when it makes no sense and nothing after it could. */
  add(bytes: Buffer): boolean {
    this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    if (this.#isText === undefined && this.#rest.length < 4) return true;
    this.#isText ??= this.#rest.readUInt32LE(0) > limits.statsdPacketBytesMax;
    return this.#isText ? this.#takeLines() : this.#takePackets();
  }

  /** Takes the last line, which needs no newline; half a packet is refused. */
  end(): void {
    if (this.#rest.length === 0) return;
    if (this.#isText === false) {
      this.#taker.refuse('invalid_packet', 'the stream ended in the middle of a packet');
    } else this.#taker.take(this.#rest, sender);
    this.#rest = Buffer.alloc(0);
  }

  #takeLines(): boolean {
    const end = this.#rest.lastIndexOf(newline);
    if (end >= 0) {
      this.#taker.take(this.#rest.subarray(0, end), sender);
      this.#rest = this.#rest.subarray(end + 1);
    }
    if (this.#rest.length <= limits.statsdPacketBytesMax) return true;
    this.#taker.refuse('invalid_packet', `a line is longer than ${accepted}`);
    return false;
  }

  #takePackets(): boolean {
    while (this.#rest.length >= 4) {
      const length = this.#rest.readUInt32LE(0);
      if (length > limits.statsdPacketBytesMax) {
        this.#taker.refuse('invalid_packet', `a packet of ${length} bytes; accepted: ${accepted}`);
        return false;
      }
      if (this.#rest.length < 4 + length) return true;
      this.#taker.take(this.#rest.subarray(4, 4 + length), sender);
      this.#rest = this.#rest.subarray(4 + length);
    }
    return true;
  }
}

const accepted = `${limits.statsdPacketBytesMax} bytes`;

/** Whether a path is a socket at which nobody listens any more; a file is refused like one. */
async function isLeftOver(path: string): Promise<boolean> {
  if (!(await lstat(path)).isSocket()) return false;
  return new Promise((resolve) => {
    const probe = connect(path);
    probe.once('connect', () => {
      probe.destroy();
      resolve(false);
    });
    probe.once('error', ({ code }: NodeJS.ErrnoException) => resolve(code === 'ECONNREFUSED'));
  });
}
