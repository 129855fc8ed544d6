/** Questions about many sessions, put to the store in memory: what each filter, sort, group and profile means. */
import type { SessionFilter } from '@tacho/protocol';
import { beforeEach, describe, expect, it } from 'vitest';
import { secondUs, startUs, suspendedAfterUs } from '../contract/harness.ts';
import { gauge, type Plan, sessionId, toEntries } from '../contract/plan.ts';
import { type MemoryStore, openMemory } from '../memory.ts';
import { type SessionQuery, type SessionSort, sessionSorts } from '../store.ts';

const minuteUs = 60 * secondUs;
let nowUs = startUs;
let store: MemoryStore;

async function say(...plans: Plan[]): Promise<void> {
  await store.append({ receivedUs: nowUs, entries: await toEntries(store, plans, nowUs) });
}

/** 1 ended, 2 died of an exception, 3 died while hung, 4 runs, 5 is silent, 6 is lost. */
beforeEach(async () => {
  nowUs = startUs;
  store = openMemory({ clock: () => nowUs, suspendedAfterUs, returnGraceUntilUs: 0 });
  await say({ session: 6, kind: 'start', product: 'café', version: '2.10', state: { a: 1 } });
  await store.sweep({ nowUs: nowUs + 1, lostAfterUs: 0 });
  nowUs += minuteUs;
  await say({ session: 1, kind: 'start', version: '2.9', machineId: 'm1', hostname: 'h1' });
  await say({ session: 2, kind: 'start', version: '2.10', machineId: 'm2' });
  await say({ session: 3, kind: 'start', version: '2.10-rc', state: { scene: { name: 'boss' } } });
  nowUs += minuteUs;
  const error = { name: 'oops', level: 'error', exception_type: 'KeyError', exception_msg: 'no' };
  await say({ session: 2, kind: 'event', event: { ...error, level: 'error' } });
  await say({ session: 3, kind: 'event', event: { name: 'application_appears_hung' } });
  nowUs += secondUs;
  await say({ session: 1, kind: 'event', event: { name: 'saved', message: 'Écran saved' } });
  await say({ session: 1, kind: 'end' });
  await say({ session: 2, kind: 'crash', reason: '' });
  nowUs += secondUs;
  await say({ session: 3, kind: 'crash', reason: 'SIGKILL' });
  await say({ session: 5, kind: 'start', version: '3.0' }, { session: 5, kind: 'heartbeat' });
  nowUs += suspendedAfterUs + 1;
  await say({ session: 4, kind: 'start', version: '3.0', machineId: 'm4' });
  await say({ session: 4, kind: 'sample', series: gauge('g'), value: 1 });
});

function query(more: Partial<SessionQuery> = {}): SessionQuery {
  const plain = { filter: {}, sort: 'created', descending: false, limit: 100, totals: false };
  return { ...plain, nowUs, ...more } as SessionQuery;
}

async function numbers(more: Partial<SessionQuery> = {}): Promise<number[]> {
  const { rows } = await store.sessions(query(more));
  return rows.map(({ summary }) => Number.parseInt(summary.id.slice(0, 8), 16));
}

const filters: [what: string, filter: SessionFilter, expected: number[]][] = [
  ['nothing', {}, [6, 1, 2, 3, 5, 4]],
  ['beginnings of ids', { ids: ['00000001', sessionId(3)] }, [1, 3]],
  ['products', { products: ['café'] }, [6]],
  ['several versions', { versions: ['2.9', '3.0'] }, [1, 5, 4]],
  ['two fields at once', { products: ['shop'], versions: ['2.10'] }, [2]],
  ['machines', { machines: ['m1', 'm4'] }, [1, 4]],
  ['host names', { hostnames: ['h1'] }, [1]],
  ['lifecycles', { lifecycles: ['active', 'lost'] }, [6, 5, 4]],
  ['livenesses', { livenesses: ['suspended'] }, [5]],
  ['outcomes', { outcomes: ['abnormal'] }, [6]],
  ['causes', { causes: ['uncaught', 'killed_while_hung'] }, [2, 3]],
  ['a hang', { hadHang: true }, [3]],
  ['no hang', { hadHang: false, lifecycles: ['crashed'] }, [2]],
  ['not ended by then', { fromUs: startUs + 2 * minuteUs + 2 * secondUs }, [3, 5, 4]],
  ['begun before', { toUs: startUs + minuteUs }, [6]],
  ['state', { state: [{ path: 'scene.name', operator: '=', value: 'boss' }] }, [3]],
  ['names of events', { events: ['saved', 'oops'] }, [1, 2]],
  ['types of exceptions', { exceptions: ['KeyError'] }, [2]],
  ['text', { text: 'saved ecr' }, [1]],
  ['text without a word', { text: '…' }, []],
];

const sorts: Record<SessionSort, number[]> = {
  created: [6, 1, 2, 3, 5, 4],
  updated: [6, 1, 2, 3, 5, 4],
  duration: [6, 4, 5, 1, 2, 3],
  events: [6, 5, 4, 1, 2, 3],
  errors: [6, 1, 5, 4, 3, 2],
  samples: [6, 1, 2, 3, 5, 4],
  hangs: [6, 1, 2, 5, 4, 3],
  product: [6, 1, 2, 3, 5, 4],
  version: [1, 3, 6, 2, 5, 4],
  machine: [6, 3, 5, 1, 2, 4],
  outcome: [1, 5, 4, 6, 2, 3],
  cause: [5, 4, 1, 2, 3, 6],
};

