/** The log in ClickHouse: what goes in comes out, bit by bit, in order, and once. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { parseAddress } from '../../packages/server/src/store/clickhouse/address.ts';
import { Shard } from '../../packages/server/src/store/clickhouse/connection.ts';
import { EntryLog } from '../../packages/server/src/store/clickhouse/log.ts';
import { type LogRow, logKinds } from '../../packages/server/src/store/clickhouse/log-row.ts';
import { migrate } from '../../packages/server/src/store/clickhouse/migrations.ts';
import { type ClickHouse, startClickHouse } from './running.ts';
import { freshAddress } from './stores.ts';

let clickhouse: ClickHouse;

beforeAll(async () => {
  clickhouse = await startClickHouse();
});

afterAll(() => clickhouse.stop());

async function openLog(): Promise<EntryLog> {
  const address = parseAddress(`${clickhouse.url.replace('http', 'clickhouse')}/tacho`);
  const shards = address.shards.map((urls) => new Shard(urls, address));
  onTestFinished(async () => {
    for (const shard of shards) await shard.close();
  });
  await migrate(address, shards);
  return new EntryLog(shards[0]!);
}

const whole = fc.maxSafeInteger();
const word = fc.string({ unit: 'binary', maxLength: 200 });

const row: fc.Arbitrary<LogRow> = fc.record({
  session: fc.uuid(),
  series: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  atUs: whole,
  turn: whole,
  server: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  place: fc.nat({ max: 2 ** 32 - 1 }),
  gen: fc.nat({ max: 2 ** 32 - 1 }),
  batch: fc.maxSafeNat(),
  kind: fc.constantFrom(...logKinds),
  replay: fc.boolean(),
  receivedUs: whole,
  product: word,
  version: word,
  value: fc.oneof(
    fc.double(),
    fc.integer().map((n) => n / 1_000),
    fc.constantFrom(-0, 0.1, 1 / 3, 2 ** 53, 1e300),
  ),
  body: word,
  day: fc.nat({ max: 2 ** 16 - 1 }),
});

describe('the log', () => {
  it('gives back what it was given, in the order of turns, servers and places', async () => {
    const log = await openLog();
    await fc.assert(
      fc.asyncProperty(
        fc.uuid(),
        fc.array(row, { minLength: 1, maxLength: 40 }),
        async (id, all) => {
          const rows = all.map((each, place) => {
            return { ...each, session: id, series: 0n, place, day: all[0]!.day };
          });
          await log.insert(rows, [], `${id} 1`);
          const found: LogRow[] = [];
          for await (const each of log.said([id])) found.push(each);
          expect(found).toEqual([...rows].sort(inOrder));
        },
      ),
      { numRuns: 30 },
    );
  });

  it('takes a token once, also when ClickHouse was killed in between', async () => {
    const log = await openLog();
    const [one] = fc.sample(row, { numRuns: 1, seed: 7 });
    const rows = Array.from({ length: 20_000 }, (_, place): LogRow => {
      return {
        ...one!,
        turn: 1,
        place,
        atUs: place,
        series: BigInt((place % 3) + 1),
        value: place / 8,
      };
    });
    await log.insert(rows, [], 'spool 1');
    await clickhouse.kill();
    await clickhouse.start();
    await log.insert(rows, [], 'spool 1');
    const found: LogRow[] = [];
    for await (const each of log.samples(one!.session, one!.gen)) found.push(each);
    expect(found).toEqual(rows);
  });

  it('is made once, also by servers that begin at the same time', async () => {
    const address = parseAddress(freshAddress(clickhouse));
    const shards = [0, 1, 2].map(() => new Shard(address.shards[0]!, address));
    await Promise.all(shards.map((shard) => migrate(address, [shard])));
    await migrate(address, shards.slice(0, 1));
    const tables = await shards[0]!.rows<{ name: string }>('SHOW TABLES');
    expect(tables.map(({ name }) => name).sort()).toEqual([
      'entry',
      'event',
      'head',
      'migration',
      'notice',
      'patch',
      'series',
      'state',
      'token',
      'webhook',
      'webhook_progress',
    ]);
    await Promise.all(shards.map((shard) => shard.close()));
  });
});

function inOrder(a: LogRow, b: LogRow): number {
  if (a.turn !== b.turn) return a.turn - b.turn;
  if (a.server !== b.server) return a.server < b.server ? -1 : 1;
  return a.place - b.place;
}
