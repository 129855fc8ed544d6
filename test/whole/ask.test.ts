/** Commands that read, as processes: against a server, against its directory, and when there is nothing to read. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes } from '@tacho/protocol';
import { Check } from 'typebox/value';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runTacho, type Said } from './cli.ts';
import { closeConnections, post } from './http.ts';
import { launcher, type Server, startServer, temporaryDirectory } from './server.ts';

const well = '5e551000-0000-4000-8000-000000000001';
const crashed = '5e552000-0000-4000-8000-000000000002';
const twin = '5e552000-0000-4000-8000-000000000003';
const at = (second: number): string => new Date(Date.UTC(2026, 2, 1, 10, 0, second)).toISOString();

const entries = [
  { kind: 'start', session: well, at: at(0), product: 'shop', version: '2.4.0' },
  { kind: 'end', session: well, at: at(3_600) },
  {
    ...{ kind: 'start', session: crashed, at: at(0), product: 'shop', version: '2.5.0' },
    ...{ hostname: 'till-4', state: { scene: { name: 'lobby' } } },
  },
  { kind: 'patch', session: crashed, at: at(10), patch: { scene: { name: 'harbour', boats: 12 } } },
  { kind: 'patch', session: crashed, at: at(50), patch: { big: 2 } },
  {
    ...{ kind: 'columns', session: crashed, startMs: Date.parse(at(0)) },
    times: Array.from({ length: 60 }, (_, i) => i * 1_000),
    series: [{ name: 'memory_used_bytes', values: Array.from({ length: 60 }, (_, i) => 1e6 * i) }],
  },
  { kind: 'event', session: crashed, at: at(20), name: 'opened', message: 'a\u001b[2Jb' },
  {
    ...{ kind: 'event', session: crashed, at: at(59), name: 'save_failed', level: 'error' },
    ...{ exception_type: 'IOError', exception_msg: 'no space', stacktrace: ['at save', 'at main'] },
  },
  {
    ...{ kind: 'crash', session: crashed, at: at(60), reason: 'oom' },
    cause: { kind: 'uncaught', resources: { cpu_percent: 12.5, rss_bytes: 2 ** 26, threads: 3 } },
  },
  { kind: 'start', session: twin, at: at(1), product: 'blog', version: '1' },
];

let server: Server;
beforeAll(async () => {
  server = await startServer();
  const reply = await post(`${server.url}/api/ingest`, { spoolId: 's', seq: 1, entries });
  expect(reply.json).toEqual({ success: true, accepted: entries.length });
});
afterAll(async () => {
  await server.stop();
  closeConnections();
});

/** Runs a command against the server, in UTC and 100 columns. */
function ask(...args: string[]): Promise<Said> {
  return runTacho([...args, '--utc'], { env: { TACHO_SERVER: server.url, COLUMNS: '100' } });
}

async function linesOf(...args: string[]): Promise<string[]> {
  const said = await ask(...args);
  expect(said).toMatchObject({ code: 0, stderr: '' });
  return said.stdout.trimEnd().split('\n');
}

async function jsonOf(...args: string[]): Promise<unknown> {
  const said = await ask(...args, '--json');
  expect(said).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(said.stdout);
}

describe('tacho ls', () => {
  it('lists sessions as they stand, in a table or as the API has it', async () => {
    const lines = await linesOf('ls', '--product', 'shop', '--sort', 'duration');
    expect(lines[1]).toMatch(/^✓ {2}5e551000 .* shop 2\.4\.0 .* 1 h .* Ended after 1 h$/);
    expect(lines[2]).toMatch(/^✗ {2}5e552000 .* till-4 .* 1 min .* Crashed after 1 min/);
    expect(lines[3]).toBe('2 sessions: 1 crashed, 1 healthy');
    const page = await jsonOf('ls', '--state', 'scene.name=harbour');
    expect(Check(routes.listSessions.reply.schema, page)).toBe(true);
    expect(page).toMatchObject({ sessions: [{ id: crashed }], totals: { sessions: 1 } });
  });

  it('says the same of the directory, and changes its width with the terminal', async () => {
    const env = { COLUMNS: '40' };
    const args = ['ls', '--version', '2.5.0'];
    const said = await runTacho([...args, '--data', server.dataDir], { env });
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said).toEqual(await runTacho([...args, '--server', server.url], { env }));
    for (const line of said.stdout.trimEnd().split('\n')) expect(line.length).toBeLessThan(41);
  });

  it('gives all sessions, one per line', async () => {
    const said = await ask('ls', '--all', '--json');
    const ids = said.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).id);
    expect(ids).toEqual([twin, crashed, well]);
  });
});

