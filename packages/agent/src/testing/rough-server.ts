/** A server that misbehaves as told, for tests, and takes batches once when it does not. */
import {
  createServer,
  type Server as HttpServer,
  type IncomingMessage,
  type RequestListener,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { onTestFinished } from 'vitest';
import { Server } from './lives.ts';

/** What happens to one request; undefined: it is answered as it should be. */
export type Misdeed = ((request: IncomingMessage, response: ServerResponse) => void) | undefined;

/** Answers with a status, and nothing else of worth. */
export function status(code: number, headers: Record<string, string> = {}, body = ''): Misdeed {
  return (_request, response) => {
    response.writeHead(code, headers).end(body);
  };
}

/** A server on a port of its own that ends with the test. */
export class RoughServer {
  readonly told = new Server();
  /** What happens to the next batches, one after the other. */
  misdeeds: Misdeed[] = [];
  /** Requests that came, as method and path. */
  readonly requests: string[] = [];
  readonly headers: IncomingMessage['headers'][] = [];
  /** Bodies of batches that came, whatever became of them. */
  readonly bodies: string[] = [];
  /** Entries that are refused, by name of the event. */
  refuses: (body: string) => unknown[] = () => [];
  url = '';

  static async start(create: (listener: RequestListener) => HttpServer = createServer) {
    const rough = new RoughServer();
    const server = create((request, response) => void rough.#answer(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    rough.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return rough;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    this.requests.push(`${request.method} ${request.url}`);
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    if (request.method === 'GET') {
      response.end('{}');
      return;
    }
    this.headers.push(request.headers);
    const bytes = Buffer.concat(pieces);
    const isGzip = request.headers['content-encoding'] === 'gzip';
    const body = (isGzip ? gunzipSync(bytes) : bytes).toString();
    this.bodies.push(body);
    const misdeed = this.misdeeds.shift();
    if (misdeed !== undefined) {
      misdeed(request, response);
      return;
    }
    const rejected = this.refuses(body);
    if (rejected.length === 0) this.told.takeBody(body);
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ success: true, accepted: 1, rejected }));
  }
}
