/** Serving, in this process and over the store in memory: addresses, refusals, and the drain. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Server as HttpServer } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeClock } from './clock.ts';
import { type Config, loadConfig } from './config.ts';
import { Failure } from './failure.ts';
import { openOtlpPort, otlpPortOf } from './http/otlp-port.ts';
import { type OpenStore, type ServeOptions, type Serving, serve } from './main.ts';
import { type MemoryStore, openMemory } from './store/memory.ts';
import { makeToken } from './token.ts';

let dir: string;
const running: Serving[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'tacho-main-'));
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((serving) => serving.close()));
  rmSync(dir, { recursive: true });
});

/** A store in memory that tells whether it was closed, and can be made slow. */
class Opened {
  closed = 0;
  waiting = 0;
  store: MemoryStore | undefined;
  appendWaits: Promise<void> | undefined;
  open: OpenStore = async (options) => {
    const store = openMemory(options);
    const { append, close } = { append: store.append.bind(store), close: store.close.bind(store) };
    store.append = async (batch) => {
      this.waiting++;
      await this.appendWaits;
      return append(batch);
    };
    store.close = async () => {
      this.closed++;
      await close();
    };
    this.store = store;
    return store;
  };
}

async function start(
  opened: Opened,
  changes: Partial<Config> = {},
  drainTimeoutMs = 10_000,
  more: Partial<ServeOptions> = {},
): Promise<Serving> {
  const { config } = loadConfig({ env: {}, cwd: dir, flags: { port: 0 } });
  const serving = await serve({
    config: { ...config, ...changes },
    log: pino({ level: 'silent' }),
    clock: makeClock(),
    openStore: opened.open,
    drainTimeoutMs,
    ...more,
  });
  running.push(serving);
  return serving;
}

async function refusal(changes: Partial<Config>, opened = new Opened()): Promise<string> {
  try {
    await start(opened, changes);
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).message).not.toContain('\n');
    return (error as Failure).message;
  }
  throw new Error('it started');
}

const session = { product: 'p', version: '1' };
function create(url: string): Promise<Response> {
  const headers = { 'content-type': 'application/json' };
  return fetch(`${url}/api/sessions`, { method: 'POST', headers, body: JSON.stringify(session) });
}

