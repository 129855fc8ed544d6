/** Contract: what many sessions recorded is found, counted and compared as in the store in memory. */
import { exceptionKind, levels, type SessionFilter } from '@tacho/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openMemory } from '../memory.ts';
import { exceptionSorts, type SearchQuestions, type Store } from '../store.ts';
import { histories, type Step } from './generate.ts';
import { type OpenStore, StoreBench, secondUs, startUs, withStore } from './harness.ts';
import { gauge, type Plan, sessionId } from './plan.ts';

const all = { filter: {}, names: [], levels: [], limit: 100 };

/** Cases by hand and by random histories; `rounds` of these. */
export function searchCases(open: OpenStore, rounds: number): void {
  handCases(open);

  it('any history is searched as the store in memory is', () =>
    fc.assert(
      fc.asyncProperty(histories, fc.boolean(), (steps, tight) => compare(open, steps, tight)),
      { numRuns: rounds },
    ));
}

function handCases(open: OpenStore): void {
  const failure = (session: number, parts: object, file = 'a.js', line = 1): Plan => ({
    session,
    kind: 'event',
    event: {
      name: 'exception',
      level: 'error',
      exception_type: 'TypeError',
      exception_msg: 'no item',
      stacktrace: [`at total (/srv/${file}:${line}:1)`],
      ...parts,
    },
  });

  it(
    'events are found by their words, the last one as a beginning, newest first',
    withStore(open, async (bench) => {
      await bench.say(
        { session: 1, kind: 'start' },
        { session: 2, kind: 'start', product: 'blog' },
      );
      for (let i = 0; i < 9; i++) {
        const event = { name: `e${i}`, message: i % 2 === 0 ? 'Disk is full' : 'disk' };
        await bench.say({ session: 1 + (i % 3 === 0 ? 1 : 0), kind: 'event', event });
      }
      const rest = await bench.store.searchEvents({ ...all, text: 'disk ful', nowUs: startUs });
      expect(rest.rows.map(({ event }) => event.name)).toEqual(['e8', 'e6', 'e4', 'e2', 'e0']);
      const none = await bench.store.searchEvents({ ...all, text: 'ful disk', nowUs: startUs });
      expect(none.rows).toEqual([]);
      expect(rest.rows.at(-1)).toMatchObject({ session: sessionId(2), product: 'blog', seq: 0 });
    }),
  );

  it(
    'pages of events give each event once, whatever arrives meanwhile',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      for (let i = 0; i < 7; i++)
        await bench.say({ session: 1, kind: 'event', event: { name: `e${i}` } });
      const found: string[] = [];
      let cursor: string | undefined;
      do {
        const query = { ...all, nowUs: bench.time.nowUs, limit: 2 };
        const page = await bench.store.searchEvents({ ...query, ...(cursor && { cursor }) });
        found.push(...page.rows.map(({ event }) => event.name));
        await bench.say({ session: 1, kind: 'event', event: { name: 'late' } });
        cursor = page.next;
      } while (cursor !== undefined);
      expect(found).toEqual(['e6', 'e5', 'e4', 'e3', 'e2', 'e1', 'e0']);
    }),
  );

  it(
    'a cursor that is none of ours is refused',
    withStore(open, async ({ store }) => {
      const invalid = { code: 'invalid_field' };
      const cursor = Buffer.from('["other",1]').toString('base64url');
      const query = { filter: {}, limit: 1, nowUs: startUs, cursor };
      await expect(store.searchEvents({ ...all, ...query })).rejects.toMatchObject(invalid);
      await expect(store.metrics({ ...query, cursor: '!' })).rejects.toMatchObject(invalid);
      await expect(
        store.exceptions({ ...query, sort: 'count', descending: true }),
      ).rejects.toMatchObject(invalid);
    }),
  );

  it(
    'exceptions are counted by group, and told apart by what their sessions have in common',
    withStore(open, async (bench) => {
      for (let i = 1; i <= 12; i++) {
        const state = { gpu: i <= 4 ? 'old' : 'new', plan: `p${i % 2}`, id: i };
        await bench.say({ session: i, kind: 'start', version: `1.${i % 3}`, state });
        bench.pass(secondUs);
        if (i <= 4)
          await bench.say(
            failure(i, {}, 'a.js', i),
            failure(i, { exception_msg: `${i}` }, 'a.js', 9),
          );
        if (i === 7) await bench.say(failure(i, {}, 'b.js'));
      }
      const { nowUs } = bench.time;
      const query = { filter: {}, sort: 'count', descending: true, limit: 10, nowUs } as const;
      const { rows } = await bench.store.exceptions(query);
      expect(rows.map(({ count, sessions }) => [count, sessions])).toEqual([
        [8, 4],
        [1, 1],
      ]);
      expect(rows[0]).toMatchObject({
        type: 'TypeError',
        message: '4',
        frames: [{ function: 'total', file: 'a.js' }],
        latest: { session: sessionId(4), seq: 1 },
        versions: [
          { product: 'shop', version: '1.1', sessions: 2 },
          { product: 'shop', version: '1.0', sessions: 1 },
          { product: 'shop', version: '1.2', sessions: 1 },
        ],
      });
      const { id } = rows[0]!;
      const detail = await bench.store.exception({ id, filter: {}, nowUs });
      expect(detail?.group).toEqual(rows[0]);
      expect(detail?.commons[0]).toMatchObject({
        path: 'gpu',
        value: 'old',
        sessions: 4,
        share: 1,
        others: 0,
        lift: 10,
      });
      const old: SessionFilter = { state: [{ path: 'gpu', operator: '=', value: 'old' }] };
      expect((await bench.store.exception({ id, filter: old, nowUs }))?.commons).toEqual([]);
      expect(await bench.store.exception({ id: 'none', filter: {}, nowUs })).toBeUndefined();
      await bench.store.remove(sessionId(4));
      const left = await bench.store.exceptions(query);
      expect(left.rows[0]).toMatchObject({ count: 6, sessions: 3, message: '3' });
    }),
  );

  it(
    'the catalogue of metrics knows series, tags and products',
    withStore(open, async (bench) => {
      await bench.say(
        { session: 1, kind: 'start' },
        { session: 2, kind: 'start', product: 'blog' },
      );
      const sample = (session: number, ...tags: string[]): Plan => {
        return { session, kind: 'sample', series: gauge('Cpu.load', ...tags), value: 1 };
      };
      await bench.say(sample(1, 'core:1', 'hot'), sample(1, 'core:2'), sample(2, 'core:1'));
      await bench.say({
        session: 1,
        kind: 'sample',
        series: { ...gauge('mem'), unit: 'MB' },
        value: 1,
      });
      const query = { filter: {}, limit: 10, nowUs: startUs };
      const { rows } = await bench.store.metrics({ ...query, name: 'CPU' });
      expect(rows).toEqual([
        {
          name: 'Cpu.load',
          type: 'gauge',
          unit: '',
          series: 3,
          sessions: 2,
          tags: [
            { key: 'core', values: 2 },
            { key: 'hot', values: 1 },
          ],
          products: ['blog', 'shop'],
          firstUs: startUs,
          lastUs: startUs,
        },
      ]);
      const first = await bench.store.metrics({ ...query, limit: 1 });
      const second = await bench.store.metrics({ ...query, limit: 1, cursor: first.next! });
      expect([...first.rows, ...second.rows].map(({ name }) => name)).toEqual(['Cpu.load', 'mem']);
      expect(second.next).toBeUndefined();
    }),
  );
}

