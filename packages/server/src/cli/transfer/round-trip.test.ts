/** What is exported and imported is what was recorded, whatever was recorded. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Harness } from '../../http/testing/harness.ts';
import { dump, type SessionDump } from '../../store/contract/dump.ts';
import { histories } from '../../store/contract/generate.ts';
import { StoreBench as Bench, startUs } from '../../store/contract/harness.ts';
import { live } from '../../store/contract/live.ts';
import { openMemory } from '../../store/memory.ts';
import { openSqlite } from '../../store/sqlite/sqlite.ts';
import type { Store } from '../../store/store.ts';
import { type Asker, openAsker } from '../ask.ts';
import { bodyText } from '../exchange.ts';
import { batchesOf } from './batches.ts';
import { deliver, newTally, type Tally } from './deliver.ts';
import { entriesOf } from './entries.ts';

/** A server over a store, years after what was recorded. */
async function serve(store: Store): Promise<Asker> {
  const harness = await Harness.start({}, async () => store);
  harness.nowUs = startUs + 30 * 86_400e6;
  return openAsker({ server: `http://127.0.0.1:${harness.port}` });
}

async function exported(store: Store): Promise<string> {
  const asker = await serve(store);
  const text = await bodyText(await asker.stream('/api/export'));
  await asker.close();
  return text;
}

/** Imports in batches as small as asked for; the text comes in pieces that cut anything anywhere. */
async function imported(store: Store, text: string, length: number): Promise<Tally> {
  const asker = await serve(store);
  const tally = newTally();
  const pieces = (async function* () {
    for (let from = 0; from < text.length; from += 1_001) yield text.slice(from, from + 1_001);
  })();
  const lines = entriesOf(pieces, (problem) => tally.rejected.push(problem));
  for await (const batch of batchesOf(lines, '', { length, lines: 50 })) {
    await deliver(asker, batch, tally);
  }
  await asker.close();
  return tally;
}

const memory = (): Store =>
  openMemory({ clock: () => startUs, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });

async function sqlite(): Promise<Store> {
  const dir = mkdtempSync(join(tmpdir(), 'tacho-round-trip-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const clock = () => startUs;
  const log = pino({ level: 'silent' });
  return openSqlite({
    ...{ dir, clock, log, local: true },
    ...{ suspendedAfterUs: 60e6, returnGraceUntilUs: 0 },
    seal: { rangeSamples: 32, chunkSamplesMax: 8, sliceChunksMax: 2 },
    sealSamples: 8,
  });
}

/** Everything but when things were received, and in which order events of different instants were. */
function lasting(sessions: SessionDump[]): unknown[] {
  return sessions.map(({ row: { updatedUs: _, ...row }, ...session }) => ({
    ...session,
    row,
    patches: session.patches.map(({ receivedUs: _, ...patch }) => patch),
    events: session.events.map(({ receivedUs: _, seq: _seq, ...event }) => event),
  }));
}

/** All but the first line, which names the moment of the export. */
function afterHead(text: string): string {
  return text.slice(text.indexOf('\n') + 1);
}

describe('what is exported and imported', () => {
  it.each([
    ['the store in memory', async () => memory()],
    ['SQLite', sqlite],
  ])('into %s is what was recorded, for any history', async (_name, open) => {
    const bounds = fc.constantFrom(1, 300, 2_000, 1e6);
    await fc.assert(
      fc.asyncProperty(histories, bounds, async (steps, length) => {
        const bench = await Bench.open(async () => ({ store: memory() }));
        await live(bench, steps);
        const before = lasting(await dump(bench.store));
        const target = await open();
        const text = await exported(bench.store);
        expect(await imported(target, text, length)).toMatchObject({ rejected: [] });
        expect(lasting(await dump(target))).toEqual(before);
        expect(afterHead(await exported(target))).toBe(afterHead(text));
        const again = await imported(target, text, length);
        expect(again).toMatchObject({ entries: 0, rejected: [] });
        expect(lasting(await dump(target))).toEqual(before);
        // Cut in other places, its batches are other ones, and the sessions are known by their ids.
        const cut = await imported(target, text, length + 777);
        expect(cut).toMatchObject({ entries: 0, rejected: [] });
        expect(lasting(await dump(target))).toEqual(before);
        await target.close();
      }),
      { numRuns: 40 },
    );
  });
});
