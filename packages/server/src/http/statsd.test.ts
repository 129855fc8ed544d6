/** StatsD by UDP: what becomes of what a real sender says, and of what DogStatsD adds to it. */
import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, TachoError } from '@tacho/protocol';
import StatsdClient from 'statsd-client';
import { expect, it, onTestFinished } from 'vitest';
import { Harness, type Json } from './testing/harness.ts';

/** A server that takes StatsD at a free port. */
async function start(): Promise<{ server: Harness; port: number }> {
  const udp = { port: 0, isWished: false };
  const statsd = { udp, product: 'statsd', flushIntervalMs: 50 };
  const server = await Harness.start({ statsd });
  const line = server.logged.find((text) => text.includes('StatsD is taken by UDP')) ?? '{}';
  return { server, port: JSON.parse(line).port };
}

/** The last value of each series of the session of a product. */
async function latest(server: Harness, product: string): Promise<Json> {
  const all: Json[] = (await server.ask('/api/data/sessions')).json;
  const session = all.find(({ state }) => state.product === product);
  if (session === undefined) return undefined;
  const values: Record<string, unknown> = {};
  for (const { name, type, tags = [], value, metadata } of session.metrics) {
    values[[name, ...tags].join(' ')] = [type, metadata?.count ?? value];
  }
  return { values, session };
}

it('records what a client of StatsD sends', async () => {
  const { server, port } = await start();
  const tags = { service: 'shop', version: '2.4.0', host: 'till-3' };
  const client = new StatsdClient({ host: '127.0.0.1', port, tags });
  client.counter('orders', 2);
  client.counter('orders', 3);
  client.gauge('queue', 10);
  client.gaugeDelta('queue', -4);
  for (const ms of [1, 20, 300]) client.timing('duration', ms, { step: 'pay' });
  client.histogram('size', 7);
  for (const user of ['a', 'b', 'a']) client.set('users', user);
  client.close();
  await expect
    .poll(async () => (await latest(server, 'shop'))?.values, { timeout: 20_000 })
    .toEqual({
      orders: ['counter', 5],
      queue: ['gauge', 6],
      'duration step:pay': ['histogram', 3],
      size: ['histogram', 1],
      users: ['gauge', 2],
    });
  const { session } = await latest(server, 'shop');
  expect(session).toMatchObject({ hostname: 'till-3', state: { version: '2.4.0' } });
  const duration = session.metrics.find(({ name }: Json) => name === 'duration');
  expect(duration).toMatchObject({ unit: 'ms', metadata: { sum: 321, min: 1, max: 300 } });
});

it('records what DogStatsD adds, and goes on from flush to flush', async () => {
  const { server, port } = await start();
  const socket = createSocket('udp4');
  const send = (text: string) =>
    new Promise((resolve) => socket.send(text, port, '127.0.0.1', resolve));
  const seconds = server.nowUs / 1e6 - 60;
  await send(`a:1:2:3|c|@0.5|c:container\nb:5|g\nc:1:2|d\n\nbad\nevery:1|c|T${seconds}`);
  await expect
    .poll(async () => (await latest(server, 'statsd'))?.values, { timeout: 20_000 })
    .toEqual({
      a: ['counter', 12],
      b: ['gauge', 5],
      c: ['histogram', 2],
      every: ['counter', 1],
    });
  await send('a:1|c');
  await send('b:+2|g');
  await send('c:9|d');
  await send('_e{5,10}:title|two\\nlines|t:error|#deploy,env:prod\n_sc|db|1|m:slow');
  await expect
    .poll(
      async () => {
        const { values, session } = await latest(server, 'statsd');
        const events = session.events.map(({ name, level, message, category, labels }: Json) => {
          return [name, level, message, category, labels];
        });
        return [values.a, values.b, values.c, events];
      },
      { timeout: 20_000 },
    )
    .toEqual([
      ['counter', 13],
      ['gauge', 7],
      ['histogram', 3],
      [
        ['title', 'error', 'two\nlines', 'event', ['deploy', 'env:prod']],
        ['db', 'warning', 'slow', 'service_check', []],
      ],
    ]);
  socket.close();
  const { session } = await latest(server, 'statsd');
  const every = session.metrics.find(({ name }: Json) => name === 'every');
  expect(Date.parse(every.timestamp)).toBe(seconds * 1000);
  const { doors } = (await server.ask('/api/doors')).json;
  const door = doors.find(({ name }: Json) => name === 'statsd');
  expect(door.refused).toMatchObject([{ reason: 'invalid_line', count: 1 }]);
});

