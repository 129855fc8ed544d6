/** The catalog: whatever becomes of its index, questions get the answers of the store in memory. */
import { copyFileSync, existsSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StoreBench, secondUs, startUs } from '../../contract/harness.ts';
import { gauge, sessionId } from '../../contract/plan.ts';
import { openMemory } from '../../memory.ts';
import type { Store } from '../../store.ts';
import { databaseFile } from '../database.ts';
import { openSqlite } from '../sqlite.ts';
import { Catalog } from './catalog.ts';
import { indexFileOf } from './index-database.ts';

let dir: string;
let engine: StoreBench;
let oracle: StoreBench;
const quiet = { info: () => {}, warn: () => {}, error: () => {} };

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tacho-catalog-'));
  await openBoth();
});

afterEach(async () => {
  await engine.store.close();
  rmSync(dir, { recursive: true, force: true });
});

async function openBoth(): Promise<void> {
  const time = { nowUs: startUs };
  const open = (options: Parameters<typeof openMemory>[0]): Promise<Store> =>
    openSqlite({ ...options, dir, log: quiet, local: true });
  engine = await StoreBench.open(
    async (options) => ({ store: await open(options), reopen: () => open(options) }),
    {},
    time,
  );
  oracle = await StoreBench.open(async (options) => ({ store: openMemory(options) }), {}, time);
}

/** Lets sessions begin, fail and end, in both stores. */
async function live(from: number, to: number): Promise<void> {
  engine.pass(secondUs);
  for (let session = from; session < to; session++) {
    for (const bench of [engine, oracle]) {
      await bench.say(
        { session, kind: 'start', version: `1.${session % 3}` },
        { session, kind: 'event', event: { name: 'failed', level: 'error', exception_type: 'E' } },
        { session, kind: 'sample', series: gauge('cpu'), value: session },
        { session, kind: 'heartbeat' },
        ...(session % 2 === 0 ? [{ session, kind: 'end' } as const] : []),
      );
    }
  }
}

async function agrees(): Promise<void> {
  const [found, expected] = await Promise.all(
    [engine, oracle].map(async ({ store, time: { nowUs } }) => {
      const list = { sort: 'errors', descending: true, limit: 1_000, totals: true, nowUs } as const;
      const { rows, totals } = await store.sessions({ ...list, filter: { text: 'fail' } });
      const facts = rows.map(({ summary }) => [
        summary.id,
        summary.errors,
        summary.samples,
        summary.status,
        summary.exception,
      ]);
      const groups = await store.groups({ filter: {}, by: [{ by: 'version' }], nowUs });
      return { facts, totals, groups };
    }),
  );
  expect(found).toEqual(expected);
  expect(found!.totals!.sessions).toBeGreaterThan(0);
}

const indexFile = () => indexFileOf(join(dir, databaseFile));

/** Damages or changes the files of a closed store, then opens it again. */
async function whileClosed(change: () => void): Promise<void> {
  await engine.store.close();
  change();
  await engine.reopen();
}

