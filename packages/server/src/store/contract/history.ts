/** Contract: what a store answers about one session's history, compared with the store in memory. */
import {
  applyPatch,
  eventNames,
  type JsonObject,
  type JsonValue,
  levels,
  parseJson,
  setJsonKey,
} from '@tacho/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { openMemory } from '../memory.ts';
import type { EventPlace, EventQuery, EventRow, PatchQuery, Store } from '../store.ts';
import { canonicalJson } from './dump.ts';
import { type OpenStore, StoreBench, secondUs, startUs, withStore } from './harness.ts';
import { type Plan, sessionId } from './plan.ts';

const id = sessionId(1);
const openOracle: OpenStore = async (options) => ({ store: openMemory(options) });

/** Cases about pages of events and patches, states as they were, and timelines. */
export function historyQuestionCases(open: OpenStore, rounds: number): void {
  it('every question has the answer of the store in memory, for any history', async () => {
    const property = fc.asyncProperty(
      histories,
      questions,
      fc.boolean(),
      async (said, asked, again) => {
        const [engine, oracle] = await lived(open, said);
        if (again) await engine.reopen();
        for (const ask of asked) {
          expect(await ask(engine.store)).toEqual(await ask(oracle.store));
        }
        await engine.store.close();
      },
    );
    await fc.assert(property, { numRuns: rounds, endOnFailure: true });
  });

  it('a state as it was is what replaying the patches of that time in order of revision gives', async () => {
    const property = fc.asyncProperty(histories, instants, async (said, atUs) => {
      const [engine] = await lived(open, said);
      let state = { product: 'shop', version: '1.0.0' } as JsonObject;
      let revision = 0;
      for (const [i, plan] of said.filter(({ kind }) => kind === 'patch').entries()) {
        if (plan.kind !== 'patch' || (plan.atUs ?? startUs) > atUs) continue;
        state = applyPatch(state, plan.patch);
        revision = i + 1;
      }
      const found = await engine.store.stateAt({ id, atUs });
      expect(found?.revision).toBe(revision);
      expect(canonicalJson(parseJson(found!.state))).toBe(canonicalJson(state));
      await engine.store.close();
    });
    await fc.assert(property, { numRuns: rounds, endOnFailure: true });
  });

  pagingCases(open);
  stateCases(open);
}

function pagingCases(open: OpenStore): void {
  it(
    'paging gives each event once in both directions, also while further ones arrive',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const say = (name: string, by: number) =>
        bench.say({ session: 1, kind: 'event', event: { name }, atUs: startUs + by });
      for (let i = 0; i < 60; i++) await say(`e${i}`, (i * 7) % 10);
      const first = { kind: 'first' } as const;
      const all = (await bench.store.events({ id, filter: {}, start: first, limit: 1_000 }))!.rows;
      for (const direction of ['after', 'before'] as const) {
        const seen: EventRow[] = [];
        let start: EventQuery['start'] = { kind: direction === 'after' ? 'first' : 'last' };
        for (let more = true; more; ) {
          const page = (await bench.store.events({ id, filter: {}, start, limit: 7 }))!;
          seen.push(...(direction === 'after' ? page.rows : page.rows.reverse()));
          more = direction === 'after' ? page.hasLater : page.hasEarlier;
          start = { kind: direction, place: placeOf(seen.at(-1)!) };
          await say('late', seen.length % 10);
        }
        const known = seen.filter(({ event }) => event.name !== 'late').map(({ seq }) => seq);
        expect(known).toEqual(
          all.map(({ seq }) => seq)[direction === 'after' ? 'slice' : 'toReversed'](),
        );
        expect(new Set(seen.map(({ seq }) => seq)).size).toBe(seen.length);
      }
    }),
  );

  it(
    'rare events among thousands are found from either end, and a window opens around any of them',
    withStore(open, async (bench) => {
      await bench.say({ session: 1, kind: 'start' });
      const plans = Array.from({ length: 9_000 }, (_, i): Plan => {
        const event = { name: 'tick', group: i === 4_321 ? 'rare' : 'loop', message: `tick ${i}` };
        const level = i === 4_321 ? ('error' as const) : ('info' as const);
        return { session: 1, kind: 'event', event: { ...event, level }, atUs: startUs + i };
      });
      for (let i = 0; i < plans.length; i += 1_000) await bench.say(...plans.slice(i, i + 1_000));
      for (const filter of [
        { levels: ['error'] },
        { groups: ['rare'] },
        { text: 'TICK 4321' },
      ] as const) {
        for (const kind of ['first', 'last'] as const) {
          const page = await bench.store.events({ id, filter, start: { kind }, limit: 10 });
          expect(page?.rows.map(({ seq }) => seq)).toEqual([4_321]);
          expect([page?.hasEarlier, page?.hasLater]).toEqual([false, false]);
        }
      }
      for (const filter of [{}, { groups: ['rare', 'loop'] }, { text: 'tick' }]) {
        expect(await bench.store.countEvents({ id, filter })).toEqual([
          { name: 'tick', level: 'info', count: 8_999 },
          { name: 'tick', level: 'error', count: 1 },
        ]);
      }
      const around = async (start: EventQuery['start']) =>
        (await bench.store.events({ id, filter: {}, start, limit: 4 }))?.rows.map(({ seq }) => seq);
      expect(await around({ kind: 'around', seq: 4_321 })).toEqual([4_319, 4_320, 4_321, 4_322]);
      expect(await around({ kind: 'around', atUs: startUs + 1 })).toEqual([0, 1, 2, 3].slice(0, 4));
      expect(await around({ kind: 'around', seq: 99_999 })).toEqual([8_996, 8_997, 8_998, 8_999]);
    }),
  );
}

