/** Entries written and read again: nothing of what a program said may change on the way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CauseKind } from './cause.ts';
import { batchText, entryText } from './entry-text.ts';
import { defaultBounds } from './histogram.ts';
import { parseJson } from './json.ts';
import { type LocalEntry, readLocalBatch } from './local.ts';

const session = '550e8400-e29b-41d4-a716-446655440000';
const nowUs = Date.UTC(2026, 5, 1) * 1000;
const instant = fc.integer({ min: 0, max: nowUs });
const text = fc.string({ minLength: 1, maxLength: 8 });
const tags = fc.array(text, { maxLength: 3 });
const value = fc.double({ noDefaultInfinity: false }).map((number) => number + 0);
const finite = fc.double({ noDefaultInfinity: true, noNaN: true }).map((number) => number + 0);
const count = fc.nat({ max: 1e6 });
const json = fc
  .dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 3 })
  .map((object) => JSON.parse(JSON.stringify(object)));
const head = { session: fc.constant(session), atUs: instant };
const series = { name: text, unit: fc.string({ maxLength: 5 }), tags };

const columns = fc.integer({ min: 1, max: 5 }).chain((length) => {
  const numbers = fc.array(value, { minLength: length, maxLength: length });
  return fc.record({
    kind: fc.constant('columns' as const),
    session: fc.constant(session),
    timesUs: fc
      .array(instant, { minLength: length, maxLength: length })
      .map((times) => Float64Array.from(times)),
    series: fc.array(
      fc.record({
        ...series,
        type: fc.constantFrom('gauge' as const, 'timer' as const),
        values: numbers.map((list) => Float64Array.from(list)),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  });
});

const histogram = fc
  .oneof(
    fc.constant(defaultBounds),
    fc.uniqueArray(finite, { maxLength: 4 }).map((list) => list.sort((a, b) => a - b)),
  )
  .chain((bounds) =>
    fc.record({
      kind: fc.constant('growth' as const),
      type: fc.constant('histogram' as const),
      ...head,
      ...series,
      bounds: fc.constant(bounds),
      counts: fc.array(count, { minLength: bounds.length + 1, maxLength: bounds.length + 1 }),
      sum: value,
      min: fc.option(finite),
      max: fc.option(finite),
      notFinite: count,
    }),
  );

const kind = <K extends string>(name: K) => ({ kind: fc.constant(name), ...head });
const optional = { requiredKeys: ['kind', 'session', 'atUs'] as ['kind', 'session', 'atUs'] };

function causeOf(...kinds: CauseKind[]) {
  const facts = {
    kind: fc.constantFrom(...kinds),
    exit_code: fc.integer(),
    signal: text,
    core_dumped: fc.boolean(),
    oom: fc.boolean(),
    hung_ms: count,
    boot_id: text,
    resources: fc.record({ rss_bytes: count, threads: count }),
  };
  return fc.record(facts, { requiredKeys: ['kind'] });
}

const entry = fc.oneof(
  fc.record({
    ...kind('start'),
    start: fc.record(
      { product: text, version: text, hostname: text, bootId: text, state: json },
      { requiredKeys: ['product', 'version'] },
    ),
    watch: fc.record(
      {
        pid: fc.integer({ min: 1, max: 1e6 }),
        processStart: text,
        heartbeatTimeoutMs: fc.integer({ min: 1, max: 1e6 }),
        watch: fc.boolean(),
        parent: fc.boolean(),
      },
      { requiredKeys: [] },
    ),
  }),
  fc.record({ ...kind('patch'), patch: json }),
  fc.record({
    ...kind('event'),
    event: fc.record({
      name: text,
      level: fc.constantFrom('info' as const, 'error' as const),
      category: text,
      group: fc.string({ maxLength: 4 }),
      labels: fc.option(tags),
      message: fc.string({ maxLength: 4 }),
      data: fc.option(json),
    }),
  }),
  fc.record({
    kind: fc.constant('metric' as const),
    session: fc.constant(session),
    metric: fc.record(
      {
        ...series,
        type: fc.constant('timer' as const),
        value,
        atUs: instant,
        count,
        metadata: json,
      },
      { requiredKeys: ['name', 'unit', 'tags', 'type', 'value'] },
    ),
  }),
  columns,
  histogram,
  fc.record({
    kind: fc.constant('growth' as const),
    type: fc.constant('counter' as const),
    ...head,
    ...series,
    delta: finite,
  }),
  fc.record(
    {
      ...kind('heartbeat'),
      timeoutMs: fc.integer({ min: 1, max: 1e6 }),
      witness: fc.constant(true as const),
    },
    optional,
  ),
  fc.record(kind('pause')),
  fc.record(kind('resume')),
  fc.record({ ...kind('end'), cause: causeOf('ended', 'exited', 'terminated_by_user') }, optional),
  fc.record(
    { ...kind('crash'), reason: text, cause: causeOf('signaled', 'out_of_memory') },
    { requiredKeys: ['kind', 'session', 'atUs', 'reason'] },
  ),
  fc.record(
    { ...kind('exit'), code: fc.integer(), signal: text, uncaught: fc.boolean() },
    optional,
  ),
);

describe('entries written as text', () => {
  it('are read as what they were', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 6 }), (entries) => {
        const body = batchText('client', 7, (entries as LocalEntry[]).map(entryText));
        const read = readLocalBatch(parseJson(body), nowUs);
        expect(read).toEqual({ spoolId: 'client', seq: 7, entries, rejected: [] });
      }),
      { numRuns: 500 },
    );
  });

  it('names what JSON has no number for, in a list of values as well', () => {
    const values = Float64Array.from([1, Number.NaN, -Infinity]);
    const columns: LocalEntry = {
      kind: 'columns',
      session,
      timesUs: Float64Array.from([nowUs, nowUs, nowUs]),
      series: [{ name: 'n', type: 'gauge', unit: '', tags: [], values }],
    };
    const entries = [parseJson(entryText(columns))];
    const read = readLocalBatch({ spoolId: 'c', seq: 1, entries }, nowUs);
    expect(read).toMatchObject({ rejected: [], entries: [columns] });
  });
});

describe('a local batch', () => {
  const read = (entries: unknown[]) => readLocalBatch({ spoolId: 'c', seq: 1, entries }, nowUs);

  it('reports what is wrong with an entry and keeps the others', () => {
    const growth = { kind: 'growth', session, name: 'n', type: 'histogram', sum: 1 };
    const { entries, rejected } = read([
      { kind: 'growth', session, name: 'n', type: 'counter', delta: 'NaN' },
      { kind: 'growth', session, name: 'n', type: 'gauge' },
      { ...growth, bounds: [2, 1], counts: [0, 0, 0] },
      { ...growth, bounds: [1], counts: [1] },
      { ...growth, bounds: [1], counts: [1, -1] },
      { kind: 'start', session, product: 'p', version: '1', pid: 0 },
      { kind: 'heartbeat', session, timeout_ms: 0 },
      { kind: 'exit', session, uncaught: 'yes' },
      { kind: 'exit', session, code: -1 },
    ]);
    expect(rejected.map(({ details }) => details.replace(/;.*/, ''))).toEqual([
      'entries[0]: delta is "NaN"',
      'entries[1]: type is "gauge"',
      'entries[2]: bounds are not in order',
      'entries[3]: counts has 1 items',
      'entries[4]: counts[1] is -1',
      'entries[5]: pid is 0',
      'entries[6]: timeout_ms is 0',
      'entries[7]: uncaught is "yes"',
    ]);
    expect(entries).toEqual([{ kind: 'exit', session, code: -1 }]);
  });

  it('means the default bounds where a histogram names none', () => {
    const counts = new Array(defaultBounds.length + 1).fill(1);
    const { entries } = read([
      { kind: 'growth', session, name: 'n', type: 'histogram', counts, sum: 5 },
    ]);
    expect(entries[0]).toMatchObject({ bounds: defaultBounds, atUs: nowUs, min: null });
  });
});
