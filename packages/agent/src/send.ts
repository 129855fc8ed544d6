/** Sends bodies to the server: one kept-alive connection, a deadline for the whole answer, TLS as configured. */
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import { limits } from '@tacho/protocol';

/** How to send. */
export interface SenderOptions {
  /** Of the server; may have a path in front of `/api`, and slashes at its end. */
  serverUrl: string;
  /** Shown as a bearer token; absent for none. */
  token?: string;
  /** Whether the certificate must be in order; true when absent. */
  verifyTls?: boolean;
  /** Longest wait for the whole answer; default `limits.deliverTimeoutMs`. */
  timeoutMs?: number;
}

/** A request; without a body it is a question. */
export interface Outgoing {
  /** Below the URL of the server. */
  path: string;
  /** JSON. */
  body?: Buffer;
  /** The body is gzip. */
  isGzip?: boolean;
}

/** A whole answer. */
export interface Incoming {
  status: number;
  /** Milliseconds after which the server wants to be asked again; absent when it does not say. */
  retryAfterMs?: number;
  text: string;
}

/** A server that can be sent to. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #base: string;
  #agent: HttpAgent | HttpsAgent | undefined;
  #request: typeof requestHttp | undefined;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#base = options.serverUrl.replace(/\/+$/, '');
  }

  /** Sends once; rejects with the error of the connection, or one that says that the time is up. */
  async send(outgoing: Outgoing): Promise<Incoming> {
    const request = this.#request ?? (await this.#prepare());
    const { verifyTls = true, timeoutMs = limits.deliverTimeoutMs } = this.#options;
    const { path, body } = outgoing;
    const method = body === undefined ? 'GET' : 'POST';
    const headers = this.#headersOf(outgoing);
    const tls = this.#base.startsWith('https:') ? { rejectUnauthorized: verifyTls } : {};
    return new Promise((resolve, reject) => {
      const options = { method, headers, agent: this.#agent as HttpAgent, ...tls };
      const sent = request(this.#base + path, options, (answer) => {
        read(answer).then(resolve, reject);
        answer.once('close', () => clearTimeout(timer));
      });
      const timer = setTimeout(() => {
        const error = new Error(`no whole answer within ${timeoutMs} ms`);
        sent.destroy(error);
        reject(error);
      }, timeoutMs);
      sent.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      sent.end(body);
    });
  }

  /** Closes the connection; what is under way fails. */
  close(): void {
    this.#agent?.destroy();
  }

  #headersOf({ body, isGzip = false }: Outgoing): Record<string, string | number> {
    const { token } = this.#options;
    return {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && {
        'content-type': 'application/json',
        'content-length': body.length,
      }),
      ...(isGzip && { 'content-encoding': 'gzip' }),
    };
  }

  /** TLS takes time to load, which an agent on one machine with its server can do without. */
  async #prepare(): Promise<typeof requestHttp> {
    const isTls = this.#base.startsWith('https:');
    const { Agent, request } = isTls
      ? await import('node:https')
      : { Agent: HttpAgent, request: requestHttp };
    this.#agent ??= new Agent({ keepAlive: true, maxSockets: 2 });
    this.#request = request as typeof requestHttp;
    return this.#request;
  }
}

async function read(answer: IncomingMessage): Promise<Incoming> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of answer as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > limits.deliverAnswerBytesMax) {
      answer.destroy();
      throw new Error(`the answer has more than ${limits.deliverAnswerBytesMax} bytes`);
    }
    pieces.push(piece);
  }
  const text = Buffer.concat(pieces).toString();
  const incoming: Incoming = { status: answer.statusCode ?? 0, text };
  const retryAfterMs = readRetryAfter(answer.headers['retry-after']);
  return retryAfterMs === undefined ? incoming : { ...incoming, retryAfterMs };
}

/** Seconds, or a date, which is only as good as the clocks. */
function readRetryAfter(header: string | undefined): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  if (Number.isNaN(ms)) return undefined;
  return Math.min(Math.max(0, ms), limits.deliverRetryAfterMaxMs);
}
