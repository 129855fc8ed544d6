/** Batches of agents: what each entry becomes, and how a bad one is told without losing the others. */
import { describe, expect, it } from 'vitest';
import { readIngest } from './entry.ts';
import { TachoError } from './errors.ts';
import { limits } from './limits.ts';
import { readMany, readMetric } from './schema.ts';

const nowUs = Date.UTC(2025, 5, 1) * 1000;
const session = '550e8400-e29b-41d4-a716-446655440000';
const read = (entries: unknown[]) => readIngest({ spoolId: 's', seq: 1, entries }, nowUs);

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof TachoError) return error.code;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the entries of a batch', () => {
  it('become what they say', () => {
    const at = 1000;
    const sent = { session: session.toUpperCase(), at };
    const { entries, rejected } = read([
      { kind: 'start', ...sent, product: 'P', version: '1', machine_id: 'm', id: 'ignored' },
      { kind: 'patch', ...sent, patch: { a: null, state: {} } },
      { kind: 'event', ...sent, name: 'e', category: 'warning' },
      { kind: 'metric', ...sent, name: 'n', value: 'NaN', type: 'counter' },
      { kind: 'heartbeat', ...sent },
      { kind: 'end', session },
      { kind: 'crash', ...sent, reason: 'r' },
    ]);
    expect(rejected).toEqual([]);
    const atUs = 1_000_000;
    const event = { level: 'warning', category: 'warning', group: '', labels: null, message: '' };
    const metric = { name: 'n', value: Number.NaN, type: 'counter', unit: '', tags: [], atUs };
    expect(entries).toEqual([
      { kind: 'start', session, atUs, start: { product: 'P', version: '1', machineId: 'm' } },
      { kind: 'patch', session, atUs, patch: { a: null, state: {} } },
      { kind: 'event', session, atUs, event: { name: 'e', ...event, data: null } },
      { kind: 'metric', session, metric },
      { kind: 'heartbeat', session, atUs },
      { kind: 'end', session },
      { kind: 'crash', session, atUs, reason: 'r' },
    ]);
  });

  it('may be columns, counted from an instant of their own', () => {
    const startMs = 1738324800000;
    const series = [
      { name: 'a', values: [1, 'NaN', -0] },
      {
        name: 'b',
        type: 'timer',
        unit: 's',
        tags: ['x'],
        values: ['Infinity', '-Infinity', 2n ** 64n],
      },
    ];
    const { entries } = read([
      { kind: 'columns', session, startMs, times: [0, 16.625, -5], series },
      { kind: 'columns', session, times: [startMs], series: [{ name: 'a', values: [1] }] },
    ]);
    expect(entries[0]).toEqual({
      kind: 'columns',
      session,
      timesUs: Float64Array.of(startMs * 1000, startMs * 1000 + 16625, startMs * 1000 - 5000),
      series: [
        {
          name: 'a',
          type: 'gauge',
          unit: '',
          tags: [],
          values: Float64Array.of(1, Number.NaN, -0),
        },
        {
          name: 'b',
          type: 'timer',
          unit: 's',
          tags: ['x'],
          values: Float64Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 64),
        },
      ],
    });
    expect(entries[1]).toMatchObject({ timesUs: Float64Array.of(startMs * 1000) });
  });

  it('are refused one by one, named by their position, and the others stay', () => {
    const good = { kind: 'heartbeat', session };
    const columns = { kind: 'columns', session, times: [1, 2] };
    const bad: [unknown, string][] = [
      [7, 'The body is 7; expected a JSON object.'],
      [{ session }, 'kind is missing; expected one of start, patch, event'],
      [{ kind: 'hearbeat', session }, 'kind is "hearbeat"'],
      [{ kind: 'end', session: '550e8400' }, 'session is "550e8400"; expected a UUID'],
      [{ kind: 'end', session, at: 'x' }, 'at is "x"; expected an RFC 3339 time'],
      [{ kind: 'metric', session, name: 'n' }, 'value is missing'],
      [{ kind: 'metric', session, name: 'n', value: 1, at: -5 }, 'at is before 1970'],
      [{ kind: 'patch', session }, 'patch is missing; expected an object'],
      [{ kind: 'patch', session, patch: [] }, 'patch is an empty array; expected an object'],
      [{ kind: 'start', session, product: 'P' }, 'Product and version are required fields'],
      [
        { ...columns, series: [] },
        'series is an empty array; expected an array of at least one series',
      ],
      [{ ...columns, series: [7] }, 'series[0] is 7'],
      [{ ...columns, series: [{ name: 'a', values: [1] }] }, 'series[0].values has 1 items'],
      [{ ...columns, series: [{ name: 'a', values: [1, null] }] }, 'series[0].values[1] is null'],
      [{ ...columns, series: [{ name: '', values: [1, 2] }] }, 'series[0].name is empty'],
      [{ ...columns, series: [{ name: 'a', type: 'x', values: [1, 2] }] }, 'series[0].type is "x"'],
      [{ ...columns, times: [1, '2'] }, 'times[1] is "2"'],
      [
        { ...columns, times: [] },
        'times is an empty array; expected an array of at least one number',
      ],
      [{ ...columns, times: [1, 1e300], series: [] }, 'times is more than a year in the future'],
      [{ ...columns, startMs: 'x', series: [] }, 'startMs is "x"'],
      [{ ...columns, startMs: -3, series: [] }, 'times is before 1970'],
    ];
    const { entries, rejected } = read(bad.flatMap(([entry]) => [entry, good]));
    expect(entries).toHaveLength(bad.length);
    for (const [i, [, details]] of bad.entries()) {
      expect(rejected[i]?.index).toBe(2 * i);
      expect(rejected[i]?.details).toContain(`entries[${2 * i}]: ${details}`);
      expect(Object.keys(rejected[i] ?? {}).sort()).toEqual(['code', 'details', 'error', 'index']);
    }
  });
});

