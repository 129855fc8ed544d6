/** How the daemon of DataCat's clients behaves towards its program, its machine and the network. */
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeConnections, get, post } from '../whole/http.ts';
import { foreignEnvironment, type Server, startServer } from '../whole/server.ts';
import { type Program, startProgram } from './program.ts';
import { freePort, type Session, sessionWhen, until } from './session.ts';

let server: Server;
const programs: Program[] = [];

beforeAll(async () => {
  server = await startServer();
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.finish()));
});
afterAll(async () => {
  await server.stop();
  closeConnections();
});

function start(env: Record<string, string> = {}): Program {
  const program = startProgram({ env });
  programs.push(program);
  return program;
}

describe('the daemon', () => {
  it('is never held up by pipes that nobody reads, nor writes to them', async () => {
    const port = await freePort();
    const program = start();
    const daemon = await program.ok<{ pid: number }>('start', `http://127.0.0.1:${port}`);
    const id = await program.ok<string>('register');
    // Each is refused, and would be a line of at least 64 KiB in all, had they been written there.
    for (let n = 0; n < 1_500; n++) {
      await program.call('event', 'nobody', `a_name_of_an_event_that_is_refused_${n}`);
    }
    expect(await program.ok('health')).toMatchObject({ status: 'ok' });
    await program.ok('end', id);
    expect(await program.ok('stop')).toBeLessThan(4);
    expect(daemon.pid).toBeGreaterThan(0);
  });

  it('delivers to a server whose URL ends with a slash', async () => {
    const program = start();
    await program.ok('start', `${server.url}/`);
    const id = await program.ok<string>('register');
    expect(id).not.toContain('local');
    await program.ok('end', id);
    await sessionWhen(server, id, ({ ended_at }) => ended_at !== null);
    expect(await program.ok('details', id)).toMatchObject({ id, active: false });
  });

  it('listens to this machine alone', async () => {
    const program = start();
    const { port } = await program.ok<{ port: number }>('start', server.url);
    const reachable = (host: string) =>
      new Promise<boolean>((resolve) => {
        const socket = connect({ host, port }, () => resolve(true));
        socket.on('connect', () => socket.destroy());
        socket.on('error', () => resolve(false));
      });
    expect(await reachable('127.0.0.1')).toBe(true);
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((address) => address !== undefined && !address.internal && address.scopeid === 0)
      .map((address) => address!.address);
    for (const address of others) expect(await reachable(address), address).toBe(false);
  });

  it('refuses a page whose name was rebound to this machine', async () => {
    const program = start();
    const { port } = await program.ok<{ port: number }>('start', server.url);
    const status = await new Promise((resolve, reject) => {
      const headers = { host: `evil.example:${port}` };
      request({ host: '127.0.0.1', port, path: '/sessions', headers }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(status).toBe(403);
  });

  it('shows the server its token, with everything that it asks', async () => {
    const guarded = await startServer();
    try {
      const made = await post(`${guarded.url}/api/tokens`, { name: 'drop-in', scopes: ['admin'] });
      const { token } = made.json as { token: string };
      const program = start({ TACHO_TOKEN: token });
      await program.ok('start', guarded.url);
      const id = await program.ok<string>('register');
      await program.ok('end', id);
      const details = await program.ok<Session>('details', id);
      expect(details).toMatchObject({ id, active: false });
      expect((await program.ok<Session[]>('sessions')).map((one) => one.id)).toEqual([id]);
      expect((await get(`${guarded.url}/api/sessions/${id}`)).status).toBe(401);
    } finally {
      await guarded.stop();
    }
  });

  it('keeps to its own directory, which is private, and writes down no word of the program', async () => {
    const program = start();
    await program.ok('start', `http://127.0.0.1:${await freePort()}`);
    const id = await program.ok<string>('register', 'secret-product');
    await program.call('event', id, 'secret_event', { data: 'not an object: secret-data' });
    await program.ok('end', id);
    expect(readdirSync(program.directory).sort()).toEqual(['path', 'tmp']);
    const { stateDirectory } = program;
    expect(statSync(stateDirectory).mode & 0o077).toBe(0);
    expect(readFileSync(join(stateDirectory, 'agent.log'), 'utf8')).not.toContain('secret');
    for (const name of readdirSync(stateDirectory)) {
      expect(statSync(join(stateDirectory, name)).mode & 0o077, name).toBe(0);
    }
  });

  it('says in its log what it did not understand of its configuration', async () => {
    const { directory, stateDirectory, ok } = start();
    const config = join(directory, 'own.json');
    writeFileSync(config, '{"daemon_port": 0, "batch_interval_seconds": "soon"}');
    await runDaemon(directory, stateDirectory, config);
    const log = readFileSync(join(stateDirectory, 'agent.log'), 'utf8');
    expect(log).toContain('own.json: batch_interval_seconds is not used; accepted: seconds from');
    await ok('start', server.url);
  });
});

/** Starts the daemon by itself, and ends it once it has written its log. */
async function runDaemon(cwd: string, stateDirectory: string, config: string): Promise<void> {
  const child = spawn(join(cwd, 'path', 'datacat-daemon'), [], {
    cwd,
    env: { ...foreignEnvironment(), TACHO_AGENT_DIR: stateDirectory, DATACAT_CONFIG: config },
    stdio: 'ignore',
  });
  await until(() => existsSync(join(stateDirectory, 'agent.log')));
  child.kill('SIGTERM');
  await new Promise((resolve) => child.once('exit', resolve));
}
