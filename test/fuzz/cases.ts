/** Fuzz cases: what is sent, in which pieces, and what is allowed to come back. */
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { requestBytes, requestHead } from '../whole/wire.ts';
import {
  badUtf8,
  brokenText,
  deepText,
  hugeText,
  mutated,
  oddValue,
  rightRequest,
  toText,
} from './bodies.ts';
import { anyQuestion, wholePaths } from './questions.ts';

/** One thing to do to a server. */
export interface FuzzCase {
  /** What to send and how long to wait before it. */
  pieces: { bytes: Buffer; afterMs: number }[];
  /** Whole requests among it, each of which must be answered; 0 when the server may just hang up. */
  answers: number;
  /** After sending: wait for the answers, say that nothing more comes, or break the connection. */
  afterwards: 'wait' | 'finish' | 'reset';
  /** The answer has no body. */
  bodyless: boolean;
}

/** What cases may refer to. */
export interface FuzzContext {
  /** Ids of sessions that exist. */
  sessions: readonly string[];
}

/** Kinds of cases with their share; a kind of share 0 is chosen by hand only. */
export const kinds: Record<
  string,
  { share: number; make: (c: FuzzContext) => fc.Arbitrary<FuzzCase> }
> = {
  right: {
    share: 12,
    make: (c) => rightRequest(c.sessions).map((r) => post(r.path, toText(r.body))),
  },
  mutated: { share: 22, make: mutatedCase },
  'any json': { share: 8, make: (c) => on(c, fc.jsonValue().map(toText)) },
  'odd json': { share: 6, make: (c) => on(c, oddValue.map(toText)) },
  'broken json': { share: 12, make: brokenCase },
  'bad utf-8': { share: 5, make: (c) => on(c, badUtf8) },
  deep: { share: 1, make: (c) => on(c, deepText) },
  huge: { share: 0.5, make: (c) => on(c, hugeText) },
  encoding: { share: 6, make: encodingCase },
  bomb: { share: 0.2, make: bombCase },
  'content type': { share: 4, make: contentTypeCase },
  ndjson: { share: 4, make: ndjsonCase },
  route: { share: 10, make: routeCase },
  headers: { share: 6, make: headersCase },
  garbage: { share: 3, make: () => garbageCase },
  slow: { share: 0.4, make: slowCase },
  abandoned: { share: 3, make: abandonedCase },
  pipelined: { share: 2, make: pipelinedCase },
  question: { share: 14, make: questionCase },
  'export everything': { share: 0.02, make: () => fc.constantFrom(...wholePaths).map(get) },
  stalled: { share: 0, make: stalledCase },
};

const json = { 'content-type': 'application/json' };

function whole(bytes: Buffer): FuzzCase {
  return { pieces: [{ bytes, afterMs: 0 }], answers: 1, afterwards: 'wait', bodyless: false };
}

function post(
  path: string,
  body: string | Buffer,
  headers: Record<string, string> = json,
): FuzzCase {
  return whole(requestBytes('POST', path, headers, body));
}

function get(path: string): FuzzCase {
  return whole(requestBytes('GET', path, {}));
}

/** Any body to any writing route. */
function on(context: FuzzContext, body: fc.Arbitrary<string | Buffer>): fc.Arbitrary<FuzzCase> {
  return fc.tuple(path(context), body).map(([to, sent]) => post(to, sent));
}

function path(context: FuzzContext): fc.Arbitrary<string> {
  const what = fc.constantFrom('state', 'events', 'metrics', 'heartbeat', 'end', 'crash');
  return fc.oneof(
    { weight: 6, arbitrary: fc.tuple(fc.constantFrom(...context.sessions), what).map(sessionPath) },
    { weight: 1, arbitrary: fc.tuple(fc.uuid(), what).map(sessionPath) },
    { weight: 2, arbitrary: fc.constantFrom('/api/sessions', '/api/ingest') },
  );
}

function sessionPath([id, what]: [string, string]): string {
  return `/api/sessions/${id}/${what}`;
}

function mutatedCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  return rightRequest(context.sessions).chain((right) =>
    mutated(right.body).map((body) => post(right.path, toText(body))),
  );
}

function brokenCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  return rightRequest(context.sessions).chain((right) =>
    brokenText(toText(right.body)).map((body) => post(right.path, body)),
  );
}

const encoders: Record<string, (bytes: Buffer) => Buffer> = {
  gzip: (bytes) => gzipSync(bytes),
  deflate: (bytes) => deflateSync(bytes),
  raw: (bytes) => deflateRawSync(bytes),
  br: (bytes) => brotliCompressSync(bytes),
  identity: (bytes) => bytes,
};