describe('tacho show', () => {
  it('tells how a session ended and what led to it, and no text has power over the terminal', async () => {
    const lines = await linesOf('show', crashed);
    expect(lines[0]).toBe('✗ Crashed after 1 min: uncaught IOError: no space');
    expect(lines).toContain('when      2026-03-01 10:00:00.000Z to 2026-03-01 10:01:00.000Z');
    expect(lines).toContain('used last 12.5 % CPU, 64 MiB of memory, 3 threads');
    expect(lines).toContain('* big: 2');
    expect(lines).toContain('    name: harbour');
    expect(lines).toContain('10:00:20.000 info  opened a\\u001b[2Jb');
    expect(lines).toContain('      at main');
    expect(lines.at(-1)).toMatch(/^memory_used_bytes +56\.27 MiB +0 B +56\.27 MiB +60 +▁.*█$/);
    const shown = (await jsonOf('show', crashed)) as { summary: unknown; metrics: unknown };
    expect(Check(routes.sessionMetrics.reply.schema, shown.metrics)).toBe(true);
    expect(Check(routes.sessionSummary.reply.schema, shown.summary)).toBe(true);
    expect(shown).toMatchObject({
      state: { revision: 2, changed: ['big'], state: { scene: { boats: 12 } } },
      exceptions: [{ exception_type: 'IOError' }],
      metrics: { series: [{ name: 'memory_used_bytes', count: 60, max: 59e6, last: 59e6 }] },
    });
  });
});

describe('tacho state and diff', () => {
  it('show the state at any instant and what differs between two', async () => {
    expect(await linesOf('state', crashed, '--at', '10:00:10')).toEqual([
      'revision 1, of 2026-03-01 10:00:10.000Z',
      '  product: shop',
      '  version: "2.5.0"',
      '  scene',
      '*   name: harbour',
      '*   boats: 12',
    ]);
    const state = await jsonOf('state', crashed, '--at', '-55s');
    expect(state).toMatchObject({ revision: 0 });
    expect(Check(routes.getState.reply.schema, state)).toBe(true);
    expect(Check(routes.diffState.reply.schema, await jsonOf('diff', crashed))).toBe(true);
    expect(await linesOf('diff', crashed, '--from', 'start', '--to', 'revision:1')).toEqual([
      'revision 0 of 2026-03-01 10:00:00.000Z → revision 1 of 2026-03-01 10:00:10.000Z',
      '~ scene.name: lobby → harbour',
      '+ scene.boats: 12',
    ]);
  });
});

describe('tacho tail and metrics', () => {
  it('show the last events of several sessions in order, and a metric as a chart', async () => {
    const lines = await linesOf('tail', crashed, well, '-n', '2');
    expect(lines).toEqual([
      '2026-03-01 10:00:59.000Z error 5e552000 save_failed IOError: no space',
      '2026-03-01 10:01:00.000Z crit  5e552000 session_crashed_detected {"reason":"oom"}',
    ]);
    const charts = await jsonOf('metrics', crashed, 'memory_used_bytes');
    expect(Check(routes.sessionSeries.reply.schema, charts)).toBe(true);
    const chart = await linesOf('metrics', crashed, 'memory_used_bytes', '--from', '-30s');
    expect(chart[0]).toBe('memory_used_bytes');
    expect(chart[1]).toMatch(/^ 56\.27 MiB .*█$/);
    expect(chart.at(-1)).toMatch(/2026-03-01 10:00:30\.000Z +2026-03-01 10:01:00\.000Z$/);
  });
});

