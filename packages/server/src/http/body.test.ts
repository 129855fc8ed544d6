/** Request bodies over HTTP: media types, encodings, and how large they may be. */
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { Harness } from './testing/harness.ts';

const metric = '{"name":"m","value":1}';

async function ready(changes = {}): Promise<{ server: Harness; id: string; path: string }> {
  const server = await Harness.start(changes);
  const id = await server.create();
  return { server, id, path: `/api/sessions/${id}/metrics` };
}

describe('media type', () => {
  it.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset="UTF-8"',
    'Application/JSON; charset=us-ascii; x=y',
  ])('%s is JSON', async (type) => {
    const { server, path } = await ready();
    expect((await server.post(path, metric, { 'content-type': type })).status).toBe(200);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'text/plain; application/json',
    'application/jsonx',
    'application/json; charset=utf-16',
    'garbage',
    ',',
  ])('%s is refused with 415, so that forms cannot write', async (type) => {
    const { server, id, path } = await ready();
    const paths = [path, `/api/sessions/${id}/end`, `/api/sessions/${id}/state`, '/api/sessions'];
    for (const each of paths) {
      const { status, json } = await server.post(each, metric, { 'content-type': type });
      expect([status, json.code]).toEqual([415, 'unsupported_media_type']);
    }
    expect((await server.session(id)).active).toBe(true);
  });

  it('must be named when there is a body', async () => {
    const { server, path } = await ready();
    const head = `POST ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;
    const text = await server.raw(`${head}Content-Length: ${metric.length}\r\n\r\n${metric}`);
    expect(text).toMatch(/^HTTP\/1.1 415 /);
  });

  it('does not matter when the body is empty', async () => {
    const { server, id } = await ready();
    for (const type of [undefined, 'text/plain', 'application/x-www-form-urlencoded']) {
      for (const what of ['heartbeat', 'state', 'crash', 'end']) {
        const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type };
        const path = `/api/sessions/${id}/${what}`;
        expect((await server.ask(path, { method: 'POST', headers })).status).toBe(200);
        const chunked = { ...headers, 'transfer-encoding': 'chunked' };
        expect((await server.ask(path, { method: 'POST', headers: chunked })).status).toBe(200);
      }
    }
  });

  it.each(['{"session_id":"x"}', 'not JSON', '[]'])('heartbeat and end ignore %s', async (body) => {
    const { server, id } = await ready();
    for (const what of ['heartbeat', 'end']) {
      expect((await server.post(`/api/sessions/${id}/${what}`, body)).status).toBe(200);
    }
  });
});

describe('text', () => {
  it('may start with a byte order mark', async () => {
    const { server, path } = await ready();
    expect((await server.post(path, `\uFEFF${metric}`)).status).toBe(200);
  });

  it('that is not UTF-8 is refused, a replacement character that was sent is kept', async () => {
    const { server, id, path } = await ready();
    const broken = Buffer.concat([
      Buffer.from('{"name":"'),
      Buffer.from([0xff]),
      Buffer.from('"}'),
    ]);
    expect((await server.post(path, broken)).json.code).toBe('invalid_json');
    await server.post(path, { name: '\uFFFD ü 😀', value: 1 });
    expect((await server.session(id)).metrics[0].name).toBe('\uFFFD ü 😀');
  });

  it('comes whole however it was cut on the way', async () => {
    const { server, id, path } = await ready();
    const body = Buffer.from(JSON.stringify({ name: 'üüü', value: 1 }));
    const pieces = [...body].map((byte) => Buffer.from([byte]));
    const chunks = pieces.flatMap((piece) => [Buffer.from('1\r\n'), piece, Buffer.from('\r\n')]);
    const head = [
      `POST ${path} HTTP/1.1`,
      'Host: localhost',
      'Content-Type: application/json',
      'Transfer-Encoding: chunked',
      'Connection: close',
    ].join('\r\n');
    const bytes = Buffer.concat([
      Buffer.from(`${head}\r\n\r\n`),
      ...chunks,
      Buffer.from('0\r\n\r\n'),
    ]);
    expect(await server.raw(bytes)).toMatch(/^HTTP\/1.1 200 /);
    expect((await server.session(id)).metrics[0].name).toBe('üüü');
  });
});

const encoders: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => zlib.gzipSync(bytes),
  'x-gzip': (bytes) => zlib.gzipSync(bytes),
  GZIP: (bytes) => zlib.gzipSync(bytes),
  deflate: (bytes) => zlib.deflateSync(bytes),
  br: (bytes) => zlib.brotliCompressSync(bytes),
  identity: (bytes) => bytes,
};
const { zstdCompressSync } = zlib as { zstdCompressSync?: (bytes: Buffer) => Buffer };
if (zstdCompressSync !== undefined) encoders.zstd = zstdCompressSync;

describe('content encoding', () => {
  it.each(Object.keys(encoders))('%s is expanded', async (encoding) => {
    const { server, id, path } = await ready();
    const items = Array.from({ length: 5_000 }, (_, i) => ({ name: 'm', value: i }));
    const bytes = encoders[encoding]?.(Buffer.from(JSON.stringify(items)));
    const { json } = await server.post(path, bytes, { 'content-encoding': encoding });
    expect(json).toEqual({ success: true, accepted: 5_000 });
    expect((await server.session(id)).metrics[4_999].value).toBe(4_999);
  });

  it('deflate may come without its header', async () => {
    const { server, path } = await ready();
    const bytes = zlib.deflateRawSync(metric);
    expect((await server.post(path, bytes, { 'content-encoding': 'deflate' })).status).toBe(200);
  });

  it('with nothing to expand is an empty body', async () => {
    const { server, id } = await ready();
    const path = `/api/sessions/${id}/heartbeat`;
    const headers = { 'content-encoding': 'gzip' };
    expect((await server.ask(path, { method: 'POST', headers })).status).toBe(200);
  });

  it.each(['compress', 'gzip, gzip', 'gzip,br', 'x', ''])(
    '"%s" is refused with 415',
    async (encoding) => {
      const { server, path } = await ready();
      const { status, json } = await server.post(path, metric, { 'content-encoding': encoding });
      expect([status, json.code]).toEqual([415, 'unsupported_encoding']);
    },
  );

  it.each([
    ['gzip', Buffer.from('not gzip at all')],
    ['gzip', zlib.gzipSync(metric).subarray(0, 20)],
    ['deflate', Buffer.from('{}')],
    ['br', Buffer.from('not brotli either, is it')],
  ])('broken %s is a 400', async (encoding, bytes) => {
    const { server, path } = await ready();
    const { status, json } = await server.post(path, bytes, { 'content-encoding': encoding });
    expect([status, json.code]).toEqual([400, 'invalid_body']);
  });

  it.each(['gzip', 'deflate', 'br'])('a bomb in %s is stopped at the limit', async (encoding) => {
    const { server, path } = await ready({ expandedBodyBytesMax: 100_000 });
    const bomb = encoders[encoding]?.(Buffer.alloc(20_000_000, ' '));
    const { status, json } = await server.post(path, bomb, { 'content-encoding': encoding });
    expect([status, json.code]).toEqual([413, 'expanded_body_too_large']);
  });
});

describe('size', () => {
  it('is taken up to the limit and refused beyond it, announced or not', async () => {
    const { server, path } = await ready({ bodyBytesMax: 1_000 });
    const body = (size: number) => metric.padEnd(size, ' ');
    expect((await server.post(path, body(1_000))).status).toBe(200);
    for (const headers of [{}, { 'transfer-encoding': 'chunked' }] as Record<string, string>[]) {
      for (const size of [1_001, 500_000]) {
        const { status, json } = await server.post(path, body(size), headers);
        expect([status, json.code]).toEqual([413, 'body_too_large']);
      }
    }
  });

  it('of the compressed body counts as well', async () => {
    const { server, path } = await ready({ bodyBytesMax: 100 });
    const noise = zlib.gzipSync(
      Buffer.from(Array.from({ length: 500 }, (_, i) => (i * 7919) % 251)),
    );
    const { status } = await server.post(path, noise, { 'content-encoding': 'gzip' });
    expect(status).toBe(413);
  });
});

describe('answers', () => {
  it.each([
    ['gzip', 'gzip'],
    ['br', 'br'],
    ['gzip, deflate, br', 'br'],
    ['gzip;q=1.0, br;q=0.5', 'gzip'],
    ['*', 'br'],
    ['br;q=0, *', 'gzip'],
    ['identity', undefined],
    ['gzip;q=0', undefined],
    ['deflate', undefined],
  ])('to "%s" come as %s', async (accepted, expected) => {
    const { server, id, path } = await ready();
    await server.post(
      path,
      [1, 2, 3].map((value) => ({ name: 'm'.repeat(100), value })),
    );
    const plain = await server.ask(`/api/sessions/${id}`);
    for (const [asked, whole] of [
      [`/api/sessions/${id}`, plain.text],
      ['/api/data/sessions', `[${plain.text.trimEnd()}]\n`],
    ] as const) {
      const headers = { 'accept-encoding': accepted };
      const { bytes, headers: sent } = await server.ask(asked, { headers });
      expect([sent['content-encoding'], sent.vary]).toEqual([expected, 'Accept-Encoding']);
      const expand = { gzip: zlib.gunzipSync, br: zlib.brotliDecompressSync }[expected ?? ''];
      expect(String(expand === undefined ? bytes : expand(bytes))).toBe(whole);
    }
  });
});