/** Encoded right, damaged, or as something else than is said. */
function encodingCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  const said = fc.constantFrom(
    'gzip',
    'deflate',
    'br',
    'zstd',
    'identity',
    'x-gzip',
    'GZIP',
    'lzw',
    'gzip, gzip',
    '',
  );
  const done = fc.constantFrom(...Object.keys(encoders));
  const damage = fc.tuple(fc.nat(3), fc.nat(), fc.nat(255));
  return fc
    .tuple(rightRequest(context.sessions), said, done, damage)
    .map(([right, name, how, [kind, at, byte]]) => {
      let bytes = Buffer.from(encoders[how]!(Buffer.from(toText(right.body))));
      if (kind === 0) bytes = bytes.subarray(0, at % (bytes.length + 1));
      if (kind === 1 && bytes.length > 0) bytes[at % bytes.length] = byte;
      return post(right.path, bytes, { ...json, 'content-encoding': name });
    });
}

/** Small bodies that expand to far more than any limit; made once. */
const bombs = new Map<string, Buffer>();

function bombCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  const name = fc.constantFrom('gzip', 'deflate', 'br');
  const filling = fc.constantFrom(' ', '[', '{"a":');
  return fc.tuple(path(context), name, filling).map(([to, encoding, unit]) => {
    const key = `${encoding} ${unit}`;
    const bomb = bombs.get(key) ?? encoders[encoding]!(Buffer.alloc(128 * 1024 * 1024, unit));
    bombs.set(key, bomb);
    return post(to, bomb, { ...json, 'content-encoding': encoding });
  });
}

function contentTypeCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  const type = fc.oneof(
    fc.constantFrom('', 'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data'),
    fc.constantFrom(
      'application/json; charset=utf-16',
      'APPLICATION/JSON',
      'application/json;;;',
      'json',
    ),
    fc.constantFrom(
      'application/json; charset="utf-8"',
      'application/x-ndjson',
      'application/octet-stream',
    ),
    fc.stringMatching(/^[!-~]{0,40}$/),
  );
  return fc
    .tuple(rightRequest(context.sessions), type)
    .map(([right, sent]) => post(right.path, toText(right.body), { 'content-type': sent }));
}

function ndjsonCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  const lines = fc.array(
    fc.oneof(
      fc.constantFrom('', ' ', '{', '{"name":"m","value":1}', '{"name":"e"}', '[]', '\r'),
      oddValue.map(toText),
    ),
    { maxLength: 30 },
  );
  return fc
    .tuple(path(context), lines, fc.constantFrom('\n', '\r\n', '\n\n', '\u2028'))
    .map(([to, all, end]) => post(to, all.join(end), { 'content-type': 'application/x-ndjson' }));
}

const methods = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'QUERY',
];

/** Every method on every path, and on paths that nobody thought of. */
function routeCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  const odd = fc.stringMatching(/^[!-~]{0,60}$/).map((text) => `/${text.replaceAll(' ', '')}`);
  const id = fc.constantFrom(...context.sessions);
  const to = fc.oneof(
    path(context),
    fc.constantFrom(
      '/',
      '/health',
      '/api',
      '/api/',
      '/api/sessions/',
      '/api/sessions//',
      '/api/ingest/',
    ),
    fc.constantFrom(
      '//',
      '/..',
      '/../../etc/passwd',
      '/%00',
      '/%',
      '/%zz',
      '/%c0%af',
      '/api/%2e%2e/health',
    ),
    fc.constantFrom('/api/sessions/%F0%9F', '/api/sessions/........', '/api/sessions/*', '*', '/?'),
    fc.tuple(id, fc.nat(36)).map(([full, n]) => `/api/sessions/${full.slice(0, n)}`),
    fc.tuple(id, odd).map(([full, tail]) => `/api/sessions/${full}${tail}`),
    fc.tuple(path(context), odd).map(([base, tail]) => `${base}?${tail}`),
    fc.nat(3_000).map((n) => `/api/sessions/${'a'.repeat(n * 10)}`),
    odd,
  );
  const body = fc.constantFrom('', '{}', '{"name":"m","value":1}', 'x');
  return fc.tuple(fc.constantFrom(...methods), to, body).map(([method, target, sent]) => ({
    ...whole(requestBytes(method, target, sent === '' ? {} : json, sent)),
    bodyless: method === 'HEAD',
  }));
}

/** A reading endpoint with parameters of every kind; streams without an end are broken off. */
function questionCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  return anyQuestion(context.sessions).map(({ method, path, endless }) => ({
    ...whole(requestBytes(method, path, {})),
    ...(endless ? { answers: 0, afterwards: 'reset' as const } : {}),
    bodyless: method === 'HEAD',
  }));
}

