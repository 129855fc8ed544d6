/** Every format says what was recorded, read by readers that are not ours. */
import { formatTime, parseTimeUs, stringifyJson } from '@tacho/protocol';
import fc from 'fast-check';
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js';
import { describe, expect, it } from 'vitest';
import { histories } from '../../store/contract/generate.ts';
import { StoreBench } from '../../store/contract/harness.ts';
import { live } from '../../store/contract/live.ts';
import { openMemory } from '../../store/memory.ts';
import type { SampleRows, Store } from '../../store/store.ts';
import { Harness, startUs } from '../testing/harness.ts';
import { CsvWriter } from './csv.ts';
import { hybridBytes } from './parquet/hybrid.ts';
import { ParquetWriter } from './parquet/writer.ts';
import type { TableWriter } from './table-writer.ts';
import { type Cell, tables } from './tables.ts';
import { readCsv } from './testing/read-csv.ts';
import { readParquet } from './testing/read-parquet.ts';

const memory = (): Store =>
  openMemory({ clock: () => startUs, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });

/** The rows that a table should have, made from what the store says and nothing else. */
async function wanted(store: Store): Promise<Record<keyof typeof tables, Cell[][]>> {
  const found: Record<keyof typeof tables, Cell[][]> = { samples: [], events: [], sessions: [] };
  for await (const page of store.ids()) {
    for (const id of page) await addWanted(found, store, id);
  }
  return found;
}

async function addWanted(
  found: Record<keyof typeof tables, Cell[][]>,
  store: Store,
  id: string,
): Promise<void> {
  let head: Cell[] = [];
  for await (const part of store.read(id, { events: true, samples: true })) {
    if (part.kind === 'session') {
      const { row } = part;
      const { status } = row;
      head = [id, row.product, row.version, row.machineId ?? null];
      found.sessions.push([
        ...head,
        ...[row.hostname ?? null, row.createdUs, status.endedUs, status.lifecycle],
        ...[status.reason, status.cause?.kind ?? null, status.hangs, status.hungUs],
        ...[status.recoveries, row.patches, row.events, row.samples, row.state],
      ]);
    } else if (part.kind === 'events') {
      for (const { atUs, event } of part.rows) {
        const { name, level, category, group, message, labels, data } = event;
        found.events.push([
          ...[...head, atUs, name, level, category, group, message],
          ...[labels && JSON.stringify(labels), data && stringifyJson(data)],
          ...[null, null, null, null, null, null],
        ]);
      }
    } else if (part.kind === 'samples') {
      found.samples.push(...sampleCells(head, part.rows));
    }
  }
}

function sampleCells(head: readonly Cell[], rows: SampleRows): Cell[][] {
  return Array.from(rows.series, (series, i) => {
    const { name, type, unit, tags } = rows.keys[series]!;
    const { count, metadata } = rows.details?.get(i) ?? {};
    return [
      ...[...head, name, type, unit || null, JSON.stringify(tags)],
      ...[rows.timesUs[i]!, rows.values[i]!, count ?? null],
      metadata === undefined ? null : stringifyJson(metadata),
    ];
  });
}

/** Half a pair of surrogates has no form in UTF-8. */
function inUtf8(rows: Cell[][]): Cell[][] {
  return rows.map((row) =>
    row.map((cell) => (typeof cell === 'string' ? Buffer.from(cell).toString() : cell)),
  );
}

/** Fields of CSV as cells by the types of their columns. */
function cellsOf(table: keyof typeof tables, fields: (string | null)[][]): Cell[][] {
  const columns = tables[table];
  const [head, ...rows] = fields;
  expect(head).toEqual(columns.map(({ name }) => name));
  return rows.map((row) =>
    row.map((field, i) => {
      const { type } = columns[i]!;
      if (field === null || type === 'text') return field;
      if (type !== 'instant') return Number(field);
      expect(field).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
      return parseTimeUs(field)!;
    }),
  );
}