/** Every answer of both stores after a history, during it and after a restart. */
async function compare(open: OpenStore, steps: Step[], tight: boolean): Promise<void> {
  const time = { nowUs: startUs };
  const engine = await StoreBench.open(open, { tight }, time);
  const oracle = await StoreBench.open(
    async (options) => ({ store: openMemory(options) }),
    {},
    time,
  );
  for (const [i, step] of steps.entries()) {
    await live(engine, oracle, step);
    if (i % 10 === 5) await same(engine.store, oracle.store, time.nowUs);
  }
  await engine.holds(() => same(engine.store, oracle.store, time.nowUs));
  await engine.store.close();
}

async function live(engine: StoreBench, oracle: StoreBench, step: Step): Promise<void> {
  const { nowUs } = engine.time;
  if (step.kind === 'reopen') return engine.reopen();
  if (step.kind === 'batch') {
    engine.pass(step.passUs);
    // Events of the histories carry no exceptions, so every other one gets some here. Whether a
    // series without a single sample is listed is left to the engine.
    const said = step.plans.filter((plan) => plan.kind !== 'columns' || plan.timesUs.length > 0);
    const plans = said.map((plan, i) => (plan.kind === 'event' && i % 2 ? failing(plan) : plan));
    const known = new Set<number | string>();
    const starts = plans.flatMap(({ session }): Plan[] => {
      if (known.has(session)) return [];
      known.add(session);
      return [{ session, kind: 'start' }];
    });
    for (const bench of [engine, oracle]) await bench.say(...starts, ...plans);
    return;
  }
  for (const { store } of [engine, oracle]) {
    if (step.kind === 'sweep') await store.sweep({ nowUs, lostAfterUs: step.lostAfterUs });
    else await store.expire({ beforeUs: nowUs - step.ageUs, sessionsMax: 100 });
  }
}

