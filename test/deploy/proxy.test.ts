/** The real HAProxy with the configuration of `deploy/` before two real servers. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { Agent, createServer, type Server as HttpServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import { freePort, root, textOf } from './files.ts';

/** A busy machine takes its time. */
const patient = { timeout: 30_000 };

const haproxy = haproxyProgram();
const servers: Server[] = [];
const processes: ChildProcess[] = [];
const others: HttpServer[] = [];

afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL');
  for (const other of others.splice(0)) other.close();
  await Promise.all(servers.splice(0).map((server) => server.kill()));
});

describe.skipIf(haproxy === undefined)('deploy/proxy/haproxy.cfg', () => {
  it('passes a live stream on while it goes on', async () => {
    const server = await start();
    const url = await proxyTo(server.port, server.port);
    const stream = await fetch(`${url}/api/live`);
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader();
    await createSession(url);
    let text = '';
    while (!text.includes('flown-by')) text += (await reader.read()).value ?? '';
    await reader.cancel();
  });

  it('goes on with the other server when one is killed', async () => {
    const [one, two] = [await start(), await start()];
    const url = await proxyTo(one.port, two.port);
    await createSession(url);
    await one.kill();
    for (let i = 0; i < 10; i++) await createSession(url);
    await two.kill();
    await expect.poll(() => send(`${url}/health`), patient).toBe(503);
  });

  it('asks no server whose health is bad', async () => {
    const server = await start();
    const { port, seen } = await sickServer();
    const url = await proxyTo(server.port, port);
    await expect.poll(() => seen.checks, patient).toBeGreaterThan(4);
    const before = seen.requests;
    for (let i = 0; i < 10; i++) await createSession(url);
    expect(seen.requests).toBe(before);
  });

  it('keeps a connection with one server, and spreads connections', async () => {
    const all = [await start(), await start()];
    const url = await proxyTo(all[0]!.port, all[1]!.port);
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    for (let i = 0; i < 6; i++) await createSession(url, kept);
    kept.destroy();
    expect((await Promise.all(all.map(sessionsOf))).sort()).toEqual([0, 6]);
    for (let i = 0; i < 6; i++) await createSession(url);
    const spread = await Promise.all(all.map(sessionsOf));
    expect(Math.min(...spread)).toBeGreaterThan(0);
  });
});

async function start(): Promise<Server> {
  const server = await startServer();
  servers.push(server);
  return server;
}

/** Something in the place of a server that says it is unwell, and counts who asks all the same. */
async function sickServer() {
  const seen = { checks: 0, requests: 0 };
  const server = createServer(({ method }, reply) => {
    // Sessions are posted, health is not.
    if (method === 'POST') seen.requests++;
    else seen.checks++;
    reply.writeHead(503).end('{}');
  });
  others.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, seen };
}

/** Starts HAProxy before two ports; the address to ask, once it answers. */
async function proxyTo(...ports: [number, number]): Promise<string> {
  const port = await freePort();
  const file = join(temporaryDirectory('tacho-proxy-'), 'haproxy.cfg');
  writeFileSync(
    file,
    textOf('deploy/proxy/haproxy.cfg')
      .replace('bind :9090', `bind 127.0.0.1:${port}`)
      .replace('tacho-1:9090', `127.0.0.1:${ports[0]}`)
      .replace('tacho-2:9090', `127.0.0.1:${ports[1]}`)
      .replace('inter 2s', 'inter 100ms')
      // Each takes two file descriptors, of which not every machine gives so many.
      .replace('maxconn 20000', 'maxconn 100'),
  );
  processes.push(spawn(haproxy!, ['-db', '-f', file], { stdio: 'ignore' }));
  const url = `http://127.0.0.1:${port}`;
  await expect.poll(() => send(`${url}/health`).catch(() => 0), patient).toBe(200);
  return url;
}

async function createSession(url: string, agent?: Agent): Promise<void> {
  const body = JSON.stringify({ product: 'flown-by', version: '1' });
  expect(await send(`${url}/api/sessions`, { agent, body })).toBe(201);
}

async function sessionsOf({ url }: Server): Promise<number> {
  const reply = await fetch(`${url}/api/data/sessions`);
  return ((await reply.json()) as unknown[]).length;
}

/** The status of one request, on a connection of its own unless an agent keeps one. */
function send(
  url: string,
  { agent, body }: { agent?: Agent | undefined; body?: string } = {},
): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' };
    const method = body === undefined ? 'GET' : 'POST';
    const sent = request(url, { method, headers, agent: agent ?? false }, (reply) => {
      reply.resume().once('end', () => resolve(reply.statusCode ?? 0));
    });
    sent.once('error', reject).end(body);
  });
}

/** HAProxy's program; undefined where it cannot be had, and then these tests are skipped. */
function haproxyProgram(): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (spawnSync('haproxy', ['-v']).status === 0) return 'haproxy';
  const script = join(root, 'scripts/haproxy.sh');
  const { status, stdout } = spawnSync(script, { encoding: 'utf8', timeout: 60_000 });
  return status === 0 ? stdout.trim() : undefined;
}