function stateCases(open: OpenStore): void {
  it(
    'a state of thousands of keys and a hundred revisions is found at each of them',
    withStore(open, async (bench) => {
      const state = Object.fromEntries(Array.from({ length: 5_000 }, (_, i) => [`k${i}`, i]));
      await bench.say({ session: 1, kind: 'start', state });
      for (let i = 1; i <= 130; i++) {
        const patch = { [`k${i}`]: null, scene: { name: `s${i}` }, n: i };
        await bench.say({ session: 1, kind: 'patch', patch, atUs: startUs + i * secondUs });
      }
      for (const revision of [0, 1, 64, 65, 130]) {
        const atUs = startUs + revision * secondUs;
        const found = (await bench.store.stateAt({ id, atUs }))!;
        expect(found).toEqual(await bench.store.stateAt({ id, revision }));
        const { n = 0, scene, ...rest } = parseJson(found.state) as JsonObject;
        expect([found.revision, found.atUs, n]).toEqual([revision, atUs, revision]);
        expect(scene).toEqual(revision === 0 ? undefined : { name: `s${revision}` });
        expect(Object.keys(rest).length).toBe(5_002 - revision);
        expect(found.changes.length).toBe(revision === 0 ? 0 : 3);
      }
      const path = 'scene.name';
      const start = { kind: 'before', revision: 100 } as const;
      const page = (await bench.store.patches({ id, path, start, limit: 2 }))!;
      expect(page.rows.map(({ before, after }) => [before, after])).toEqual([
        ['s97', 's98'],
        ['s98', 's99'],
      ]);
      expect([page.hasEarlier, page.hasLater]).toEqual([true, true]);
    }),
  );

  it(
    'no session has no history',
    withStore(open, async ({ store }) => {
      const start = { kind: 'first' } as const;
      expect(await store.events({ id, filter: {}, start, limit: 1 })).toBe(undefined);
      expect(
        await store.events({ id, filter: {}, start: { kind: 'around', seq: 1 }, limit: 1 }),
      ).toBe(undefined);
      expect(await store.countEvents({ id, filter: {} })).toBe(undefined);
      expect(await store.patches({ id, start, limit: 1 })).toBe(undefined);
      expect(await store.stateAt({ id, atUs: 1 })).toBe(undefined);
      expect(await store.timeline({ id, fromUs: 0, widthUs: 1, buckets: 1 })).toBe(undefined);
    }),
  );
}

async function lived(open: OpenStore, said: Plan[]): Promise<[StoreBench, StoreBench]> {
  const time = { nowUs: startUs };
  const benches: [StoreBench, StoreBench] = [
    await StoreBench.open(open, { tight: true }, time),
    await StoreBench.open(openOracle, {}, time),
  ];
  for (const bench of benches) await bench.say({ session: 1, kind: 'start' }, ...said);
  return benches;
}

function placeOf({ atUs, seq }: EventRow): EventPlace {
  return { atUs, seq };
}

/** Few instants, so that many are equal, and in no order. */
const instants = fc.integer({ min: -3, max: 12 }).map((n) => startUs + n * 1_000);

const names = ['a', 'b', 'a.b', '__proto__', 'ö', ''];

const { object } = fc.letrec<{ value: JsonValue; object: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 2 },
    fc.constantFrom<JsonValue>(null, 1, 2, 1n << 70n, 'x', [null, 1]),
    tie('object'),
  ),
  object: fc
    .array(fc.tuple(fc.constantFrom(...names), tie('value')), { maxLength: 3 })
    .map((pairs) => {
      const made: JsonObject = {};
      for (const [name, value] of pairs) setJsonKey(made, name, value);
      return made;
    }),
}));