function failing(plan: Plan & { kind: 'event' }): Plan {
  const { name = '' } = plan.event;
  const level = levels[name.length % levels.length]!;
  const stacktrace = [`at ${name} (/srv/${name.length % 2}.js:1:1)`];
  const message = `Lost ${name.toUpperCase()} in Straße ${plan.session}`;
  return { ...plan, event: { ...plan.event, level, exception_type: 'E', stacktrace, message } };
}

async function same(engine: Store, oracle: Store, nowUs: number): Promise<void> {
  for (const ask of questions(nowUs)) {
    const [found, expected] = await Promise.all([ask(engine), ask(oracle)]);
    expect(withoutCursor(found)).toEqual(withoutCursor(expected));
  }
}

/** Cursors are each engine's own. */
function withoutCursor(answer: unknown): unknown {
  const { next, ...rest } = (answer ?? {}) as { next?: string };
  return Array.isArray(answer) ? answer : { ...rest, hasNext: next !== undefined };
}

function questions(nowUs: number): ((store: SearchQuestions) => Promise<unknown>)[] {
  const filters: SessionFilter[] = [
    {},
    { products: ['shop'], outcomes: ['healthy', 'errored'] },
    { text: 'lost strasse', state: [{ path: 'a', operator: 'exists' }] },
    { events: ['e1'] },
    { exceptions: ['E'], livenesses: ['responsive'] },
  ];
  const id = exceptionKind({
    ...{ name: '', level: 'info', category: '', group: '', labels: null, message: '', data: null },
    exception_type: 'E',
    stacktrace: ['at e1 (/srv/0.js:1:1)'],
  })?.id as string;
  return filters.flatMap((filter) => [
    (store) => store.searchEvents({ ...all, filter, text: 'e2 los', nowUs, limit: 3 }),
    (store) => store.searchEvents({ ...all, filter, names: ['e1', 'e3'], nowUs }),
    (store) => store.searchEvents({ ...all, filter, levels: ['error', 'debug'], nowUs, limit: 4 }),
    ...exceptionSorts.map(
      (sort) => (store: SearchQuestions) =>
        store.exceptions({ filter, sort, descending: sort !== 'count', limit: 2, nowUs }),
    ),
    (store) => store.exception({ id, filter, nowUs }),
    (store) => store.metrics({ filter, limit: 3, nowUs }),
    (store) => store.metrics({ filter, name: 'C', limit: 100, nowUs }),
    (store) => store.stateValues({ filter, limit: 5, nowUs }),
    (store) => store.stateValues({ filter, path: 'product', prefix: 'S', limit: 5, nowUs }),
  ]);
}
