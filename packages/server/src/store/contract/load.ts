/** Contract: much data, many senders at once, and readers that read meanwhile. */
import { expect, it } from 'vitest';
import { openMemory } from '../memory.ts';
import type { SampleRows } from '../store.ts';
import { dumpLines, type SessionDump } from './dump.ts';
import { type OpenStore, StoreBench, secondUs, startUs, withStore } from './harness.ts';
import { gauge, type Plan, sessionId } from './plan.ts';

/** Cases that cross the borders of whatever an engine packs samples into. */
export function loadCases(open: OpenStore): void {
  bulkCases(open);
  senderCases(open);
  readerCases(open);
}

function bulkCases(open: OpenStore): void {
  it(
    'thirty thousand samples of one series come back in order, late ones in their place',
    withStore(open, async (bench) => {
      const random = randomFrom(1);
      const batches = Array.from({ length: 30 }, (_, batch): Plan[] => {
        const rows = Array.from({ length: 1_000 }, (_, i) => {
          const lateUs = random() < 0.02 ? Math.floor(random() * 20_000) * 1_000 : 0;
          const atUs = startUs + (batch * 1_000 + i) * 1_000 - lateUs;
          const value = random() < 0.01 ? Number.NaN : Math.round(random() * 1e4) / 100;
          const detail = random() < 0.005 ? { detail: { count: i } } : {};
          return { series: gauge('load'), atUs, value, ...detail };
        });
        return [{ session: 1, kind: 'samples', rows }];
      });
      const expected = await inMemory([[{ session: 1, kind: 'start' }], ...batches]);
      await bench.say({ session: 1, kind: 'start' });
      for (const batch of batches) await bench.say(...batch);
      await bench.holds(async () => expectSame(await bench.dump(), expected));
      expect(expected[0]?.samples).toHaveLength(30_000);
    }),
  );

  it(
    'fifty series that are sampled together come back whole, next to some that are not',
    withStore(open, async (bench) => {
      const series = Array.from({ length: 50 }, (_, k) => gauge('core', `core:${k}`));
      const batches = Array.from({ length: 12 }, (_, batch): Plan[] => {
        const timesUs = Array.from(
          { length: 100 },
          (_, i) => startUs + (batch * 100 + i) * secondUs,
        );
        const values = series.map((_, k) => timesUs.map((_, i) => (k * 7 + batch * 100 + i) / 8));
        const alone = { series: gauge('alone'), value: batch, atUs: startUs + batch };
        return [
          { session: 1, kind: 'columns', timesUs, series, values },
          { session: 1, kind: 'sample', ...alone },
          { session: 1, kind: 'sample', ...alone, series: series[batch]! },
        ];
      });
      const expected = await inMemory([[{ session: 1, kind: 'start' }], ...batches]);
      await bench.say({ session: 1, kind: 'start' });
      for (const [i, batch] of batches.entries()) {
        if (i === 6) await bench.reopen();
        await bench.say(...batch);
      }
      await bench.holds(async () => expectSame(await bench.dump(), expected));
      expect(expected[0]?.row.samples).toBe(12 * (50 * 100 + 2));
    }),
  );
}

function senderCases(open: OpenStore): void {
  it(
    'many sessions that speak at once each keep their own order',
    withStore(open, async (bench) => {
      const sessions = Array.from({ length: 40 }, (_, i) => i + 1);
      const starts = sessions.map((session): Plan[] => [
        { session, kind: 'start', state: { session } },
      ]);
      const words = Array.from({ length: 25 * sessions.length }, (_, i): Plan[] => {
        const session = sessions[i % sessions.length]!;
        const atUs = startUs;
        return [
          { session, kind: 'sample', series: gauge('n', `session:${session}`), value: i, atUs },
          { session, kind: 'event', event: { name: `n${i}` }, atUs },
          { session, kind: 'patch', patch: { [`k${i % 3}`]: i, last: i }, atUs },
        ];
      });
      const expected = await inMemory([...starts, ...words]);
      for (const start of starts) await bench.say(...start);
      const batches = [];
      for (const word of words) batches.push(await bench.batch(word));
      const answers = await Promise.all(batches.map((batch) => bench.store.append(batch)));
      expect(answers.filter(({ kind }) => kind !== 'stored')).toEqual([]);
      await bench.holds(async () => expectSame(await bench.dump(), expected));
    }),
  );
}