describe('tacho releases and compare', () => {
  it('show the health of versions, and end with 1 when one is proven to be worse', async () => {
    const runs = Array.from({ length: 40 }, (_, i) => {
      const session = `5e554000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      const isNew = i >= 20;
      const start = { kind: 'start', session, product: 'app', version: isNew ? '2' : '1' };
      return [start, { kind: isNew ? 'crash' : 'end', session, reason: 'oom' }];
    });
    await post(`${server.url}/api/ingest`, { spoolId: 'r', seq: 1, entries: runs.flat() });
    const lines = await linesOf('releases', 'app');
    expect(lines[1]).toMatch(/^app +2 +20 +0\.0 % .* crashed \(20\)$/);
    expect(lines[2]).toMatch(/^app +1 +20 +100\.0 %/);
    const releases = await jsonOf('releases', 'app');
    expect(Check(routes.listReleases.reply.schema, releases)).toBe(true);

    const worse = await ask('compare', 'app', '1', '2', '--fail-on-regression');
    expect(worse).toMatchObject({ code: 1, stderr: '' });
    expect(worse.stdout).toMatch(/^app 1 \(20 sessions\) → 2 \(20 sessions\)\n/);
    expect(worse.stdout).toMatch(/\ncrash-free {2}100\.0 % → 0\.0 % {2}worse \(p [\d.e-]+\)\n/);
    const better = await jsonOf('compare', 'app', '2', '1', '--fail-on-regression');
    expect(Check(routes.compareReleases.reply.schema, better)).toBe(true);
    const unknown = await ask('compare', 'app', '1', '9');
    expect(unknown).toMatchObject({ code: 3, stdout: '' });
    expect(unknown.stderr).toBe('tacho: no session of app has the version 9\n');
  });
});

describe('tacho compare with rules', () => {
  it('judges by what sessions recorded, over HTTP and from the directory', async () => {
    const runs = Array.from({ length: 40 }, (_, i) => {
      const session = `5e555000-0000-4000-8000-${String(i).padStart(12, '0')}`;
      const [version, factor] = i < 20 ? ['10', 1] : ['11', 1.5];
      const values = Array.from({ length: 5 }, (_, k) => factor * (16 + k + (i % 20) / 10));
      return [
        { kind: 'start', session, at: at(0), product: 'game', version },
        {
          ...{ kind: 'columns', session, startMs: Date.parse(at(0)) },
          ...{ times: [0, 1, 2, 3, 4], series: [{ name: 'frame_time_ms', values }] },
        },
        { kind: 'end', session, at: at(60) },
      ];
    });
    await post(`${server.url}/api/ingest`, { spoolId: 'g', seq: 1, entries: runs.flat() });
    const rule = ['--metric', 'p95(frame_time_ms)<=+5%'];
    const worse = await ask('compare', '10', '11', ...rule);
    expect(worse).toMatchObject({ code: 1, stderr: '' });
    expect(worse.stdout).toMatch(/^game 10 \(20 sessions\) → 11 \(20 sessions\): failed\n/);
    expect(worse.stdout).toContain('p95(frame_time_ms)<=+5% is broken, proven: from 19.95 ms to');
    const better = await ask('compare', 'game', '11', '10', ...rule, '--strict', '--format', 'md');
    expect(better).toMatchObject({ code: 0, stderr: '' });
    expect(better.stdout).toContain('| ✅ `p95(frame_time_ms)<=+5%` |');
    const crashes = ['--crash-free', '>=-0.5pp', '--product', 'game', '--format', 'json'];
    const open = await ask('compare', '10', '11', ...crashes, '--strict');
    expect(open.code).toBe(1);
    expect(JSON.parse(open.stdout).rules[0]).toMatchObject({ standing: 'open', change: 0 });
    const args = ['compare', '10', '12', ...rule, '--format', 'junit', '--data', server.dataDir];
    const nobody = await runTacho(args);
    expect(nobody).toMatchObject({ code: 7, stderr: '' });
    expect(nobody.stdout).toContain('is not judged: no session of game has the version 12.');
    const twice = await ask('compare', '10', '10', ...rule);
    expect(twice).toMatchObject({ code: 2, stdout: '' });
    const none = await ask('compare', '10', '11', '--strict');
    expect(none.stderr).toBe(
      'tacho: --strict needs a rule: --metric, --crash-free or --hang-free\n',
    );
  });
});

describe('tacho tail -f', () => {
  it('goes on with what is recorded, also after the server was away', async () => {
    const dataDir = temporaryDirectory();
    const first = await startServer({ dataDir });
    const session = '5e553000-0000-4000-8000-000000000004';
    const say = (url: string, name: string, level = 'warning') =>
      post(`${url}/api/sessions/${session}/events`, { name, level });
    await post(`${first.url}/api/sessions`, { id: session, product: 'shop', version: '1' });
    await say(first.url, 'before');
    const args = ['tail', '-f', session, '--level', 'warning', '--json', '--server', first.url];
    const child = spawn(process.execPath, [launcher(), ...args]);
    const names: string[] = [];
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) names.push((JSON.parse(line) as { name: string }).name);
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const seen = async (count: number): Promise<void> => {
      while (names.length < count) await once(child.stdout, 'data');
    };
    await seen(1);
    await say(first.url, 'quiet', 'debug');
    await say(first.url, 'during');
    await seen(2);
    await first.stop();
    const again = await startServer({ dataDir, args: ['--port', String(first.port)] });
    while (!stderr.includes('is there again')) await once(child.stderr, 'data');
    await say(again.url, 'after');
    await seen(3);
    expect(names).toEqual(['before', 'during', 'after']);
    child.kill();
    await again.stop();
  });
});

describe('what is not there', () => {
  it.each([
    [['show', '5e559999'], 3, 'No session has the id "5e559999"'],
    [['state', '5e552000'], 3, `More than one session starts with this prefix`],
    [['tail', '5e5'], 2, '"5e5" is too short'],
    [['tail'], 2, 'name a session, or follow all of them with -f'],
    [['tail', '-f', '--data', '.'], 1, 'nothing was recorded in .'],
    [['state', twin, '--at', 'death'], 2, 'but the session is active'],
    [['diff', crashed, '--to', 'yesterday'], 2, '"yesterday" is no instant'],
    [['metrics', crashed, 'nothing'], 3, 'has no such samples of nothing'],
    [['ls', '--from', 'soon'], 2, 'Expected an RFC 3339 time'],
  ])('%j ends with %d', async (args, code, words) => {
    const said = await ask(...args);
    expect(said).toMatchObject({ code, stdout: '' });
    expect(said.stderr).toContain(words);
    expect(said.stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });
});

describe.runIf(process.platform !== 'win32')('completion in bash', () => {
  it('offers commands, options, their values, and what the server has', async () => {
    const dir = temporaryDirectory();
    const { stdout: script } = await runTacho(['completion', 'bash']);
    writeFileSync(join(dir, 'script'), script);
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is bash that fills it in.
    const complete = 'COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tacho; echo "${COMPREPLY[@]}"';
    writeFileSync(join(dir, 'run'), `source ${join(dir, 'script')}\n${complete}\n`);
    const offered = (...words: string[]): Promise<string> =>
      new Promise((resolve) => {
        const program = join(dir, 'tacho');
        writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${launcher()}" "$@"\n`, {
          mode: 0o755,
        });
        const env = { ...process.env, TACHO_SERVER: server.url };
        const child = spawn('bash', [join(dir, 'run'), program, ...words], { env });
        let text = '';
        child.stdout.on('data', (piece) => {
          text += piece;
        });
        child.once('close', () => resolve(text.trim()));
      });
    expect(await offered('sta')).toBe('state');
    expect(await offered('ls', '--outc')).toBe('--outcome');
    expect(await offered('ls', '--outcome', 'cr')).toBe('crashed');
    expect(await offered('ls', '--sort', 'dur')).toBe('duration');
    expect(await offered('ls', '--product', '')).toBe('app blog game shop');
    expect(await offered('show', '5e551')).toBe('5e551000');
    expect(await offered('show', '5e552000-0000-4000-8000-000000000002')).toBe(crashed);
    expect(await offered('token', 'cre')).toBe('create');
  });
});
