/** Who may do what: every endpoint of the table with every kind of token, and what lies around it. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { type Route, routes, type Scope, scopes } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { Keyring } from '../keyring.ts';
import { openMemory } from '../store/memory.ts';
import { makeToken } from '../token.ts';
import { Access } from './access.ts';
import { networkOf } from './address.ts';
import { Guard } from './guard.ts';
import { Harness, type Json, startUs, testConfig } from './testing/harness.ts';

const id = '550e8400-e29b-41d4-a716-446655440000';
const table = Object.entries<Route>(routes);

/** Methods that a path answers or refuses; the last two are what browsers and scanners try. */
function methodsOf(route: Route): string[] {
  return [route.method, 'HEAD', 'OPTIONS'];
}

/** Paths of an endpoint: with a whole id, which takes the short road where there is one, and with a prefix. */
function pathsOf({ path }: Route): string[] {
  const named = path.replace('{token_id}', 'nobody').replace(/\{(?!id\})\w+\}/g, 'x');
  return [...new Set([named.replace('{id}', id), named.replace('{id}', id.slice(0, 8))])];
}

interface Credential {
  what: string;
  secret?: string;
  /** What it is good for; undefined for what opens nothing. */
  scopes?: readonly Scope[];
}

async function credentials(server: Harness): Promise<Credential[]> {
  const make = async (body: object): Promise<Json> => {
    const headers = admin === undefined ? {} : { authorization: `Bearer ${admin.token}` };
    return (await server.post('/api/tokens', body, headers)).json;
  };
  let admin: Json;
  admin = await make({ name: 'admin', scopes: ['admin'] });
  const list: Credential[] = [
    { what: 'no token' },
    { what: 'a wrong token', secret: 'tacho_00000000000000000000000000000000' },
    { what: 'an empty token', secret: '' },
    { what: 'admin', secret: admin.token, scopes: ['admin'] },
  ];
  for (const some of [['ingest'], ['read'], ['ingest', 'read']] as const) {
    const { token } = await make({ name: some.join(), scopes: some });
    list.push({ what: some.join(' and '), secret: token, scopes: some });
  }
  const expires_at = server.nowUs / 1000 + 1;
  const expired = await make({ name: 'expired', scopes: [...scopes], expires_at });
  server.pass(2);
  list.push({ what: 'an expired token', secret: expired.token });
  const revoked = await make({ name: 'revoked', scopes: [...scopes] });
  const authorization = `Bearer ${revoked.token}`;
  await server.ask('/api/data/sessions', { headers: { authorization } });
  await server.ask(`/api/tokens/${revoked.id}`, {
    method: 'DELETE',
    headers: { authorization: `Bearer ${admin.token}` },
  });
  list.push({ what: 'a revoked token', secret: revoked.token });
  return list;
}

/** Status, and the body when it is an error; what streams is cut off. */
function ask(server: Harness, method: string, path: string, secret?: string) {
  return new Promise<{ status: number; bearer: unknown; code?: string; details?: string }>(
    (resolve, reject) => {
      const headers: Record<string, string> = { connection: 'close' };
      if (secret !== undefined) headers.authorization = `Bearer ${secret}`;
      if (method === 'POST') headers['content-type'] = 'application/json';
      const options = { host: '127.0.0.1', port: server.port, path, method, headers };
      const sent = httpRequest(options, (response) => {
        const status = response.statusCode ?? 0;
        const bearer = response.headers['www-authenticate'];
        if (status < 400 || method === 'HEAD') {
          response.destroy();
          return resolve({ status, bearer });
        }
        let text = '';
        response.on('data', (piece) => {
          text += piece;
        });
        response.on('end', () => resolve({ status, bearer, ...JSON.parse(text) }));
      });
      sent.on('error', reject);
      sent.end(method === 'POST' ? '{}' : undefined);
    },
  );
}

/** What the answer must be; `pass` is whatever the endpoint itself says. */
function expectedOf(route: Route, method: string, { scopes: has }: Credential) {
  const asked = method === 'HEAD' ? 'GET' : method;
  const routed = table.find(([, one]) => one.path === route.path && one.method === asked)?.[1];
  const need = routed?.scope ?? 'any';
  if (need === 'open') return 'pass';
  if (has === undefined) return 'unauthorized';
  const may = need === 'any' || has.includes('admin') || has.includes(need);
  return may ? 'pass' : 'forbidden';
}

