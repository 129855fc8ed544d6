/** The week of the demo: the same for the same seed, true to itself, and clear about its versions. */
import { causeOf } from '@tacho/protocol';
import { describe, expect, it } from 'vitest';
import { sessionLines } from '../http/export/lines.ts';
import { Harness } from '../http/testing/harness.ts';
import { openMemory } from '../store/memory.ts';
import type { EventRow, SessionRow, Store, StoreBatch } from '../store/store.ts';
import { type Filled, fillStore } from './fill.ts';
import { heroes, heroIds } from './plan.ts';

const untilUs = Date.UTC(2026, 2, 6, 16, 20) * 1000;
const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const memory = (): Store =>
  openMemory({ clock: () => untilUs, suspendedAfterUs: 60e6, returnGraceUntilUs: 0 });

async function week(seed: number, sessions = 60): Promise<Store> {
  const store = memory();
  await fillStore(store, { seed, sessions, untilUs });
  return store;
}

/** The export of a store without its first line, which names the export. */
async function exportOf(store: Store): Promise<string> {
  const all = { patches: true, events: true, samples: true };
  let text = '';
  for await (const page of store.ids()) {
    for (const id of page)
      for await (const piece of sessionLines(store.read(id, all))) text += piece;
  }
  return text;
}

async function idsOf(store: Store): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of store.ids()) ids.push(...page);
  return ids;
}

/** A session with its events and the times of its patches. */
async function sessionOf(store: Store, id: string) {
  let row: SessionRow | undefined;
  const events: EventRow[] = [];
  const patchTimes: number[] = [];
  let lastSampleUs = Number.NEGATIVE_INFINITY;
  for await (const part of store.read(id, { patches: true, events: true, samples: true })) {
    if (part.kind === 'session') ({ row } = part);
    if (part.kind === 'events') events.push(...part.rows);
    if (part.kind === 'patches') patchTimes.push(...part.rows.map(({ atUs }) => atUs));
    if (part.kind === 'samples') {
      for (const us of part.rows.timesUs) lastSampleUs = Math.max(lastSampleUs, us);
    }
  }
  return { row: row as SessionRow, events, patchTimes, lastSampleUs };
}

