/** The examples do what they say: each one runs against a real agent and server, and what it recorded is there. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { installFromDebian } from '../whole/debian.ts';
import {
  type Exit,
  foreignEnvironment,
  launcher,
  type Server,
  startServer,
  temporaryDirectory,
} from '../whole/server.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const agentBin = `${root}packages/server/bin/tacho-agent.js`;

/** A session as the server gives it, as far as the examples are looked at. */
interface Session {
  active: boolean;
  crashed: boolean;
  state: Record<string, unknown>;
  state_history: unknown[];
  events: { name: string; level: string; data: Record<string, unknown> | null }[];
  metrics: { name: string; type: string; value: number; tags?: string[]; count?: number }[];
  cause: { kind: string; sentence: string; exit_code?: number } | null;
}

// They are written for a POSIX shell, and for Python and Node where there is one.
describe.runIf(process.platform !== 'win32')('the examples', () => {
  let server: Server;
  let stateDirectory: string;
  beforeAll(async () => {
    server = await startServer();
    stateDirectory = temporaryDirectory('tacho-examples-');
  });
  afterAll(async () => {
    await stopAgent(server.url, stateDirectory);
    await server.stop();
  });

  const start = (program: string, ...args: string[]) =>
    startExample(program, args, {
      TACHO_SERVER: server.url,
      TACHO_AGENT_DIR: stateDirectory,
      TACHO_AGENT_BIN: agentBin,
      TACHO: `${process.execPath} ${launcher()}`,
      PYTHONPATH: `${root}python`,
      PYTHONDONTWRITEBYTECODE: '1',
    });

  it('game-loop.ts records frames, levels and its end', async () => {
    const { exit } = start('npx', 'tsx', 'examples/game-loop.ts', '260');
    expect(await exit).toMatchObject({ code: 0 });
    const session = await ended(server, 'asteroids');
    expect(session.cause).toMatchObject({ kind: 'ended' });
    expect(session.state).toMatchObject({ scene: 'score', player: { lives: 2, level: 2 } });
    expect(session.metrics.filter(({ name }) => name === 'frame_time_ms')).toHaveLength(260);
    expect(session.metrics.findLast(({ name }) => name === 'frames')?.value).toBe(260);
    expect(session.events.map(({ name }) => name)).toEqual(['level_done', 'ship_hit']);
  });

  it('http-service.ts records requests and errors, and ends in order at SIGTERM', async () => {
    const example = start(process.execPath, '--import', 'tsx', 'examples/http-service.ts', '0');
    const url = await example.line(/listening on (http:\S+)/);
    expect((await fetch(`${url}/users`)).status).toBe(200);
    expect((await fetch(`${url}/broken`)).status).toBe(500);
    expect((await fetch(`${url}/none`)).status).toBe(404);
    example.kill('SIGTERM');
    expect(await example.exit).toMatchObject({ code: 0 });
    const session = await ended(server, 'user-service');
    expect(session.cause).toMatchObject({ kind: 'ended' });
    expect(session.events).toMatchObject([
      { name: 'exception', level: 'error', data: { path: '/broken' } },
    ]);
    const times = session.metrics.filter(({ name }) => name === 'http_request_duration_ms');
    expect(times).toHaveLength(3);
    expect(times[1]?.tags).toEqual(['endpoint:/broken', 'method:GET']);
  });

  it('batch_job.py records its rows, and how it ended', async () => {
    const { exit } = start('python3', 'examples/batch_job.py', '200');
    expect(await exit).toMatchObject({ code: 0 });
    const session = await ended(server, 'nightly-import');
    expect(session.cause).toMatchObject({ kind: 'ended' });
    expect(session.state).toMatchObject({ phase: 'done', done: 200, failed: 2 });
    expect(session.state_history).toHaveLength(3);
    expect(session.metrics.findLast(({ name }) => name === 'rows_imported')?.value).toBe(200);
    expect(session.events.map(({ name }) => name)).toEqual(['exception', 'exception']);
  });

  it('pytest records each test, and says which one failed', async () => {
    const python = await pythonWithPytest();
    const example = start(
      python,
      '-m',
      'pytest',
      '-q',
      '-p',
      'no:cacheprovider',
      'examples/pytest',
    );
    expect(await example.exit).toMatchObject({ code: 1 });
    const session = await ended(server, 'acme-tests');
    expect(session.state).toMatchObject({ counts: { passed: 2, failed: 1 }, status: 1 });
    expect(session.events).toMatchObject([{ name: 'test_failed', level: 'error' }]);
    expect(session.metrics.filter(({ name }) => name === 'test_seconds')).toHaveLength(3);
  });

  it('nightly-build.sh records a program that knows nothing of Tacho', async () => {
    const { exit } = start('sh', 'examples/nightly-build.sh', '12');
    expect(await exit).toMatchObject({ code: 3 });
    const session = await ended(server, 'nightly-build');
    expect(session.cause).toMatchObject({ kind: 'failed', exit_code: 3 });
    const steps = session.metrics.filter(({ name }) => name === 'step_duration_seconds');
    expect(steps).toHaveLength(10);
    expect(JSON.stringify(session.events)).toContain('disk quota exceeded');
  });
});

/** Starts an example in the root of the checkout. */
function startExample(program: string, args: string[], env: Record<string, string>) {
  const child = spawn(program, args, {
    cwd: root,
    env: { ...foreignEnvironment(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (piece: string) => {
      output += piece;
    });
  }
  const exit = new Promise<Exit & { output: string }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal, output }));
  });
  const line = async (pattern: RegExp): Promise<string> => {
    for (let tries = 0; tries < 600; tries++) {
      const found = pattern.exec(output)?.[1];
      if (found !== undefined) return found;
      await sleep(50);
    }
    throw new Error(`no line like ${pattern} in: ${output}`);
  };
  return { exit, line, kill: (signal: NodeJS.Signals) => child.kill(signal) };
}

/** The one session of a product, once it has ended. */
async function ended(server: Server, product: string): Promise<Session> {
  for (let tries = 0; tries < 400; tries++) {
    const list = await fetch(`${server.url}/api/sessions?product=${product}`);
    const { sessions } = (await list.json()) as { sessions: { id: string; active: boolean }[] };
    const [first] = sessions;
    if (first && !first.active) {
      return (await (await fetch(`${server.url}/api/sessions/${first.id}`)).json()) as Session;
    }
    await sleep(50);
  }
  throw new Error(`no session of ${product} has ended`);
}

/** A Python that has pytest, from the distribution if need be. */
async function pythonWithPytest(): Promise<string> {
  for (const python of ['python3', '/usr/bin/python3']) if (await hasPytest(python)) return python;
  await installFromDebian('python3-pytest');
  if (await hasPytest('/usr/bin/python3')) return '/usr/bin/python3';
  throw new Error('the example of pytest was not run: there is no pytest, and apt has none');
}

function hasPytest(python: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(python, ['-m', 'pytest', '--version'], { stdio: 'ignore' });
    child.once('error', () => resolve(false));
    child.once('exit', (code) => resolve(code === 0));
  });
}

/** The agent that the examples started ends with them. */
async function stopAgent(serverUrl: string, stateDirectory: string): Promise<void> {
  const { createHash } = await import('node:crypto');
  const { readFileSync } = await import('node:fs');
  const key = createHash('sha256').update(serverUrl).digest('hex').slice(0, 16);
  const path = `${stateDirectory}/agent-${key}.json`;
  if (!existsSync(path)) return;
  const { pid } = JSON.parse(readFileSync(path, 'utf8')) as { pid: number };
  process.kill(pid, 'SIGKILL');
}
