/** The short road of plain writes: past Fastify, because they are nearly all of the traffic. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from './access.ts';
import { type BodyLimits, takeBody } from './body.ts';
import { reportError } from './errors.ts';
import type { Guard } from './guard.ts';
import { errorReply, sendRaw } from './reply.ts';
import { receiptUs, type Service } from './service.ts';
import { type ReadDraft, replyTo } from './write.ts';

/** What the short road shares with the long one. */
export interface ExpressParts {
  service: Service;
  guard: Guard;
  access: Access;
  bodyLimits: BodyLimits;
  /** How the body of `POST /api/sessions/:id/<name>` is read, by name. */
  writes: ReadonlyMap<string, ReadDraft>;
}

const start = '/api/sessions/';
const idEnd = start.length + 36;

/**
 * Makes a handler that takes `POST /api/sessions/<full id>/<name>` with plain JSON and returns true,
 * and leaves every other request alone. Routing, hooks and the reply object of Fastify cost a fifth
 * of what a metric costs before storage (0.78 of bare `node:http` with them, 0.98 without); checks,
 * reading and recording are the same functions on both roads.
 */
export function makeExpress({ service, guard, access, bodyLimits, writes }: ExpressParts) {
  const { counters, clock, recorder } = service;

  return (request: IncomingMessage, response: ServerResponse): boolean => {
    const readDraft = plainWrite(request, writes);
    if (readDraft === undefined) return false;
    const fail = (error: unknown): void => {
      if (!response.headersSent)
        sendRaw(response, errorReply(reportError(service, error, request)));
    };
    const refusal = guard.refusal(request) ?? access.refusal(request, 'ingest');
    if (refusal !== undefined) {
      request.resume();
      fail(refusal);
      return true;
    }
    const asked = (request.url as string).slice(start.length, idEnd);
    takeBody(request, bodyLimits, (error, bytes) => {
      if (error !== null) return fail(error);
      try {
        const draft = readDraft({ bytes, mediaType: 'json' }, receiptUs(clock));
        const reply = replyTo(service, draft);
        recorder.submit(asked, draft).then(() => {
          counters.requestsSucceeded++;
          sendRaw(response, reply);
        }, fail);
      } catch (thrown) {
        fail(thrown);
      }
    });
    return true;
  };
}

/** How to read the body when the request is a plain write; whatever is unusual goes the long road. */
function plainWrite(
  { method, url, headers }: IncomingMessage,
  writes: ReadonlyMap<string, ReadDraft>,
): ReadDraft | undefined {
  if (method !== 'POST' || url === undefined || url.charCodeAt(idEnd) !== 0x2f) return undefined;
  if (!url.startsWith(start) || headers['content-type'] !== 'application/json') return undefined;
  if (headers['idempotency-key'] !== undefined || headers.origin !== undefined) return undefined;
  if (!/^[0-9a-f-]{36}$/.test(url.slice(start.length, idEnd))) return undefined;
  return writes.get(url.slice(idEnd + 1));
}
