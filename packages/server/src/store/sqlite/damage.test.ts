/** What the SQLite store does beyond the contract: damage, backups, sealing cut short, limits, locks. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from '@photostructure/sqlite';
import { limits } from '@tacho/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { dump, dumpSession } from '../contract/dump.ts';
import type { SessionHandle, Store } from '../store.ts';
import { backup, restore } from './backup.ts';
import { inspect } from './inspect.ts';
import { openSqlite, type SqliteOptions, type SqliteStore } from './sqlite.ts';

const quiet = { info: () => {}, warn: () => {}, error: () => {} };
const dirs: string[] = [];

afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

describe('a damaged chunk', () => {
  it('is left out, reported and set aside once, and the rest still reads', async () => {
    const dir = newDir();
    const ids = await fill(dir, 3, 50);
    change(dir, (db) =>
      db.exec(
        'UPDATE chunk SET data = zeroblob(length(data)) WHERE series = (SELECT min(no) FROM series)',
      ),
    );
    const store = await open(dir);
    for (let i = 0; i < 2; i++) {
      expect((await dumpSession(store, ids[0]!))?.samples.length).toBe(50);
      for (const id of ids.slice(1)) {
        expect((await dumpSession(store, id))?.samples.length).toBe(100);
      }
    }
    await settle();
    expect((await store.health()).quarantined).toBe(1);
    await store.close();
    const { problems } = inspect(dir);
    expect(problems.map((problem) => problem.session)).toContain(ids[0]);
    expect(problems.every((problem) => problem.session === ids[0])).toBe(true);
  });
});

describe('a damaged journal row', () => {
  it('costs its own samples only, also when the journal is sealed', async () => {
    const dir = newDir();
    const ids = await fill(dir, 2, 10, false);
    change(dir, (db) =>
      db.exec(
        'UPDATE journal SET frame = zeroblob(length(frame)) WHERE id = (SELECT max(id) FROM journal)',
      ),
    );
    const store = await open(dir);
    const before = await dump(store);
    expect(before.map(({ samples }) => samples.length)).toEqual([20, 18]);
    await store.seal();
    const after = await dump(store);
    expect(after.map(({ samples }) => samples)).toEqual(before.map(({ samples }) => samples));
    await settle();
    expect((await store.health()).quarantined).toBe(1);
    await store.close();
    expect(ids.length).toBe(2);
    expect(inspect(dir).problems.map(({ where }) => where)).toEqual([
      expect.stringMatching(/^journal \d+$/),
    ]);
  });
});

describe('a backup', () => {
  it('made while the store is written to holds a moment of it, and restores to the same', async () => {
    const dir = newDir();
    await fill(dir, 3, 40);
    const store = await open(dir);
    const before = await dump(store);
    const target = join(newDir(), 'copy.db');
    const handle = await store.reserve('00000000-0000-4000-8000-00000000ffff');
    const writing = say(store, handle, 30);
    const { bytes } = await backup(dir, target);
    await writing;
    await store.close();
    expect(bytes).toBeGreaterThan(0);
    expect(existsSync(`${target}.partial`)).toBe(false);
    const copy = newDir();
    expect(restore(target, copy, { verify: true }).problems).toEqual([]);
    const restored = await open(copy);
    expect((await dump(restored)).slice(0, 3)).toEqual(before);
    await restored.close();
  });

  it('that is damaged is refused by a verified restore, which writes nothing', async () => {
    const dir = newDir();
    await fill(dir, 1, 40);
    change(dir, (db) => db.exec('UPDATE chunk SET summary = zeroblob(length(summary))'));
    const target = join(newDir(), 'copy.db');
    await backup(dir, target);
    const copy = join(newDir(), 'data');
    expect(() => restore(target, copy, { verify: true })).toThrow(
      /is damaged .* nothing was restored/,
    );
    expect(existsSync(copy)).toBe(false);
    expect(restore(target, copy, { verify: false }).problems.length).toBe(2);
  });
});

describe('a restart in the middle of sealing', () => {
  it('goes on where the last slice ended, with every sample there once', async () => {
    const dir = newDir();
    const options = { seal: { rangeSamples: 1e6, chunkSamplesMax: 7, sliceChunksMax: 1 } };
    await fill(dir, 3, 20, false);
    const whole = await open(dir);
    const expected = await dump(whole);
    await whole.seal();
    await whole.close();
    // Puts the cursor back as a crash after each slice would have left it.
    const cursors = change(dir, (db) =>
      db.prepare('SELECT session, no FROM series ORDER BY session, no').all(),
    ) as { session: number; no: number }[];
    expect(cursors.length).toBe(6);
    for (let slices = 1; slices < cursors.length; slices++) {
      const again = newDir();
      await fill(again, 3, 20, false);
      await sealPartly(again, cursors[slices - 1]!);
      const store = await open(again, options);
      expect(samplesOf(await dump(store))).toEqual(samplesOf(expected));
      await store.seal();
      expect(samplesOf(await dump(store))).toEqual(samplesOf(expected));
      expect((await store.health()).unsealedSamples).toBe(0);
      await store.close();
      expect(inspect(again).problems).toEqual([]);
    }
  });
});

describe('a restart after sealing, before its journal rows were dropped', () => {
  it('drops them and seals only what came later', async () => {
    const dir = newDir();
    const [id] = await fill(dir, 3, 20, false);
    const rows = change(dir, (db) => db.prepare('SELECT * FROM journal').all());
    const whole = await open(dir);
    await whole.seal();
    await whole.close();
    change(dir, (db) => {
      for (const row of rows as Record<string, number>[]) {
        const marks = Object.keys(row).map(() => '?');
        db.prepare(`INSERT INTO journal VALUES(${marks.join(', ')})`).run(...Object.values(row));
      }
    });
    const store = await open(dir);
    const session = await store.reserve(id!);
    const timesUs = Float64Array.of(1e9);
    const columns = { timesUs, series: [0], values: [Float64Array.of(7)] };
    await store.append({ receivedUs: 9, entries: [{ kind: 'columns', session, ...columns }] });
    const expected = samplesOf(await dump(store));
    expect(expected.map((samples) => samples.length)).toEqual([41, 40, 40]);
    await store.seal();
    expect(samplesOf(await dump(store))).toEqual(expected);
    expect((await store.health()).unsealedSamples).toBe(0);
    await store.close();
  });
});

describe('a state', () => {
  it('that would grow beyond its limit is refused, and the one before stays', async () => {
    const store = await open(newDir());
    const handle = await store.reserve('00000000-0000-4000-8000-000000000001');
    const half = 'x'.repeat(limits.stateBytesMax / 2);
    await store.append({ receivedUs: 1, entries: [start(handle)] });
    const patch = (patch: Record<string, string | null>) =>
      store.append({
        receivedUs: 2,
        entries: [{ kind: 'patch', session: handle, atUs: 2, patch }],
      });
    await patch({ a: half });
    const key = { kind: 'key', key: 'k', fingerprint: 'f', reply: 'r' } as const;
    const tooMuch = {
      receivedUs: 3,
      entries: [{ kind: 'patch', session: handle, atUs: 3, patch: { b: half } } as const],
      once: key,
    };
    await expect(store.append(tooMuch)).rejects.toMatchObject({ code: 'state_too_large' });
    await patch({ a: null });
    // The refused request did not use up its key.
    expect(await store.append(tooMuch)).toEqual({ kind: 'stored' });
    const { row } = (await dumpSession(store, handle.id))!;
    expect(row.patches).toBe(3);
    expect(Object.keys(JSON.parse(row.state))).toEqual(['b', 'product', 'version']);
    await store.close();
  });
});

describe('a data directory', () => {
  it('is used by one store at a time', async () => {
    const dir = newDir();
    const store = await open(dir);
    await expect(open(dir)).rejects.toThrow(/another tacho is using/);
    await store.close();
    await (await open(dir)).close();
  });

  it('of a newer schema is refused with a sentence', async () => {
    const dir = newDir();
    await (await open(dir)).close();
    change(dir, (db) => db.exec('PRAGMA user_version = 99'));
    await expect(open(dir)).rejects.toThrow(/newer tacho \(schema 99/);
  });
});

function newDir(): string {
  const dir = mkdtempSync(join(tmpdir(), 'tacho-damage-'));
  dirs.push(dir);
  return dir;
}

function open(dir: string, more: Partial<SqliteOptions> = {}): Promise<SqliteStore> {
  return openSqlite({
    dir,
    clock: () => 1,
    log: quiet,
    suspendedAfterUs: 1,
    returnGraceUntilUs: 0,
    local: true,
    ...more,
  });
}

/** Sessions with two series of `samples` samples each; returns their ids. */
async function fill(dir: string, sessions: number, samples: number, seal = true) {
  const store = await open(dir);
  const ids: string[] = [];
  for (let i = 0; i < sessions; i++) {
    const handle = await store.reserve(`00000000-0000-4000-8000-00000000000${i}`);
    ids.push(handle.id);
    await say(store, handle, samples);
  }
  if (seal) await store.seal();
  await store.close();
  return ids;
}

