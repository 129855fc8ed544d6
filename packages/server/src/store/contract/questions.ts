/** Contract: questions about many sessions get the answers of the store in memory, page by page. */
import {
  causeKinds,
  lifecycles,
  livenesses,
  outcomes,
  type SessionFilter,
  type StateCondition,
} from '@tacho/protocol';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  type GroupKey,
  groupFields,
  type SessionPage,
  type SessionQuery,
  type SessionSort,
  type Store,
  sessionSorts,
} from '../store.ts';
import { crowdSize, crowds, crowdWords, Twins } from './crowd.ts';
import { type OpenStore, secondUs, startUs, withStore } from './harness.ts';
import { gauge, type Plan, sessionId } from './plan.ts';
import { countsOf } from './storage.ts';

/** Cases about lists, groups and deletion; `rounds` random histories. */
export function questionCases(open: OpenStore, rounds: number): void {
  it('any list, group and row of any history is what the store in memory answers', () =>
    fc.assert(
      fc.asyncProperty(
        crowds,
        fc.boolean(),
        fc.array(asked, { minLength: 4 }),
        async (steps, tight, questions) => {
          const twins = await Twins.open(open, tight);
          for (const [i, step] of steps.entries()) {
            await twins.live(step);
            await compare(twins, questions[i % questions.length]!);
          }
          for (const question of questions) await compare(twins, question);
          await compareRows(twins);
          await compareCounts(twins);
          await twins.engine.reopen();
          for (const question of questions) await compare(twins, question);
          await twins.close();
        },
      ),
      { numRuns: rounds },
    ));

  pagingCases(open);
  removalCases(open);
}

function pagingCases(open: OpenStore): void {
  it(
    'paging returns each session once while others arrive and come to their ends',
    withStore(open, async (bench) => {
      for (let session = 1; session <= 30; session++) {
        bench.pass(secondUs);
        const version = `1.${session % 4}`;
        await bench.say({ session, kind: 'start', version });
      }
      for (const sort of ['created', 'version', 'product'] as const) {
        for (const descending of [false, true]) {
          const seen: string[] = [];
          let next: string | undefined;
          let extra = 1_000;
          do {
            const page: SessionPage = await bench.store.sessions({
              ...list(sort, descending),
              limit: 7,
              ...(next !== undefined && { cursor: next }),
            });
            seen.push(...page.rows.map(({ summary }) => summary.id));
            next = page.next;
            await bench.say(
              { session: extra, kind: 'start', version: `1.${extra % 5}`, product: 'new' },
              { session: (extra % 30) + 1, kind: 'end' },
            );
            extra += 1;
          } while (next !== undefined);
          expect(new Set(seen).size).toBe(seen.length);
          for (let session = 1; session <= 30; session++)
            expect(seen).toContain(sessionId(session));
          await Promise.all(
            Array.from({ length: extra - 1_000 }, (_, i) =>
              bench.store.remove(sessionId(1_000 + i)),
            ),
          );
        }
      }
    }),
  );

  it(
    'a cursor of another list, or of none, is refused by its name',
    withStore(open, async (bench) => {
      for (let session = 1; session <= 3; session++) await bench.say({ session, kind: 'start' });
      const { next } = await bench.store.sessions({ ...list('created', true), limit: 1 });
      const refused = { code: 'invalid_field', details: expect.stringMatching(/^cursor /) };
      for (const [query, cursor] of [
        [list('created', false), next],
        [list('product', true), next],
        [list('created', true), 'none'],
        [list('created', true), next!.slice(0, -4)],
        [list('created', true), ''],
      ] as const) {
        const ask = async () => bench.store.sessions({ ...query, limit: 1, cursor: cursor! });
        await expect(ask()).rejects.toMatchObject(refused);
      }
    }),
  );

  it(
    'lists by duration keep to the clock of their first page, so that nobody is passed over',
    withStore(open, async (bench) => {
      for (let session = 1; session <= 6; session++) {
        bench.pass(secondUs);
        await bench.say({ session, kind: 'start' });
      }
      const first = await bench.store.sessions({
        ...list('duration', true),
        nowUs: bench.time.nowUs,
        limit: 3,
      });
      bench.pass(60 * secondUs);
      const second = await bench.store.sessions({
        ...list('duration', true),
        nowUs: bench.time.nowUs,
        limit: 3,
        cursor: first.next!,
      });
      const ids = [...first.rows, ...second.rows].map(({ summary }) => summary.id);
      expect(ids).toEqual([1, 2, 3, 4, 5, 6].map((session) => sessionId(session)));
    }),
  );
}

function removalCases(open: OpenStore): void {
  it(
    'a deleted session is gone from every answer at once, and its id can begin anew',
    withStore(open, async (bench) => {
      const whole: Plan[] = [
        { session: 1, kind: 'start' },
        { session: 1, kind: 'event', event: { name: 'boom', level: 'error', message: 'boom' } },
        { session: 1, kind: 'patch', patch: { scene: 'lobby' } },
        { session: 1, kind: 'sample', series: gauge('cpu'), value: 1 },
      ];
      await bench.say(...whole, { session: 2, kind: 'start' });
      const everything: SessionFilter[] = [
        {},
        { events: ['boom'] },
        { text: 'boom' },
        { state: [{ path: 'scene', operator: 'exists' }] },
      ];
      expect(await found(bench.store, {})).toHaveLength(2);
      expect(await bench.store.remove(sessionId(7))).toBe(false);
      expect(await bench.store.remove(sessionId(1).slice(0, 8))).toBe(false);
      expect(await bench.store.remove(sessionId(1))).toBe(true);
      await bench.holds(async () => {
        for (const filter of everything) {
          expect(await found(bench.store, filter)).not.toContain(sessionId(1));
        }
        expect(await bench.store.summary(sessionId(1))).toBeUndefined();
        expect(await bench.store.resolve(sessionId(1))).toEqual({ kind: 'missing' });
        expect(await bench.store.remove(sessionId(1))).toBe(false);
      });
      await bench.say({ session: 1, kind: 'start' });
      for (const filter of everything.slice(1))
        expect(await found(bench.store, filter)).toEqual([]);
      const { summary } = (await bench.store.summary(sessionId(1)))!;
      expect([summary.events, summary.errors, summary.patches, summary.samples]).toEqual([
        0, 0, 0, 0,
      ]);
    }),
  );
}

