/** Tokens over HTTP: made, listed, used, revoked; and the cookie by which a browser comes in. */
import { routes } from '@tacho/protocol';
import Value from 'typebox/value';
import { describe, expect, it } from 'vitest';
import { openMemory } from '../store/memory.ts';
import type { Store } from '../store/store.ts';
import { Harness, type Json } from './testing/harness.ts';

async function started(open?: Parameters<typeof Harness.start>[1]) {
  const server = await Harness.start({}, open);
  const admin: Json = (await server.post('/api/tokens', { name: 'a', scopes: ['admin'] })).json;
  const headers = { authorization: `Bearer ${admin.token}` };
  return { server, admin, headers };
}

describe('a token', () => {
  it('is shown once, kept as a hash, and listed without its secret', async () => {
    let store: Store | undefined;
    const { server, admin, headers } = await started(async (options) => {
      store = openMemory(options);
      return store;
    });
    expect(admin.token).toMatch(/^tacho_[0-9A-Za-z]{32}$/);
    expect(Value.Check(routes.createToken.reply.schema, admin)).toBe(true);
    const body = { name: 'CI', scopes: ['read', 'ingest', 'read'], expires_at: null };
    const made = (await server.post('/api/tokens', body, headers)).json;
    expect(made.scopes).toEqual(['ingest', 'read']);
    const { text, json } = await server.ask('/api/tokens', { headers });
    expect(Value.Check(routes.listTokens.reply.schema, json)).toBe(true);
    expect(json.tokens.map(({ name }: Json) => name).sort()).toEqual(['CI', 'a']);
    expect(text).not.toContain(made.token);
    const kept = JSON.stringify(await store?.tokens());
    expect(kept).toContain(made.id);
    expect(kept).not.toContain(made.token);
    expect(server.logged.join()).not.toContain(made.token);
  });

  it('shows when it was used last, and the store learns of it now and then', async () => {
    let store: Store | undefined;
    const { server, headers } = await started(async (options) => {
      store = openMemory(options);
      return store;
    });
    server.pass(10);
    const list = async (): Promise<Json> =>
      (await server.ask('/api/tokens', { headers })).json.tokens[0];
    expect((await list()).last_used_at).toBe('2026-01-01T00:00:10.000Z');
    expect((await store?.tokens())?.[0]?.usedUs).toBeUndefined();
    await server.close();
    expect((await store?.tokens())?.[0]?.usedUs).toBe(server.nowUs);
  });

  it('works until it expires', async () => {
    const { server, headers } = await started();
    const body = { name: 'short', scopes: ['read'], expires_at: '2026-01-01T00:01:00Z' };
    const { json } = await server.post('/api/tokens', body, headers);
    expect(json.expires_at).toBe('2026-01-01T00:01:00.000Z');
    const authorization = `bearer  ${json.token}`;
    const ask = () => server.ask('/api/data/sessions', { headers: { authorization } });
    server.pass(59.999);
    expect((await ask()).status).toBe(200);
    server.pass(0.001);
    const late = await ask();
    expect([late.status, late.json.details]).toEqual([401, expect.stringContaining('expired')]);
  });

  it('is worth nothing from the moment that its revocation is answered', async () => {
    const { server, headers } = await started();
    const made = (await server.post('/api/tokens', { name: 'x', scopes: ['read'] }, headers)).json;
    const own = { headers: { authorization: `Bearer ${made.token}` } };
    expect((await server.ask('/api/data/sessions', own)).status).toBe(200);
    const path = `/api/tokens/${made.id}`;
    expect((await server.ask(path, { method: 'DELETE', headers })).status).toBe(200);
    expect((await server.ask('/api/data/sessions', own)).status).toBe(401);
    const again = await server.ask(path, { method: 'DELETE', headers });
    expect([again.status, again.json.code]).toEqual([404, 'token_not_found']);
  });

  it.each([
    [{}, 'name'],
    [{ name: '', scopes: ['read'] }, 'name'],
    [{ name: 'x'.repeat(201), scopes: ['read'] }, 'name'],
    [{ name: 'x' }, 'scopes'],
    [{ name: 'x', scopes: [] }, 'scopes'],
    [{ name: 'x', scopes: 'read' }, 'scopes'],
    [{ name: 'x', scopes: ['write'] }, 'scopes'],
    [{ name: 'x', scopes: ['read'], expires_at: 'soon' }, 'expires_at'],
    [{ name: 'x', scopes: ['read'], expires_at: '2025-01-01T00:00:00Z' }, 'expires_at'],
    [{ name: 'x', scopes: ['read'], expires_at: '2400-01-01T00:00:00Z' }, 'expires_at'],
  ])('that is asked for badly is a 400 that names the field: %j', async (body, field) => {
    const { server, headers } = await started();
    const { status, json } = await server.post('/api/tokens', body, headers);
    expect([status, json.code]).toEqual([400, 'invalid_field']);
    expect(json.details).toContain(field);
  });
});