const texts = ['', 'db', 'Größe 5', 'say "hi"\\', 'line\nbreak', '\ud800x', 'foo_bar'];
const text = fc.constantFrom(...texts);

const event = fc.record({
  name: fc.constantFrom('a', 'b', 'ö"', 'foo_bar', eventNames.hang, eventNames.recover),
  level: fc.constantFrom(...levels),
  category: text,
  group: text,
  labels: fc.option(fc.array(text, { maxLength: 2 })),
  message: text,
  data: fc.option(object),
});

const plan: fc.Arbitrary<Plan> = fc.oneof(
  fc.tuple(event, instants, fc.boolean()).map(([said, atUs, isException]): Plan => {
    const exception = isException ? { exception_type: 'TypeError', exception_msg: 'no Größe' } : {};
    return { session: 1, kind: 'event', event: { ...said, ...exception }, atUs };
  }),
  fc
    .tuple(object, instants)
    .map(([patch, atUs]): Plan => ({ session: 1, kind: 'patch', patch, atUs })),
);

const histories = fc.array(plan, { maxLength: 200, size: 'max' });

const some = <T>(arbitrary: fc.Arbitrary<T>) => fc.array(arbitrary, { minLength: 1, maxLength: 2 });

const range = fc.record({ fromUs: instants, toUs: instants }, { requiredKeys: [] });

const place = fc.record({ atUs: instants, seq: fc.nat({ max: 100 }) });

const eventQueries: fc.Arbitrary<EventQuery> = fc
  .tuple(
    range,
    fc.record({
      limit: fc.integer({ min: 1, max: 20 }),
      filter: fc.record(
        {
          levels: some(fc.constantFrom(...levels)),
          names: some(fc.constantFrom('a', 'ö"', eventNames.hang, eventNames.recover)),
          categories: some(text),
          groups: some(text),
          labels: some(text),
          text: fc.constantFrom('grosse', 'größe', 'typeerror no', 'bar', 'hi', '"', 'x'),
          exception: fc.constant(true as const),
        },
        { requiredKeys: [] },
      ),
      start: fc.oneof(
        fc.constantFrom({ kind: 'first' } as const, { kind: 'last' } as const),
        place.map((it) => ({ kind: 'after', place: it }) as const),
        place.map((it) => ({ kind: 'before', place: it }) as const),
        instants.map((atUs) => ({ kind: 'around', atUs }) as const),
        fc.nat({ max: 120 }).map((seq) => ({ kind: 'around', seq }) as const),
      ),
    }),
  )
  .map(([within, rest]) => ({ id, ...within, ...rest }));

const revisions = fc.nat({ max: 130 });

const patchQueries: fc.Arbitrary<PatchQuery> = fc
  .tuple(
    range,
    fc.record(
      { path: fc.constantFrom('a', 'a.b', 'a.b.a', '__proto__', '.', 'ö', 'product') },
      { requiredKeys: [] },
    ),
    fc.record({
      limit: fc.integer({ min: 1, max: 20 }),
      start: fc.oneof(
        fc.constantFrom({ kind: 'first' } as const, { kind: 'last' } as const),
        revisions.map((revision) => ({ kind: 'after', revision }) as const),
        revisions.map((revision) => ({ kind: 'before', revision }) as const),
      ),
    }),
  )
  .map(([within, path, rest]) => ({ id, ...within, ...path, ...rest }));

type Ask = (store: Store) => Promise<unknown>;

/** Questions of every kind; a state is compared as a value, because the order of its keys is free. */
const questions: fc.Arbitrary<Ask[]> = fc.array(
  fc.oneof(
    eventQueries.map(
      (query): Ask =>
        (store) =>
          store.events(query),
    ),
    eventQueries.map(
      ({ start: _start, limit: _limit, ...query }): Ask =>
        (store) =>
          store.countEvents(query),
    ),
    patchQueries.map(
      (query): Ask =>
        (store) =>
          store.patches(query),
    ),
    fc
      .oneof(
        instants.map((atUs) => ({ id, atUs })),
        revisions.map((revision) => ({ id, revision })),
      )
      .map(
        (query): Ask =>
          async (store) => {
            const found = await store.stateAt(query);
            return found && { ...found, state: canonicalJson(parseJson(found.state)) };
          },
      ),
    fc
      .record({
        fromUs: instants,
        widthUs: fc.constantFrom(1, 999, 1_000, 2_500, 60 * secondUs),
        buckets: fc.integer({ min: 1, max: 20 }),
      })
      .map(
        (query): Ask =>
          (store) =>
            store.timeline({ id, ...query }),
      ),
  ),
  { minLength: 20, maxLength: 40, size: 'max' },
);