describe('the demo', () => {
  it('is the same to the byte for the same seed and end, and another for another seed', async () => {
    const [one, same, other] = await Promise.all(
      [week(1), week(1), week(2)].map(async (store) => exportOf(await store)),
    );
    expect(one).toBe(same);
    expect(one).not.toBe(other);
    expect(one?.split('\n').filter((line) => line.includes('"kind":"start"'))).toHaveLength(60);
  });

  it('has exactly as many sessions as were asked for, with UUIDs of version 4, all of its week', async () => {
    for (const sessions of [10, 41, 137]) {
      const store = await week(3, sessions);
      const ids = await idsOf(store);
      expect(new Set(ids).size).toBe(sessions);
      for (const id of ids) {
        expect(id).toMatch(uuidForm);
        const { row } = await sessionOf(store, id);
        expect(row.createdUs).toBeGreaterThan(untilUs - 8 * 86_400e6);
        expect(row.createdUs).toBeLessThan(untilUs);
      }
    }
  });

  it('tells every session in order, nothing after its end or the end of the week, and why it ended', async () => {
    const store = await week(4, 160);
    const lifecycles = new Set<string>();
    for (const id of await idsOf(store)) {
      const { row, events, patchTimes, lastSampleUs } = await sessionOf(store, id);
      const { status, createdUs } = row;
      lifecycles.add(status.lifecycle);
      const lastUs = status.lifecycle === 'active' ? untilUs : (status.endedUs as number);
      const times = events.map(({ atUs }) => atUs);
      for (const all of [times, patchTimes]) {
        expect(all).toEqual(all.toSorted((a, b) => a - b));
        expect(all[0] ?? createdUs).toBeGreaterThanOrEqual(createdUs);
      }
      expect(Math.max(...times, ...patchTimes, lastSampleUs)).toBeLessThanOrEqual(lastUs);
      expect(
        events.every(({ receivedUs, atUs }) => receivedUs >= atUs || receivedUs === untilUs),
      ).toBe(true);
      expect(row.updatedUs).toBeLessThanOrEqual(untilUs);
      const cause = causeOf({ status, createdUs });
      expect(cause === null).toBe(status.lifecycle === 'active');
      const detections = events.filter(({ event }) => event.name === 'session_crashed_detected');
      expect(detections).toHaveLength(status.lifecycle === 'crashed' ? 1 : 0);
      if (cause?.kind === 'killed_while_hung') expect(status.hungSinceUs).not.toBeNull();
    }
    expect([...lifecycles].sort()).toEqual(['active', 'crashed', 'ended', 'lost']);
  });

  it('shows its heroes in full detail', async () => {
    const store = await week(1);
    const ids = heroIds(1);
    expect(Object.keys(ids)).toEqual([...heroes]);
    const crash = await sessionOf(store, ids.crash);
    expect(crash.row.patches).toBeGreaterThan(300);
    expect(crash.row.events).toBeGreaterThan(1_000);
    expect(causeOf({ status: crash.row.status, createdUs: crash.row.createdUs })?.sentence).toBe(
      'Crashed while hung for 14.2 s: SIGSEGV, core dumped',
    );
    const series = async (id: string, name: string) =>
      (await store.series({ id, filter: {} }))?.filter(({ key }) => key.name === name) ?? [];
    expect((await series(ids.crash, 'memory_rss'))[0]?.max).toBeGreaterThan(2.9 * 2 ** 30);
    const jobs = await series(ids.workers, 'job_time_ms');
    expect(jobs).toHaveLength(48);
    const odd = jobs.filter(({ max }) => max > 90).map(({ key }) => key.tags[0]);
    expect(odd).toEqual(['worker:07', 'worker:19', 'worker:33']);
    const long = await sessionOf(store, ids.longService);
    expect(long.row.status.lifecycle).toBe('active');
    expect(untilUs - long.row.createdUs).toBeGreaterThan(2 * 86_400e6);
    const { events } = await sessionOf(store, ids.asleep);
    const names = events.map(({ event }) => event.name);
    expect(names.indexOf('system_resumed')).toBe(names.indexOf('system_suspending') + 1);
  });
});

describe('two thousand sessions', () => {
  it('prove that 2.4.0 crashes more and that 1.12.3 is slower', async () => {
    let filled: Filled | undefined;
    const server = await Harness.start({}, async (options) => {
      const store = openMemory(options);
      filled = await fillStore(withoutColumns(store), { seed: 1, sessions: 2_000, untilUs });
      return store;
    });
    server.nowUs = untilUs;
    expect(filled?.sessions).toBe(2_000);
    expect(filled?.samples).toBeGreaterThan(3e6);
    const compare = async (product: string, base: string, candidate: string) => {
      const query = `product=${product}&base=${base}&candidate=${candidate}`;
      const { json } = await server.ask(`/api/releases/compare?${query}`);
      return json;
    };
    const game = await compare('emberline', '2.3.9', '2.4.0');
    expect(game.worse).toBe(true);
    const { base, candidate, verdict } = game.crash_free_rate;
    expect(base.value).toBeCloseTo(0.994, 2);
    expect(candidate.value).toBeCloseTo(0.96, 2);
    expect(verdict).toBe('worse');
    const shop = await compare('checkout-api', '1.12.2', '1.12.3');
    const duration = shop.metrics.find(
      ({ name }: { name: string }) => name === 'http_request_duration_ms',
    );
    expect(duration).toMatchObject({ verdict: 'worse' });
    const running = async (liveness: string): Promise<number> => {
      const { json } = await server.ask(
        `/api/sessions?lifecycle=active&liveness=${liveness}&limit=1`,
      );
      return json.totals.sessions;
    };
    expect(await running('responsive')).toBeGreaterThan(20);
    expect(await running('hung')).toBeGreaterThan(1);
    expect(await running('suspended')).toBeGreaterThan(1);
  }, 120_000);
});

/** The store in memory would take all day for columns that nothing here asks for. */
function withoutColumns(store: Store): Pick<Store, 'reserve' | 'append'> {
  return {
    reserve: (id) => store.reserve(id),
    append: (batch: StoreBatch) =>
      store.append({ ...batch, entries: batch.entries.filter(({ kind }) => kind !== 'columns') }),
  };
}
