/** The log in ClickHouse: what goes in comes out, bit by bit, in order, and once. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EntryLog } from '../../packages/server/src/store/clickhouse/log.ts';
import {
  type LogRow,
  logKinds,
  readLogRow,
  writeLogRow,
} from '../../packages/server/src/store/clickhouse/log-row.ts';
import { migrate } from '../../packages/server/src/store/clickhouse/migrations.ts';
import {
  RowReader,
  RowWriter,
  ShortRow,
} from '../../packages/server/src/store/clickhouse/row-binary.ts';
import { connect } from './client.ts';
import { type ClickHouse, startClickHouse } from './running.ts';

let clickhouse: ClickHouse;

beforeAll(async () => {
  clickhouse = await startClickHouse();
});

afterAll(() => clickhouse.stop());

async function openLog(): Promise<EntryLog> {
  const client = connect(clickhouse.url);
  await migrate(client);
  return new EntryLog(client);
}

const whole = fc.maxSafeInteger();
const word = fc.string({ unit: 'binary', maxLength: 200 });

const row: fc.Arbitrary<LogRow> = fc.record({
  session: fc.uuid(),
  series: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  atUs: whole,
  turn: fc.nat({ max: 2 ** 32 - 1 }),
  server: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  place: fc.nat({ max: 2 ** 32 - 1 }),
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
});

describe('rows', () => {
  it('come back from their bytes as they were, however the bytes are cut', () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 5 }), fc.nat(), (rows, cut) => {
        const writer = new RowWriter(16);
        for (const each of rows) writeLogRow(writer, each);
        const reader = new RowReader(writer.bytes);
        const found: LogRow[] = [];
        while (!reader.isAtEnd) found.push(readLogRow(reader));
        expect(found).toEqual(rows);
        const end = rows.length === 0 ? 0 : cut % writer.bytes.length;
        const short = new RowReader(writer.bytes.subarray(0, end));
        if (end > 0) {
          expect(() => {
            for (;;) readLogRow(short);
          }).toThrow(ShortRow);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe('the log', () => {
  it('gives back what it was given, in the order of turns, servers and places', async () => {
    const log = await openLog();
    await fc.assert(
      fc.asyncProperty(
        fc.uuid(),
        fc.array(row, { minLength: 1, maxLength: 40 }),
        async (id, all) => {
          const rows = all.map((each, place) => ({ ...each, session: id, series: 0n, place }));
          await log.insert(rows, `${id} 1`);
          const found: LogRow[] = [];
          for await (const each of log.said(id)) found.push(each);
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
    await log.insert(rows, 'spool 1');
    await clickhouse.kill();
    await clickhouse.start();
    await log.insert(rows, 'spool 1');
    const found: LogRow[] = [];
    for await (const each of log.samples(one!.session)) found.push(each);
    expect(found).toEqual(rows);
  });

  it('says what is missing of its tables, and makes it once', async () => {
    const client = connect(clickhouse.url);
    await client.command({ query: 'CREATE DATABASE fresh' });
    const fresh = connect(clickhouse.url, { database: 'fresh' });
    expect(await migrate(fresh)).toEqual([1]);
    expect(await migrate(fresh)).toEqual([]);
  });
});

function inOrder(a: LogRow, b: LogRow): number {
  if (a.turn !== b.turn) return a.turn - b.turn;
  if (a.server !== b.server) return a.server < b.server ? -1 : 1;
  return a.place - b.place;
}
