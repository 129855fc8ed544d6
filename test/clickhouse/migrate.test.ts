/** A directory migrates to ClickHouse: killed half way as a process, run again, and the same in the end. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { copyStore } from '../../packages/server/src/cli/migrate/copy.ts';
import { verifyStore } from '../../packages/server/src/cli/migrate/verify.ts';
import { openClickhouse } from '../../packages/server/src/store/clickhouse/clickhouse.ts';
import { dump, sampleTexts } from '../../packages/server/src/store/contract/dump.ts';
import { histories } from '../../packages/server/src/store/contract/generate.ts';
import { StoreBench, startUs } from '../../packages/server/src/store/contract/harness.ts';
import { live } from '../../packages/server/src/store/contract/live.ts';
import { openMemory } from '../../packages/server/src/store/memory.ts';
import { openSqlite } from '../../packages/server/src/store/sqlite/sqlite.ts';
import type { Store, StoreEntry } from '../../packages/server/src/store/store.ts';
import { type ClickHouse, startClickHouse } from './running.ts';
import { freshAddress } from './stores.ts';

let clickhouse: ClickHouse;
const directories: string[] = [];

beforeAll(async () => {
  clickhouse = await startClickHouse();
});

afterAll(async () => {
  await clickhouse.stop();
  for (const dir of directories) rmSync(dir, { recursive: true, force: true });
});

const times = { suspendedAfterUs: 60e6, returnGraceUntilUs: 0 };
const log = pino({ level: 'silent' });

function openTarget(address: string): Promise<Store> {
  return openClickhouse({
    url: address,
    clock: () => Date.now() * 1000,
    log,
    ...times,
  });
}

const samples = 200_000;
const largeId = '00000000-0000-4000-8000-000000000000';

/** Sessions of one event, and one of many samples; a token. */
async function recorded(): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'tacho-migrate-'));
  directories.push(dir);
  const store = await openSqlite({ dir, clock: () => startUs, log, local: true, ...times });
  for (let i = 0; i < 30; i++) {
    const id = i === 0 ? largeId : `${i.toString(16).padStart(8, '0')}-0000-4000-8000-000000000001`;
    const session = await store.reserve(id);
    const atUs = startUs - 1_000 * i;
    const blank = { level: 'info', category: '', group: '', labels: null, data: null } as const;
    const entries: StoreEntry[] = [
      { kind: 'start', session, atUs, product: 'shop', version: '1', state: { i } },
      { kind: 'patch', session, atUs, patch: { n: (2n ** 70n) as never, gone: null } },
      { kind: 'event', session, atUs: atUs + 5, event: { ...blank, name: 'late', message: 'a' } },
      { kind: 'event', session, atUs, event: { ...blank, name: 'early', message: 'b' } },
    ];
    if (i % 2 === 0) entries.push({ kind: 'end', session, atUs: atUs + 9 });
    await store.append({ receivedUs: startUs + i, entries });
  }
  const session = await store.reserve(largeId);
  const series = ['a', 'b'].map((name) => session.series.index(name, 'gauge', '', []));
  const timesUs = Float64Array.from({ length: samples / 2 }, (_, i) => startUs + i * 1_000);
  const values = [timesUs.map(Math.sin), timesUs.map((us) => us % 977)];
  const entries: StoreEntry[] = [{ kind: 'columns', session, timesUs, series, values }];
  await store.append({ receivedUs: startUs + 99, entries });
  const token = { id: 't', name: 'ci', scopes: ['read'], hash: 'h', createdUs: 5 } as const;
  await store.addToken(token);
  await store.close();
  return dir;
}

async function samplesIn(store: Store): Promise<number> {
  for await (const part of store.read(largeId, {})) {
    if (part.kind === 'session') return part.row.samples;
  }
  return 0;
}

function migrate(dir: string, address: string) {
  const program = fileURLToPath(new URL('../../packages/server/bin/tacho.js', import.meta.url));
  const args = [program, 'migrate', '--from', `sqlite:${dir}`, '--json'];
  const env = { ...process.env, TACHO_STORE: address };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const closed = new Promise((resolve) => child.once('close', resolve));
  const said = Promise.all([text(child.stdout), text(child.stderr), closed]);
  return { child, said };
}

it('a migration killed half way goes on, doubles nothing, and leaves the same', async () => {
  const dir = await recorded();
  const address = freshAddress(clickhouse);
  const target = await openTarget(address);
  const first = migrate(dir, address);
  while (first.child.exitCode === null && (await samplesIn(target)) === 0) await sleep(10);
  first.child.kill('SIGKILL');
  await first.said;
  const half = await samplesIn(target);
  expect(half).toBeGreaterThan(0);
  expect(half).toBeLessThan(samples);

  const second = migrate(dir, address);
  const [out, problems, code] = await second.said;
  expect([code, problems]).toEqual([0, '']);
  expect(JSON.parse(out)).toMatchObject({
    copied: { finished: 1, conflicting: [], deleted: [], samples: samples - half },
    verified: { sessions: 30, tokens: 1, differences: [], token_differences: [] },
  });
  await target.close();
  const source = await openSqlite({ dir, clock: () => startUs, log, local: true, ...times });
  const fresh = await openTarget(address);
  expect(await samplesIn(fresh)).toBe(samples);
  expect(await verifyStore(source, fresh)).toMatchObject({ sessions: 30, differences: [] });
  await fresh.remove(largeId);
  expect((await verifyStore(source, fresh)).differences).toMatchObject([
    { session: largeId, parts: ['missing'] },
  ]);
  await Promise.all([source.close(), fresh.close()]);
}, 180_000);

/** Everything by id; series of one instant in any order. */
async function plain(store: Store): Promise<unknown[]> {
  const sessions = await dump(store);
  return sessions
    .map((session) => {
      const { series: _, samples: _samples, ...rest } = session;
      return { ...rest, samples: sampleTexts(session).sort() };
    })
    .sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
}

it('any history is the same there, and the way back', async () => {
  await fc.assert(
    fc.asyncProperty(histories, fc.constantFrom(3, 1e4), async (steps, rows) => {
      const memory = () => openMemory({ clock: () => startUs, ...times });
      const bench = await StoreBench.open(async () => ({ store: memory() }));
      await live(bench, steps);
      const target = await openTarget(freshAddress(clickhouse));
      const options = { clock: () => startUs + 86_400e6, bounds: { rows, bytes: 1e6 } };
      await copyStore({ source: bench.store, target, ...options });
      expect(await verifyStore(bench.store, target)).toMatchObject({ differences: [] });
      const back = memory();
      await copyStore({ source: target, target: back, ...options });
      expect(await plain(back)).toEqual(await plain(bench.store));
      await target.close();
    }),
    { numRuns: 15, endOnFailure: true },
  );
}, 180_000);
