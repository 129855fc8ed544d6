/** `tacho serve` as a process: the ready line, the refusals, the signals. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { get as getSecurely } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { closeConnections, get } from './http.ts';
import {
  type Exit,
  launcher,
  type Server,
  type ServerOptions,
  StartError,
  startServer,
  temporaryDirectory,
} from './server.ts';

const running: Server[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill()));
});
afterAll(closeConnections);

async function start(options: ServerOptions = {}): Promise<Server> {
  const server = await startServer(options);
  running.push(server);
  return server;
}

/** What a server that must not start says; it has to be its last word, in plain lines, with code 1. */
async function refusal(options: ServerOptions): Promise<string> {
  try {
    await start(options);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    expect(error.exit).toEqual({ code: 1, signal: null });
    expect(error.output).toMatch(/^(tacho: .+\n)+$/);
    expect(error.output).not.toContain('internal error');
    return error.output;
  }
  throw new Error('it started');
}

describe('a server that is ready', () => {
  it('says so in the first line on stdout, and nothing else there', async () => {
    const server = await start();
    expect((await get(`${server.url}/health`)).status).toBe(200);
    expect(server.stdout()).toBe(`tacho listening on http://127.0.0.1:${server.port}\n`);
  });

  it('logs JSON lines to stderr', async () => {
    const server = await start();
    expect(await server.stop()).toEqual({ code: 0, signal: null });
    const lines = server
      .stderr()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map((line) => line.msg)).toEqual(['ready', 'stopping', 'stopped']);
  });

  it('logs readable lines where that is asked for', async () => {
    const server = await start({ args: ['--log-format', 'pretty'] });
    await server.stop();
    expect(server.stderr()).toMatch(/^\[\d\d:\d\d:\d\d\.\d{3}\] INFO: ready/);
  });

  it.skipIf(process.platform === 'win32')('keeps its data to its owner', async () => {
    const dataDir = join(temporaryDirectory(), 'deep', 'data');
    await start({ dataDir });
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it('speaks HTTPS with a certificate', async () => {
    const pem = (name: string): string =>
      fileURLToPath(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
    const server = await start({ args: ['--tls-cert', pem('cert'), '--tls-key', pem('key')] });
    expect(server.url).toBe(`https://127.0.0.1:${server.port}`);
    const status = await new Promise((resolve, reject) => {
      getSecurely(`${server.url}/health`, { rejectUnauthorized: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject);
    });
    expect(status).toBe(200);
  });

  it("follows DataCat's config.json, and says what it does not follow", async () => {
    const dir = temporaryDirectory();
    const config = {
      server_port: '9090',
      retention_days: 30,
      api_key: 'secret',
      log_file: 'x.log',
    };
    writeFileSync(join(dir, 'config.json'), JSON.stringify(config));
    const server = await start({ args: ['--config', join(dir, 'config.json')] });
    await server.stop();
    expect(server.stderr()).toContain('log_file is not followed');
    expect(server.stderr()).not.toContain('secret');
  });

  it('listens beyond loopback when that is accepted, and warns', async () => {
    const server = await start({ args: ['--host', '0.0.0.0', '--insecure-no-auth'] });
    expect(server.url).toBe(`http://0.0.0.0:${server.port}`);
    await server.stop();
    expect(server.stderr()).toContain('without access control');
  });
});

describe('a server that cannot run', () => {
  it('refuses to be reached from other machines, and says what to do', async () => {
    const words = await refusal({ args: ['--host', '0.0.0.0'] });
    expect(words).toContain('0.0.0.0');
    expect(words).toContain('tacho token create');
    expect(words).toContain('--insecure-no-auth');
    expect(words).toContain('127.0.0.1');
  });

  it('names every wrong setting with its source', async () => {
    const words = await refusal({
      args: ['--log-level', 'loud'],
      env: { TACHO_RETENTION_DAYS: '0', TACHO_PROT: '1' },
    });
    expect(words).toContain('logLevel is "loud" (from --log-level)');
    expect(words).toContain('retentionDays is "0" (from TACHO_RETENTION_DAYS in the environment)');
    expect(words).toContain('did you mean TACHO_PORT?');
  });

  it('names the port that is in use', async () => {
    const first = await start();
    const words = await refusal({ args: ['--port', String(first.port)] });
    expect(words).toContain(`port ${first.port} on 127.0.0.1 is in use`);
  });

  it('names the data directory that another tacho uses, and leaves that one alone', async () => {
    const first = await start();
    expect(await refusal({ dataDir: first.dataDir })).toContain(first.dataDir);
    expect((await get(`${first.url}/health`)).status).toBe(200);
  });

  it('names the data directory that cannot be made', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '');
    expect(await refusal({ dataDir: join(file, 'data') })).toContain(join(file, 'data'));
    expect(await refusal({ dataDir: file })).toContain(file);
  });

  it('names the option that does not exist', async () => {
    const { exit, output } = await run(['serve', '--prot', '1']);
    expect(exit.code).toBe(2);
    expect(output).toContain("unknown option '--prot'");
    expect(output).toContain('--port');
  });

  it('says what is missing when it was not built', async () => {
    const dir = temporaryDirectory();
    mkdirSync(join(dir, 'bin'));
    copyFileSync(launcher(), join(dir, 'bin', 'tacho.mjs'));
    const { exit, output } = await run(['serve'], join(dir, 'bin', 'tacho.mjs'));
    expect(exit.code).toBe(1);
    expect(output).toContain('npm run build');
  });
});

describe.skipIf(process.platform === 'win32')('SIGTERM', () => {
  it('lets a request in flight finish, ends with 0, and nothing acknowledged is gone', async () => {
    const server = await start();
    const slow = await slowCreate(server.url);
    process.kill(server.pid, 'SIGTERM');
    await until(() => server.stderr().includes('"stopping"'));
    slow.finish();
    expect(await slow.status).toBe(201);
    expect(await server.exited).toEqual({ code: 0, signal: null });

    const again = await start({ dataDir: server.dataDir });
    const sessions = await get(`${again.url}/api/data/sessions`);
    expect(sessions.json).toHaveLength(1);
  });

  it('accepts nobody new while it stops', async () => {
    const server = await start();
    const slow = await slowCreate(server.url);
    process.kill(server.pid, 'SIGTERM');
    await until(() => server.stderr().includes('"stopping"'));
    await until(() => refuses(server.port));
    slow.finish();
    expect(await slow.status).toBe(201);
  });

  it('twice ends it at once', async () => {
    const server = await start();
    const slow = await slowCreate(server.url);
    process.kill(server.pid, 'SIGTERM');
    await until(() => server.stderr().includes('"stopping"'));
    process.kill(server.pid, 'SIGTERM');
    expect(await server.exited).toEqual({ code: 1, signal: null });
    await expect(slow.status).rejects.toThrow();
  });

  it('works while nobody reads the log, which never stops the server either', async () => {
    const dataDir = temporaryDirectory();
    const args = [launcher(), 'serve', '--port', '0', '--data', dataDir, '--log-level', 'debug'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const exited = exitOf(child);
    try {
      const url = await firstLine(child);
      const path = 'x'.repeat(8_000);
      for (let i = 0; i < 300; i++) {
        expect((await get(`${url}/${path}`)).status).toBe(404);
      }
      child.kill('SIGTERM');
      expect(await exited).toEqual({ code: 0, signal: null });
    } finally {
      child.kill('SIGKILL');
    }
  });
});

describe('the command line', () => {
  it('explains itself', async () => {
    const { exit, output } = await run(['--help']);
    expect(exit.code).toBe(0);
    for (const command of ['serve', 'backup', 'restore', 'doctor']) {
      expect(output).toContain(command);
      const help = await run([command, '--help']);
      expect(help.exit.code).toBe(0);
      expect(help.output).toContain(`Usage: tacho ${command}`);
    }
  });

  it('tells its version', async () => {
    const { exit, output } = await run(['--version']);
    expect(exit.code).toBe(0);
    expect(output).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

/** Runs a command to its end; its output is stdout and stderr together. */
async function run(
  args: readonly string[],
  program = launcher(),
): Promise<{ exit: Exit; output: string }> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return { exit: await exitOf(child), output };
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
}

/** The address in the ready line of a process whose stderr nobody reads. */
async function firstLine(child: ChildProcess): Promise<string> {
  const text = await new Promise((resolve) => child.stdout?.once('data', resolve));
  return String(text).trim().replace('tacho listening on ', '');
}

/** The creation of a session whose body is finished only when the test says so. */
async function slowCreate(url: string): Promise<{ status: Promise<number>; finish: () => void }> {
  const headers = { 'content-type': 'application/json', expect: '100-continue' };
  const outgoing = request(`${url}/api/sessions`, { method: 'POST', headers });
  const status = new Promise<number>((resolve, reject) => {
    outgoing.once('error', reject);
    outgoing.once('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  status.catch(() => {});
  outgoing.flushHeaders();
  await new Promise((resolve) => outgoing.once('continue', resolve));
  outgoing.write('{"product": "p",');
  return { status, finish: () => outgoing.end('"version": "1"}') };
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 5));
}

function refuses(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket: Socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}