describe('a list of sessions', () => {
  it.each(filters)('is filtered by %s', async (_, filter, expected) => {
    expect(await numbers({ filter })).toEqual(expected);
  });

  it.each(sessionSorts.map((sort) => [sort]))('is sorted by %s, both ways', async (sort) => {
    expect(await numbers({ sort })).toEqual(sorts[sort]);
    expect(await numbers({ sort, descending: true })).toEqual([...sorts[sort]].reverse());
  });

  it.each(sessionSorts.map((sort) => [sort]))(
    'by %s gives each session once in pages',
    async (sort) => {
      for (const descending of [true, false]) {
        const all = await numbers({ sort, descending });
        const paged: number[] = [];
        let page: Partial<SessionQuery> | undefined = { sort, descending, limit: 2 };
        while (page !== undefined) {
          paged.push(...(await numbers(page)));
          const { next } = await store.sessions(query(page));
          page = next === undefined ? undefined : { ...page, cursor: next };
        }
        expect(paged).toEqual(all);
      }
    },
  );

  it('goes on where it was although the last session of the page was deleted', async () => {
    const { next } = await store.sessions(query({ limit: 2 }));
    expect(await store.remove(sessionId(1))).toBe(true);
    expect(await numbers({ cursor: next as string })).toEqual([2, 3, 5, 4]);
  });

  it.each(['', 'x', 'W10', Buffer.from('["created",false,"x",1]').toString('base64url')])(
    'refuses the cursor "%s"',
    async (cursor) => {
      const refused = { code: 'invalid_field', details: expect.stringMatching(/^cursor /) };
      await expect(store.sessions(query({ cursor }))).rejects.toMatchObject(refused);
    },
  );

  it('refuses the cursor of another list', async () => {
    const { next: cursor } = await store.sessions(query({ limit: 2 }));
    const refused = { code: 'invalid_field' };
    await expect(
      store.sessions(query({ cursor: cursor as string, sort: 'events' })),
    ).rejects.toMatchObject(refused);
  });

  it('counts all that the filter lets through, whatever the page', async () => {
    const { totals } = await store.sessions(query({ totals: true, limit: 1 }));
    expect(totals).toEqual({
      sessions: 6,
      active: 2,
      suspended: 1,
      hung: 1,
      outcomes: { healthy: 3, errored: 0, abnormal: 1, crashed: 2 },
    });
  });
});

describe('one session in a list', () => {
  it('has its errors, its last exception and its activity over time', async () => {
    const found = await store.summary(sessionId(2));
    // The error itself, and the crash that the server noted.
    expect(found?.summary).toMatchObject({ errors: 2, events: 2 });
    expect(found?.summary.exception).toEqual({
      type: 'KeyError',
      message: 'no',
      atUs: startUs + 2 * minuteUs,
    });
    const { entries, errors, hangs, fromUs, widthUs } = found!.profile;
    expect({ fromUs, widthUs }).toEqual({
      fromUs: startUs + minuteUs,
      widthUs: Math.ceil((minuteUs + secondUs) / 48),
    });
    expect(filled(entries)).toEqual({ 47: 2 });
    expect(filled(errors)).toEqual({ 47: 2 });
    expect(filled(hangs)).toEqual({});
    expect(filled((await store.summary(sessionId(3)))!.profile.hangs)).toEqual({ 46: 1 });
    expect(filled((await store.summary(sessionId(4)))!.profile.entries)).toEqual({ 0: 1 });
  });

  it('is absent when there is none, also after it was deleted', async () => {
    expect(await store.summary(sessionId(9))).toBeUndefined();
    expect(await store.remove(sessionId(9))).toBe(false);
    expect(await store.remove(sessionId(2))).toBe(true);
    expect(await store.summary(sessionId(2))).toBeUndefined();
    expect(store.resolve(sessionId(2))).toEqual({ kind: 'missing' });
  });
});

describe('groups of sessions', () => {
  it('are made by several values, the largest first', async () => {
    const groups = await store.groups({
      filter: {},
      by: [{ by: 'product' }, { by: 'version' }],
      nowUs,
    });
    expect(groups.map(({ values, sessions }) => [...values, sessions])).toEqual([
      ['shop', '3.0', 2],
      ['café', '2.10', 1],
      ['shop', '2.10', 1],
      ['shop', '2.10-rc', 1],
      ['shop', '2.9', 1],
    ]);
    expect(groups[0]).toMatchObject({ active: 2, suspended: 1, errors: 0, lastUs: nowUs });
  });

  it('have null where a session has no value', async () => {
    const by = [{ by: 'state', path: 'scene.name' }, { by: 'cause' }] as const;
    const groups = await store.groups({ filter: { products: ['shop'] }, by, nowUs });
    expect(groups.map(({ values }) => values)).toEqual([
      [null, null],
      [null, 'ended'],
      [null, 'uncaught'],
      ['boss', 'killed_while_hung'],
    ]);
  });

  it('are steps of time, or all together', async () => {
    const by = [{ by: 'time', widthUs: 2 * minuteUs }] as const;
    const groups = await store.groups({ filter: {}, by, nowUs });
    expect(groups.map(({ values, sessions }) => [...values, sessions])).toEqual([
      [startUs, 4],
      [startUs + 2 * minuteUs, 2],
    ]);
    const [all] = await store.groups({ filter: {}, by: [], nowUs });
    expect(all).toMatchObject({ values: [], sessions: 6, errors: 3, firstUs: startUs });
    expect(await store.groups({ filter: { products: ['none'] }, by: [], nowUs })).toEqual([]);
  });
});

function filled(counts: Float64Array): Record<number, number> {
  return Object.fromEntries([...counts.entries()].filter(([, count]) => count > 0));
}
