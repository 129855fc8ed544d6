/** InfluxDB's line protocol over HTTP: what is stored of it, what is answered, and the clients of its makers. */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { InfluxDB as InfluxDB2, Point } from '@influxdata/influxdb-client';
import { limits } from '@tacho/protocol';
import { InfluxDB } from 'influx';
import { describe, expect, it } from 'vitest';
import { Harness, type Json, startUs } from './testing/harness.ts';

const at = `${startUs / 1e6}`;

/** All sessions with all that they recorded. */
async function sessions(server: Harness): Promise<Json[]> {
  return (await server.ask('/api/data/sessions')).json;
}

/** The account of the door. */
async function account(server: Harness): Promise<Json> {
  const { doors } = (await server.ask('/api/doors')).json;
  return doors.find(({ name }: Json) => name === 'influx');
}

async function write(server: Harness, lines: string, path = '/write?db=shop&precision=s') {
  return server.ask(path, {
    method: 'POST',
    body: lines,
    headers: { 'content-type': 'text/plain' },
  });
}

describe('line protocol over HTTP', () => {
  it('makes series, state and sessions of lines', async () => {
    const server = await Harness.start();
    const lines = [
      `cpu,host=a,service=till,version=2.4.0,core=0 usage_percent=12.5,up=t,cores=8i ${at}`,
      `queue,host=a,service=till,version=2.4.0 value=3 ${at}`,
      `disk,host=a,service=till,version=2.4.0,path=/ label="root",free_bytes=7u ${at}`,
      'cpu usage_percent=1',
    ];
    const answer = await write(server, lines.join('\n'));
    expect([answer.status, answer.text]).toEqual([204, '']);
    const found = await sessions(server);
    const till = found.find(({ state }) => state.product === 'till');
    expect(till).toMatchObject({ hostname: 'a', state: { version: '2.4.0' } });
    const seen = till.metrics.map(({ name, type, value, tags, timestamp }: Json) => ({
      ...{ name, type, value, tags, timestamp },
    }));
    const timestamp = '2026-01-01T00:00:00.000Z';
    expect(seen).toEqual([
      { name: 'cpu_usage_percent', type: 'gauge', value: 12.5, tags: ['core:0'], timestamp },
      { name: 'cpu_up', type: 'gauge', value: 1, tags: ['core:0'], timestamp },
      { name: 'cpu_cores', type: 'gauge', value: 8, tags: ['core:0'], timestamp },
      { name: 'queue', type: 'gauge', value: 3, tags: undefined, timestamp },
      { name: 'disk_free_bytes', type: 'gauge', value: 7, tags: ['path:/'], timestamp },
    ]);
    expect(till.state.influx).toEqual({ disk: { 'path:/': { label: 'root' } } });
    const other = found.find(({ state }) => state.product === 'shop');
    expect(other).toMatchObject({ state: { version: 'unknown' }, metrics: [{ value: 1 }] });
    expect(await account(server)).toMatchObject({ sessions: 2, stored: 7, refused: [] });
  });

  it.each([
    ['n', 1e9],
    ['ns', 1e9],
    ['u', 1e6],
    ['us', 1e6],
    ['%C2%B5', 1e6],
    ['ms', 1e3],
    ['s', 1],
    ['m', 1 / 60],
    ['h', 1 / 3600],
  ])('reads timestamps in %s', async (precision, perSecond) => {
    const server = await Harness.start();
    const time = String(BigInt(Math.round((startUs / 1e6) * perSecond)));
    await write(server, `m v=1 ${time}`, `/api/v2/write?org=o&bucket=shop&precision=${precision}`);
    const [session] = await sessions(server);
    expect(session.metrics[0].timestamp).toBe('2026-01-01T00:00:00.000Z');
  });

  it('keeps microseconds of nanoseconds', async () => {
    const server = await Harness.start();
    await write(server, 'm v=1 1767225600123456789', '/write');
    const [session] = await sessions(server);
    expect(session.metrics[0].timestamp).toBe('2026-01-01T00:00:00.123456Z');
    expect(session.state.product).toBe('influx');
  });

  it('stores the good lines of a request, and says which were dropped', async () => {
    const server = await Harness.start();
    const bad = await write(server, 'a v=1\nb v=\nc v=2\nd');
    expect([bad.status, bad.json]).toEqual([
      400,
      {
        error:
          "partial write: unable to parse 'b v=': missing field value\nunable to parse 'd': missing fields dropped=2",
      },
    ]);
    const worse = await write(server, 'a\n'.repeat(8), '/api/v2/write?bucket=shop');
    const line = "unable to parse 'a': missing fields";
    const message = `${Array(5).fill(line).join('\n')}\nand 3 more dropped=8`;
    expect([worse.status, worse.json]).toEqual([400, { code: 'invalid', message }]);
    const [session] = await sessions(server);
    expect(session.metrics).toMatchObject([{ name: 'a_v' }, { name: 'c_v' }]);
    const [refused] = (await account(server)).refused;
    expect(refused).toMatchObject({ reason: 'invalid_line', count: 10 });
  });

  it('says of each line in the documentation what is wrong with it', async () => {
    const page = readFileSync(new URL('../../../../docs/influx.md', import.meta.url), 'utf8');
    const table = page.split('<!-- bad lines -->')[1]?.split('<!-- /bad lines -->')[0] ?? '';
    const rows = [...table.matchAll(/^\| `(.*)` \| (.*) \|$/gm)];
    expect(rows.length).toBeGreaterThan(20);
    const server = await Harness.start();
    for (const [, line = '', reason] of rows) {
      const { json } = await write(server, line, '/write');
      const text = /^unable to parse '(.*)': (.*) dropped=1$/.exec(json.error);
      expect([line.startsWith(text?.[1] ?? '-'), text?.[2]], line).toEqual([true, reason]);
    }
    expect(await sessions(server)).toEqual([]);
  });

  it('refuses what is beyond a bound with its name, and counts it', async () => {
    const server = await Harness.start({ expandedBodyBytesMax: 16 * 2 ** 20 });
    const long = 'x'.repeat(1_001);
    const cases: [string, number, RegExp][] = [
      [`m,product=${long} v=1`, 400, /product has 1001 characters; expected at most 200/],
      [`m,t=${long} v=1`, 400, /tags\[0\] has 1003 characters; expected at most 500/],
      [`${long} v=1`, 400, /measurement and field has 1003 characters; expected at most 500/],
      [`m v="${long}"`, 400, /text of the line takes 1009 bytes as JSON; expected at most 1000/],
      [`m v=1 ${Number(at) * 2}`, 400, /timestamp is more than a year in the future/],
      ['m v=1\n'.repeat(limits.doorSamplesMax + 1), 413, /more than 200000 values/],
    ];
    for (const [lines, status, error] of cases) {
      const answer = await write(server, lines);
      expect([answer.status, answer.json.error]).toEqual([status, expect.stringMatching(error)]);
    }
    const wrong = await write(server, 'm v=1', '/write?precision=days');
    expect(wrong.json.error).toContain('invalid precision "days"; accepted: n, ns, u');
    const binary = await server.ask('/write', { method: 'POST', body: Buffer.from([0x6d, 0xff]) });
    expect(binary.json).toEqual({ error: 'unable to parse the body: it is not UTF-8' });
    const counts = (await account(server)).refused.map(({ reason, count }: Json) => [
      reason,
      count,
    ]);
    expect(counts).toEqual([
      ['invalid_field', 6],
      ['too_many_items', 1],
      ['invalid_body', 1],
    ]);
  });

  it('stores a text when it changes, and at most as many as fit', async () => {
    const server = await Harness.start();
    const say = (text: string) => write(server, `job status="${text}"`);
    for (const text of ['idle', 'idle', 'busy', 'busy']) await say(text);
    const [{ state_history }] = await sessions(server);
    const said = state_history.map(({ state }: Json) => state.influx?.job.status);
    expect(said.filter(Boolean)).toEqual(['idle', 'busy']);
    const many = Array.from({ length: limits.doorTextsMax + 10 }, (_, i) => `n${i} v="x",w=1`);
    expect((await write(server, many.join('\n'))).status).toBe(204);
    const [session] = await sessions(server);
    expect(Object.keys(session.state.influx)).toHaveLength(limits.doorTextsMax);
    expect(session.metrics).toHaveLength(many.length);
    const { stored, refused } = await account(server);
    expect(refused).toMatchObject([{ reason: 'too_many_texts', count: 11 }]);
    expect(stored).toBe(4 + 2 * many.length - 11);
  });

  it('answers 503 and 429 in the form of each version, and stores nothing', async () => {
    const server = await Harness.start();
    server.appendGate = () => Promise.reject(new Error('no disk'));
    const one = await write(server, 'm v=1');
    expect([one.status, one.json]).toEqual([
      500,
      { error: 'The server failed; its log says more' },
    ]);
    const two = await write(server, 'm v=1', '/api/v2/write');
    expect(two.json).toEqual({
      code: 'internal error',
      message: 'The server failed; its log says more',
    });
    expect((await account(server)).refused).toMatchObject([{ reason: 'internal', count: 2 }]);
  });

  it('lets senders in by every form of a token that they know', async () => {
    const server = await Harness.start();
    const made = await server.post('/api/tokens', { name: 'telegraf', scopes: ['ingest'] });
    const { token } = made.json;
    const basic = Buffer.from(`telegraf:${token}`).toString('base64');
    const ask = async (path: string, authorization?: string) => {
      const headers = { ...(authorization !== undefined && { authorization }) };
      return (await server.ask(path, { method: 'POST', body: 'm v=1', headers })).status;
    };
    expect(await ask('/write', `Token ${token}`)).toBe(204);
    expect(await ask('/write', `Bearer ${token}`)).toBe(204);
    expect(await ask('/write', `Basic ${basic}`)).toBe(204);
    expect(await ask(`/write?u=telegraf&p=${token}`)).toBe(204);
    expect(await ask(`/api/v2/write?p=${token}`)).toBe(401);
    expect(await ask('/write', 'Token tacho_no')).toBe(401);
    const none = await write(server, 'm v=1', '/api/v2/write');
    expect([none.status, none.json.code]).toEqual([401, 'unauthorized']);
    expect((await server.ask('/ping')).status).toBe(204);
    const wrong = await server.ask('/write?p=hush&db=x', { method: 'POST', body: 'm v=1' });
    expect([wrong.status, server.logged.join('')]).toEqual([
      401,
      expect.not.stringMatching('hush'),
    ]);
    expect(server.logged.join('')).toContain('/write?p=…&db=x');
  });
});

