/** `tacho backup`, `restore` and `doctor` as processes, beside a running server and without one. */
import { spawn } from 'node:child_process';
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { closeConnections, get, post } from './http.ts';
import { launcher, type Server, startServer, temporaryDirectory } from './server.ts';

const running: Server[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill()));
});
afterAll(closeConnections);

async function start(dataDir?: string): Promise<Server> {
  const server = await startServer(dataDir === undefined ? {} : { dataDir });
  running.push(server);
  return server;
}

interface Outcome {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs a command in a folder without any configuration. */
function tacho(...args: string[]): Promise<Outcome> {
  const cwd = temporaryDirectory();
  const child = spawn(process.execPath, [launcher(), ...args], {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const outcome = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      outcome[name] += text;
    });
  }
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, ...outcome })));
}

/** Trouble is told in lines that start with `tacho:`, never with a stack. */
function expectRefusal(outcome: Outcome, words: string): void {
  expect(outcome.code).toBe(1);
  expect(outcome.stderr).toMatch(/^(tacho: .+\n)+$/);
  expect(outcome.stderr).toContain(words);
  expect(outcome.stderr).not.toContain('internal error');
}

const samples = 500;

/** One session with events, state and samples; returns its address. */
async function record(server: Server): Promise<string> {
  const created = await post(`${server.url}/api/sessions`, { product: 'p', version: '1' });
  const path = `/api/sessions/${(created.json as { id: string }).id}`;
  const metrics = Array.from({ length: samples }, (_, i) => ({ name: 'm', value: i / 7 }));
  for (const [part, body] of [
    ['metrics', metrics],
    ['events', { name: 'e', message: 'hello' }],
    ['state', { step: 1 }],
  ] as const) {
    expect((await post(`${server.url}${path}/${part}`, body)).status).toBe(200);
  }
  return path;
}

describe('a backup', () => {
  it('taken while the server runs holds what was acknowledged, once restored', async () => {
    const server = await start();
    const path = await record(server);
    const before = await get(`${server.url}${path}`);
    const file = join(temporaryDirectory(), 'backup.db');
    const backup = await tacho('backup', '--data', server.dataDir, '--to', file);
    expect(backup).toMatchObject({ code: 0, stderr: '' });
    expect(backup.stdout).toContain(file);
    await record(server);

    const dir = join(temporaryDirectory(), 'restored');
    const restore = await tacho('restore', '--from', file, '--data', dir, '--verify');
    expect(restore).toMatchObject({ code: 0, stderr: '' });
    expect(restore.stdout).toContain(`1 session, 1 event, ${samples} samples`);
    if (process.platform !== 'win32') expect(statSync(dir).mode & 0o777).toBe(0o700);

    const restored = await start(dir);
    expect((await get(`${restored.url}${path}`)).json).toEqual(before.json);
    expect((await get(`${restored.url}/api/data/sessions`)).json).toHaveLength(1);
  });

  it('overwrites nothing', async () => {
    const server = await start();
    const file = join(temporaryDirectory(), 'precious');
    writeFileSync(file, 'precious');
    const outcome = await tacho('backup', '--data', server.dataDir, '--to', file);
    expectRefusal(outcome, `${file} exists already`);
    expect(statSync(file).size).toBe(8);
  });

  it('of nothing is refused, and makes nothing', async () => {
    const dir = join(temporaryDirectory(), 'none');
    const file = join(temporaryDirectory(), 'backup.db');
    expectRefusal(await tacho('backup', '--data', dir, '--to', file), dir);
    expect(existsSync(dir)).toBe(false);
    expect(existsSync(file)).toBe(false);
  });
});

describe('a restore', () => {
  it('into a directory with data is refused, and with --force sets that data aside', async () => {
    const server = await start();
    await record(server);
    const file = join(temporaryDirectory(), 'backup.db');
    expect((await tacho('backup', '--data', server.dataDir, '--to', file)).code).toBe(0);
    await record(server);

    const { dataDir } = server;
    expectRefusal(await tacho('restore', '--from', file, '--data', dataDir), 'is not empty');
    const busy = await tacho('restore', '--from', file, '--data', dataDir, '--force');
    expectRefusal(busy, dataDir);
    expect((await get(`${server.url}/api/data/sessions`)).json).toHaveLength(2);

    await server.stop();
    const forced = await tacho('restore', '--from', file, '--data', dataDir, '--force');
    expect(forced).toMatchObject({ code: 0, stderr: '' });
    const aside = readdirSync(dataDir).filter((name) => name.startsWith('before-restore-'));
    expect(aside).toHaveLength(1);
    const [restored, earlier] = [await start(dataDir), await start(join(dataDir, aside[0] ?? ''))];
    expect((await get(`${restored.url}/api/data/sessions`)).json).toHaveLength(1);
    expect((await get(`${earlier.url}/api/data/sessions`)).json).toHaveLength(2);
  });

  it('of a file that is no backup is refused, and leaves an empty directory empty', async () => {
    const folder = temporaryDirectory();
    const dir = join(folder, 'data');
    expectRefusal(await tacho('restore', '--from', join(folder, 'none'), '--data', dir), 'none');
    writeFileSync(
      join(folder, 'text'),
      'this is not a database, however long it may be'.repeat(1000),
    );
    expectRefusal(await tacho('restore', '--from', join(folder, 'text'), '--data', dir), 'text');
    expect(existsSync(join(dir, 'tacho.db'))).toBe(false);
  });
});

describe('the doctor', () => {
  it('finds nothing wrong with a server that runs', async () => {
    const server = await start();
    await record(server);
    const outcome = await tacho('doctor', '--data', server.dataDir);
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toMatch(/damage +none/);
    expect(outcome.stdout).toContain(`1 session, 1 event, ${samples} samples`);

    const { code, stdout } = await tacho('doctor', '--data', server.dataDir, '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      healthy: true,
      config: { problems: [] },
      data: { dir: server.dataDir, inspection: { sessions: 1, samples, problems: [] } },
    });
  });

  it('says so when nothing was recorded yet', async () => {
    const outcome = await tacho('doctor', '--data', join(temporaryDirectory(), 'none'));
    expect(outcome).toMatchObject({ code: 0, stderr: '' });
    expect(outcome.stdout).toContain('nothing was recorded there yet');
  });

  it('names damage and ends with 1', async () => {
    const server = await start();
    await record(server);
    await server.stop();
    scratch(join(server.dataDir, 'tacho.db'));
    const outcome = await tacho('doctor', '--data', server.dataDir);
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(outcome.stdout).toMatch(/damage +(?!none)\S/);
    const { code, stdout } = await tacho('doctor', '--data', server.dataDir, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout).healthy).toBe(false);
  });

  it('names what is wrong with the configuration and ends with 1', async () => {
    const config = join(temporaryDirectory(), 'tacho.config.json');
    writeFileSync(config, '{ "prot": 1 }');
    const outcome = await tacho('doctor', '--config', config);
    expect(outcome).toMatchObject({ code: 1, stderr: '' });
    expect(outcome.stdout).toContain('unknown setting "prot"');
  });
});

/** Overwrites some bytes of every page but the first. */
function scratch(file: string): void {
  const handle = openSync(file, 'r+');
  const pageBytes = 16_384;
  for (let at = pageBytes; at < statSync(file).size; at += pageBytes) {
    writeSync(handle, Buffer.alloc(256, 0xa5), 0, 256, at + pageBytes - 256);
  }
  closeSync(handle);
}
