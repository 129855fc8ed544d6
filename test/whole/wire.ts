/** HTTP/1.1 on a bare socket: ready-made request bytes out, answers in, as cheap as a test can. */
import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface WireAnswer {
  status: number;
  /** Status line and headers. */
  head: string;
  body: Buffer;
}

/** The bytes of a request with a body; `content-length` is added. */
export function requestBytes(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer | string = '',
): Buffer {
  return Buffer.concat([
    requestHead(method, path, headers, Buffer.byteLength(body)),
    Buffer.from(body),
  ]);
}

/** The bytes of a request up to its body, for bodies that are sent more than once. */
export function requestHead(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  bodyLength: number,
): Buffer {
  const lines = [`${method} ${path} HTTP/1.1`];
  for (const [name, value] of Object.entries({ host: '127.0.0.1', ...headers })) {
    lines.push(`${name}: ${value}`);
  }
  lines.push(`content-length: ${bodyLength}`, '', '');
  return Buffer.from(lines.join('\r\n'), 'latin1');
}

/** A connection that asks one thing at a time. */
export class WireConnection {
  readonly #socket: Socket;
  readonly #reader = new AnswerReader();
  #waiting: { resolve: (answer: WireAnswer) => void; reject: (error: Error) => void } | undefined;
  #failure: Error | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#receive(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** Connects to a port of 127.0.0.1. */
  static open(port: number): Promise<WireConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: '127.0.0.1' });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.removeListener('error', reject);
        resolve(new WireConnection(socket));
      });
    });
  }

  /**
   * Sends the pieces of one request and waits for its answer.
   * @throws when the connection breaks
   */
  ask(...pieces: Buffer[]): Promise<WireAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      this.#waiting = { resolve, reject };
      if (pieces.length > 1) this.#socket.cork();
      for (const piece of pieces) this.#socket.write(piece);
      if (pieces.length > 1) this.#socket.uncork();
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const answer = this.#reader.push(chunk);
    if (!answer) return;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(answer);
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }
}

/** Puts answers together from the pieces in which they arrive. */
export class AnswerReader {
  #bytes: Buffer = Buffer.alloc(0);
  /** Pieces that are not looked at yet: a body of known length is put together once. */
  #waiting: Buffer[] = [];
  #waitingBytes = 0;
  /** Bytes without which there is nothing new to see. */
  #wanted = 0;
  /** The chunked body that is being read, if any. */
  #chunked: { head: string; parts: Buffer[] } | undefined;

  /** Takes a piece; the next whole answer when there is one. `bodyless` is for answers to HEAD. */
  push(chunk: Buffer, bodyless = false): WireAnswer | undefined {
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.length;
    if (this.pending < this.#wanted) return undefined;
    this.#bytes = Buffer.concat([this.#bytes, ...this.#waiting]);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#wanted = 0;
    return this.#chunked ? this.#takeChunks() : this.#take(bodyless);
  }

  /** What is left when the connection ends: an answer whose body ends with it, if any. */
  finish(): WireAnswer | undefined {
    const bytes = Buffer.concat([this.#bytes, ...this.#waiting]);
    const end = bytes.indexOf('\r\n\r\n');
    if (this.#chunked || end < 0) return undefined;
    const head = bytes.toString('latin1', 0, end + 2);
    return { status: statusOf(head), head, body: bytes.subarray(end + 4) };
  }

  /** Bytes that belong to no whole answer yet. */
  get pending(): number {
    return this.#bytes.length + this.#waitingBytes;
  }

  #take(bodyless: boolean): WireAnswer | undefined {
    const end = this.#bytes.indexOf('\r\n\r\n');
    if (end < 0) return undefined;
    const head = this.#bytes.toString('latin1', 0, end + 2);
    const status = statusOf(head);
    const rest = this.#bytes.subarray(end + 4);
    if (status >= 100 && status < 200) {
      this.#bytes = rest;
      return this.#take(bodyless);
    }
    const announced = /\r\ncontent-length: *(\d+)\r\n/i.exec(head)?.[1];
    const isEmpty = bodyless || status === 204 || status === 304;
    if (isEmpty || announced !== undefined) {
      const length = isEmpty ? 0 : Number(announced);
      this.#wanted = end + 4 + length;
      if (rest.length < length) return undefined;
      this.#wanted = 0;
      this.#bytes = rest.subarray(length);
      return { status, head, body: rest.subarray(0, length) };
    }
    if (!/\r\ntransfer-encoding: *chunked\r\n/i.test(head)) return undefined;
    this.#chunked = { head, parts: [] };
    this.#bytes = rest;
    return this.#takeChunks();
  }

  /** Takes the whole chunks that are there; the answer when the last of them is. */
  #takeChunks(): WireAnswer | undefined {
    const { head, parts } = this.#chunked!;
    for (;;) {
      const lineEnd = this.#bytes.indexOf('\r\n');
      if (lineEnd < 0) return undefined;
      const size = Number.parseInt(this.#bytes.toString('latin1', 0, lineEnd), 16);
      const next = lineEnd + 2 + size + 2;
      this.#wanted = next;
      if (!(size >= 0) || this.#bytes.length < next) return undefined;
      parts.push(this.#bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
      this.#bytes = this.#bytes.subarray(next);
      this.#wanted = 0;
      if (size > 0) continue;
      this.#chunked = undefined;
      return { status: statusOf(head), head, body: Buffer.concat(parts) };
    }
  }
}

function statusOf(head: string): number {
  return Number(head.slice(9, 12));
}