describe('clients of InfluxDB', () => {
  it('version 2 writes points in compressed batches', async () => {
    const server = await Harness.start();
    const client = new InfluxDB2({ url: `http://127.0.0.1:${server.port}`, token: 'any' });
    const api = client.getWriteApi('org', 'shop', 'ms', { gzipThreshold: 0, maxRetries: 0 });
    api.useDefaultTags({ host: 'till-3', version: '2.4.0' });
    const odd = 'a, b=c\\d';
    for (let i = 0; i < 100; i++) {
      api.writePoint(
        new Point('check out')
          .tag('step', odd)
          .floatField('duration_ms', i / 8)
          .intField('items', i)
          .stringField('result', 'say "yes"\nor \\no')
          .timestamp(new Date(startUs / 1000 + i)),
      );
    }
    await api.close();
    const [session] = await sessions(server);
    expect(session).toMatchObject({
      hostname: 'till-3',
      state: { product: 'shop', version: '2.4.0' },
    });
    expect(session.metrics).toHaveLength(200);
    expect(session.metrics.at(-2)).toMatchObject({ name: 'check out_duration_ms', value: 99 / 8 });
    expect(session.state.influx['check out']).toEqual({
      [session.metrics[0].tags[0]]: { result: 'say "yes"\nor \\no' },
    });
  });

  it('version 1 pings, writes points, and gets told of a bad one', async () => {
    const server = await Harness.start();
    const client = new InfluxDB({ host: '127.0.0.1', port: server.port, database: 'shop' });
    expect(await client.ping(5_000)).toMatchObject([{ online: true, version: expect.any(String) }]);
    await client.writePoints([
      { measurement: 'queue', tags: { host: 'till-3' }, fields: { value: 3, open: true } },
    ]);
    const [session] = await sessions(server);
    expect(session.metrics).toMatchObject([
      { name: 'queue_open', value: 1 },
      { name: 'queue', value: 3 },
    ]);
    await expect(
      client.writePoints([{ measurement: 'm', fields: { v: 1 }, timestamp: new Date(-5_000) }]),
    ).rejects.toThrow('timestamp is before 1970');
  });

  it('sends gzip by any name', async () => {
    const server = await Harness.start();
    const headers = { 'content-encoding': 'gzip', 'content-type': 'text/plain; charset=utf-8' };
    const body = gzipSync('m v=1');
    expect((await server.ask('/write', { method: 'POST', body, headers })).status).toBe(204);
  });
});