describe('once there is a token', () => {
  it('every endpoint answers every kind of token as its scope says', async () => {
    const server = await Harness.start();
    await server.create({ id });
    const all = await credentials(server);
    const before = server.appends;
    let refused = 0;
    for (const credential of all) {
      for (const [name, route] of table) {
        for (const method of methodsOf(route)) {
          for (const path of pathsOf(route)) {
            // Time enough for bad tokens to be told so, and not to go away.
            server.pass(5);
            const { status, bearer, code, details } = await ask(
              server,
              method,
              path,
              credential.secret,
            );
            const label = `${name}: ${method} ${path} with ${credential.what}`;
            const expected = expectedOf(route, method, credential);
            if (expected === 'pass') {
              expect([401, 403, 429], label).not.toContain(status);
              continue;
            }
            refused++;
            expect(status, label).toBe(expected === 'unauthorized' ? 401 : 403);
            expect(bearer, label).toBe(expected === 'unauthorized' ? 'Bearer' : undefined);
            // A foreign dialect has its own words for it.
            if (method === 'HEAD' || route.errorSchema !== undefined) continue;
            expect(code, label).toBe(expected);
            if (expected === 'forbidden') expect(details, label).toContain(`scope ${route.scope}`);
          }
        }
      }
      const isWriter = credential.scopes?.some((scope) => scope !== 'read');
      if (!isWriter) expect(server.appends, `writes with ${credential.what}`).toBe(before);
      else if (server.appends > before) server.appends = before;
    }
    expect(refused).toBeGreaterThan(table.length);
  }, 60_000);

  it('what does not exist is told to nobody without one', async () => {
    const server = await Harness.start();
    const { json } = await server.post('/api/tokens', { name: 'a', scopes: ['ingest'] });
    const headers = { authorization: `Bearer ${json.token}` };
    expect((await server.ask('/api/secrets')).status).toBe(401);
    expect((await server.ask('/api/secrets', { headers })).status).toBe(404);
    expect((await server.ask('/api/tokens', { method: 'PUT', headers })).status).toBe(405);
  });

  it('a create of a session that exists tells a token that may not read nothing but its ids', async () => {
    const server = await Harness.start();
    await server.create({ id, state: { secret: 1 } });
    const make = async (...names: string[]) => {
      const headers = admin === '' ? undefined : { authorization: `Bearer ${admin}` };
      return (await server.post('/api/tokens', { name: 't', scopes: names }, headers)).json.token;
    };
    let admin = '';
    admin = await make('admin');
    const body = { id, product: 'P', version: 'V' };
    const again = async (secret: string) =>
      server.post('/api/sessions', body, { authorization: `Bearer ${secret}` });
    const { status, json } = await again(await make('ingest'));
    expect([status, json]).toEqual([200, { id, session_id: id }]);
    const whole = await again(await make('ingest', 'read'));
    expect([whole.status, whole.json.state.secret]).toEqual([200, 1]);
  });

  it('a preflight of a listed origin is answered without one, and no other OPTIONS is', async () => {
    const origin = 'https://app.example';
    const server = await Harness.start({ allowedOrigins: [origin] });
    await server.post('/api/tokens', { name: 'a', scopes: ['ingest'] });
    const headers = { origin, 'access-control-request-method': 'POST' };
    const answer = await server.ask('/api/sessions', { method: 'OPTIONS', headers });
    expect(answer.status).toBe(204);
    expect(answer.headers['access-control-allow-headers']).toContain('authorization');
    expect(
      (await server.ask('/api/sessions', { method: 'OPTIONS', headers: { origin } })).status,
    ).toBe(401);
    expect((await server.ask('/api/data/sessions', { headers: { origin } })).status).toBe(401);
  });
});

