/** Endpoints that manage tokens, and those by which a browser comes in with one. */
import { successReply } from '../schema/reply.ts';
import { loginBody, loginReply, newTokenReply, tokenBody, tokensReply } from '../schema/token.ts';
import { answer, batchErrors, bodyErrors, doorErrors, type Route } from './route.ts';

/** The endpoints by name. */
export const tokenRoutes = {
  listTokens: {
    method: 'GET',
    path: '/api/tokens',
    summary: 'All tokens, without their secrets',
    scope: 'admin',
    reply: answer(tokensReply),
    errors: [...doorErrors],
  },
  createToken: {
    method: 'POST',
    path: '/api/tokens',
    summary: 'Make a token; only this reply shows its secret',
    scope: 'admin',
    request: { schema: tokenBody, optional: false, many: false },
    reply: answer(newTokenReply, 201),
    errors: [...doorErrors, ...batchErrors, 'invalid_field', 'too_many_tokens'],
  },
  revokeToken: {
    method: 'DELETE',
    path: '/api/tokens/{token_id}',
    names: { token_id: '`id` of a token' },
    summary: 'Revoke a token; it stops working at once',
    scope: 'admin',
    reply: answer(successReply),
    errors: [...doorErrors, 'token_not_found', 'store_unavailable', 'disk_full'],
  },
  login: {
    method: 'POST',
    path: '/api/login',
    summary: 'Put a token into a cookie of the browser, which pages cannot read',
    scope: 'open',
    request: { schema: loginBody, optional: false, many: false },
    reply: answer(loginReply),
    errors: [...doorErrors, ...bodyErrors, 'invalid_field'],
  },
  logout: {
    method: 'POST',
    path: '/api/logout',
    summary: 'Take the cookie of a login away',
    scope: 'open',
    reply: answer(successReply),
    errors: [...doorErrors],
  },
} as const satisfies Record<string, Route>;
