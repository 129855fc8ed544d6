/** Hostile input: whatever comes in, the answer is `{error, details, code}` below 500, and nothing hangs. */
import { connect, type Socket } from 'node:net';
import { errorTable, limits, TachoError } from '@tacho/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Answer, Harness } from './testing/harness.ts';

const id = '550e8400-e29b-41d4-a716-446655440000';

async function withSession(changes = {}): Promise<Harness> {
  const server = await Harness.start(changes);
  await server.create({ id });
  return server;
}

/** A refusal in our form, and no fault of the server. */
function expectRefusal({ status, json }: Answer): void {
  expect(status).toBeGreaterThanOrEqual(400);
  expect(status).toBeLessThan(500);
  expectErrorForm(json);
}

function expectErrorForm(json: Record<string, unknown>): void {
  expect(json).toMatchObject({ error: expect.any(String), details: expect.any(String) });
  expect(Object.keys(errorTable)).toContain(json.code);
}

describe('bodies', () => {
  const paths = [
    '/api/sessions',
    '/api/ingest',
    ...['state', 'events', 'metrics', 'crash'].map((what) => `/api/sessions/${id}/${what}`),
  ];

  it('of any JSON are taken or refused in our form', async () => {
    const server = await withSession();
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.json({ maxDepth: 4 }), async (path, body) => {
        const answer = await server.post(path, body);
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400) expectErrorForm(answer.json);
      }),
      { numRuns: 300 },
    );
  });

  it('of right fields with wrong types are taken or refused in our form', async () => {
    const server = await withSession();
    const names = [
      ...['name', 'value', 'type', 'tags', 'unit', 'count', 'metadata', 'timestamp', 'level'],
      ...['category', 'data', 'labels', 'group', 'message', 'stacktrace', 'source_line', 'state'],
      ...['product', 'version', 'id', 'spoolId', 'seq', 'entries', 'kind', 'session', 'reason'],
    ];
    const value = fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom('x', 1, -1, 1e308, '', 'NaN', '2026-01-01T00:00:00Z', null, [], {}),
    );
    const record = fc.dictionary(fc.constantFrom(...names), value);
    const body = fc.oneof(record, fc.array(record, { maxLength: 4 }));
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), body, async (path, sent) => {
        const answer = await server.post(path, sent);
        expect(answer.status).toBeLessThan(500);
        if (answer.status >= 400) expectErrorForm(answer.json);
      }),
      { numRuns: 500 },
    );
    expect((await server.ask('/api/data/sessions')).status).toBe(200);
  });

  it('of any bytes, of any type and encoding, are refused in our form', async () => {
    const server = await withSession();
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 200 }).map((each) => Buffer.from(each));
    const types = fc.constantFrom(
      'application/json',
      'application/x-ndjson',
      'text/plain',
      'a/b;c',
    );
    const encodings = fc.constantFrom('gzip', 'deflate', 'br', 'identity', 'zstd', 'x, y');
    await fc.assert(
      fc.asyncProperty(bytes, types, encodings, async (body, type, encoding) => {
        const headers = { 'content-type': type, 'content-encoding': encoding };
        expectRefusal(await server.post(`/api/sessions/${id}/state`, body, headers));
      }),
      { numRuns: 200 },
    );
  });

  it('nested a million deep are refused, in values and in lists', async () => {
    const server = await withSession();
    const deep = `${'['.repeat(1e6)}${']'.repeat(1e6)}`;
    for (const body of [
      deep,
      `{"a":${deep}}`,
      `{"a":12345678901234567890,"b":${deep}}`,
      '['.repeat(1e6),
    ]) {
      expectRefusal(await server.post(`/api/sessions/${id}/state`, body));
      expectRefusal(await server.post(`/api/sessions/${id}/metrics`, body));
    }
  });

  it('with keys that mean something to JavaScript mean nothing to us', async () => {
    const server = await withSession();
    await server.post(`/api/sessions/${id}/state`, '{"__proto__":{"polluted":1},"constructor":2}');
    const { text } = await server.ask(`/api/sessions/${id}`);
    expect(text).toContain('"__proto__":{"polluted":1},"constructor":2');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('paths', () => {
  it.each([
    '/%zz',
    '/api/sessions/%00%00%00%00%00%00%00%00',
    '/api/sessions/..%2f..%2fetc%2fpasswd',
    '/api/sessions/%25%25%25%25%25%25%25%25%25',
    `/api/sessions/${'x'.repeat(5_000)}`,
    `/api/sessions/${'x'.repeat(5_000)}/metrics`,
    '/api/sessions/*',
    '/api/sessions/________',
    '/api/sessions/%F0%9F%98%80%F0%9F%98%80%F0%9F%98%80',
    '/api/sessions/%FF%FF%FF%FF%FF%FF%FF%FF',
    '//evil.example/health',
    '/../../health',
  ])('%s is refused in our form', async (path) => {
    const server = await withSession();
    expectRefusal(await server.ask(path));
    expectRefusal(await server.post(path, { name: 'm', value: 1 }));
  });
});

describe('what is not HTTP', () => {
  const cases: [name: string, bytes: string | Buffer, status: number][] = [
    ['words', 'GARBAGE\r\n\r\n', 400],
    ['a TLS greeting', Buffer.from('16030100a5010000a10303', 'hex'), 400],
    ['an unknown method', 'FETCH /health HTTP/1.1\r\nHost: localhost\r\n\r\n', 400],
    ['two lengths', post('Content-Length: 2\r\nContent-Length: 3', '{}'), 400],
    ['length and chunks', post('Content-Length: 2\r\nTransfer-Encoding: chunked', '{}'), 400],
    ['a negative length', post('Content-Length: -1', '{}'), 400],
    ['a broken chunk', post('Transfer-Encoding: chunked', 'zz\r\n{}\r\n0\r\n\r\n'), 400],
    ['a header without name', post(': x', ''), 400],
    ['a huge header', post(`X: ${'x'.repeat(limits.headerBytesMax)}`, ''), 431],
    ['a huge path', `GET /${'x'.repeat(limits.headerBytesMax)} HTTP/1.1\r\n\r\n`, 431],
  ];

  it.each(cases)(
    '%s gets an answer in our form and the end of the connection',
    async (_name, bytes, status) => {
      const server = await withSession();
      const text = await server.raw(bytes);
      const [head = '', body = ''] = text.split('\r\n\r\n');
      expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
      expectErrorForm(JSON.parse(body));
    },
  );

  it('does not spoil the request before it in the same pipe', async () => {
    const server = await withSession();
    const good = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const text = await server.raw(`${good}${good}GARBAGE\r\n\r\n`);
    const statuses = [...text.matchAll(/HTTP\/1.1 (\d+) /g)].map(([, status]) => status);
    expect(statuses).toEqual(['200', '200', '400']);
  });

  it('an expectation that nobody knows is ignored', async () => {
    const server = await withSession();
    const text = await server.raw(
      'GET /health HTTP/1.1\r\nHost: localhost\r\nExpect: tea\r\nConnection: close\r\n\r\n',
    );
    expect(text).toMatch(/^HTTP\/1.1 200 /);
  });

  it('any bytes end in an answer or a closed connection', async () => {
    const server = await withSession();
    const bytes = fc.uint8Array({ minLength: 1, maxLength: 300 }).map((each) => Buffer.from(each));
    const ended = Buffer.from('\r\n\r\n\r\n\r\n');
    await fc.assert(
      fc.asyncProperty(bytes, async (sent) => {
        const text = await server.raw(Buffer.concat([sent, ended]));
        if (text !== '') expect(text).toMatch(/^HTTP\/1.1 4\d\d /);
      }),
      { numRuns: 200 },
    );
    expect((await server.ask('/health')).status).toBe(200);
  });
});

describe('requests in one pipe', () => {
  it('are answered in their order, on both roads', async () => {
    const server = await withSession();
    const request = (path: string, body: string) =>
      `POST ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`;
    const metric = '{"name":"m","value":1}';
    const pipe = [
      request(`/api/sessions/${id}/metrics`, metric),
      request('/api/sessions', '{"product":"P","version":"V"}'),
      request(`/api/sessions/${id}/metrics`, '{}'),
      request(`/api/sessions/${id}/metrics/`, metric),
      request(`/api/sessions/${id}/nothing`, metric),
    ].join('');
    const last = 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const text = await server.raw(pipe + last);
    const statuses = [...text.matchAll(/HTTP\/1.1 (\d+) /g)].map(([, status]) => Number(status));
    expect(statuses).toEqual([200, 201, 400, 200, 404, 200]);
  });
});

describe('clients that go away or stand still', () => {
  it('in the middle of a body leave no trace', async () => {
    const server = await withSession();
    for (const path of [`/api/sessions/${id}/metrics`, '/api/ingest']) {
      const socket = await open(server);
      socket.write(post('Content-Type: application/json\r\nContent-Length: 100', '{"name":', path));
      await new Promise((resolve) => setTimeout(resolve, 20));
      socket.destroy();
    }
    const { metrics } = await server.session(id);
    expect(metrics).toEqual([]);
    expect((await server.counters()).entries.pending).toBe(0);
  });

  it('before the answer do not hurt the server', async () => {
    const server = await withSession();
    let release = (): void => undefined;
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    server.appendGate = () => gate;
    const before = server.appends;
    const socket = await open(server);
    const body = '{"name":"m","value":1}';
    const head = `Content-Type: application/json\r\nContent-Length: ${body.length}`;
    socket.write(post(head, body, `/api/sessions/${id}/metrics`));
    while (server.appends === before) await new Promise(setImmediate);
    socket.destroy();
    release();
    server.appendGate = undefined;
    expect((await server.session(id)).metrics).toHaveLength(1);
  });

  it('are told 408 when the request does not come in time', async () => {
    const server = await withSession();
    Object.assign(server.http ?? {}, { headersTimeout: 50, requestTimeout: 100 });
    const text = await server.raw('GET /health HTTP/1.1\r\nHost: loc');
    expect(text).toMatch(/^HTTP\/1.1 408 /);
    const body = await server.raw(
      post('Content-Type: application/json\r\nContent-Length: 9', '{"a'),
    );
    expect(body).toMatch(/^HTTP\/1.1 408 /);
    expect(text).toContain('"code":"timeout"');
  });
});

describe('a store that refuses', () => {
  it.each([
    [new TachoError('disk_full', 'No space'), 507, '5'],
    [new TachoError('overloaded', 'Too much', { retryAfterSeconds: 2 }), 503, '2'],
    [new TachoError('store_unavailable', 'Closed'), 503, '5'],
  ])('is passed on with %s', async (error, status, retryAfter) => {
    const server = await withSession();
    server.appendGate = () => Promise.reject(error);
    for (const path of [`/api/sessions/${id}/metrics`, `/api/sessions/${id}/metrics/`]) {
      const answer = await server.post(path, { name: 'm', value: 1 });
      expect(answer.status).toBe(status);
      expect(answer.headers['retry-after']).toBe(retryAfter);
      expectErrorForm(answer.json);
    }
  });

  it('for a reason of its own is logged and not told', async () => {
    const server = await withSession();
    server.appendGate = () => Promise.reject(new Error('secret path /var/lib'));
    for (const path of [`/api/sessions/${id}/metrics`, `/api/sessions/${id}/end`]) {
      const answer = await server.post(path, { name: 'm', value: 1 });
      expect([answer.status, answer.json.code]).toEqual([500, 'internal']);
      expect(answer.text).not.toContain('secret');
    }
    expect(server.logged.filter((line) => line.includes('secret path'))).toHaveLength(2);
  });

  it('does not put bodies into the log', async () => {
    const server = await withSession();
    await server.post(`/api/sessions/${id}/metrics`, '{"name":"hunter2-password"');
    await server.post(`/api/sessions/${id}/metrics`, { name: 'hunter2-password', value: 1 });
    expect(server.logged.join()).not.toContain('hunter2');
  });
});

function post(headers: string, body: string, path = '/api/sessions'): string {
  return `POST ${path} HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n\r\n${body}`;
}

function open(server: Harness): Promise<Socket> {
  return new Promise((resolve) => {
    const socket = connect(server.port, '127.0.0.1', () => resolve(socket));
    socket.on('error', () => undefined);
  });
}