describe('an export', () => {
  it('holds every row of every table as CSV and as Parquet, for any history', async () => {
    await fc.assert(
      fc.asyncProperty(histories, async (steps) => {
        const bench = await StoreBench.open(async () => ({ store: memory() }));
        await live(bench, steps);
        const harness = await Harness.start({}, async () => bench.store);
        harness.nowUs = startUs;
        const rows = await wanted(bench.store);
        for (const table of ['samples', 'events', 'sessions'] as const) {
          const csv = await harness.ask(`/api/export?format=csv&what=${table}`);
          expect(csv.status).toBe(200);
          expect(cellsOf(table, readCsv(csv.text))).toEqual(inUtf8(rows[table]));
          const parquet = await harness.ask(`/api/export?format=parquet&what=${table}`);
          expect((await readParquet(parquet.bytes)).rows).toEqual(inUtf8(rows[table]));
        }
        await harness.close();
      }),
      { numRuns: 8 },
    );
  });

  it('is a table of samples when nothing is said, with a name to save it under', async () => {
    const harness = await Harness.start();
    for (const [format, type] of [
      ['csv', 'text/csv; charset=utf-8; header=present'],
      ['parquet', 'application/vnd.apache.parquet'],
    ]) {
      const { headers } = await harness.ask(`/api/export?format=${format}`);
      expect(headers['content-type']).toBe(type);
      expect(headers['content-disposition']).toBe(`attachment; filename="samples.${format}"`);
    }
    const nameOf = async (query: string) => {
      const { headers } = await harness.ask(`/api/export?${query}`);
      return /filename="(.*)"/.exec(String(headers['content-disposition']))?.[1];
    };
    expect(await nameOf('')).toBe('sessions.ndjson');
    expect(await nameOf('id=5e551000')).toBe('5e551000.ndjson');
    expect(await nameOf('id=5e551000&format=csv&what=events')).toBe('5e551000-events.csv');
    expect(await nameOf('id=5e551000&id=0ddba11e')).toBe('sessions.ndjson');
    expect(await nameOf('id=%22%0D%0Ax:y&format=csv')).toBe('samples.csv');
    const { text } = await harness.ask('/api/export?format=csv');
    expect(text).toBe(`${tables.samples.map(({ name }) => name).join(',')}\r\n`);
    const { bytes } = await harness.ask('/api/export?format=parquet');
    expect(await readParquet(bytes)).toEqual({ rows: [], groups: [] });
  });

  it('compresses CSV for who accepts that, and Parquet, which is compressed inside, for nobody', async () => {
    const harness = await Harness.start();
    const encoding = async (format: string) => {
      const headers = { 'accept-encoding': 'gzip' };
      const answer = await harness.ask(`/api/export?format=${format}`, { headers });
      return answer.headers['content-encoding'];
    };
    expect(await encoding('csv')).toBe('gzip');
    expect(await encoding('parquet')).toBeUndefined();
  });
});

const session: Cell[] = ['0ddba11e-0000-4000-8000-000000000001', 'shop', '1.0.0', null];

/** So many samples of several series, with what is hard to write. */
function samplesOf(count: number): SampleRows {
  const hard = [-0, Number.NaN, Infinity, -Infinity, 5e-324, 1.7976931348623157e308, 0.1 + 0.2];
  return {
    keys: Array.from({ length: 300 }, (_, i) => {
      return { name: `metric.${i}`, type: 'gauge' as const, unit: i % 2 ? 'ms' : '', tags: [] };
    }),
    series: Uint32Array.from({ length: count }, (_, i) => (i >> 4) % (i % 1_000 < 500 ? 300 : 3)),
    timesUs: Float64Array.from({ length: count }, (_, i) => startUs + i * 999_983 - 2 ** 50),
    values: Float64Array.from({ length: count }, (_, i) => hard[i] ?? i / 7),
    details: new Map([[5, { count: 2 ** 53 - 1, metadata: { a: ['"', 1n << 70n] } as never }]]),
  };
}

async function written(writer: TableWriter, rows: SampleRows): Promise<Buffer[]> {
  const pieces: Buffer[] = [];
  for (let from = 0; from < rows.series.length; from += 1_024) {
    writer.samples(session, rows, from, Math.min(from + 1_024, rows.series.length));
    if (writer.isFull) pieces.push(await writer.take());
  }
  pieces.push(await writer.end());
  return pieces;
}