describe('bad tokens', () => {
  it('are told to wait after a while, and never keep good ones out', async () => {
    const server = await Harness.start();
    const { json } = await server.post('/api/tokens', { name: 'a', scopes: ['read'] });
    const fresh = await tokenOf(server, 'read');
    expect(fresh).toBe('unauthorized');
    const ask = (secret: string) =>
      server.ask('/api/data/sessions', { headers: { authorization: `Bearer ${secret}` } });
    const statuses: number[] = [];
    for (let i = 0; i < 25; i++) statuses.push((await ask(`wrong${i}`)).status);
    expect(statuses.filter((status) => status === 401)).toHaveLength(20);
    const answer = await ask('wrong');
    expect([answer.status, answer.headers['retry-after']]).toEqual([429, '2']);
    // Never seen before from here, and good all the same.
    expect((await ask(json.token)).status).toBe(200);
    expect((await server.ask('/api/data/sessions')).status).toBe(401);
    server.pass(2);
    expect((await ask('wrong')).status).toBe(401);
    const { failed } = (await server.counters()).requests;
    expect(failed).toMatchObject({ rate_limited: 6, unauthorized: 23 });
  });

  it('count against an IPv4 address, and against the network of an IPv6 address', () => {
    expect(networkOf('10.0.0.1')).toBe('10.0.0.1');
    expect(networkOf('::ffff:10.0.0.1')).toBe('::ffff:10.0.0.1');
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe('2001:db8:1:2');
    expect(networkOf('2001:db8:1:2::6')).toBe('2001:db8:1:2');
    expect(networkOf('2001:db8::6')).toBe('2001:db8:0:0');
    expect(networkOf('fe80::1%eth0')).toBe('fe80:0:0:0');
  });
});

/** What a server that has tokens says to somebody who asks for one without any. */
async function tokenOf(server: Harness, scope: Scope): Promise<string> {
  const { json } = await server.post('/api/tokens', { name: 'x', scopes: [scope] });
  return json.code as string;
}

describe('while there is no token', () => {
  const from = (remoteAddress: string) =>
    ({ method: 'GET', headers: { host: 'x' }, socket: { remoteAddress } }) as IncomingMessage;

  async function door(changes: { insecureNoAuth?: boolean; apiKey?: string }) {
    const clock = () => startUs;
    const store = openMemory({ clock, suspendedAfterUs: 1, returnGraceUntilUs: 0 });
    const log = { warn: () => {} };
    const keyring = new Keyring({ store, clock, log, ...changes });
    const guard = new Guard({ ...testConfig, host: '0.0.0.0' }, clock);
    const { insecureNoAuth = false } = changes;
    await keyring.load();
    const access = new Access({ keyring, guard, clock, insecureNoAuth, isPrivate: false });
    return { keyring, ask: (address: string) => access.refusal(from(address), 'read')?.code };
  }

  it('only this machine is served, also after the last one was revoked', async () => {
    const { ask, keyring } = await door({});
    for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) {
      expect(ask(address), address).toBeUndefined();
    }
    const strangers = ['10.0.0.1', '::ffff:10.0.0.1', '2001:db8::1', '', '127.evil'];
    for (const address of strangers) expect(ask(address), address).toBe('unauthorized');
    const { row } = await keyring.add({ name: 'a', scopes: ['read'] });
    expect(ask('127.0.0.1')).toBe('unauthorized');
    await keyring.remove(row.id);
    expect([ask('127.0.0.1'), ask('10.0.0.1')]).toEqual([undefined, 'unauthorized']);
  });

  it('everybody is served where the operator accepts that', async () => {
    const { ask, keyring } = await door({ insecureNoAuth: true });
    expect(ask('10.0.0.1')).toBeUndefined();
    await keyring.add({ name: 'a', scopes: ['read'] });
    expect(ask('10.0.0.1')).toBe('unauthorized');
  });

  it('a private server asks nobody, whatever tokens there are', async () => {
    const server = await Harness.start({ isPrivate: true }, async (options) => {
      const store = openMemory(options);
      await store.addToken(makeToken({ name: 'a', scopes: ['read'] }, startUs).row);
      return store;
    });
    expect((await server.ask('/api/data/sessions')).status).toBe(200);
    expect(await server.create({ id })).toBe(id);
  });

  it("the key of DataCat's configuration is asked for, works as a token, and cannot manage", async () => {
    const apiKey = 'a key of the configuration';
    const server = await Harness.start({ apiKey: 'key' });
    const headers = { authorization: 'Bearer key' };
    expect((await server.ask('/api/data/sessions')).status).toBe(401);
    expect((await server.ask('/api/data/sessions', { headers })).status).toBe(200);
    expect((await server.ask('/api/tokens', { headers })).json.code).toBe('forbidden');
    const created = await server.post('/api/sessions', { product: 'P', version: '1' }, headers);
    expect(created.status).toBe(201);
    const { ask, keyring } = await door({ apiKey });
    expect([ask('127.0.0.1'), keyring.list()]).toEqual(['unauthorized', []]);
  });
});