function readerCases(open: OpenStore): void {
  it(
    'a reader finds at least what was durable when it started, each sample once and whole',
    withStore(open, async (bench) => {
      const [batches, perBatch] = [150, 40];
      const series = Array.from({ length: 4 }, (_, k) => gauge(`g${k}`));
      await bench.say({ session: 1, kind: 'start' });
      let durable = 0;
      const write = async () => {
        for (let batch = 0; batch < batches; batch++) {
          const timesUs = Array.from({ length: perBatch / 4 }, (_, i) => startUs + batch * 100 + i);
          const values = series.map((_, k) => timesUs.map((atUs) => valueAt(k, atUs)));
          await bench.say({ session: 1, kind: 'columns', timesUs, series, values });
          durable += perBatch;
        }
      };
      const writing = write();
      let found = 0;
      let reads = 0;
      while (found < batches * perBatch) {
        const atLeast = durable;
        found = await countSamples(bench);
        expect(found).toBeGreaterThanOrEqual(atLeast);
        reads += 1;
      }
      await writing;
      expect(found).toBe(batches * perBatch);
      expect(reads).toBeGreaterThan(1);
    }),
  );

  it(
    'a reader that gives up half way holds nothing up',
    withStore(open, async (bench) => {
      const rows = Array.from({ length: 5_000 }, (_, i) => ({
        series: gauge('a'),
        atUs: i,
        value: i,
      }));
      await bench.say({ session: 1, kind: 'start' }, { session: 1, kind: 'samples', rows });
      await bench.say({ session: 1, kind: 'end' });
      for (let i = 0; i < 20; i++) {
        for await (const part of bench.store.read(sessionId(1), { samples: true })) {
          if (part.kind === 'samples' || i % 2 === 0) break;
        }
        for await (const page of bench.store.ids()) if (page.length > 0) break;
      }
      await bench.say({ session: 1, kind: 'sample', series: gauge('a'), atUs: 5_000, value: 1 });
      await bench.holds(async () => expect((await bench.session(1)).samples).toHaveLength(5_001));
      expect(await bench.store.expire({ beforeUs: startUs + 1, sessionsMax: 1 })).toBe(1);
      expect(await bench.dump()).toEqual([]);
    }),
  );
}

/** What the store in memory has after these batches, all received at the start of time. */
async function inMemory(batches: Plan[][]): Promise<SessionDump[]> {
  const oracle = await StoreBench.open(async (options) => ({ store: openMemory(options) }));
  for (const batch of batches) await oracle.say(...batch);
  return oracle.dump();
}

/** Compares what is too large for a difference to be worked out, and shows where it begins. */
function expectSame(found: SessionDump[], expected: SessionDump[]): void {
  const [lines, wanted] = [dumpLines(found), dumpLines(expected)];
  const place = wanted.findIndex((line, i) => line !== lines[i]);
  if (place >= 0) expect({ place, line: lines[place] }).toEqual({ place, line: wanted[place] });
  expect(lines).toHaveLength(wanted.length);
}

/** Number of samples that one read finds; throws when one is wrong, out of order, or there twice. */
async function countSamples(bench: StoreBench): Promise<number> {
  let count = 0;
  let last = { atUs: Number.NEGATIVE_INFINITY, series: -1 };
  for await (const part of bench.store.read(sessionId(1), { samples: true })) {
    if (part.kind !== 'samples') continue;
    for (const [i, series] of part.rows.series.entries()) {
      const atUs = part.rows.timesUs[i]!;
      if (atUs < last.atUs || (atUs === last.atUs && series <= last.series)) {
        throw new Error(`sample of series ${series} at ${atUs} after ${JSON.stringify(last)}`);
      }
      if (part.rows.values[i] !== valueAt(seriesNumber(part.rows, series), atUs)) {
        throw new Error(`series ${series} at ${atUs} is ${part.rows.values[i]}`);
      }
      last = { atUs, series };
      count += 1;
    }
  }
  return count;
}

function seriesNumber({ keys }: SampleRows, series: number): number {
  return Number(keys[series]?.name.slice(1));
}

function valueAt(series: number, atUs: number): number {
  return series * 1_000 + ((atUs - startUs) % 997) / 10;
}

/** Numbers from 0 to 1 that are the same in every run (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
