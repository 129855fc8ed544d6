/** `tacho export` and `import` as processes: against servers, directories, damage and broken-off runs. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readParquet } from '../../packages/server/src/http/export/testing/read-parquet.ts';
import { runTacho } from './cli.ts';
import { closeConnections, get, post } from './http.ts';
import { launcher, type Server, startServer, temporaryDirectory } from './server.ts';

const running: Server[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill()));
});
afterAll(closeConnections);

async function start(dataDir = temporaryDirectory()): Promise<Server> {
  const server = await startServer({ dataDir });
  running.push(server);
  return server;
}

const startMs = Date.UTC(2026, 2, 1);

const cause = {
  ...{ resources: { threads: 3, cpu_percent: 12.5 }, boot_id: 'b', hung_ms: 0.5 },
  ...{ signal: 'SIGKILL', kind: 'out_of_memory', oom: true, core_dumped: false },
};

/** Sessions with everything that could be lost on the way. */
async function record(server: Server, sessions = 3): Promise<void> {
  for (let i = 0; i < sessions; i++) {
    const session = randomUUID();
    const at = startMs + i * 1_000.5;
    const times = Array.from({ length: 2_000 }, (_, k) => k * 1.001);
    const values = times.map((_, k) => (k % 97 === 0 ? 'NaN' : Math.sin(k + i)));
    const entries = [
      { kind: 'start', session, at, product: 'shop', version: `1.${i}`, machine_id: 'm' },
      { kind: 'patch', session, at: at + 1, patch: { scene: { name: 'hall' } } },
      { kind: 'event', session, at, name: 'e', data: { text: 'ünïcode \u2028' } },
      { kind: 'columns', session, startMs: at, times, series: [{ name: 'a', values }] },
      { kind: 'metric', session, at, name: 'b', value: 3, type: 'timer', count: 7 },
      { kind: 'heartbeat', session },
      ...(i === 1 ? [{ kind: 'crash', session, at: at + 9, reason: 'oom', cause }] : []),
    ];
    const reply = await post(`${server.url}/api/ingest`, { spoolId: session, seq: 1, entries });
    expect(reply.json).toMatchObject({ success: true, accepted: entries.length });
  }
}

/** The lines of an export but the first, which is never the same. */
async function linesOf(...args: string[]): Promise<string> {
  const said = await runTacho(['export', ...args]);
  expect(said).toMatchObject({ code: 0, stderr: '' });
  const [header, ...lines] = said.stdout.split('\n');
  expect(JSON.parse(header ?? '')).toMatchObject({ format: 'tacho-export', version: 1 });
  return lines.join('\n');
}

/** Every file of a directory, but the memory that readers of SQLite share. */
function contents(dir: string): Record<string, string> {
  const files = readdirSync(dir).filter((file) => !file.endsWith('-shm'));
  const hash = (file: string) => createHash('sha256').update(readFileSync(join(dir, file)));
  return Object.fromEntries(files.map((file) => [file, hash(file).digest('hex')]));
}