function start(session: SessionHandle) {
  return { kind: 'start', session, atUs: 1, product: 'p', version: 'v' } as const;
}

async function say(store: Store, session: SessionHandle, samples: number): Promise<void> {
  await store.append({ receivedUs: 1, entries: [start(session)] });
  const series = [
    session.series.index('a', 'gauge', '', []),
    session.series.index('b', 'gauge', '', []),
  ];
  for (let i = 0; i < samples; i++) {
    const timesUs = Float64Array.of(i * 1000);
    const values = [Float64Array.of(i / 10), Float64Array.of(-i)];
    const entry = { kind: 'columns', session, timesUs, series, values } as const;
    await store.append({ receivedUs: 2 + i, entries: [{ ...entry, series: [...series] }] });
  }
}

function change<T>(dir: string, body: (db: InstanceType<typeof DatabaseSync>) => T): T {
  const db = new DatabaseSync(join(dir, 'tacho.db'));
  try {
    return body(db);
  } finally {
    db.close();
  }
}

/** Seals as usual, but dies once the cursor has come to a place. */
async function sealPartly(dir: string, upto: { session: number; no: number }): Promise<void> {
  change(dir, (db) =>
    db.exec(`CREATE TRIGGER die BEFORE UPDATE ON seal
      WHEN new.session > ${upto.session} OR (new.session = ${upto.session} AND new.series > ${upto.no})
      BEGIN SELECT RAISE(ABORT, 'dead'); END`),
  );
  const store = await open(dir, {
    seal: { rangeSamples: 1e6, chunkSamplesMax: 7, sliceChunksMax: 1 },
  });
  await expect(store.seal()).rejects.toThrow();
  await store.close();
  change(dir, (db) => db.exec('DROP TRIGGER die'));
}

function samplesOf(sessions: Awaited<ReturnType<typeof dump>>) {
  return sessions.map(({ samples }) => samples);
}

/** Damage is recorded after the answer was given. */
function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}
