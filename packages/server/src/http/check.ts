/** The check of the head of every request on the long road, and the answers to preflights. */
import { type Route, routes, type TachoError } from '@tacho/protocol';
import type { FastifyReply, FastifyRequest, onRequestHookHandler } from 'fastify';
import type { Access, Need } from './access.ts';
import { assetPath, dashboardPaths } from './dashboard/pages.ts';
import type { Guard } from './guard.ts';
import { commonHeaders } from './reply.ts';

/** Fastify's first hook; refuses by throwing, and adds the headers that every reply has. */
export function makeRequestCheck(guard: Guard, access: Access): onRequestHookHandler {
  const check = (request: FastifyRequest) => access.refusal(request.raw, needOf(request));
  return (request, reply, done) => {
    reply.headers(commonHeaders).header('cross-origin-resource-policy', 'same-origin');
    const refusal = guard.refusal(request.raw);
    if (refusal !== undefined && !isOwnAsset(request, refusal)) return done(refusal);
    const { origin } = request.headers;
    if (origin === undefined || !guard.allowsOrigin(origin)) return done(check(request));
    shareWith(origin, reply);
    if (!isPreflight(request)) return done(check(request));
    reply.code(204).header('access-control-max-age', '600');
    reply.header('access-control-allow-methods', 'GET, POST, DELETE');
    reply.header(
      'access-control-allow-headers',
      'authorization, content-type, content-encoding, idempotency-key',
    );
    reply.send();
  };
}

/**
 * Browsers send the origin along when a page of ours loads its scripts. Behind a proxy with TLS that
 * is an origin we cannot know to be ours, but there is nothing in those files to keep from anybody.
 */
function isOwnAsset({ routeOptions, headers }: FastifyRequest, refusal: TachoError): boolean {
  const isOrigin = refusal.code === 'origin_not_allowed';
  return isOrigin && routeOptions.url === assetPath && headers['sec-fetch-site'] === 'same-origin';
}

/** Only pages of a listed origin get to read answers. */
function shareWith(origin: string, reply: FastifyReply): void {
  reply.header('access-control-allow-origin', origin).header('vary', 'Origin');
  reply.header(
    'access-control-expose-headers',
    'retry-after, idempotent-replay, tacho-live-position',
  );
  reply.header('cross-origin-resource-policy', 'cross-origin');
}

/** What each endpoint of the table and each page needs, by method and pattern of Fastify. */
const needs: ReadonlyMap<string, Need> = new Map([
  ...Object.values<Route>(routes).map(({ method, path, scope }): [string, Need] => {
    return [`${method} ${path.replace(/\{(\w+)\}/g, ':$1')}`, scope];
  }),
  ...dashboardPaths.map((path): [string, Need] => [`GET ${path}`, 'open']),
]);

/** What nobody declared is the operator's; what does not exist is told to whoever may come in at all. */
function needOf({ method, routeOptions, is404 }: FastifyRequest): Need {
  if (is404) return 'any';
  return needs.get(`${method === 'HEAD' ? 'GET' : method} ${routeOptions.url}`) ?? 'admin';
}

function isPreflight({ method, headers }: FastifyRequest): boolean {
  return method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
}
