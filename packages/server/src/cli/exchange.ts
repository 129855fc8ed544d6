/** One HTTP exchange with a server of Tacho, over TCP or a socket file, as a stream. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';

/** Where a server listens. */
export interface Place {
  /** `http://host:port`; of a socket file only the path below counts. */
  url: URL;
  socketPath?: string;
  /** Sent as `Authorization: Bearer`; never shown. */
  token?: string;
}

/** What is asked. */
export interface Request {
  method?: 'GET' | 'POST' | 'DELETE';
  /** Path and query. */
  path: string;
  headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  body?: string;
  signal?: AbortSignal;
}

/** Sends requests to one place and keeps its connections. */
export class Exchange {
  readonly #place: Place;
  readonly #agent: Agent;

  constructor(place: Place) {
    this.#place = place;
    const options = { keepAlive: true, maxSockets: 4 };
    this.#agent = place.url.protocol === 'https:' ? new TlsAgent(options) : new Agent(options);
  }

  /** Sends a request; resolves with the head of the answer, whose body is still to come. */
  send({ method = 'GET', path, headers, body, signal }: Request): Promise<IncomingMessage> {
    const { url, socketPath, token } = this.#place;
    const all: Record<string, string> = { accept: 'application/json', ...headers };
    if (token !== undefined) all.authorization = `Bearer ${token}`;
    if (body !== undefined) {
      all['content-type'] = 'application/json';
      all['content-length'] = String(Buffer.byteLength(body));
    }
    const target = socketPath === undefined ? addressOf(url) : { socketPath, host: 'localhost' };
    const base = url.pathname.replace(/\/$/, '');
    const send = url.protocol === 'https:' ? httpsRequest : httpRequest;
    return new Promise((resolve, reject) => {
      const sent = send(
        {
          ...target,
          method,
          path: base + path,
          headers: all,
          agent: this.#agent,
          ...(signal && { signal }),
        },
        resolve,
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }

  /** Ends the kept connections. */
  close(): void {
    this.#agent.destroy();
  }
}

/** The whole body as text, expanded. */
export async function bodyText(answer: IncomingMessage): Promise<string> {
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece as Buffer);
  const bytes = Buffer.concat(pieces);
  const encoding = answer.headers['content-encoding'];
  if (encoding === 'gzip') return gunzipSync(bytes).toString();
  if (encoding === 'br') return brotliDecompressSync(bytes).toString();
  return bytes.toString();
}

function addressOf({ hostname, port, protocol }: URL): { host: string; port: number } {
  const preset = protocol === 'https:' ? 443 : 80;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? preset : Number(port),
  };
}
