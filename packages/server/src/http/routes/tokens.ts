/** `/api/tokens`, `/api/login` and `/api/logout`: tokens made, listed, revoked, and put into a cookie. */
import { limits, readLoginBody, readTokenBody, routes, TachoError } from '@tacho/protocol';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { shownToken } from '../../token.ts';
import { parseBody } from '../body.ts';
import { loginCookie, logoutCookie } from '../cookie.ts';
import { addQuestion } from '../question.ts';
import { jsonReply, send, success } from '../reply.ts';
import { bodyOf } from '../request-body.ts';
import type { Service } from '../service.ts';
import { requireMediaType } from '../write.ts';

/** Adds the routes. */
export function addTokenRoutes(app: FastifyInstance, service: Service): void {
  const { keyring } = service;
  addQuestion(app, service, routes.listTokens, () => ({ tokens: keyring.list().map(shownToken) }));
  addQuestion(app, service, routes.createToken, async ({ request, nowUs }) => {
    const { row, secret } = await keyring.add(readTokenBody(jsonOf(request), nowUs));
    service.log.info({ id: row.id, name: row.name, scopes: row.scopes }, 'a token was made');
    return { ...shownToken(row), token: secret };
  });
  addQuestion(app, service, routes.revokeToken, async ({ path }) => {
    const id = path.token_id as string;
    if (!(await keyring.remove(id))) {
      throw new TachoError('token_not_found', `No token has the id "${id.slice(0, 40)}"`);
    }
    service.log.info({ id }, 'a token was revoked');
    return { success: true };
  });
  app.post(routes.login.path, (request, reply) => login(service, request, reply));
  app.post(routes.logout.path, (request, reply) => {
    reply.header('set-cookie', logoutCookie(isEncrypted(service, request)));
    return send(reply, success);
  });
}

function login(service: Service, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const secret = readLoginBody(jsonOf(request));
  const key = service.access.admit(request.raw, secret);
  if (key instanceof TachoError) throw key;
  const leftMs = (key.expiresUs - service.clock()) / 1000;
  const maxAgeSeconds = Math.floor(Math.min(limits.loginLifetimeMs, leftMs) / 1000);
  const cookie = loginCookie(secret, maxAgeSeconds, isEncrypted(service, request));
  reply.header('set-cookie', cookie);
  return send(reply, jsonReply({ success: true, name: key.name, scopes: [...key.scopes] }));
}

/** Whether the browser speaks HTTPS, to us or to a proxy before us; then the cookie may go no other way. */
function isEncrypted({ config }: Service, { headers }: FastifyRequest): boolean {
  return config.tls !== undefined || headers.origin?.toLowerCase().startsWith('https:') === true;
}

function jsonOf(request: FastifyRequest) {
  const body = bodyOf(request);
  requireMediaType(body, false);
  return parseBody(body.bytes);
}
