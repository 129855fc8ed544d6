/** OTLP over HTTP: both encodings, what becomes of metrics and logs, and what bad requests are told. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { requests, type Signal } from '../doors/otlp/messages.ts';
import { encodeMessage } from '../doors/otlp/testing/encode.ts';
import { Harness, type Json, startUs } from './testing/harness.ts';

const timeUnixNano = `${startUs}000`;
const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const till = [text('service.name', 'till'), text('service.version', '2.4.0')];

function metricsOf(metrics: object[], attributes: object[] = till) {
  return { resourceMetrics: [{ resource: { attributes }, scopeMetrics: [{ metrics }] }] };
}

function logsOf(logRecords: object[], attributes: object[] = till) {
  const scope = { name: 'till.payments' };
  return { resourceLogs: [{ resource: { attributes }, scopeLogs: [{ scope, logRecords }] }] };
}

const gauge = (name: string, asDouble: unknown, more: object = {}) => ({
  ...{ name, gauge: { dataPoints: [{ timeUnixNano, asDouble, ...more }] } },
});

const protobuf = { 'content-type': 'application/x-protobuf' };

function post(server: Harness, signal: Signal, body: unknown, headers = {}) {
  return server.post(`/v1/${signal}`, body, headers);
}

/** The only session, whole. */
async function onlySession(server: Harness): Promise<Json> {
  const all = (await server.ask('/api/data/sessions')).json;
  expect(all).toHaveLength(1);
  return all[0];
}

async function account(server: Harness): Promise<Json> {
  const { doors } = (await server.ask('/api/doors')).json;
  return doors.find(({ name }: Json) => name === 'otlp');
}

/** Fields of a small message by number: integers and texts. */
function fieldsOf(bytes: Buffer): Json {
  const reader = new BinaryReader(bytes);
  const fields: Json = {};
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    fields[number] = wireType === 0 ? Number(reader.int64()) : Buffer.from(reader.bytes());
  }
  return fields;
}

describe('OTLP over HTTP', () => {
  it.each(['json', 'protobuf', 'gzip'])('records metrics in %s', async (encoding) => {
    const server = await Harness.start();
    const message = metricsOf([gauge('queue.length', 3, { attributes: [text('till', 'A')] })]);
    const bytes = Buffer.from(encodeMessage(requests.metrics, message));
    const answer = await (encoding === 'json'
      ? post(server, 'metrics', message)
      : encoding === 'protobuf'
        ? post(server, 'metrics', bytes, protobuf)
        : post(server, 'metrics', gzipSync(bytes), { ...protobuf, 'content-encoding': 'gzip' }));
    expect(answer.status).toBe(200);
    if (encoding === 'json') expect(answer.text).toBe('{}\n');
    else expect(answer.bytes).toHaveLength(0);
    const type = encoding === 'json' ? 'application/json' : 'application/x-protobuf';
    expect(answer.headers['content-type']).toBe(type);
    const session = await onlySession(server);
    expect(session.state).toMatchObject({ product: 'till', version: '2.4.0' });
    expect(session.metrics).toMatchObject([
      { name: 'queue.length', type: 'gauge', value: 3, tags: ['till:A'] },
    ]);
  });

  it('says how many were refused and why, in the encoding of the request', async () => {
    const server = await Harness.start();
    const message = metricsOf([gauge('ok', 1), gauge('', 1), gauge('a'.repeat(501), 1)]);
    const errorMessage =
      '2 data points were refused; the first: name is empty; expected a string that is not empty.';
    const answer = await post(server, 'metrics', message);
    expect([answer.status, answer.json]).toEqual([
      200,
      { partialSuccess: { rejectedDataPoints: '2', errorMessage } },
    ]);
    server.pass(1);
    const again = await post(
      server,
      'metrics',
      Buffer.from(encodeMessage(requests.metrics, message)),
      protobuf,
    );
    const { 1: partial } = fieldsOf(again.bytes);
    expect(fieldsOf(partial)).toEqual({ 1: 2, 2: Buffer.from(errorMessage) });
    expect(await account(server)).toMatchObject({
      stored: 2,
      refused: [{ reason: 'invalid_field', count: 4 }],
    });
  });

  it('records the same body once, unless something in it has no time', async () => {
    const server = await Harness.start();
    const log = { timeUnixNano, body: { stringValue: 'x' } };
    for (let i = 0; i < 2; i++) {
      expect((await post(server, 'logs', logsOf([log]))).json).toEqual({});
      expect(
        (await post(server, 'logs', logsOf([log, { body: { stringValue: 'y' } }]))).json,
      ).toEqual({});
    }
    const { events } = await onlySession(server);
    expect(events.map(({ message }: Json) => message)).toEqual(['x', 'x', 'y', 'x', 'y']);
    expect(await account(server)).toMatchObject({
      stored: 5,
      refused: [{ reason: 'duplicate', count: 1 }],
    });
  });

  it('is open to pages of the origins that the operator lists', async () => {
    const origin = 'https://shop.example';
    const server = await Harness.start({ allowedOrigins: [origin] });
    const asked = { 'access-control-request-method': 'POST', origin };
    const preflight = await server.ask('/v1/logs', { method: 'OPTIONS', headers: asked });
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([
      204,
      origin,
    ]);
    const answer = await post(server, 'logs', logsOf([{ timeUnixNano }]), { origin });
    expect([answer.status, answer.headers['access-control-allow-origin']]).toEqual([200, origin]);
    const foreign = await post(server, 'logs', {}, { origin: 'https://other.example' });
    expect([foreign.status, foreign.json.code]).toEqual([403, 7]);
  });

  it('stores nothing when the store refuses, and then all of it once', async () => {
    const server = await Harness.start();
    const message = metricsOf([
      {
        name: 'hits',
        sum: {
          isMonotonic: true,
          aggregationTemporality: 1,
          dataPoints: [{ timeUnixNano, asInt: '5' }],
        },
      },
    ]);
    const { TachoError } = await import('@tacho/protocol');
    server.appendGate = () => Promise.reject(new TachoError('disk_full', 'No space is left'));
    const answer = await post(server, 'metrics', message);
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
    expect(answer.json).toEqual({ code: 14, message: 'No space is left' });
    server.appendGate = undefined;
    for (let i = 0; i < 2; i++) expect((await post(server, 'metrics', message)).status).toBe(200);
    const { metrics } = await onlySession(server);
    expect(metrics).toMatchObject([{ name: 'hits', type: 'counter', value: 5 }]);
  });
});

