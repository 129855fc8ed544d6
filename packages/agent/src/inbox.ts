/** What programs may ask of an agent over HTTP: every path, and the answer, which never waits for the server. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type LocalEntry,
  type Rejection,
  readLocalBatch,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import type { AgentLog } from './agent-log.ts';
import { readBody } from './body.ts';
import { type DatacatReader, datacatReaders, readRegister } from './datacat.ts';
import { refusal } from './gate.ts';
import type { Identity } from './identity.ts';

/** What of the recorder programs reach. */
interface InboxRecorder {
  accept(
    entries: readonly LocalEntry[],
    from?: { clientId: string; seq: number; body?: Uint8Array },
  ): { accepted: number; rejected?: readonly Rejection[]; duplicate?: boolean };
  /** Whether a batch of this client was accepted before. */
  knowsClient(clientId: string): boolean;
  session(idOrAlias: string): { id: string } | undefined;
  /** From now on the session is also known by this name. */
  alias(name: string, id: string): void;
}

/** An answer: its status and its body as JSON text. */
export interface Answer {
  status: number;
  text: string;
}

/** What an inbox is made of. */
export interface InboxParts {
  recorder: InboxRecorder;
  identity: Identity;
  /** Epoch microseconds. */
  nowUs: () => number;
  hangTimeoutMs: number;
  /** Whether the server is known to be out of reach. */
  isOffline: () => boolean;
  /** Takes over what dead agents left. */
  adopt: () => void;
  /** Told after the end of a process was reported. */
  onExit: () => void;
  /** The reply of `/health`. */
  health: () => JsonObject;
  /** Answers questions about sessions, by the id that was asked for. */
  reading: { session: (id: string) => Promise<Answer>; sessions: () => Promise<Answer> };
  log: AgentLog;
}

/** What an inbox is doing. */
export interface Inbox {
  answer: RequestListener;
  /** Requests that have no answer yet. */
  open(): number;
  /** Sessions of DataCat that began here. */
  registered(): number;
  /** When the last request came, epoch microseconds; the start of the inbox before that. */
  lastUs(): number;
}

interface Route {
  method: 'GET' | 'POST';
  handle: (request: IncomingMessage, url: URL) => Promise<Answer> | Answer;
}

/** Makes the inbox. */
export function makeInbox(parts: InboxParts): Inbox {
  const counts = { registered: 0 };
  const routes = routesOf(parts, counts);
  let open = 0;
  let lastUs = parts.nowUs();
  return {
    open: () => open,
    registered: () => counts.registered,
    lastUs: () => lastUs,
    answer: (request, response) => {
      open++;
      lastUs = parts.nowUs();
      response.on('close', () => {
        open--;
      });
      void answerTo(request, response, routes, parts.log);
    },
  };
}

async function answerTo(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
  log: AgentLog,
): Promise<void> {
  try {
    const { status, text } = await answerOf(request, response, routes);
    send(response, status, text);
  } catch (error) {
    if (response.destroyed) return;
    if (!(error instanceof TachoError)) {
      log.error(`an answer failed: ${error instanceof Error ? error.stack : String(error)}`);
    }
    const known = error instanceof TachoError ? error : new TachoError('internal', 'See the log');
    send(response, known.status, stringifyJson(known.toReply()));
  } finally {
    // What was not read of the body would be taken for the next request.
    if (!request.complete) request.resume();
  }
}

async function answerOf(
  request: IncomingMessage,
  response: ServerResponse,
  routes: ReadonlyMap<string, Route>,
): Promise<Answer> {
  const refused = refusal(request);
  if (refused !== undefined) throw refused;
  // The path may start with two slashes, which would make it a host.
  const url = new URL(`http://agent${request.url?.startsWith('/') ? request.url : '/'}`);
  const route = routes.get(url.pathname);
  if (route === undefined) {
    throw new TachoError('not_found', `There is no ${url.pathname.slice(0, 200)} on an agent`);
  }
  if (request.method !== route.method) {
    response.setHeader('allow', route.method);
    throw new TachoError(
      'method_not_allowed',
      `${request.method} is not for ${url.pathname}; accepted: ${route.method}`,
    );
  }
  return route.handle(request, url);
}

function send(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
}