describe('the catalog', () => {
  it('goes on after a restart from what its index has', async () => {
    await live(1, 20);
    await agrees();
    await whileClosed(() => expect(existsSync(indexFile())).toBe(true));
    await live(15, 40);
    await agrees();
  });

  it('makes a deleted index anew', async () => {
    await live(1, 20);
    await agrees();
    await whileClosed(() => {
      for (const suffix of ['', '-wal', '-shm']) rmSync(indexFile() + suffix, { force: true });
    });
    await agrees();
  });

  it('makes a damaged index anew, wherever the damage is', async () => {
    await live(1, 20);
    for (let page = 0; page < 12; page++) {
      await agrees();
      await whileClosed(() => {
        const fd = openSync(indexFile(), 'r+');
        writeSync(fd, Buffer.alloc(4_096, 0xa5), 0, 4_096, page * 8_192 + 64);
      });
      await agrees();
      await live(20 + page, 21 + page);
    }
  });

  it('does not trust the index of another database', async () => {
    await live(1, 5);
    await engine.store.close();
    const before = join(dir, 'before.db');
    copyFileSync(join(dir, databaseFile), before);
    await engine.reopen();
    await live(5, 20);
    await agrees();
    await engine.store.close();
    const kept = join(dir, 'kept.db');
    copyFileSync(indexFile(), kept);
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(join(dir, databaseFile + suffix), { force: true });
    copyFileSync(before, join(dir, databaseFile));
    await openBoth();
    // The history goes on in another way; by its length alone it could be the same.
    for (const bench of [oracle]) await replayStart(bench, 5);
    await live(100, 130);
    await agrees();
    await whileClosed(() => copyFileSync(kept, indexFile()));
    await agrees();
  });

  it('gives a session with more than it looks at a profile in which nothing is missing', async () => {
    for (const bench of [engine, oracle]) {
      await bench.say({ session: 1, kind: 'start' });
      for (let round = 0; round < 5; round++) {
        const atUs = startUs + round * 60 * secondUs;
        const events = Array.from({ length: 500 }, (_, i) => ({
          ...({ session: 1, kind: 'event', atUs: atUs + i * 1_000 } as const),
          event: { name: 'e', level: i % 5 === 0 ? ('error' as const) : ('info' as const) },
        }));
        const patches = Array.from({ length: 60 }, (_, i) => ({
          ...({ session: 1, kind: 'patch', atUs: atUs + i * 1_000, patch: { i } } as const),
        }));
        await bench.say(...events, ...patches);
        await bench.store.summary(sessionId(1));
      }
      await bench.say({ session: 1, kind: 'end', atUs: startUs + 300 * secondUs });
    }
    const check = async () => {
      const [found, expected] = await Promise.all(
        [engine, oracle].map(async ({ store }) => (await store.summary(sessionId(1)))!.profile),
      );
      const sum = (counts: Float64Array) => counts.reduce((all, count) => all + count, 0);
      expect(found!.widthUs).toBe(expected!.widthUs);
      expect(sum(found!.entries)).toBe(sum(expected!.entries));
      expect(found!.errors).toEqual(expected!.errors);
    };
    await check();
    await whileClosed(() => {});
    await check();
  });

  it('keeps its index in agreement with itself when it is killed at any slice', async () => {
    await live(1, 30);
    const file = join(dir, databaseFile);
    for (let slices = 0; slices < 6; slices++) {
      const own = join(dir, `killed-${slices}.db`);
      const killed = new Catalog({ file, suspendedAfterUs: 60 * secondUs, indexFile: own });
      for (let i = 0; i < slices; i++) killed.step();
      // As if the process had ended here: what is in its files, and none of its locks.
      const left = join(dir, `left-${slices}.db`);
      for (const part of ['', '-wal']) {
        if (existsSync(own + part)) copyFileSync(own + part, left + part);
      }
      killed.close();
      await live(30 + slices, 31 + slices);
      const next = new Catalog({ file, suspendedAfterUs: 60 * secondUs, indexFile: left });
      const count = next.ask(({ columns }) => {
        let sessions = 0;
        for (const block of columns.blocks.all(false)) {
          sessions += block.count;
          expect(block.errors.reduce((sum, n) => sum + n, 0)).toBe(block.count);
          expect(block.samples.reduce((sum, n) => sum + n, 0)).toBe(block.count);
        }
        return sessions;
      });
      expect(count).toBe(30 + slices);
      next.close();
    }
  });
});

/** What the first sessions of `live` were, said to one store only. */
async function replayStart(bench: StoreBench, to: number): Promise<void> {
  bench.pass(secondUs);
  for (let session = 1; session < to; session++) {
    await bench.say(
      { session, kind: 'start', version: `1.${session % 3}` },
      { session, kind: 'event', event: { name: 'failed', level: 'error', exception_type: 'E' } },
      { session, kind: 'sample', series: gauge('cpu'), value: session },
      { session, kind: 'heartbeat' },
      ...(session % 2 === 0 ? [{ session, kind: 'end' } as const] : []),
    );
  }
  expect((await bench.store.summary(sessionId(1)))?.summary.errors).toBe(1);
}