/** Compares row by row, which takes a tenth of the time where they are many. */
function expectSame(rows: Cell[][], other: Cell[][]): void {
  expect(rows).toHaveLength(other.length);
  const at = rows.findIndex((row, i) => row.some((cell, k) => !Object.is(cell, other[i]![k])));
  if (at >= 0) expect(rows[at]).toEqual(other[at]);
}

describe('a table of many samples', () => {
  it('is Parquet in row groups of bounded size, each given away when it is complete', async () => {
    const rows = samplesOf(140_000);
    const pieces = await written(new ParquetWriter(tables.samples, 'test'), rows);
    const found = await readParquet(Buffer.concat(pieces));
    expect(found.groups).toEqual([131_072, 8_928]);
    expect(pieces).toHaveLength(2);
    expectSame(found.rows, sampleCells(session, rows));
  });

  it('is a row group of fewer rows where the texts are long', async () => {
    const writer = new ParquetWriter(tables.events, 'test');
    const pieces: Buffer[] = [];
    const cells = (i: number): Cell[] => {
      const row: Cell[] = [...session, i, 'name', 'info', 'info', '', `${i}`.repeat(50_000)];
      return [...row, ...Array.from({ length: tables.events.length - row.length }, () => null)];
    };
    for (let i = 100; i < 200; i++) {
      writer.row(cells(i));
      if (writer.isFull) pieces.push(await writer.take());
    }
    pieces.push(await writer.end());
    const { rows, groups } = await readParquet(Buffer.concat(pieces));
    expect(Math.max(...groups)).toBeLessThan(60);
    expect(rows).toEqual(Array.from({ length: 100 }, (_, i) => cells(i + 100)));
  });

  it('is CSV with every digit, whatever the size of the pieces', async () => {
    const rows = samplesOf(20_000);
    const text = Buffer.concat(await written(new CsvWriter(tables.samples), rows)).toString();
    expect(cellsOf('samples', readCsv(text))).toEqual(sampleCells(session, rows));
    expect(text).toContain(`${formatTime(rows.timesUs[0]!).slice(0, 10)}T`);
    expect(text).toContain('Z,-0,,\r\n');
  });
});

/** Random numbers below a bound; the same ones for the same seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    return ((state ^ (state >>> 13)) >>> 0) % below;
  };
}

/** 50,000 cases in 500 rounds, drawn by hand: a generator of fast-check for each costs half a minute. */
const rounds = 500;
const casesPerRound = 100;

describe('50,000 random cases', () => {
  it('of four texts come back from CSV as they are', async () => {
    const letters = [...',"\r\n\t =+-@aä😀'];
    await fc.assert(
      fc.asyncProperty(fc.integer(), async (seed) => {
        const random = randomOf(seed);
        const text = () =>
          Array.from({ length: random(7) }, () => letters[random(letters.length)]).join('');
        const writer = new CsvWriter(tables.samples.slice(0, 4));
        const rows = Array.from({ length: casesPerRound }, () => [text(), text(), text(), text()]);
        for (const row of rows) writer.row(row);
        expect(readCsv(String(await writer.end())).slice(1)).toEqual(rows);
      }),
      { numRuns: rounds },
    );
  });

  it('of runs and mixtures come back from the hybrid of Parquet', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = randomOf(seed);
        for (let i = 0; i < casesPerRound; i++) {
          const bits = random(18);
          const numbers = Uint32Array.from(
            Array.from({ length: random(5) }, () => {
              const max = 2 ** bits;
              return random(2) === 0
                ? Array.from({ length: random(30) }, () => random(max))
                : Array<number>(random(30)).fill(random(max));
            }).flat(),
          );
          const bytes = hybridBytes(numbers, numbers.length, bits);
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
          const found = new Uint32Array(numbers.length);
          readRleBitPackedHybrid({ view, offset: 0 }, bits, found, bytes.length);
          expect(Buffer.from(found.buffer).equals(Buffer.from(numbers.buffer))).toBe(true);
        }
      }),
      { numRuns: rounds },
    );
  });
});