describe('a browser', () => {
  async function loggedIn() {
    const { server, admin } = await started();
    const host = `localhost:${server.port}`;
    const own = { host, origin: `http://${host}` };
    const answer = await server.post('/api/login', { token: admin.token }, own);
    const [cookie = ''] = answer.headers['set-cookie'] ?? [];
    return { server, host, own, answer, cookie };
  }

  it('comes in with a cookie that pages cannot read and other sites cannot send', async () => {
    const { server, own, answer, cookie } = await loggedIn();
    expect(Value.Check(routes.login.reply.schema, answer.json)).toBe(true);
    expect(cookie).toMatch(
      /^tacho_token=tacho_\w+; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const sent = { cookie: `other=1; ${cookie.split(';')[0]}` };
    const read = await server.ask('/api/tokens', { headers: { ...own, ...sent } });
    expect(read.status).toBe(200);
    const stream = await server.ask('/api/tokens', { headers: { host: own.host, ...sent } });
    expect(stream.status).toBe(200);
    const out = await server.ask('/api/logout', { method: 'POST', headers: own });
    expect(out.headers['set-cookie']?.[0]).toMatch(/^tacho_token=; Max-Age=0;/);
  });

  it('writes with its cookie only from pages of this server', async () => {
    const { server, own, host, cookie } = await loggedIn();
    const sent = { cookie: cookie.split(';')[0] as string };
    const body = { product: 'P', version: '1' };
    const write = async (headers: Record<string, string>) =>
      (await server.post('/api/sessions', body, { ...sent, ...headers })).status;
    expect(await write(own)).toBe(201);
    expect(await write({ host, 'sec-fetch-site': 'same-origin' })).toBe(201);
    expect(await write({ host })).toBe(403);
    expect(await write({ host, origin: 'http://localhost:1' })).toBe(403);
    expect(await write({ host, 'sec-fetch-site': 'same-site' })).toBe(403);
  });

  it('of a listed origin gets nothing with the cookie of this one', async () => {
    const origin = 'http://localhost:3000';
    const server = await Harness.start({ allowedOrigins: [origin] });
    const made = (await server.post('/api/tokens', { name: 'a', scopes: ['admin'] })).json;
    const headers = { origin, cookie: `tacho_token=${made.token}` };
    expect((await server.ask('/api/tokens', { headers })).status).toBe(403);
    const authorization = `Bearer ${made.token}`;
    expect((await server.ask('/api/tokens', { headers: { origin, authorization } })).status).toBe(
      200,
    );
  });

  it('sends the cookie over HTTPS alone where it came over HTTPS', async () => {
    const origin = 'https://tacho.example';
    const server = await Harness.start({ allowedOrigins: [origin] });
    const made = (await server.post('/api/tokens', { name: 'a', scopes: ['read'] })).json;
    const answer = await server.post('/api/login', { token: made.token }, { origin });
    expect(answer.headers['set-cookie']?.[0]).toContain('; Secure');
  });

  it('that brings a bad token stays outside, without a cookie', async () => {
    const { server, own } = await loggedIn();
    const answer = await server.post('/api/login', { token: 'wrong' }, own);
    expect([answer.status, answer.headers['set-cookie']]).toEqual([401, undefined]);
  });
});
