/** A server under test: real sockets on 127.0.0.1, a clock that the test moves, a store that can fail. */
import { request as httpRequest, type IncomingHttpHeaders, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { openMemory } from '../../store/memory.ts';
import type { Appended, Store, StoreBatch, StoreClock } from '../../store/store.ts';
import { buildApp } from '../app.ts';
import type { HttpConfig } from '../service.ts';

/** Opens the engine that all HTTP tests run against; the one place that knows which. */
export async function openStore(options: StoreClock & { clock: () => number }): Promise<Store> {
  return openMemory(options);
}

/** What a request is made of; a body that is no string or buffer is sent as JSON. */
export interface Question {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: unknown;
}

/** JSON of an answer, looked into without ceremony: a field that is missing fails the test. */
export type Json = ReturnType<typeof JSON.parse>;

/** What came back. */
export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  bytes: Buffer;
  text: string;
  /** The body as JSON. */
  json: Json;
}

/** Instant at which tests start. */
export const startUs = Date.UTC(2026, 0, 1) * 1000;

/** A running server. */
export class Harness {
  nowUs = startUs;
  port = 0;
  /** The server of Node. */
  http: Server | undefined;
  /** Everything that was logged. */
  readonly logged: string[] = [];
  /** When set, appends wait for it, or fail when it rejects. */
  appendGate: (() => Promise<void>) | undefined;
  appends = 0;
  /** The store itself, past the gate. */
  declare store: Store;
  /** Ends the server; the store stays open until the test ends. */
  close = async (): Promise<void> => {};

  /** Starts a server that ends with the test. */
  static async start(
    changes: Partial<HttpConfig> = {},
    open: typeof openStore = openStore,
  ): Promise<Harness> {
    const harness = new Harness();
    const clock = (): number => harness.nowUs;
    const store = await open({ clock, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });
    harness.store = store;
    const log = pino({ level: 'debug' }, { write: (line) => void harness.logged.push(line) });
    const app = buildApp({
      store: gated(store, harness),
      clock,
      log,
      config: { ...testConfig, ...changes },
    });
    await app.listen({ host: '127.0.0.1', port: 0 });
    harness.http = app.server;
    harness.port = (app.server.address() as AddressInfo).port;
    let closing: Promise<void> | undefined;
    harness.close = () => {
      app.server.closeAllConnections();
      closing ??= app.close();
      return closing;
    };
    onTestFinished(async () => {
      await harness.close();
      await store.close();
    });
    return harness;
  }

  /** Moves the clock. */
  pass(seconds: number): void {
    this.nowUs += seconds * 1e6;
  }

  /** Sends a request on a connection of its own and waits for the whole answer. */
  ask(path: string, question: Question = {}): Promise<Answer> {
    const { body, headers = {} } = question;
    const method = question.method ?? (body === undefined ? 'GET' : 'POST');
    const isRaw = typeof body === 'string' || body instanceof Buffer;
    const payload = body === undefined ? undefined : isRaw ? body : JSON.stringify(body);
    const sent: Record<string, string | string[]> = { connection: 'close', ...headers };
    if (payload !== undefined && !('content-type' in sent))
      sent['content-type'] = 'application/json';
    if (payload !== undefined && !('transfer-encoding' in sent))
      sent['content-length'] = String(Buffer.byteLength(payload));
    return new Promise((resolve, reject) => {
      const request = httpRequest(
        { host: '127.0.0.1', port: this.port, path, method, headers: sent },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () => {
            const bytes = Buffer.concat(pieces);
            resolve(answerOf(response.statusCode ?? 0, response.headers, bytes));
          });
        },
      );
      request.on('error', reject);
      request.end(payload);
    });
  }

  /** POSTs JSON. */
  post(path: string, body: unknown, headers: Record<string, string> = {}): Promise<Answer> {
    return this.ask(path, { method: 'POST', body, headers });
  }

  /** Sends bytes as they are and gives what came back until the server closed or `until` matches. */
  raw(bytes: string | Buffer, until = /^$/): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(this.port, '127.0.0.1');
      let text = '';
      const finish = (): void => {
        socket.destroy();
        resolve(text);
      };
      socket.on('data', (piece) => {
        text += piece.toString('latin1');
        if (until.test(text)) finish();
      });
      socket.on('close', finish);
      socket.on('error', (error) => (text === '' ? reject(error) : finish()));
      socket.write(bytes);
    });
  }

  /** Creates a session and gives its id. */
  async create(more: Record<string, unknown> = {}): Promise<string> {
    const answer = await this.post('/api/sessions', { product: 'P', version: '1.0', ...more });
    return answer.json.id as string;
  }

  /** The whole session. */
  async session(id: string): Promise<Json> {
    return (await this.ask(`/api/sessions/${id}`)).json;
  }

  /** The counters of `/health`. */
  async counters(): Promise<Json> {
    return (await this.ask('/health')).json.counters;
  }
}

/** Defaults of a server on this machine. */
export const testConfig: HttpConfig = {
  host: '127.0.0.1',
  port: 0,
  legacyCreateReply: false,
  allowedHosts: [],
  allowedOrigins: [],
  requestsPerSecondMax: 0,
  heartbeatTimeoutMs: 60_000,
  lostAfterMs: 900_000,
  retentionDays: 365,
  sweepIntervalMs: 30_000,
  expireIntervalMs: 3_600_000,
  insecureNoAuth: false,
  // Whether this checkout was built must make no difference.
  dashboardDir: '/nowhere/dashboard',
};

/** The same store, whose appends pass a gate that the test may close. */
function gated(store: Store, harness: Harness): Store {
  const append = async (batch: StoreBatch): Promise<Appended> => {
    harness.appends++;
    await harness.appendGate?.();
    return store.append(batch);
  };
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function answerOf(status: number, headers: IncomingHttpHeaders, bytes: Buffer): Answer {
  const text = bytes.toString();
  return {
    status,
    headers,
    bytes,
    text,
    get json() {
      return JSON.parse(text);
    },
  };
}