it('does not start without a port that was asked for, and does without one that was not', async () => {
  const { port } = await start();
  const take = (isWished: boolean) =>
    Harness.start({ statsd: { udp: { port, isWished }, product: 'statsd' } });
  const other = await take(true);
  expect(other.logged.join('')).toContain('its port is in use');
  await expect(take(false)).rejects.toThrow(`statsdPort ${port} cannot be taken`);
});

it('keeps what a full store does not take, and counts what it refuses for good', async () => {
  const { server, port } = await start();
  const socket = createSocket('udp4');
  onTestFinished(() => {
    socket.close();
  });
  const send = (text: string) =>
    new Promise((resolve) => socket.send(text, port, '127.0.0.1', resolve));
  const refuseWith = (code: ErrorCode) => {
    server.appends = 0;
    server.appendGate = async () => {
      throw new TachoError(code, 'not now');
    };
    return expect.poll(() => server.appends, { timeout: 20_000 });
  };
  const full = refuseWith('disk_full');
  await send('a:1|c');
  await full.toBeGreaterThan(1);
  await send('a:2|c\nb:3|g');
  server.appendGate = undefined;
  const stored = { a: ['counter', 3], b: ['gauge', 3] };
  const values = async () => (await latest(server, 'statsd'))?.values;
  await expect.poll(values, { timeout: 20_000 }).toEqual(stored);
  const broken = refuseWith('internal');
  await send('a:100|c');
  await broken.toBeGreaterThan(0);
  server.appendGate = undefined;
  await send('a:4|c');
  await expect.poll(values, { timeout: 20_000 }).toEqual({ ...stored, a: ['counter', 7] });
  const { doors } = (await server.ask('/api/doors')).json;
  const { refused } = doors.find(({ name }: Json) => name === 'statsd');
  expect(refused).toMatchObject([{ reason: 'internal', count: 1 }]);
});

/** A path for a socket, gone with the test. */
function socketPathOf(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tacho-statsd-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return join(dir, 'statsd.sock');
}

function startAt(socketPath: string): Promise<Harness> {
  return Harness.start({ statsd: { socketPath, product: 'statsd', flushIntervalMs: 50 } });
}

/** A packet as DogStatsD streams it. */
function packet(text: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32LE(Buffer.byteLength(text));
  return Buffer.concat([length, Buffer.from(text)]);
}

it('takes packets and plain lines by a Unix socket, however they are cut', async () => {
  const path = socketPathOf();
  const server = await startAt(path);
  const packets = connect(path);
  const bytes = Buffer.concat([packet('a:1|c\na:2|c'), packet('b:7|g')]);
  for (const byte of bytes) packets.write(Buffer.of(byte));
  const lines = connect(path);
  lines.end('a:4|c\nc:1|c');
  const broken = connect(path);
  broken.end(packet('a:100|c').subarray(0, 8));
  const huge = connect(path);
  huge.write(packet('d:1|c'));
  huge.write(Buffer.from([0, 0, 2, 0]));
  const isCut = new Promise((resolve) => huge.once('close', resolve));
  await expect
    .poll(async () => (await latest(server, 'statsd'))?.values, { timeout: 20_000 })
    .toEqual({ a: ['counter', 7], b: ['gauge', 7], c: ['counter', 1], d: ['counter', 1] });
  await isCut;
  packets.end();
  await expect
    .poll(async () => (await server.ask('/api/doors')).json.doors[1].refused, { timeout: 20_000 })
    .toMatchObject([{ reason: 'invalid_packet', count: 2 }]);
});

it('takes a path that a dead server left, and none where somebody listens', async () => {
  const path = socketPathOf();
  const dead = spawnSync(process.execPath, [
    '-e',
    'require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))',
    path,
  ]);
  expect([dead.signal, existsSync(path)]).toEqual(['SIGKILL', true]);
  const server = await startAt(path);
  await expect(startAt(path)).rejects.toThrow(`statsdSocket ${path} cannot be taken`);
  await server.close();
  expect(existsSync(path)).toBe(false);
  writeFileSync(path, 'a file');
  await expect(startAt(path)).rejects.toThrow(`statsdSocket ${path} cannot be taken`);
  expect(existsSync(path)).toBe(true);
});
