/** Doors: sources become sessions, increases become totals, and silence ends what a door started. */
import type { MetricInput } from '@tacho/protocol';
import { pino } from 'pino';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Counters } from '../counters.ts';
import { Recorder } from '../record.ts';
import { openMemory } from '../store/memory.ts';
import type { Store, StoreBatch } from '../store/store.ts';
import { Door, type DoorMetric } from './door.ts';
import { sessionIdOf, sourceKey } from './source.ts';

const source = { product: 'shop', version: '2.4.0', hostname: 'till-3' };
const startUs = Date.UTC(2026, 10, 30) * 1000;

/** A store, and any number of servers' doors over it. */
async function setUp() {
  const time = { nowUs: startUs };
  const clock = () => time.nowUs;
  const store = await openMemory({ clock, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });
  onTestFinished(() => store.close());
  const refuse = { next: false };
  const append = async (batch: StoreBatch) => {
    if (refuse.next) throw new Error('no disk');
    return store.append(batch);
  };
  const gated = new Proxy(store, {
    get(target, name) {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const open = (): Door => {
    const counters = new Counters();
    const recorder = new Recorder({ store: gated, counters, live: { publish() {} } });
    const log = pino({ level: 'silent' });
    const door = new Door('statsd', { store: gated, recorder, clock, log, doorSilenceMs: 60_000 });
    onTestFinished(() => door.close());
    return door;
  };
  const pass = (seconds: number) => {
    time.nowUs += seconds * 1e6;
  };
  return { store, open, pass, refuse, clock };
}

function gauge(name: string, value: number): DoorMetric {
  return { metric: { name, type: 'gauge', unit: '', tags: [], value } satisfies MetricInput };
}

/** An increase of a counter. */
function grown(name: string, increase: number): DoorMetric {
  const metric: MetricInput = { name, type: 'counter', unit: '', tags: [], value: increase };
  const by = (before: unknown) => {
    const total = ((before as number | undefined) ?? 0) + increase;
    return { total, metric: { ...metric, value: total } };
  };
  return { metric, grow: { total: name, by } };
}

/** Sessions as id, lifecycle, number of samples, in order of creation. */
async function rows(store: Store, nowUs: number) {
  const query = { filter: {}, sort: 'created', descending: false, limit: 100 } as const;
  const page = await store.sessions({ ...query, totals: false, nowUs });
  return page.rows.map(({ summary: { id, status, samples } }) => ({
    ...{ id, lifecycle: status.lifecycle, samples },
  }));
}

async function values(store: Store, id: string): Promise<number[]> {
  const found: number[] = [];
  for await (const part of store.read(id, { samples: true })) {
    if (part.kind === 'samples') found.push(...part.rows.values);
  }
  return found;
}

describe('a door', () => {
  it('gives a source one session, whichever server hears of it, also two at once', async () => {
    const { store, open, clock } = await setUp();
    const [a, b] = [open(), open()];
    await Promise.all(
      [a, b, a].map((door, i) =>
        door.record([{ source, metrics: [gauge('fps', i)], facts: [] }], clock()),
      ),
    );
    await open().record([{ source, metrics: [gauge('fps', 9)], facts: [] }], clock());
    const found = await rows(store, clock());
    expect(found).toEqual([{ id: expect.any(String), lifecycle: 'active', samples: 4 }]);
    const others = { ...source, version: '2.5.0' };
    await b.record([{ source: others, metrics: [gauge('fps', 1)], facts: [] }], clock());
    expect(await rows(store, clock())).toHaveLength(2);
    expect([a.report.stored, b.report.stored, a.openSessions]).toEqual([2, 2, 1]);
  });

  it('ends a session at its last word after silence, and starts another with the next', async () => {
    const { store, open, pass, clock } = await setUp();
    const [door, other] = [open(), open()];
    const say = (by: Door) =>
      by.record([{ source, metrics: [gauge('fps', 1)], facts: [] }], clock());
    await say(door);
    await say(other);
    pass(50);
    await say(other);
    pass(20);
    // The other server heard of it 20 s ago.
    await door.sweep();
    expect(await rows(store, clock())).toMatchObject([{ lifecycle: 'active' }]);
    pass(50);
    await door.sweep();
    expect(await rows(store, clock())).toMatchObject([{ lifecycle: 'ended' }]);
    await say(door);
    const found = await rows(store, clock());
    expect(found.map(({ lifecycle }) => lifecycle)).toEqual(['ended', 'active']);
    expect(new Set(found.map(({ id }) => id)).size).toBe(2);
    let endedUs: number | null | undefined;
    for await (const part of store.read(found[0]!.id, {})) {
      if (part.kind === 'session') endedUs = part.row.status.endedUs;
    }
    expect(endedUs).toBe(startUs + 50e6);
  });

  it('leaves the end of a session that somebody else started to them', async () => {
    const { store, open, pass, clock } = await setUp();
    const id = '5e551000-0000-4000-8000-00000000000d';
    const session = await store.reserve(id);
    const start = { kind: 'start', session, atUs: clock(), product: 'p', version: '1' } as const;
    await store.append({ receivedUs: clock(), entries: [start] });
    const door = open();
    const named = { ...source, session: id };
    await door.record([{ source: named, metrics: [gauge('fps', 1)], facts: [] }], clock());
    pass(120);
    await door.sweep();
    expect(await rows(store, clock())).toEqual([{ id, lifecycle: 'active', samples: 1 }]);
    expect(door.openSessions).toBe(0);
  });

  it('adds increases up, in their order, and not those that were not stored', async () => {
    const { store, open, clock, refuse } = await setUp();
    const door = open();
    const say = (...increases: number[]) =>
      door.record(
        [{ source, metrics: increases.map((one) => grown('hits', one)), facts: [] }],
        clock(),
      );
    await Promise.all([say(1), say(2, 3), say(4)]);
    refuse.next = true;
    await expect(say(100)).rejects.toThrow('no disk');
    refuse.next = false;
    await say(5);
    const [row] = await rows(store, clock());
    expect(await values(store, row!.id)).toEqual([1, 3, 6, 10, 15]);
    expect(door.report.stored).toBe(5);
  });

  it('ends a session that says so, after everything else that was said with it', async () => {
    const { store, open, clock } = await setUp();
    const door = open();
    const event = { name: 'bye', level: 'info' } as never;
    const facts = [
      { kind: 'crash', atUs: startUs, reason: 'oom' },
      { kind: 'event', atUs: startUs, event },
    ] as const;
    await door.record([{ source, metrics: [gauge('fps', 1)], facts }], clock());
    await door.record([{ source, metrics: [gauge('fps', 2)], facts: [] }], clock());
    const found = await rows(store, clock());
    expect(found.map(({ lifecycle }) => lifecycle)).toEqual(['crashed', 'active']);
  });

  it('counts what is refused by reason, and remembers the last of each', async () => {
    const { open, clock } = await setUp();
    const { report } = open();
    report.refuse('invalid_line', 'line 3: no value');
    report.refuse('invalid_line', 'line 9: no name', 2);
    for (let i = 0; i < 200; i++) report.refuse(`reason ${i}`, 'x');
    const [first, ...rest] = report.refused;
    const last = { lastDetails: 'line 9: no name', lastUs: clock() };
    expect(first).toEqual({ reason: 'invalid_line', count: 3, ...last });
    expect(rest).toHaveLength(100);
    expect(rest.at(-1)).toMatchObject({ reason: 'other', count: 101 });
  });
});

describe('the begin of a session', () => {
  const hourUs = 3600e6;
  it.each([
    ['that of the first thing said of it', -2 * hourUs, -2 * hourUs],
    ['its receipt, where what is said comes later', hourUs, 0],
    ['a day before, where it is told of longer ago', -48 * hourUs, -24 * hourUs],
  ])('is %s', async (_what, saidUs, begunUs) => {
    const { store, open, clock } = await setUp();
    const { metric } = gauge('fps', 1);
    const said = [{ metric: { ...metric, atUs: startUs + saidUs } }, gauge('fps', 2)];
    // The clock has gone on since the request came in.
    const receivedUs = clock() - 5_000;
    await open().record([{ source, metrics: said, facts: [] }], receivedUs);
    const query = { filter: {}, sort: 'created', descending: false, limit: 1 } as const;
    const { rows: found } = await store.sessions({ ...query, totals: false, nowUs: clock() });
    const wanted = saidUs < -24 * hourUs || saidUs > 0 ? receivedUs + begunUs : startUs + begunUs;
    expect(found[0]?.summary.createdUs).toBe(wanted);
  });
});

describe('an id of a session of a source', () => {
  it('is a UUID of version 8 that tells sources, starts and turns apart', () => {
    const key = sourceKey('otlp', source);
    const ids = [
      sessionIdOf(key, startUs, 0),
      sessionIdOf(key, startUs, 1),
      sessionIdOf(key, startUs + 600e6, 0),
      sessionIdOf(sourceKey('otlp', { ...source, instance: 'x' }), startUs, 0),
      sessionIdOf(sourceKey('statsd', source), startUs, 0),
    ];
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
    expect(sessionIdOf(key, startUs + 1, 0)).toBe(ids[0]);
  });
});
