/** `tacho migrate` as a process: between real directories, killed in the middle, and with a damaged target. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DatabaseSync } from '@photostructure/sqlite';
import { afterEach, describe, expect, it } from 'vitest';
import { openReadOnly } from '../../packages/server/src/store/sqlite/read-only.ts';
import { openSqlite } from '../../packages/server/src/store/sqlite/sqlite.ts';
import type { StoreEntry } from '../../packages/server/src/store/store.ts';
import { runTacho } from './cli.ts';
import { post } from './http.ts';
import {
  foreignEnvironment,
  launcher,
  type Server,
  startServer,
  temporaryDirectory,
} from './server.ts';

const running: Server[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.kill()));
});

const quiet = { clock: () => Date.now() * 1000, log: { info() {}, warn() {}, error() {} } };
const startUs = Date.UTC(2026, 2, 1) * 1000;

/** Sessions of one event, and one of so many samples that it takes many batches. */
async function record(dir: string, { sessions, samples }: { sessions: number; samples: number }) {
  const store = await openSqlite({
    ...{ dir, ...quiet, local: true },
    ...{ suspendedAfterUs: 60e6, returnGraceUntilUs: 0 },
  });
  const receivedUs = startUs + 3600e6;
  const ids = Array.from({ length: sessions }, (_, i) => {
    return `${i.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  });
  for (const [i, id] of ids.entries()) {
    const session = await store.reserve(id);
    const about = { session, atUs: startUs + i };
    const event = { name: 'e', level: 'info', category: '', group: '', labels: null } as const;
    const entries: StoreEntry[] = [
      { ...about, kind: 'start', product: 'shop', version: '1' },
      { ...about, kind: 'patch', patch: { i } },
      { ...about, kind: 'event', event: { ...event, message: `of ${i}`, data: null } },
      { ...about, kind: 'end' },
    ];
    await store.append({ receivedUs, entries });
  }
  const session = await store.reserve(ids[0]!);
  const series = [0, 1].map((n) => session.series.index(`m${n}`, 'gauge', '', []));
  const rows = 50_000;
  for (let at = 0; at < samples / 2; at += rows) {
    const timesUs = Float64Array.from({ length: rows }, (_, i) => startUs + (at + i) * 1_000);
    const values = [timesUs.map(Math.sin), timesUs.map((us) => us % 977)];
    const entry: StoreEntry = { kind: 'columns', session, timesUs, series, values };
    await store.append({ receivedUs, entries: [entry] });
  }
  await store.close();
  return ids;
}

/** Samples of a session; 0 while it, or everything, is not there. */
async function samplesIn(dir: string, id: string): Promise<number> {
  const store = await openReadOnly({ dir, ...quiet, suspendedAfterUs: 60e6 }).catch(
    () => undefined,
  );
  if (store === undefined) return 0;
  try {
    for await (const part of store.read(id, {})) {
      if (part.kind === 'session') return part.row.samples;
    }
    return 0;
  } finally {
    await store.close();
  }
}

/** Starts a migration, and kills it when it has copied so many samples of a session. */
async function killAt(samples: number, from: string, to: string, id: string): Promise<void> {
  const args = [launcher(), 'migrate', '--from', `sqlite:${from}`, '--to', `sqlite:${to}`];
  const child = spawn(process.execPath, args, { env: foreignEnvironment(), stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  while (child.exitCode === null && (await samplesIn(to, id)) < samples) await sleep(5);
  child.kill('SIGKILL');
  await exited;
}

function migrate(from: string, to: string, ...args: string[]) {
  return runTacho(['migrate', '--from', `sqlite:${from}`, '--to', `sqlite:${to}`, ...args]);
}

describe('tacho migrate', () => {
  it('that was killed in the middle, twice, goes on, and doubles nothing', async () => {
    const [from, to] = [join(temporaryDirectory(), 'from'), join(temporaryDirectory(), 'to')];
    const [first = ''] = await record(from, { sessions: 40, samples: 1_000_000 });
    const seen: number[] = [];
    for (const samples of [100_000, 500_000]) {
      await killAt(samples, from, to, first);
      seen.push(await samplesIn(to, first));
    }
    // It was in the middle of that session, and further each time.
    expect(seen[0]).toBeGreaterThanOrEqual(100_000);
    expect(seen[0]).toBeLessThan(500_000);
    expect(seen[1]).toBeGreaterThanOrEqual(500_000);
    expect(seen[1]).toBeLessThan(1_000_000);
    const said = await migrate(from, to, '--json');
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(said.stdout)).toMatchObject({
      copied: { finished: 1, conflicting: [], deleted: [], samples: 1_000_000 - seen[1]! },
      verified: { sessions: 40, differences: [] },
    });
    expect(await samplesIn(to, first)).toBe(1_000_000);
    const again = await migrate(from, to);
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout.split('\n').slice(0, 3)).toEqual([
      `copied 0 sessions (0 patches, 0 events, 0 samples) and 0 tokens from sqlite:${from} to sqlite:${to}`,
      '40 sessions had been copied before',
      `compared 40 sessions and 0 tokens of sqlite:${from}: the same in sqlite:${to}`,
    ]);
  });

  it('says what is damaged in the target, and changes nothing when it only compares', async () => {
    const [from, to] = [join(temporaryDirectory(), 'from'), join(temporaryDirectory(), 'to')];
    const ids = await record(from, { sessions: 3, samples: 0 });
    expect((await migrate(from, to)).code).toBe(0);
    const db = new DatabaseSync(join(to, 'tacho.db'));
    const { changes } = db
      .prepare(`UPDATE event SET record = replace(record, 'of 1', 'of 7')`)
      .run();
    db.close();
    expect(changes).toBeGreaterThan(0);
    const said = await migrate(from, to, '--verify-only');
    expect(said).toMatchObject({
      code: 1,
      stdout: `compared 3 sessions and 0 tokens of sqlite:${from}: 1 session and 0 tokens differ\n`,
      stderr: `tacho: session ${ids[1]} differs in events\n`,
    });
    const document = await migrate(from, to, '--verify-only', '--json');
    expect(document).toMatchObject({ code: 1, stderr: '' });
    expect(JSON.parse(document.stdout)).toEqual({
      from: `sqlite:${from}`,
      to: `sqlite:${to}`,
      verified: {
        ...{ sessions: 3, tokens: 0, token_differences: [] },
        differences: [
          {
            session: ids[1],
            parts: ['events'],
            counts: [{ part: 'events', source: 1, target: 1 }],
          },
        ],
      },
    });
    // The row is the same, so a copy takes the session for complete; the comparison finds it all the same.
    expect((await migrate(from, to)).stderr).toBe(`tacho: session ${ids[1]} differs in events\n`);
  });

  it('reads a backup, and refuses a directory that a server has open', async () => {
    const server = await startServer();
    running.push(server);
    await post(`${server.url}/api/sessions`, { product: 'shop', version: '1' });
    const token = { name: 'ci', scopes: ['admin'] };
    expect((await post(`${server.url}/api/tokens`, token)).status).toBe(201);
    const backup = join(temporaryDirectory(), 'backup.db');
    const copied = await runTacho(['backup', '--data', server.dataDir, '--to', backup]);
    expect(copied.code).toBe(0);
    const to = join(temporaryDirectory(), 'to');
    expect(await migrate(server.dataDir, to)).toMatchObject({
      code: 1,
      stderr: `tacho: another tacho is using the data directory ${server.dataDir}\n`,
    });
    const said = await migrate(backup, to);
    expect(said).toMatchObject({ code: 0, stderr: '' });
    expect(said.stdout).toContain('copied 1 session (0 patches, 0 events, 0 samples) and 1 token');
    expect(said.stdout).toContain('compared 1 session and 1 token');
    // What reads a directory reads a backup as well.
    const listed = await runTacho(['ls', '--data', backup, '--json']);
    expect(listed).toMatchObject({ code: 0, stderr: '' });
    expect(JSON.parse(listed.stdout).sessions).toMatchObject([{ product: 'shop' }]);
  });

  it('says what it does not understand, and shows no password', async () => {
    const dir = temporaryDirectory();
    const said = async (...args: string[]) => {
      const { code, stdout, stderr } = await runTacho(['migrate', ...args]);
      expect(stdout + stderr).not.toContain('secret');
      return [code, stderr.split(';')[0]];
    };
    const from = ['--from', `sqlite:${dir}`];
    expect(await said(...from)).toEqual([2, 'tacho: --to names no store']);
    expect(await said(...from, '--to', `sqlite:${dir}/.`)).toEqual([
      2,
      `tacho: --from and --to are the same store, sqlite:${dir}\n`,
    ]);
    expect(await said(...from, '--to', 'clickhose://u:secret@h/db')).toEqual([
      2,
      'tacho: --to names the unknown kind clickhose:',
    ]);
    expect(await said(...from, '--to', 'clickhouse://u:secret@h:x/db')).toEqual([
      2,
      'tacho: --to has a port of h that is no number up to 65535',
    ]);
  });
});
