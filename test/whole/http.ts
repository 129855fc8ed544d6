/** A small HTTP client for tests: keep-alive, deadlines, whole answers as text and JSON. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

/** A whole answer. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
  /** The body as JSON; undefined when it is not JSON. */
  json: unknown;
}

/** How to send a request. */
export interface SendOptions {
  headers?: Readonly<Record<string, string>>;
  /** Longest wait for the whole answer; 20,000 by default. */
  timeoutMs?: number;
  agent?: Agent;
}

/** Connections of all tests in one process; closed by `closeConnections`. */
const shared = new Agent({ keepAlive: true, maxSockets: 64 });

/**
 * Sends JSON (or a ready string or buffer) by POST.
 * @throws when the connection breaks or no whole answer arrives in time
 */
export function post(url: string, body?: unknown, options: SendOptions = {}): Promise<Answer> {
  const bytes =
    body === undefined || typeof body === 'string' || Buffer.isBuffer(body)
      ? (body ?? '')
      : JSON.stringify(body);
  const type = body === undefined ? {} : { 'content-type': 'application/json' };
  return send('POST', url, bytes, { ...options, headers: { ...type, ...options.headers } });
}

/** Reads a resource; fails like `post`. */
export function get(url: string, options: SendOptions = {}): Promise<Answer> {
  return send('GET', url, '', options);
}

/** A pool of connections of its own, for clients that must not share. */
export function ownConnections(connectionsMax = 1): Agent {
  return new Agent({ keepAlive: true, maxSockets: connectionsMax });
}

/** Closes the shared idle connections, so that a process can end. */
export function closeConnections(): void {
  shared.destroy();
}

/** Whether a request failed because its connection broke; Node's errors of that kind have a code. */
export function isConnectionError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return 'code' in error || error.message === cutOff;
}

const cutOff = 'the answer was cut off';

function send(
  method: string,
  url: string,
  body: string | Buffer,
  options: SendOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { ...options.headers, 'content-length': String(Buffer.byteLength(body)) };
    const outgoing = request(
      url,
      { method, headers, agent: options.agent ?? shared },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
        incoming.on('error', fail);
        incoming.once('end', () => {
          clearTimeout(timer);
          const text = Buffer.concat(chunks).toString('utf8');
          if (!incoming.complete) fail(new Error(cutOff));
          else resolve(answer(incoming.statusCode ?? 0, incoming.headers, text));
        });
      },
    );
    const timeoutMs = options.timeoutMs ?? 20_000;
    const timer = setTimeout(() => {
      outgoing.destroy(new Error(`no whole answer to ${method} ${url} within ${timeoutMs} ms`));
    }, timeoutMs);
    function fail(error: Error): void {
      clearTimeout(timer);
      reject(error);
    }
    outgoing.on('error', fail);
    outgoing.end(body);
  });
}

function answer(status: number, headers: IncomingHttpHeaders, text: string): Answer {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  return { status, headers, text, json };
}
