/** A proxy in front of a server that can be told to behave as badly as networks and servers do. */
import {
  Agent,
  createServer,
  type IncomingMessage,
  request as requestHttp,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a proxy behaves. */
export type Manner =
  /** Passes everything on. */
  | 'pass'
  /** Passes everything on, late, and the answer in pieces. */
  | 'slow'
  /** 503 with Retry-After. */
  | 'busy'
  /** 500, from somebody who is no Tacho server. */
  | 'broken'
  /** 200, and something that is no receipt. */
  | 'garbage'
  /** 200 with half of a receipt, and then the connection is cut. */
  | 'half'
  /** Takes everything and never answers. */
  | 'silent'
  /** Cuts the connection without an answer. */
  | 'cut'
  /** Passes everything on and loses the answers. */
  | 'forgetful';

/** A running proxy. */
export interface ProxyServer {
  readonly url: string;
  manner: Manner;
  /** Batches that came since the manner was last set. */
  readonly batches: number;
  behave(manner: Manner): void;
  close(): Promise<void>;
}

/** Starts a proxy for the server at that URL. */
export async function startProxy(serverUrl: string): Promise<ProxyServer> {
  const upstream = new Agent({ keepAlive: true });
  const state = { manner: 'pass' as Manner, batches: 0 };
  const server = createServer((request, response) => {
    response.on('error', () => {});
    request.on('error', () => {});
    if (request.method === 'POST') state.batches++;
    void answer(request, response, { manner: state.manner, serverUrl, upstream });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    get manner() {
      return state.manner;
    },
    get batches() {
      return state.batches;
    },
    behave(manner) {
      Object.assign(state, { manner, batches: 0 });
      // What hangs belongs to the old manner.
      server.closeAllConnections();
    },
    async close() {
      upstream.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Passing {
  manner: Manner;
  serverUrl: string;
  upstream: Agent;
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  passing: Passing,
): Promise<void> {
  switch (passing.manner) {
    case 'silent':
      request.resume();
      return;
    case 'cut':
      request.socket.destroy();
      return;
    case 'busy':
      request.resume();
      response.writeHead(503, { 'retry-after': '1' }).end('{"error":"busy"}');
      return;
    case 'broken':
      request.resume();
      response.writeHead(500, { 'content-type': 'text/html' }).end('<h1>Sorry</h1>');
      return;
    case 'garbage':
      request.resume();
      response.writeHead(200, { 'content-type': 'application/json' }).end(garbage());
      return;
    case 'half':
      request.resume();
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"success":true,"accepted":1}');
      setTimeout(() => request.socket.destroy(), 20);
      return;
    default:
      await pass(request, response, passing);
  }
}

/** Different kinds of it in turn; none of them says that a batch was taken. */
function garbage(): string {
  garbageCount++;
  const kinds = [
    '',
    '{"success":tr',
    '[]',
    'null',
    '{"success":true}',
    '<html>Welcome</html>',
    '\0',
  ];
  return kinds[garbageCount % kinds.length] as string;
}

let garbageCount = 0;

async function pass(
  request: IncomingMessage,
  response: ServerResponse,
  { manner, serverUrl, upstream }: Passing,
): Promise<void> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of request as AsyncIterable<Buffer>) pieces.push(piece);
    if (manner === 'slow') await sleep(700);
    const { method, headers, url } = request;
    const { status, text } = await forward(`${serverUrl}${url}`, Buffer.concat(pieces), {
      method: method ?? 'GET',
      headers,
      agent: upstream,
    });
    if (manner === 'forgetful') {
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json' });
    if (manner === 'slow') {
      response.write(text.slice(0, 5));
      await sleep(500);
    }
    response.end(manner === 'slow' ? text.slice(5) : text);
  } catch {
    request.socket.destroy();
  }
}

function forward(
  url: string,
  body: Buffer,
  options: { method: string; headers: IncomingMessage['headers']; agent: Agent },
): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const sent = requestHttp(url, options, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => {
        text += chunk;
      });
      incoming.once('end', () => resolve({ status: incoming.statusCode ?? 0, text }));
      incoming.once('error', reject);
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
