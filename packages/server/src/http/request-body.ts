/** Bodies on the long road: what Fastify hands to the routes. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type BodyLimits, takeBody } from './body.ts';
import { type IdempotencyKey, readIdempotencyKey } from './idempotency.ts';
import { mediaTypeOf } from './media-type.ts';
import type { Body } from './write.ts';

/**
 * Makes every body arrive as expanded bytes, whatever its media type: the route reads it, because
 * whether a type is acceptable depends on the route, and an empty body may have any.
 */
export function acceptBodies(app: FastifyInstance, bodyLimits: BodyLimits): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => {
    takeBody(payload, bodyLimits, done);
  });
}

/** The body of a request; empty ones may have any media type. */
export function bodyOf(request: FastifyRequest): Body {
  const bytes = request.body instanceof Buffer ? request.body : undefined;
  return { bytes, mediaType: mediaTypeOf(request.headers['content-type']) };
}

/** The Idempotency-Key of a request, with what it was used for. */
export function keyOf(request: FastifyRequest, { bytes, mediaType }: Body) {
  const path = request.url.split('?', 1)[0] as string;
  return readIdempotencyKey(request.headers['idempotency-key'], {
    method: request.method,
    path: path.replace(/\/+$/, ''),
    mediaType,
    bytes,
  }) satisfies IdempotencyKey | undefined;
}