describe('serving', () => {
  it('says where, with the port that was picked', async () => {
    const { url } = await start(new Opened());
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('puts an IPv6 address in brackets', async () => {
    const { url } = await start(new Opened(), { host: '::1' });
    expect(url).toMatch(/^http:\/\/\[::1\]:[1-9]\d*$/);
    expect((await fetch(`${url}/health`)).status).toBe(200);
  });

  it('is refused in one line when the port is in use, and lets go of the store', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const opened = new Opened();
    const message = await refusal({ port }, opened);
    other.close();
    expect(message).toContain(`port ${port} on 127.0.0.1 is in use`);
    expect(opened.closed).toBe(1);
  });

  it('takes OTLP on a second port, and lets its requests finish when it closes', async () => {
    const opened = new Opened();
    const { url, otlpUrl, close } = await start(opened, { otlpPort: 0 });
    expect(otlpUrl).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    expect(otlpUrl).not.toBe(url);
    expect((await fetch(`${otlpUrl}/health`)).status).toBe(200);
    let goOn = (): void => {};
    opened.appendWaits = new Promise((resolve) => {
      goOn = resolve;
    });
    const pending = create(otlpUrl as string);
    await expect.poll(() => opened.waiting).toBe(1);
    const closing = close();
    goOn();
    expect((await pending).status).toBe(201);
    expect(await closing).toBe(true);
    await expect(fetch(`${otlpUrl}/health`)).rejects.toThrow();
  });

  it('has no second port unless it is asked for, or listens where everybody expects it', async () => {
    expect((await start(new Opened())).otlpUrl).toBeUndefined();
    expect(otlpPortOf({ port: 9090, otlpPort: 'auto' })).toEqual({ port: 4318, isRequired: false });
    expect(otlpPortOf({ port: 9091, otlpPort: 'auto' })).toBeUndefined();
    expect(otlpPortOf({ port: 9090, otlpPort: 'none' })).toBeUndefined();
    expect(otlpPortOf({ port: 9090, otlpPort: 4400 })).toEqual({ port: 4400, isRequired: true });
  });

  it('goes without the usual port of OTLP when something else has it, and says so', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const lines: string[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => void lines.push(line) });
    const usual = { port, isRequired: false };
    const config = { host: '127.0.0.1', port: 9090, otlpPort: 'auto' } as const;
    expect(await openOtlpPort(new HttpServer(), config, log, usual)).toBeUndefined();
    other.close();
    expect(JSON.parse(lines[0] as string).msg).toBe(
      `otlpPort ${port} on 127.0.0.1 is in use; OpenTelemetry is taken on port 9090 alone`,
    );
  });

  it('is refused in one line when the port of OTLP is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => other.once('listening', resolve));
    const { port } = other.address() as { port: number };
    const opened = new Opened();
    const message = await refusal({ otlpPort: port }, opened);
    other.close();
    expect(message).toBe(
      `otlpPort ${port} on 127.0.0.1 is in use; choose another with --otlp-port (0 picks a free one, none does without)`,
    );
    expect(opened.closed).toBe(1);
  });

  it('is refused in one line when the address is not of this machine', async () => {
    expect(await refusal({ host: '192.0.2.1', insecureNoAuth: true })).toContain(
      '192.0.2.1 is not an address',
    );
  });

  it('is refused in one line when the certificate cannot be read or used', async () => {
    const tlsCertFile = join(dir, 'cert.pem');
    const tlsKeyFile = join(dir, 'key.pem');
    const missing = await refusal({ tlsCertFile, tlsKeyFile });
    expect(missing).toBe(`tlsCertFile ${tlsCertFile} cannot be read: no such file or directory`);
    writeFileSync(tlsCertFile, 'x');
    writeFileSync(tlsKeyFile, 'y');
    expect(await refusal({ tlsCertFile, tlsKeyFile })).toContain('do not work together');
  });

  it('beyond loopback is refused in one line until there is something to let the right ones in', async () => {
    const opened = new Opened();
    const host = '0.0.0.0';
    expect(await refusal({ host }, opened)).toMatch(/token create.*--insecure-no-auth/);
    expect(opened.closed).toBe(1);
    const { row } = makeToken({ name: 't', scopes: ['read'] }, 1);
    const open: OpenStore = async (options) => {
      const store = await opened.open(options);
      await store.addToken(row);
      return store;
    };
    const serving = await start(opened, { host }, 10_000, { openStore: open });
    const { port } = new URL(serving.url);
    expect((await fetch(`http://127.0.0.1:${port}/api/data/sessions`)).status).toBe(401);
    await start(opened, { host, insecureNoAuth: true });
    const keyed = await start(opened, { host }, 10_000, { apiKey: 'k' });
    const headers = { authorization: 'Bearer k' };
    const url = `http://127.0.0.1:${new URL(keyed.url).port}/api/data/sessions`;
    expect((await fetch(url)).status).toBe(401);
    expect((await fetch(url, { headers })).status).toBe(200);
  });

  it('passes on why the store cannot be opened', async () => {
    const opened = new Opened();
    const reason = new Error('another tacho is using the data directory');
    opened.open = () => Promise.reject(reason);
    await expect(start(opened)).rejects.toBe(reason);
  });
});

describe('closing', () => {
  it('finishes the request in flight, then closes the store, once', async () => {
    const opened = new Opened();
    const serving = await start(opened);
    let release = (): void => {};
    opened.appendWaits = new Promise((resolve) => {
      release = resolve;
    });
    const reply = create(serving.url);
    await reaches(opened);
    const closed = Promise.all([serving.close(), serving.close()]);
    await refusesConnections(serving.url);
    expect(opened.closed).toBe(0);
    release();
    expect((await reply).status).toBe(201);
    expect(await closed).toEqual([true, true]);
    expect(opened.closed).toBe(1);
  });

  it('cuts off what takes longer than the drain timeout, and says so', async () => {
    const opened = new Opened();
    const serving = await start(opened, {}, 200);
    const socket = await halfRequest(serving.url);
    const ended = new Promise((resolve) => socket.once('close', resolve));
    expect(await serving.close()).toBe(false);
    expect(opened.closed).toBe(1);
    await ended;
  });

  it('does not wait for connections that are merely kept alive', async () => {
    const serving = await start(new Opened());
    await (await fetch(`${serving.url}/health`)).text();
    expect(await serving.close()).toBe(true);
  });
});

/** Resolves when a request hangs in the slow store. */
async function reaches(opened: Opened): Promise<void> {
  while (opened.waiting === 0) await new Promise((resolve) => setImmediate(resolve));
}

/** Resolves when nothing listens there any more. */
async function refusesConnections(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(Number(port), hostname);
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('connect', () => socket.destroy());
    });
    if (!isOpen) return;
  }
}

/** A request whose body never ends. */
async function halfRequest(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await new Promise((resolve) => socket.once('connect', resolve));
  const head = `POST /api/sessions HTTP/1.1\r\nHost: ${hostname}:${port}\r\nContent-Type: application/json`;
  socket.write(`${head}\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n`);
  await new Promise((resolve) => socket.once('data', resolve));
  socket.write('{');
  return socket;
}