/** Headers that a proxy, a browser or an attacker might send. */
function headersCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  const odd = fc.stringMatching(/^[ -~]{0,80}$/);
  const header = fc.oneof(
    fc.tuple(
      fc.constant('host'),
      fc.constantFrom('evil.example', '', '[::1]', '127.0.0.1:1', 'a b', '127.0.0.1,x'),
    ),
    fc.tuple(
      fc.constant('origin'),
      fc.constantFrom('null', 'https://evil.example', 'http://127.0.0.1', ''),
    ),
    fc.tuple(
      fc.constant('idempotency-key'),
      fc.oneof(odd, fc.constant('k'.repeat(300)), fc.uuid()),
    ),
    fc.tuple(fc.constant('expect'), fc.constantFrom('100-continue', '200-ok')),
    fc.tuple(
      fc.constant('transfer-encoding'),
      fc.constantFrom('chunked', 'gzip', 'chunked, chunked', 'identity'),
    ),
    fc.tuple(fc.constant('upgrade'), fc.constantFrom('websocket', 'h2c')),
    fc.tuple(fc.constant('connection'), fc.constantFrom('close', 'upgrade', 'keep-alive, host')),
    fc.tuple(
      fc.constant('accept-encoding'),
      fc.oneof(odd, fc.constantFrom('gzip', 'br;q=2', '*;q=0')),
    ),
    fc.tuple(
      fc.constant('content-length'),
      fc.constantFrom('0', '1', '-1', '1e3', '99999999999', '5, 5'),
    ),
    fc.tuple(
      fc.constant('x-long'),
      fc.nat(20_000).map((n) => 'v'.repeat(n)),
    ),
    fc.tuple(fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,30}$/), odd),
  );
  const all = fc.array(header, { minLength: 1, maxLength: 4 });
  return fc.tuple(rightRequest(context.sessions), all).map(([right, headers]) => {
    const sent = post(right.path, toText(right.body), { ...json, ...Object.fromEntries(headers) });
    /* A message whose length is in doubt, or that asks for another protocol, may be cut off. */
    const doubtful = headers.some(([name]) => framing.has(name.toLowerCase()));
    return doubtful ? { ...sent, answers: 0, afterwards: 'finish' as const } : sent;
  });
}

const framing = new Set(['transfer-encoding', 'content-length', 'upgrade']);

const garbageCase: fc.Arbitrary<FuzzCase> = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 500 }).map((bytes) => Buffer.from(bytes)),
    fc.constantFrom(
      Buffer.from('GET / HTTP/9.9\r\n\r\n'),
      Buffer.from('\r\n\r\n\r\n'),
      Buffer.from('GET /health HTTP/1.1\r\n\r\n'),
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from([22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]),
      Buffer.from(
        'POST /api/ingest HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      ),
      Buffer.from(`GET /${'a'.repeat(40_000)} HTTP/1.1\r\n\r\n`),
      Buffer.from(`GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(5_000)}\r\n`),
    ),
  )
  .map((bytes) => ({ ...whole(bytes), answers: 0, afterwards: 'finish' as const }));

function slowCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  return fc
    .tuple(rightRequest(context.sessions), fc.integer({ min: 2, max: 12 }))
    .map(([right, count]) => {
      const bytes = requestBytes('POST', right.path, json, toText(right.body));
      return { ...whole(bytes), pieces: inPieces(bytes, count, 100) };
    });
}

function abandonedCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  return fc
    .tuple(
      rightRequest(context.sessions),
      fc.nat(),
      fc.constantFrom('finish' as const, 'reset' as const),
    )
    .map(([right, at, afterwards]) => {
      const bytes = requestBytes('POST', right.path, json, toText(right.body));
      return { ...whole(bytes.subarray(0, 1 + (at % (bytes.length - 1)))), answers: 0, afterwards };
    });
}

/** Promises more than it ever sends and keeps the connection open. */
function stalledCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  return fc.tuple(path(context), fc.boolean()).map(([to, inHead]) => {
    const head = requestHead('POST', to, json, 1_000);
    const bytes = inHead
      ? head.subarray(0, head.length - 2)
      : Buffer.concat([head, Buffer.from('{')]);
    return { ...whole(bytes), answers: 0 };
  });
}

function pipelinedCase(context: FuzzContext): fc.Arbitrary<FuzzCase> {
  return fc.array(rightRequest(context.sessions), { minLength: 2, maxLength: 8 }).map((all) => ({
    ...whole(Buffer.concat(all.map((r) => requestBytes('POST', r.path, json, toText(r.body))))),
    answers: all.length,
  }));
}

function inPieces(bytes: Buffer, count: number, afterMs: number): FuzzCase['pieces'] {
  const size = Math.ceil(bytes.length / count);
  const pieces: FuzzCase['pieces'] = [];
  for (let at = 0; at < bytes.length; at += size) {
    pieces.push({ bytes: bytes.subarray(at, at + size), afterMs: at === 0 ? 0 : afterMs });
  }
  return pieces;
}
