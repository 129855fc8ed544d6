/** Web pages, rebound names and eager clients at the door. */
import { hostname } from 'node:os';
import { describe, expect, it } from 'vitest';
import { Guard } from './guard.ts';
import { Harness, testConfig } from './testing/harness.ts';

const page = 'https://evil.example';

describe('Host', () => {
  it.each(['localhost', 'LOCALHOST:9090', '127.0.0.1', '127.0.0.1:1', '[::1]:9090', '[::1]'])(
    '%s is one of ours, whatever the port',
    async (host) => {
      const server = await Harness.start();
      expect((await server.ask('/health', { headers: { host } })).status).toBe(200);
    },
  );

  it.each([
    'evil.example',
    'evil.example:9090',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '192.168.0.1',
    'localhost:9090:9090',
    'localhost:x',
    '[::2]',
    'a'.repeat(1_000),
  ])('%s is refused for reads and writes on both roads', async (host) => {
    const server = await Harness.start();
    const id = await server.create();
    const answers = [
      await server.ask('/health', { headers: { host } }),
      await server.ask('/api/data/sessions', { headers: { host } }),
      await server.post(`/api/sessions/${id}/metrics`, { name: 'm', value: 1 }, { host }),
      await server.post('/api/sessions', { product: 'P', version: 'V' }, { host }),
    ];
    for (const { status, json } of answers) {
      expect([status, json.code]).toEqual([403, 'host_not_allowed']);
    }
    expect((await server.session(id)).metrics).toEqual([]);
  });

  it('may be one that the operator listed, with or without port', async () => {
    const server = await Harness.start({ allowedHosts: ['Tacho.example', 'other.example:443'] });
    const status = async (host: string) =>
      (await server.ask('/health', { headers: { host } })).status;
    expect(await status('tacho.EXAMPLE:8443')).toBe(200);
    expect(await status('other.example:443')).toBe(200);
    expect(await status('other.example:444')).toBe(403);
  });

  it('must be there', async () => {
    const server = await Harness.start();
    const text = await server.raw('GET /health HTTP/1.1\r\nConnection: close\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1.1 400 /);
    expect(text).toContain('"code":"invalid_request"');
    const empty = await server.raw('GET /health HTTP/1.1\r\nHost:\r\nConnection: close\r\n\r\n');
    expect(empty).toMatch(/^HTTP\/1.1 403 /);
  });

  it('may be any address and the name of the machine once the server is open to all', () => {
    const verdict = (changes: object, host: string) =>
      new Guard({ ...testConfig, ...changes }, () => 0).refusal({
        headers: { host },
      } as never)?.code;
    const open = { host: '0.0.0.0', insecureNoAuth: true };
    for (const host of ['192.168.0.1:9090', '[fe80::1]', hostname(), 'localhost']) {
      expect(verdict(open, host)).toBeUndefined();
    }
    expect(verdict(open, 'evil.example')).toBe('host_not_allowed');
    expect(verdict({ insecureNoAuth: true }, '192.168.0.1')).toBe('host_not_allowed');
    expect(verdict({ host: '::1' }, '[::1]:9090')).toBeUndefined();
  });
});

describe('a page of another site', () => {
  it.each([
    [{ origin: page }],
    [{ origin: 'null' }],
    [{ origin: 'http://localhost:1' }],
    [{ origin: 'https://localhost' }],
    [{ origin: page, 'sec-fetch-site': 'same-origin' }],
    [{ 'sec-fetch-site': 'cross-site' }],
    [{ 'sec-fetch-site': 'same-site' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }],
    [{ 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }],
  ])('that shows itself by %j can neither read nor write', async (headers) => {
    const server = await Harness.start();
    const id = await server.create();
    const answers = [
      await server.ask(`/api/sessions/${id}`, { headers: headers as never }),
      await server.ask('/health', { headers: headers as never }),
      await server.post(`/api/sessions/${id}/metrics`, { name: 'm', value: 1 }, headers as never),
      await server.post(`/api/sessions/${id}/end`, '', headers as never),
    ];
    for (const { status, json, headers: sent } of answers) {
      expect([status, json.code]).toEqual([403, 'origin_not_allowed']);
      expect(Object.keys(sent).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
    expect(await server.session(id)).toMatchObject({ metrics: [], active: true });
  });

  it('cannot write with a form, not even without those headers', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const form = { 'content-type': 'text/plain' };
    expect((await server.post(`/api/sessions/${id}/end`, '{"x":"="}', form)).status).toBe(415);
  });

  it('cannot navigate with a POST, but may have a link to us', async () => {
    const server = await Harness.start();
    const headers = {
      'sec-fetch-site': 'cross-site',
      'sec-fetch-mode': 'navigate',
      'sec-fetch-dest': 'document',
    };
    expect((await server.ask('/health', { headers })).status).toBe(200);
    expect((await server.ask('/api/sessions', { method: 'POST', headers })).status).toBe(403);
  });

  it('gets no answer to a preflight', async () => {
    const server = await Harness.start();
    const { status, headers } = await server.ask('/api/sessions', {
      method: 'OPTIONS',
      headers: { origin: page, 'access-control-request-method': 'POST' },
    });
    expect(status).toBe(403);
    expect(headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('a page of our own or of a listed origin', () => {
  it('of the same origin may read and write', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const headers = {
      origin: `http://localhost:${server.port}`,
      host: `localhost:${server.port}`,
      'sec-fetch-site': 'same-origin',
    };
    expect((await server.ask('/health', { headers })).status).toBe(200);
    const path = `/api/sessions/${id}/metrics`;
    expect((await server.post(path, { name: 'm', value: 1 }, headers)).status).toBe(200);
  });

  it('that is listed may do the same, and its browser is told so', async () => {
    const server = await Harness.start({ allowedOrigins: ['https://Ops.example'] });
    const id = await server.create();
    const headers = { origin: 'https://ops.example', 'sec-fetch-site': 'cross-site' };
    const answers = [
      await server.ask('/health', { headers }),
      await server.ask(`/api/sessions/${id}`, { headers }),
      await server.post(`/api/sessions/${id}/metrics`, { name: 'm', value: 1 }, headers),
    ];
    for (const answer of answers) {
      expect(answer.status).toBe(200);
      expect(answer.headers['access-control-allow-origin']).toBe('https://ops.example');
      expect(answer.headers.vary).toMatch(/Origin/);
    }
    const preflight = await server.ask(`/api/sessions/${id}/metrics`, {
      method: 'OPTIONS',
      headers: { ...headers, 'access-control-request-method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toContain('content-type');
    expect((await server.ask('/health', { headers: { origin: page } })).status).toBe(403);
  });
});

describe('every answer', () => {
  it('says that it is data and not to be kept, on both roads and for errors', async () => {
    const server = await Harness.start();
    const id = await server.create();
    const path = `/api/sessions/${id}/metrics`;
    const answers = [
      await server.ask('/health'),
      await server.ask('/nothing'),
      await server.ask(`/api/sessions/${id}`),
      await server.post(path, { name: 'm', value: 1 }),
      await server.post(path, { name: 'm' }),
      await server.post(`${path}/`, { name: 'm', value: 1 }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 404, 200, 200, 400, 200]);
    for (const { headers } of answers) {
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['content-type']).toBe('application/json');
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});

describe('an eager client', () => {
  it('gets 429 with Retry-After beyond its rate, and is let in again later', async () => {
    const server = await Harness.start({ requestsPerSecondMax: 3 });
    const id = '550e8400-e29b-41d4-a716-446655440000';
    const statuses = async (count: number): Promise<number[]> => {
      const seen: number[] = [];
      for (let i = 0; i < count; i++) {
        const path = i % 2 === 0 ? '/health' : `/api/sessions/${id}/metrics`;
        const body = i % 2 === 0 ? undefined : { name: 'm', value: 1 };
        const { status, headers, json } = await server.ask(path, { body });
        seen.push(status);
        if (status !== 429) continue;
        expect(headers['retry-after']).toBe('1');
        expect(json.code).toBe('rate_limited');
      }
      return seen;
    };
    expect(await statuses(5)).toEqual([200, 404, 200, 429, 429]);
    server.pass(0.7);
    expect(await statuses(3)).toEqual([200, 404, 429]);
    server.pass(3600);
    expect(await statuses(4)).toEqual([200, 404, 200, 429]);
    server.pass(-3600);
    expect(await statuses(1)).toEqual([429]);
  });
});
