/** Blocks of the log, read back by ClickHouse's description of the format Native. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { blockOf, type SampleRun } from './log-block.ts';
import { type LogRow, logColumns, logKinds, scaled, scaleOf } from './log-row.ts';

type Cell = string | number | bigint;

/** A block: number of columns, number of rows, and by column its name, its type and its values. */
function decoded(bytes: Buffer): { rows: number; columns: Map<string, Cell[]> } {
  let at = 0;
  const take = (length: number): number => {
    at += length;
    return at - length;
  };
  const length = (): number => {
    let value = 0;
    for (let power = 1; ; power *= 128) {
      const byte = bytes.readUInt8(take(1));
      value += (byte % 128) * power;
      if (byte < 128) return value;
    }
  };
  const text = (): string => {
    const size = length();
    return bytes.subarray(take(size), at).toString();
  };
  const types: Record<string, () => Cell> = {
    String: text,
    UInt8: () => bytes.readUInt8(take(1)),
    Int8: () => bytes.readInt8(take(1)),
    Date: () => bytes.readUInt16LE(take(2)),
    UInt32: () => bytes.readUInt32LE(take(4)),
    Int64: () => bytes.readBigInt64LE(take(8)),
    UInt64: () => bytes.readBigUInt64LE(take(8)),
    Float64: () => bytes.readDoubleLE(take(8)),
    UUID: () => {
      const halves = [bytes.readBigUInt64LE(take(8)), bytes.readBigUInt64LE(take(8))];
      return halves.map((half) => half.toString(16).padStart(16, '0')).join('');
    },
  };
  const columns = new Map<string, Cell[]>();
  const count = length();
  const rows = length();
  for (let i = 0; i < count; i += 1) {
    const name = text();
    const read = types[text()]!;
    columns.set(name, Array.from({ length: rows }, read));
  }
  expect(at).toBe(bytes.length);
  expect(columns.size).toBe(count);
  return { rows, columns };
}

/** The rows of a block, as they were given. */
function rowsOf(block: readonly Buffer[]): LogRow[] {
  const { rows, columns } = decoded(Buffer.concat(block));
  expect([...columns.keys()].sort()).toEqual(logColumns.split(', ').sort());
  return Array.from({ length: rows }, (_, i): LogRow => {
    const cell = <T extends Cell>(name: string): T => columns.get(name)![i] as T;
    const scale = cell<number>('scale');
    const mantissa = Number(cell('mantissa'));
    const hex = cell<string>('session');
    if (scale >= 0) expect(cell('value')).toBe(0);
    return {
      session: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
      series: cell('series'),
      atUs: Number(cell('at_us')),
      turn: Number(cell('turn')),
      server: cell('server'),
      place: cell('place'),
      gen: cell('gen'),
      batch: Number(cell('batch')),
      kind: logKinds[cell<number>('kind') - 1]!,
      replay: cell('replay') === 1,
      receivedUs: Number(cell('received_us')),
      product: cell('product'),
      version: cell('version'),
      value: scale < 0 ? cell<number>('value') : mantissa / 10 ** scale,
      body: cell('body'),
      day: cell('day'),
    };
  });
}

const whole = fc.maxSafeInteger();
const hash = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const uint32 = fc.nat({ max: 2 ** 32 - 1 });

const word = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.nat({ max: 2_000 }).map((length) => 'é'.repeat(length)),
  fc.constantFrom('', 'x'.repeat(127), 'x'.repeat(128), 'x'.repeat(16_383), 'x'.repeat(16_384)),
);

const value = fc.oneof(
  fc.double(),
  whole,
  fc.integer().map((n) => n / 1_000),
  fc.constantFrom(-0, 0.1, 1 / 3, 2 ** 53, -(2 ** 53), 2 ** 63, 1e300, 5e-324, 1e-3),
  fc.constantFrom(Number.NaN, Infinity, -Infinity),
);

const row: fc.Arbitrary<LogRow> = fc.record({
  ...{ session: fc.uuid(), series: hash, atUs: whole, turn: whole, server: hash },
  ...{ place: uint32, gen: uint32, batch: fc.maxSafeNat(), kind: fc.constantFrom(...logKinds) },
  ...{ replay: fc.boolean(), receivedUs: whole, product: word, version: word },
  ...{ value, body: word, day: fc.nat({ max: 2 ** 16 - 1 }) },
});

const run: fc.Arbitrary<SampleRun> = fc
  .record({
    said: row,
    hashes: fc.array(hash, { minLength: 1, maxLength: 5 }),
    samples: fc.array(fc.tuple(fc.nat(), whole, value, fc.option(word)), { maxLength: 20 }),
  })
  .map(({ said, hashes, samples }) => ({
    ...{ session: said.session, gen: said.gen, turn: said.turn, batch: said.batch },
    ...{ server: said.server, product: said.product, version: said.version },
    ...{ day: said.day, replay: said.replay, hashes },
    series: Uint32Array.from(samples, ([no]) => no % hashes.length),
    timesUs: Float64Array.from(samples, ([, atUs]) => atUs),
    values: Float64Array.from(samples, ([, , each]) => each),
    details: new Map(
      samples.flatMap(([, , , detail], i) => (detail === null ? [] : [[i, detail] as const])),
    ),
  }));

/** The rows that a run is. */
function sampleRows(given: SampleRun): LogRow[] {
  const { session, gen, turn, batch, server, product, version, day, replay } = given;
  return Array.from(given.timesUs, (atUs, i) => ({
    ...{ session, gen, turn, batch, server, product, version, day, replay, atUs },
    series: given.hashes[given.series[i]!]!,
    place: i,
    kind: 'sample' as const,
    receivedUs: 0,
    value: given.values[i]!,
    body: given.details.get(i) ?? '',
  }));
}

describe('a block of the log', () => {
  it('is read as the rows and samples that it was made of', () => {
    fc.assert(
      fc.property(
        fc.array(row, { maxLength: 8 }),
        fc.array(run, { maxLength: 4 }),
        (rows, runs) => {
          const all = [...rows, ...runs.flatMap(sampleRows)];
          expect(rowsOf(blockOf(rows, runs))).toEqual(all);
        },
      ),
      { numRuns: 200 },
    );
  });

  it('may be empty', () => {
    expect(rowsOf(blockOf([], []))).toEqual([]);
  });

  it('has more different texts than it remembers', () => {
    const [one] = fc.sample(row, { numRuns: 1, seed: 7 });
    const rows = Array.from({ length: 2_500 }, (_, i): LogRow => {
      return { ...one!, product: `p${i % 1_250}`, body: `{"n":${i}}` };
    });
    expect(rowsOf(blockOf(rows, []))).toEqual(rows);
  });
});

describe('a value', () => {
  it('is a whole number and its decimals where those are few', () => {
    expect([0, 7, -7, 0.5, 1.25, -0.125].map(scaleOf)).toEqual([0, 0, 0, 1, 2, 3]);
    expect(scaled(-0.125, 3)).toBe(-125);
    const few = fc.tuple(fc.integer(), fc.constantFrom(1, 10, 100, 1_000));
    fc.assert(
      fc.property(few, ([mantissa, power]) => {
        const each = mantissa / power;
        const scale = scaleOf(each);
        expect(scale).toBeGreaterThanOrEqual(0);
        expect(scaled(each, scale) / 10 ** scale).toBe(each);
      }),
    );
  });

  it('is a double where whole numbers would not give the same bits', () => {
    const others = [-0, 1 / 3, 1e-4, 2 ** 53, 1e300, Number.NaN, Infinity, -Infinity];
    expect(others.map(scaleOf)).toEqual(others.map(() => -1));
  });
});