describe('an export', () => {
  it('is imported as it is, from a file, compressed, and from stdin', async () => {
    const server = await start();
    await record(server);
    const lines = await linesOf('--server', server.url);
    const file = join(temporaryDirectory(), 'all.ndjson.gz');
    const written = await runTacho(['export', '--server', server.url, '--out', file]);
    expect(written).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(readFileSync(file).readUInt16BE(0)).toBe(0x1f8b);

    const [one, other] = [await start(), await start()];
    const said = await runTacho(['import', file, '--server', one.url]);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toContain('imported 3 sessions');
    const piped = await runTacho(['import', '-', '--server', other.url], { input: lines });
    expect(piped.stdout).toContain('imported 3 sessions');
    expect(lines).toContain(
      '"cause":{"kind":"out_of_memory","signal":"SIGKILL","core_dumped":false',
    );
    for (const { url } of [one, other]) expect(await linesOf('--server', url)).toBe(lines);
    const again = await runTacho(['import', file, '--server', one.url, '--json']);
    expect(JSON.parse(again.stdout)).toMatchObject({ sessions: 0, entries: 0, rejected: [] });
    expect(await linesOf('--server', one.url)).toBe(lines);
  });

  it('is a table in the format that the name of the file says, from a server and from a directory', async () => {
    const server = await start();
    await record(server);
    const dir = temporaryDirectory();
    const write = async (name: string, ...args: string[]): Promise<Buffer> => {
      const file = join(dir, name);
      const said = await runTacho(['export', '--out', file, ...args]);
      expect(said).toMatchObject({ code: 0, stdout: '', stderr: '' });
      return readFileSync(file);
    };
    const csv = await write('all.csv', '--server', server.url);
    expect(csv.toString().split('\r\n')).toHaveLength(3 * 2_001 + 2);
    const packed = await write('all.csv.gz', '--data', server.dataDir);
    expect(gunzipSync(packed).equals(csv)).toBe(true);
    const table = await write('some.parquet', '--server', server.url, '--version', '1.1');
    expect((await readParquet(table)).rows).toHaveLength(2_001);
    const events = await runTacho([
      ...['export', '--server', server.url, '--format', 'csv', '--what', 'events'],
    ]);
    expect(events.stdout).toContain('"{""text"":""ünïcode \u2028""}"');
  });

  it('is the same from a directory: beside its server, after it, and after a kill; nothing in it changes', async () => {
    const server = await start();
    await record(server);
    const { dataDir } = server;
    const lines = await linesOf('--server', server.url);
    expect(await linesOf('--data', dataDir)).toBe(lines);
    await server.kill();
    const killed = contents(dataDir);
    expect(await linesOf('--data', dataDir)).toBe(lines);
    expect(contents(dataDir)).toEqual(killed);
    const next = await start(dataDir);
    await next.stop();
    const stopped = contents(dataDir);
    expect(await linesOf('--data', dataDir)).toBe(lines);
    expect(contents(dataDir)).toEqual(stopped);
  });

  it('holds the sessions that a filter lets through, from a server and from a directory', async () => {
    const server = await start();
    await record(server);
    for (const [filter, sessions] of [
      [['--version', '1.1', '--version', '1.2'], 2],
      [['--outcome', 'crashed'], 1],
      [['--state', 'scene.name=hall', '--event', 'e'], 3],
      [['--text', 'none of it'], 0],
      [['--product', 'shop', '--to', '2026-02-01T00:00:00Z'], 0],
    ] as const) {
      const lines = await linesOf('--server', server.url, ...filter);
      expect(lines.match(/"kind":"start"/g) ?? [], filter.join(' ')).toHaveLength(sessions);
      expect(await linesOf('--data', server.dataDir, ...filter)).toBe(lines);
    }
  });

  it('ends quietly when nobody reads on', async () => {
    const server = await start();
    await record(server, 30);
    const command = `"${process.execPath}" "${launcher()}" export --server ${server.url} | head -1; echo "\${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['-c', command], { stdio: ['ignore', 'pipe', 'pipe'] });
    const output = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (text: string) => {
        output[name] += text;
      });
    }
    await new Promise((resolve) => child.once('close', resolve));
    expect(output.stderr).toBe('');
    expect(output.stdout).toMatch(/^\{"format":"tacho-export".*\n0\n$/);
  });

  it('without a server named reads ./tacho-data and says so', async () => {
    const folder = temporaryDirectory();
    const server = await start(join(folder, 'tacho-data'));
    await record(server, 1);
    await server.stop();
    const said = await runTacho(['export'], { cwd: folder });
    expect(said.code).toBe(0);
    expect(said.stderr).toMatch(/^tacho: no server answers at \S+; reading \.\/tacho-data\n$/);
    expect(said.stdout).toContain('"kind":"start"');
  });
});

describe('an import', () => {
  it('that is killed again and again, and run again, doubles nothing and loses nothing', async () => {
    const source = await start();
    await record(source, 120);
    const file = join(temporaryDirectory(), 'all.ndjson');
    await runTacho(['export', '--server', source.url, '--out', file]);
    expect(statSync(file).size).toBeGreaterThan(6e6);
    const target = await start();
    const args = [launcher(), 'import', file, '--server', target.url];
    for (const afterMs of [220, 300, 380]) {
      const child = spawn(process.execPath, args, { stdio: 'ignore' });
      await sleep(afterMs);
      await ended(child);
    }
    const last = await runTacho(['import', file, '--server', target.url]);
    expect(last).toMatchObject({ code: 0, stderr: '' });
    expect(await linesOf('--server', target.url)).toBe(await linesOf('--server', source.url));
  });

  it('names lines that it cannot take, takes the others, and ends with 1', async () => {
    const server = await start();
    const session = randomUUID();
    const start_ = { kind: 'start', session, product: 'p', version: 'v' };
    const event = { kind: 'event', session, name: '' };
    const lines = [start_, event, { kind: 'event', session, name: 'good' }];
    const text = `${lines.map((line) => JSON.stringify(line)).join('\n')}\n{"kind":\nnull\n`;
    const said = await runTacho(['import', '-', '--server', server.url], { input: text });
    expect(said.code).toBe(1);
    expect(said.stdout).toContain('imported 1 session (2 entries) from stdin');
    expect(said.stderr).toMatch(
      /tacho: line 2: name is empty; expected a string that is not empty\./,
    );
    expect(said.stderr).toMatch(/tacho: line 4: is not JSON/);
    expect(said.stderr).toMatch(/tacho: line 5: is neither an entry/);
    const found = await get(`${server.url}/api/sessions/${session}`);
    expect(found.json).toMatchObject({ events: [{ name: 'good' }] });
  });

  it('leaves sessions alone that are there, and takes the rest of the file', async () => {
    const source = await start();
    await record(source);
    const lines = await linesOf('--server', source.url);
    const target = await start();
    const firstId = /"session":"([^"]+)"/.exec(lines)?.[1] ?? '';
    await post(`${target.url}/api/sessions`, { id: firstId, product: 'mine', version: '1' });
    const said = await runTacho(['import', '-', '--server', target.url], { input: lines });
    expect(said.stdout).toMatch(/imported 2 sessions/);
    expect(said.stdout).toMatch(/1 session of the file existed/);
    const found = await get(`${target.url}/api/sessions/${firstId}`);
    expect(found.json).toMatchObject({ state: { product: 'mine' }, events: [], metrics: [] });
  });
});

describe('what cannot be', () => {
  let file = '';
  beforeAll(() => {
    file = join(temporaryDirectory(), 'damaged.gz');
    writeFileSync(file, gzipSync('x'.repeat(9_999)).subarray(0, 20));
  });

  it.each([
    [['export', '--server', 'http://127.0.0.1:9'], 4, 'no server answers at http://127.0.0.1:9'],
    [['export', '--server', 'nonsense'], 2, 'is not a URL'],
    [['export', '--server', 'http://127.0.0.1:9', '--data', 'x'], 2, 'exclude each other'],
    [['export', '--data', '/nowhere'], 1, 'nothing was recorded in /nowhere'],
    [['export', '--outcome', 'fine'], 2, 'Expected one of healthy, errored, abnormal, crashed.'],
    [['export', '--format', 'xlsx'], 2, 'Allowed choices are ndjson, csv, parquet.'],
    [['export', '--what', 'states'], 2, 'Allowed choices are samples, events, sessions.'],
    [['export', '--out', 'x.parquet.gz'], 2, 'Parquet is compressed already'],
    [['export', '--nonsense'], 2, "unknown option '--nonsense'"],
    [['import', '/nowhere/file'], 1, 'cannot read /nowhere/file: no such file'],
    [['import'], 2, "missing required argument 'file'"],
  ])('%j ends with %d and says why in a line', async (args, code, words) => {
    const said = await runTacho(args);
    expect(said).toMatchObject({ code, stdout: '' });
    expect(said.stderr).toContain(words);
    expect(said.stderr).not.toContain('    at ');
  });

  it('a damaged file is called that', async () => {
    const server = await start();
    const said = await runTacho(['import', file, '--server', server.url]);
    expect(said.code).toBe(1);
    expect(said.stderr).toBe(`tacho: ${file} is damaged gzip\n`);
  });
});

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await gone;
}
