/** A migration leaves the target with what the source has, whatever that is and wherever it is broken off. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TachoError } from '@tacho/protocol';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dump, type SessionDump } from '../../store/contract/dump.ts';
import { histories } from '../../store/contract/generate.ts';
import { StoreBench as Bench, type StoreBench, startUs } from '../../store/contract/harness.ts';
import { live } from '../../store/contract/live.ts';
import { gauge, type Plan, sessionId } from '../../store/contract/plan.ts';
import { openMemory } from '../../store/memory.ts';
import { openSqlite } from '../../store/sqlite/sqlite.ts';
import type { Store, TokenRow } from '../../store/store.ts';
import { type CopyOptions, copyStore } from './copy.ts';
import { verifyStore } from './verify.ts';

/** A store that can be opened again, as after the end of its process. */
interface Place {
  store: Store;
  reopen(): Promise<void>;
}

async function memory(): Promise<Place> {
  const store = openMemory({ clock: () => startUs, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });
  return { store, reopen: async () => {} };
}

async function sqlite(): Promise<Place> {
  const dir = mkdtempSync(join(tmpdir(), 'tacho-migrate-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const open = () =>
    openSqlite({
      ...{ dir, clock: () => startUs, log: pino({ level: 'silent' }), local: true },
      ...{ suspendedAfterUs: 60e6, returnGraceUntilUs: 0 },
      seal: { rangeSamples: 32, chunkSamplesMax: 8, sliceChunksMax: 2 },
      sealSamples: 8,
    });
  const place: Place = {
    store: await open(),
    reopen: async () => {
      await place.store.close();
      place.store = await open();
    },
  };
  return place;
}

const laterUs = startUs + 30 * 86_400e6;

function copy(source: Store, target: Store, options: Partial<CopyOptions> = {}) {
  return copyStore({ source, target, clock: () => laterUs, waitMs: 1, ...options });
}

/** Copies, and is killed at an append: before it does anything, or after it is durable. */
async function copyKilled(source: Store, target: Store, at: number, isDone: boolean, rows: number) {
  const append = target.append.bind(target);
  let appends = 0;
  target.append = async (batch) => {
    const isLast = appends++ === at;
    if (appends > at + 1 || (isLast && !isDone)) throw new Error('killed');
    const appended = await append(batch);
    if (isLast) throw new Error('killed');
    return appended;
  };
  try {
    await copy(source, target, { bounds: { rows, bytes: 1e6 } });
  } catch (error) {
    expect((error as Error).message).toBe('killed');
  } finally {
    target.append = append;
  }
}

function byId(sessions: SessionDump[]): SessionDump[] {
  return [...sessions].sort((a, b) => (a.row.id < b.row.id ? -1 : 1));
}

async function recorded(...plans: Plan[]): Promise<StoreBench> {
  const bench = await Bench.open(async () => ({ store: (await memory()).store }));
  await bench.say(...plans);
  return bench;
}

const nothing = { copied: 0, finished: 0, existing: 0, conflicting: [], deleted: [] };

/** A session of a start, events and samples that is active, too large for batches of two rows. */
const large: Plan[] = [
  { session: 1, kind: 'start' },
  ...['a', 'b', 'c', 'd'].map((name): Plan => ({ session: 1, kind: 'event', event: { name } })),
  { session: 1, kind: 'columns', timesUs: [1, 2, 3], series: [gauge('m')], values: [[4, 5, 6]] },
];
const small = { bounds: { rows: 2, bytes: 1e6 } };

describe('a migration', () => {
  it.each([
    ['the store in memory', memory, 150],
    ['SQLite', sqlite, 25],
  ] as const)(
    'into %s leaves what was recorded, for any history, wherever it is killed',
    async (_name, open, rounds) => {
      const kills = fc.array(fc.record({ at: fc.nat(12), isDone: fc.boolean() }), { maxLength: 3 });
      const rows = fc.constantFrom(1, 3, 20, 1e4);
      await fc.assert(
        fc.asyncProperty(histories, kills, rows, async (steps, broken, rowsMax) => {
          const bench = await Bench.open(async () => ({ store: (await memory()).store }));
          await live(bench, steps);
          const before = await bench.dump();
          const place = await open();
          for (const { at, isDone } of broken) {
            await copyKilled(bench.store, place.store, at, isDone, rowsMax);
            await place.reopen();
          }
          const options = { bounds: { rows: rowsMax, bytes: 1e6 } };
          const done = await copy(bench.store, place.store, options);
          expect(done.copied + done.finished + done.existing).toBe(before.length);
          expect(done).toMatchObject({ conflicting: [], deleted: [] });
          const after = await dump(place.store);
          if (broken.length === 0) expect(after).toEqual(before);
          expect(byId(after)).toEqual(byId(before));
          expect(await verifyStore(bench.store, place.store)).toMatchObject({ differences: [] });
          const again = await copy(bench.store, place.store, options);
          expect(again).toMatchObject({ ...nothing, existing: before.length });
          expect(await dump(place.store)).toEqual(after);
          await place.store.close();
        }),
        { numRuns: rounds },
      );
    },
  );

  it('that was killed in the middle of a session finishes it; meanwhile nobody calls it lost', async () => {
    const { store } = await recorded(...large);
    const target = (await memory()).store;
    await copyKilled(store, target, 1, true, 2);
    const [half] = await dump(target);
    expect(half).toMatchObject({ row: { events: 4, samples: 0, status: { lifecycle: 'ended' } } });
    expect(await target.sweep({ nowUs: laterUs + 3600e6, lostAfterUs: 1 })).toBe(0);
    expect(await copy(store, target, small)).toMatchObject({ ...nothing, finished: 1, samples: 3 });
    expect(await dump(target)).toEqual(await dump(store));
  });

  it('leaves a session of the target that differs as it is, and replaces it when told to', async () => {
    for (const bounds of [undefined, small.bounds]) {
      const options = bounds && { bounds };
      const { store } = await recorded(...large);
      const other = await recorded({ session: 1, kind: 'start', product: 'other' });
      const before = await other.dump();
      const conflict = { ...nothing, conflicting: [sessionId(1)] };
      expect(await copy(store, other.store, options)).toMatchObject(conflict);
      expect(await other.dump()).toEqual(before);
      const { differences } = await verifyStore(store, other.store);
      expect(differences).toEqual([
        {
          session: sessionId(1),
          parts: ['session', 'events', 'samples'],
          counts: [
            { part: 'session', source: 1, target: 1 },
            { part: 'events', source: 4, target: 0 },
            { part: 'samples', source: 3, target: 0 },
          ],
        },
      ]);
      const replaced = await copy(store, other.store, { ...options, replace: true });
      expect(replaced).toMatchObject({ ...nothing, copied: 1 });
      expect(await other.dump()).toEqual(await dump(store));
    }
  });

  it('copies what was deleted since only when told to', async () => {
    for (const bounds of [undefined, small.bounds]) {
      const options = bounds && { bounds };
      const { store } = await recorded(...large);
      const target = (await memory()).store;
      await copy(store, target, options);
      await target.remove(sessionId(1));
      const deleted = { ...nothing, deleted: [sessionId(1)] };
      expect(await copy(store, target, options)).toMatchObject(deleted);
      expect(await dump(target)).toEqual([]);
      const { differences } = await verifyStore(store, target);
      expect(differences).toEqual([{ session: sessionId(1), parts: ['missing'], counts: [] }]);
      const again = await copy(store, target, { ...options, again: true });
      expect(again).toMatchObject({ ...nothing, copied: 1 });
      expect(await dump(target)).toEqual(await dump(store));
    }
  });

  it('waits while the target is busy, and ends when it stays so', async () => {
    const { store } = await recorded(...large);
    const target = openMemory({ clock: () => 1, suspendedAfterUs: 1, returnGraceUntilUs: 0 });
    const append = target.append.bind(target);
    let tries = 0;
    target.append = async (batch) => {
      target.refuse(++tries < 3 ? new TachoError('overloaded', 'busy') : undefined);
      return append(batch);
    };
    expect(await copy(store, target)).toMatchObject({ copied: 1 });
    expect(tries).toBe(3);
    await target.remove(sessionId(1));
    tries = Number.NEGATIVE_INFINITY;
    const refused = copy(store, target, { again: true });
    await expect(refused).rejects.toMatchObject({ exit: 'unavailable' });
  });

  it('takes webhooks along with how far they came, each once, and leaves those that are other ones', async () => {
    const [{ store: source }, { store: target }] = [await sqlite(), await memory()];
    const rule = (id: string, text: string) => ({ id, createdUs: 5, rule: text });
    for (const id of ['a', 'b']) await source.webhooks.putWebhook(rule(id, 'here'));
    await source.webhooks.noteWebhook('a', 'so far');
    await target.webhooks.putWebhook(rule('b', 'there'));
    const first = await copy(source, target);
    expect(first.webhooks).toEqual({ copied: 1, existing: 0, conflicting: ['b'] });
    expect(await target.webhooks.webhooks()).toEqual([
      { ...rule('a', 'here'), progress: 'so far' },
      { ...rule('b', 'there'), progress: '' },
    ]);
    expect((await copy(source, target)).webhooks).toEqual({
      copied: 0,
      existing: 1,
      conflicting: ['b'],
    });
  });

  it('takes tokens along, each once, and tells of those that are other ones', async () => {
    const token = (id: string, hash = 'h'): TokenRow => ({
      ...{ id, hash, name: 'n', scopes: ['read'], createdUs: 5, usedUs: 7 },
    });
    const [source, target] = [(await memory()).store, (await sqlite()).store];
    for (const row of [token('a'), { ...token('b'), expiresUs: 9 }, token('c')]) {
      await source.addToken(row);
    }
    await target.addToken(token('c', 'another'));
    const first = await copy(source, target);
    expect(first.tokens).toEqual({ copied: 2, existing: 0, conflicting: ['c'] });
    expect((await target.tokens()).slice(0, 2)).toEqual((await source.tokens()).slice(0, 2));
    await target.noteTokenUse(new Map([['a', 100]]));
    const second = await copy(source, target);
    expect(second.tokens).toEqual({ copied: 0, existing: 2, conflicting: ['c'] });
    const { tokens, tokenDifferences } = await verifyStore(source, target);
    expect([tokens, tokenDifferences]).toEqual([3, ['c']]);
    await target.close();
  });
});