describe('the envelope of a batch', () => {
  it.each([
    [{ seq: 1, entries: [] }, 'spoolId is missing'],
    [{ spoolId: 's', entries: [] }, 'seq is missing'],
    [{ spoolId: 's', seq: 0, entries: [] }, 'seq is 0; expected an integer from 1'],
    [{ spoolId: 's', seq: 1.5, entries: [] }, 'seq is 1.5'],
    [{ spoolId: 's', seq: 1 }, 'entries is missing; expected an array of entries'],
    [[], 'The body is an empty array'],
  ])('%j is refused whole', (body, details) => {
    expect(() => readIngest(body, nowUs)).toThrow(details);
  });

  it('holds so many entries and samples and no more', () => {
    const many = (count: number) => new Array(count).fill({ kind: 'heartbeat', session });
    expect(read(many(limits.ingestEntriesMax)).entries).toHaveLength(limits.ingestEntriesMax);
    expect(codeOf(() => read(many(limits.ingestEntriesMax + 1)))).toBe('too_many_items');
    const times = new Array(limits.ingestSamplesMax / 2).fill(1000);
    const series = new Array(2).fill({ name: 'a', values: times });
    const full = { kind: 'columns', session, times, series };
    expect(read([full]).entries).toHaveLength(1);
    const one = { kind: 'metric', session, name: 'n', value: 1 };
    expect(codeOf(() => read([full, one]))).toBe('too_many_items');
  });
});

describe('many items', () => {
  it('are kept where good and reported by index where bad, broken lines included', () => {
    const lines = ['{"name":"a","value":1}', '{"name":"b"}', '{', '{"name":"c","value":3}'];
    const { items, rejected } = readMany(lines, (line) => readMetric(JSON.parse(line), nowUs));
    expect(items.map(({ name }) => name)).toEqual(['a', 'c']);
    expect(rejected.map(({ index, code }) => [index, code])).toEqual([
      [1, 'invalid_field'],
      [2, 'invalid_json'],
    ]);
    expect(rejected[0]).toMatchObject({
      error: 'Invalid field',
      details: 'value is missing; expected a number, or "NaN", "Infinity" or "-Infinity".',
    });
  });

  it('are bounded', () => {
    const items = new Array(limits.batchItemsMax).fill(1);
    expect(readMany(items, (each) => each).items).toHaveLength(limits.batchItemsMax);
    expect(codeOf(() => readMany([...items, 1], (each) => each))).toBe('too_many_items');
  });

  it('do not hide a bug of ours', () => {
    const bug = () => {
      throw new TypeError('undefined is not a function');
    };
    expect(() => readMany([1], bug)).toThrow(TypeError);
  });
});