/** Rows of a table of the page about OTLP, between the comments of this name; code without its quotes. */
function tableOf(name: string): string[][] {
  const page = readFileSync(new URL('../../../../docs/otlp.md', import.meta.url), 'utf8');
  const text = page.split(`<!-- ${name} -->`)[1]?.split(`<!-- /${name} -->`)[0] ?? '';
  const rows = text
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .slice(2);
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const code = (cell = '') => cell.replace(/^`|`$/g, '');

describe('what is bad', () => {
  it('is answered as the page says, in the encoding of the request', async () => {
    const server = await Harness.start();
    const rows = tableOf('bad bodies');
    expect(rows.length).toBeGreaterThan(5);
    for (const [type, body, said] of rows) {
      const headers = { 'content-type': code(type) };
      const answer = await post(server, 'metrics', code(body), headers);
      const { 1: number, 2: text } = isProtobuf(type) ? fieldsOf(answer.bytes) : ({} as Json);
      const found = isProtobuf(type) ? { code: number, message: String(text) } : answer.json;
      expect([answer.status, found], `${type} ${body}`).toEqual([
        Number(said?.slice(0, 3)),
        JSON.parse(code(said?.slice(4))),
      ]);
    }
    const { stored, refused } = await account(server);
    const counts = refused.map(({ count }: Json) => count);
    expect([stored, counts.reduce((a: number, b: number) => a + b)]).toEqual([0, rows.length]);
  });

  it('of metrics is refused as the page says, and nothing beside it is', async () => {
    const server = await Harness.start();
    const rows = tableOf('bad metrics');
    expect(rows.length).toBeGreaterThan(10);
    for (const [metric, reason] of rows) {
      const message = metricsOf([JSON.parse(code(metric)), gauge('good', 1)]);
      const { json } = await post(server, 'metrics', message);
      const errorMessage = `1 data point was refused; the first: ${reason}`;
      expect(json).toEqual({ partialSuccess: { rejectedDataPoints: '1', errorMessage } });
    }
    expect(await account(server)).toMatchObject({
      stored: rows.length,
      refused: [{ reason: 'invalid_field', count: rows.length }],
    });
  });
});

function isProtobuf(type: string | undefined): boolean {
  return code(type) === 'application/x-protobuf';
}
