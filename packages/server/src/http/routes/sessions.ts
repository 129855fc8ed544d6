/** `/api/sessions` and `/api/data/sessions`: sessions created, and returned with all they hold. */
import { randomUUID } from 'node:crypto';
import { applyPatch, initialStatus, readCreate, stringifyJson, TachoError } from '@tacho/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { foundSession, missingSession } from '../../record/session.ts';
import type { SessionRow, SessionStart } from '../../store/store.ts';
import { parseBody } from '../body.ts';
import type { IdempotencyKey } from '../idempotency.ts';
import { jsonReply, type Reply, send, sendStream } from '../reply.ts';
import { bodyOf, keyOf } from '../request-body.ts';
import { receiptUs, type Service } from '../service.ts';
import { freshDocument, sessionDocument, sessionsDocument } from '../session-document.ts';
import { answered, requireMediaType, storedForm } from '../write.ts';

const everything = { patches: true, events: true, samples: true };

/** Adds the routes. */
export function addSessionRoutes(app: FastifyInstance, service: Service): void {
  app.post('/api/sessions', (request, reply) => createSession(service, request, reply));
  app.route<{ Params: { id: string } }>({
    method: ['GET', 'HEAD'],
    url: '/api/sessions/:id',
    handler: (request, reply) => getSession(service, request, reply, request.params.id),
  });
  app.route({
    method: ['GET', 'HEAD'],
    url: '/api/data/sessions',
    handler: (request, reply) =>
      sendStream(request, reply, sessionsDocument(allDocuments(service)), service.log),
  });
}

async function getSession(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
  asked: string,
): Promise<FastifyReply> {
  const found = foundSession(await service.store.resolve(asked), asked);
  if (found instanceof TachoError) throw found;
  return sendSession(service, request, reply, found.id);
}

/** The session as it is now; with `created`, as the reply to a create that changed nothing. */
async function sendSession(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  created = false,
): Promise<FastifyReply> {
  const pieces = sessionDocument(service.store.read(id, everything), options(service, created));
  const first = await pieces.next();
  // It was there a moment ago, and retention took it.
  if (first.done) throw missingSession(id);
  return sendStream(request, reply, prepend(first.value, pieces), service.log);
}

async function* prepend(first: string, rest: AsyncGenerator<string>): AsyncGenerator<string> {
  try {
    yield first;
    yield* rest;
  } finally {
    await rest.return(undefined);
  }
}

async function* allDocuments(service: Service): AsyncGenerator<AsyncIterable<string>> {
  for await (const ids of service.store.ids()) {
    for (const id of ids) {
      const pieces = sessionDocument(service.store.read(id, everything), options(service, false));
      const first = await firstOf(service, id, pieces);
      if (first !== undefined) yield prepend(first, pieces);
    }
  }
}

/** One session that cannot be read must not keep the others from being listed. */
async function firstOf(
  { log }: Service,
  id: string,
  pieces: AsyncGenerator<string>,
): Promise<string | undefined> {
  try {
    const first = await pieces.next();
    return first.done ? undefined : first.value;
  } catch (error) {
    log.error({ err: error, session: id }, 'a session cannot be read and is left out');
    return undefined;
  }
}

function options({ clock, config }: Service, created: boolean) {
  return { nowUs: clock(), suspendedAfterUs: config.heartbeatTimeoutMs * 1000, created };
}

/**
 * Creates a session. Creates of one id wait for each other, so that of two at the same time one
 * makes the session and the other finds it.
 */
async function createSession(
  service: Service,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const body = bodyOf(request);
  requireMediaType(body, false);
  const { id, start } = readCreate(parseBody(body.bytes));
  const key = keyOf(request, body);
  const attempt = () => createOnce(service, id, start, key);
  const alone =
    id === undefined
      ? attempt
      : () => service.inFlight.run({ scope: `create ${id}`, fingerprint: '' }, attempt);
  const made = await (key === undefined ? alone() : service.inFlight.run(key, alone));
  if (made !== undefined) return send(reply, made);
  const existing = id as string;
  if (service.config.legacyCreateReply) return send(reply, jsonReply({ session_id: existing }));
  // Who may deliver and not read learns no more than it said.
  const mayRead = service.access.refusal(request.raw, 'read') === undefined;
  return mayRead
    ? sendSession(service, request, reply, existing, true)
    : send(reply, jsonReply({ id: existing, session_id: existing }));
}

/** The reply to a create; undefined when the session exists. */
async function createOnce(
  service: Service,
  id: string | undefined,
  start: SessionStart,
  key: IdempotencyKey | undefined,
): Promise<Reply | undefined> {
  const { store, recorder, clock } = service;
  if (id !== undefined && (await store.resolve(id)).kind === 'found') return undefined;
  const nowUs = receiptUs(clock);
  const session = await store.reserve(id ?? randomUUID());
  const reply = createReply(service, session.id, start, nowUs);
  const entries = [{ ...start, kind: 'start', session, atUs: nowUs } as const];
  if (key === undefined) {
    await recorder.append({ receivedUs: nowUs, entries }, 1);
    return reply;
  }
  const once = { kind: 'key', key: key.scope, fingerprint: key.fingerprint } as const;
  const batch = { receivedUs: nowUs, entries, once: { ...once, reply: storedForm(reply) } };
  return answered(await recorder.append(batch, 1), reply);
}

/** The session as it will be: the reply is part of what is stored under an Idempotency-Key. */
function createReply(service: Service, id: string, start: SessionStart, nowUs: number): Reply {
  if (service.config.legacyCreateReply) return jsonReply({ session_id: id });
  const { state, product, version, ...known } = start;
  const text = stringifyJson({ product, version, ...applyPatch({}, state ?? {}) });
  const row: SessionRow = {
    ...known,
    id,
    createdUs: nowUs,
    updatedUs: nowUs,
    product,
    version,
    status: initialStatus(nowUs),
    state: text,
    startState: text,
    patches: 0,
    events: 0,
    samples: 0,
  };
  return { status: 201, body: Buffer.from(freshDocument(row, options(service, true))) };
}