/** A random question. */
interface Asked {
  filter: SessionFilter;
  sort: SessionSort;
  descending: boolean;
  limit: number;
  by: GroupKey[];
}

const conditions = fc.constantFrom<StateCondition[]>(
  { path: 'level', operator: '=', value: '1' },
  { path: 'level', operator: '>', value: '1' },
  { path: 'scene.name', operator: '!=', value: 'lobby' },
  { path: 'scene', operator: 'missing' },
);

/** Each part of a filter is there one time in five. */
const filters = fc
  .record(
    Object.fromEntries(
      Object.entries({
        ids: some(['0000000', sessionId(2), '0000000300']),
        products: some(crowdWords.products),
        versions: some([...crowdWords.versions, '9']),
        machines: some(crowdWords.machines),
        hostnames: some(crowdWords.hostnames),
        lifecycles: some(lifecycles),
        livenesses: some(livenesses),
        outcomes: some(outcomes),
        causes: some(causeKinds),
        hadHang: fc.boolean(),
        fromUs: fc.constantFrom(startUs, startUs + 61 * secondUs),
        toUs: fc.constantFrom(startUs + 1, startUs + 61 * secondUs),
        state: fc.array(conditions, { minLength: 1, maxLength: 2 }),
        events: some(crowdWords.events),
        exceptions: some(crowdWords.exceptions),
        text: fc.constantFrom('scene', 'Scene lob', 'keyerror', '!'),
      }).map(([name, part]) => [
        name,
        fc.option(part as fc.Arbitrary<unknown>, { nil: undefined, freq: 4 }),
      ]),
    ),
  )
  .map((parts) => {
    const given = Object.entries(parts).filter(([, part]) => part !== undefined);
    // Three parts at most, so that something is found as well.
    return Object.fromEntries(given.slice(0, 3)) as SessionFilter;
  });

const groupKeys: fc.Arbitrary<GroupKey> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...groupFields).map((by) => ({ by })) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('level', 'scene', 'scene.name')
      .map((path) => ({ by: 'state' as const, path })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(secondUs, 3600 * secondUs)
      .map((widthUs) => ({ by: 'time' as const, widthUs })),
  },
);

const asked: fc.Arbitrary<Asked> = fc.record({
  filter: filters,
  sort: fc.constantFrom(...sessionSorts),
  descending: fc.boolean(),
  limit: fc.integer({ min: 1, max: crowdSize + 1 }),
  by: fc.array(groupKeys, { maxLength: 3 }),
});

function some<T>(words: readonly T[]): fc.Arbitrary<T[]> {
  return fc.subarray([...words], { minLength: 1 });
}

async function compare({ engine, oracle }: Twins, question: Asked): Promise<void> {
  const { by, ...query } = question;
  const { nowUs } = engine.time;
  const [pages, expectedPages] = [
    await allPages(engine.store, { ...query, totals: true, nowUs }),
    await allPages(oracle.store, { ...query, totals: true, nowUs }),
  ];
  expect(pages).toEqual(expectedPages);
  const groups = { filter: question.filter, by, nowUs };
  expect(await engine.store.groups(groups)).toEqual(await oracle.store.groups(groups));
}

async function compareRows({ engine, oracle }: Twins): Promise<void> {
  for (let session = 1; session <= crowdSize; session++) {
    const [found, expected] = [
      await engine.store.summary(sessionId(session)),
      await oracle.store.summary(sessionId(session)),
    ];
    expect(found && comparable(found)).toEqual(expected && comparable(expected));
  }
}

async function compareCounts({ engine, oracle }: Twins): Promise<void> {
  expect(await countsOf(engine.store)).toEqual(await countsOf(oracle.store));
}

async function allPages(store: Store, query: SessionQuery): Promise<unknown[]> {
  const pages: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page: SessionPage = await store.sessions({
      ...query,
      ...(cursor !== undefined && { cursor }),
    });
    pages.push({ rows: page.rows.map(comparable), totals: page.totals });
    cursor = page.next;
  } while (cursor !== undefined);
  return pages;
}

/** Samples may lie elsewhere in a profile once they are sealed; everything else is the same. */
function comparable({ summary, profile }: SessionPage['rows'][number]): unknown {
  const {
    state: _state,
    startState: _startState,
    ...row
  } = summary as unknown as Record<string, unknown>;
  const { entries, errors, hangs, ...frame } = profile;
  const sum = entries.reduce((all, count) => all + count, 0);
  return { row, ...frame, sum, errors: [...errors], hangs: [...hangs] };
}

async function found(store: Store, filter: SessionFilter): Promise<string[]> {
  const { rows } = await store.sessions({ ...list('created', false), filter });
  return rows.map(({ summary }) => summary.id);
}

function list(sort: SessionSort, descending: boolean): SessionQuery {
  return {
    filter: {},
    sort,
    descending,
    limit: 100,
    totals: false,
    nowUs: startUs + 3600 * secondUs,
  };
}
