/** The check of the head of every request on the long road, and the answers to preflights. */
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Guard } from './guard.ts';
import { commonHeaders } from './reply.ts';

/** Fastify's first hook; refuses by throwing, and adds the headers that every reply has. */
export function makeRequestCheck(guard: Guard): onRequestHookHandler {
  return (request, reply, done) => {
    reply.headers(commonHeaders).header('cross-origin-resource-policy', 'same-origin');
    const refusal = guard.refusal(request.raw);
    if (refusal !== undefined) return done(refusal);
    const { origin } = request.headers;
    if (origin === undefined || !guard.allowsOrigin(origin)) return done();
    shareWith(origin, reply);
    if (!isPreflight(request)) return done();
    reply.code(204).header('access-control-max-age', '600');
    reply.header('access-control-allow-methods', 'GET, POST');
    reply.header('access-control-allow-headers', 'content-type, content-encoding, idempotency-key');
    reply.send();
  };
}

/** Only pages of a listed origin get to read answers. */
function shareWith(origin: string, reply: FastifyReply): void {
  reply.header('access-control-allow-origin', origin).header('vary', 'Origin');
  reply.header('access-control-expose-headers', 'retry-after, idempotent-replay');
  reply.header('cross-origin-resource-policy', 'cross-origin');
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}