function routesOf(parts: InboxParts, counts: { registered: number }): ReadonlyMap<string, Route> {
  const { reading } = parts;
  const routes = new Map<string, Route>([
    ['/health', { method: 'GET', handle: () => ok(parts.health()) }],
    ['/sessions', { method: 'GET', handle: () => reading.sessions() }],
    [
      '/session',
      {
        method: 'GET',
        handle: (_request, { searchParams }) => {
          const id = searchParams.get('session_id');
          if (id) return reading.session(id);
          throw new TachoError('invalid_request', 'Missing session_id parameter');
        },
      },
    ],
    ['/api/ingest', { method: 'POST', handle: (request) => takeBatch(request, parts) }],
    [
      '/register',
      {
        method: 'POST',
        handle: async (request) => {
          const answer = await registerSession(request, parts);
          counts.registered++;
          return answer;
        },
      },
    ],
  ]);
  for (const [path, reader] of Object.entries(datacatReaders)) {
    routes.set(path, { method: 'POST', handle: (request) => takeOne(request, reader, parts) });
  }
  return routes;
}

/** A batch of one of our own clients. */
async function takeBatch(request: IncomingMessage, parts: InboxParts): Promise<Answer> {
  const { recorder, identity } = parts;
  const { value, bytes } = await readBody(request);
  const { spoolId: clientId, seq, entries, rejected } = readLocalBatch(value, parts.nowUs());
  // A client whose agent died sends its last batch again, which that agent may have accepted.
  if (!recorder.knowsClient(clientId)) parts.adopt();
  // What came is kept as it came, unless something in it was refused.
  const body = rejected.length === 0 ? { body: bytes } : {};
  const taken = recorder.accept(entries, { clientId, seq, ...body });
  if (entries.some(({ kind }) => kind === 'exit')) parts.onExit();
  const all = [...rejected, ...(taken.rejected ?? [])];
  return ok({
    success: true,
    accepted: taken.accepted,
    ...(all.length > 0 && { rejected: all as unknown as JsonValue }),
    ...(taken.duplicate && { duplicate: true }),
    agentId: identity.agentId,
  });
}

/**
 * A session of DataCat's client. While the server is out of reach its programs expect a name that
 * says so; the session has its real id all the same, and answers to the name for good.
 */
async function registerSession(request: IncomingMessage, parts: InboxParts): Promise<Answer> {
  const { recorder, identity, hangTimeoutMs } = parts;
  const fields = await readFields(request);
  const nowUs = parts.nowUs();
  const id = randomUUID();
  const start = readRegister(fields, { session: id, nowUs, hangTimeoutMs }, identity);
  recorder.accept([start]);
  if (!parts.isOffline()) return ok({ session_id: id });
  const name = localName(nowUs, recorder);
  recorder.alias(name, id);
  return ok({ session_id: name });
}

function localName(nowUs: number, recorder: InboxRecorder): string {
  for (let n = 1; ; n++) {
    const name = `local-session-${Math.floor(nowUs / 1_000_000)}-${n}`;
    if (recorder.session(name) === undefined) return name;
  }
}

/** One word of DataCat's client about one session. */
async function takeOne(
  request: IncomingMessage,
  reader: DatacatReader,
  { recorder, nowUs, hangTimeoutMs }: InboxParts,
): Promise<Answer> {
  const fields = await readFields(request);
  const { session_id: name } = fields;
  const known = typeof name === 'string' ? recorder.session(name) : undefined;
  if (known === undefined) {
    throw new TachoError('session_not_found', 'Session not found: it was not registered here.');
  }
  const entries = reader(fields, { session: known.id, nowUs: nowUs(), hangTimeoutMs });
  const [refused] = recorder.accept(entries).rejected ?? [];
  if (refused !== undefined) throw new TachoError(refused.code, refused.details);
  return ok({ status: 'ok' });
}

async function readFields(request: IncomingMessage): Promise<JsonObject> {
  const { value } = await readBody(request);
  if (isJsonObject(value)) return value;
  throw new TachoError('invalid_body', 'The body is not understood; expected a JSON object.');
}

function ok(reply: JsonObject): Answer {
  return { status: 200, text: `${stringifyJson(reply)}\n` };
}
