/** The index of states meets conditions and counts values as the states themselves do. */
import {
  type JsonObject,
  type JsonValue,
  limits,
  meetsCondition,
  type StateCondition,
  stateOperators,
  statePlaces,
  stateText,
  stringifyJson,
} from '@tacho/protocol';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sessionId } from '../../contract/plan.ts';
import { bitsOf } from './bits.ts';
import { StateIndex } from './state-index.ts';
import { StateQuestions } from './state-questions.ts';
import { StateReader } from './state-reader.ts';
import { PartBench } from './testing/bench.ts';

let bench: PartBench<StateIndex>;

beforeEach(async () => {
  bench = await PartBench.open((main, index) => new StateIndex(main, index));
});

afterEach(() => bench.close());

const keys = fc.constantFrom('a', 'b', 'a.b', '', 'ü', '__proto__', 'toString');
const scalars: fc.Arbitrary<JsonValue> = fc.constantFrom<JsonValue[]>(
  ...[
    0,
    1,
    1.5,
    -1,
    10,
    2,
    1e21,
    1e300,
    2n ** 60n,
    -(2n ** 70n),
    true,
    false,
    'true',
    '1',
    '1.0',
    '10',
  ],
  ...['', 'lobby', 'Lobby', '中', '👍', '\uffee', 'null', 'o', '*', '"x"', '[1]', 'a\nb'],
  ...['x'.repeat(198), 'x'.repeat(199), 'x'.repeat(300), `${'x'.repeat(300)}y`, 10n ** 300n],
);
const { state: states } = fc.letrec<{ value: JsonValue; state: JsonObject }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { weight: 6, arbitrary: scalars },
    { weight: 1, arbitrary: fc.array(scalars, { maxLength: 2 }) },
    { weight: 2, arbitrary: tie('state') },
  ),
  state: fc
    .array(fc.tuple(keys, tie('value')), { maxLength: 4 })
    .map((pairs) => Object.fromEntries(pairs)),
}));

const paths = fc.constantFrom(
  'a',
  'b',
  'a.b',
  'a.a',
  'b.a',
  '',
  'a.',
  'ü',
  '__proto__',
  'none',
  'product',
);

const conditions: fc.Arbitrary<StateCondition> = fc
  .record({
    path: paths,
    operator: fc.constantFrom(...stateOperators),
    value: fc.oneof(
      scalars.map(stateText),
      fc.constantFrom('1.00', '-0', '.5', '1e0', '1e999', 'shop', '[1]', 'nul', '1e21'),
    ),
  })
  .map(({ path, operator, value }) =>
    operator === 'exists' || operator === 'missing'
      ? { path, operator }
      : { path, operator, value },
  );

/** Patches that make a state. */
const histories = fc.array(fc.record({ session: fc.integer({ min: 1, max: 6 }), patch: states }), {
  minLength: 1,
  maxLength: 12,
});

/** States of all sessions by number, read without the index. */
function statesByNo(): Map<number, JsonObject> {
  const reader = new StateReader(bench.main);
  const rows = bench.main.prepare('SELECT no FROM session').all() as { no: number }[];
  return new Map(rows.map(({ no }) => [no, reader.read(no)!]));
}

function questions(): StateQuestions {
  return new StateQuestions(bench.main, bench.index);
}

function meeting(condition: StateCondition): number[] {
  const found = bench.within((part) => {
    part.catchUp();
    return [...questions().meeting(condition)];
  });
  return found.sort((a, b) => a - b);
}

function expected(condition: StateCondition): number[] {
  return [...statesByNo()]
    .filter(([, state]) => meetsCondition(state, condition))
    .map(([no]) => no)
    .sort((a, b) => a - b);
}

async function start(session: number, state: JsonObject): Promise<void> {
  await bench.store.say({ session, kind: 'start', state });
}

describe('the index of states', () => {
  it('finds the sessions that meet a condition, whatever states they went through', async () => {
    await fc.assert(
      fc.asyncProperty(
        histories,
        fc.array(conditions, { minLength: 8, maxLength: 8 }),
        fc.boolean(),
        async (history, asked, hasRestart) => {
          for (const { session, patch } of history) {
            await bench.store.say(
              { session, kind: 'start', state: patch },
              { session, kind: 'patch', patch },
            );
            if (hasRestart) bench.within((part) => part.step(2));
          }
          if (hasRestart) bench.restart();
          for (const condition of asked) expect(meeting(condition)).toEqual(expected(condition));
        },
      ),
      { numRuns: 40 },
    );
  });

  it('meets conditions on paths with thousands of values, as they change', async () => {
    const count = 3_000;
    const texts = ['Ärger', '中', '👍', '\uffee', 'x'.repeat(250)];
    const valueFor = (i: number): JsonValue => {
      if (i % 3 === 0) return ((i * 7_919) % 4_001) - 2_000;
      if (i % 3 === 1) return `u${(i * 7_919) % 4_001}${texts[i % 25] ?? ''}`;
      return [i / 8, `${i}`, i % 2 === 1, null, [i], { in: i }, 2n ** 70n + BigInt(i)][i % 7]!;
    };
    for (let from = 1; from <= count; from += 500) {
      const plans = Array.from({ length: 500 }, (_, k) => from + k);
      await bench.store.say(
        ...plans.map((session) => ({
          session,
          kind: 'start' as const,
          state: { v: valueFor(session) },
        })),
      );
    }
    bench.catchUp(700);
    const asked = fc.record({
      path: fc.constantFrom('v', 'v.in', 'none'),
      operator: fc.constantFrom(...stateOperators.slice(0, 6)),
      value: fc.oneof(
        fc.integer({ min: 1, max: count }).map((i) => stateText(valueFor(i))),
        fc.constantFrom('u', 'v', '', '-0', '1e30', '-1e999', 'u12中', 'x'),
      ),
    });
    const agrees = (numRuns: number): void => {
      const states = [...statesByNo()];
      fc.assert(
        fc.property(asked, (condition) => {
          const expected = states.filter(([, state]) => meetsCondition(state, condition));
          expect(meeting(condition)).toEqual(expected.map(([no]) => no).sort((a, b) => a - b));
        }),
        { numRuns },
      );
    };
    agrees(60);
    const changes = Array.from({ length: 60 }, (_, k) => 1 + k * 47);
    await bench.store.say(
      ...changes.map((session, k) => ({
        session,
        kind: 'patch' as const,
        patch: { v: k % 4 === 0 ? null : valueFor(session + k + 1) },
      })),
    );
    agrees(30);
  });

  it('writes what several steps took up at once, whatever came and went in between', async () => {
    await start(1, { a: 1 });
    await start(2, { a: 1 });
    bench.catchUp();
    const patches: JsonObject[] = [{ a: 2, b: 'x' }, { a: 1, b: null }, { a: 2 }, { a: 'y' }];
    for (let round = 0; round < 3; round++) {
      bench.index.exec('BEGIN');
      for (const patch of patches.slice(0, 2 + round)) {
        await bench.store.say({ session: 1, kind: 'patch', patch });
        bench.main.exec('BEGIN');
        while (bench.part.step(9));
        bench.main.exec('COMMIT');
      }
      bench.part.settle();
      bench.index.exec('COMMIT');
      await bench.store.say({ session: 2, kind: 'patch', patch: { a: 2, b: `x${round % 2}` } });
      for (const value of ['1', '2', 'x', 'x0', 'y']) {
        for (const path of ['a', 'b']) {
          for (const operator of stateOperators.slice(0, 6)) {
            const condition = { path, operator, value };
            expect(meeting(condition)).toEqual(expected(condition));
          }
        }
      }
    }
    await bench.store.say({ session: 1, kind: 'patch', patch: { b: 'x' } });
    expect(meeting({ path: 'b', operator: '=', value: 'x' })).toEqual([1]);
  });

  it('keeps in order what is left when a path has one value instead of two', async () => {
    await start(1, { 'a.b': 7, a: { b: 9 } });
    bench.catchUp();
    for (const name of ['a', 'a.b']) {
      await start(2, { 'a.b': 7, a: { b: 9 } });
      bench.catchUp();
      await bench.store.say({ session: 2, kind: 'patch', patch: { [name]: null } });
      for (const value of ['6', '7', '8', '9']) {
        for (const operator of ['<', '>='] as const) {
          const condition: StateCondition = { path: 'a.b', operator, value };
          expect(meeting(condition)).toEqual(expected(condition));
        }
      }
      await bench.store.say({ session: 2, kind: 'patch', patch: { 'a.b': 7, a: { b: 9 } } });
    }
  });

  it('looks at states with too many places, or two of one path, themselves', async () => {
    const many = Object.fromEntries(
      Array.from({ length: limits.statePlacesMax + 10 }, (_, i) => [`k${i}`, i]),
    );
    await start(1, many);
    await start(2, { 'a.b': 1, a: { b: 2 } });
    await start(3, { k5: 5 });
    const last = `k${limits.statePlacesMax + 9}`;
    for (const [path, operator, value] of [
      ['k5', '=', '5'],
      [last, '=', `${limits.statePlacesMax + 9}`],
      [last, 'missing'],
      ['a.b', '!=', '1'],
      ['a.b', '!=', '2'],
      ['a.b', '<', '2'],
      ['a', 'exists'],
    ] as const) {
      const condition = { path, operator, ...(value !== undefined && { value }) };
      expect(meeting(condition)).toEqual(expected(condition));
    }
    await bench.store.say({ session: 2, kind: 'patch', patch: { 'a.b': null } });
    expect(meeting({ path: 'a.b', operator: '!=', value: '1' })).toEqual([2]);
  });

  it('says what a path leads to, session by session', async () => {
    await fc.assert(
      fc.asyncProperty(histories, paths, async (history, path) => {
        for (const { session, patch } of history) {
          await bench.store.say({ session, kind: 'start' }, { session, kind: 'patch', patch });
        }
        const column = bench.within((part) => {
          part.catchUp();
          return questions().valuesAt(path);
        });
        const found = new Map(
          [...column.sessions].map((no, i) => [no, column.values[column.codes[i]!]]),
        );
        const wanted = new Map<number, string>();
        for (const [no, state] of statesByNo()) {
          const places = [...statePlaces(state)].filter((place) => place.path === path);
          const first = places.find(({ value }) => value !== undefined)?.value;
          if (first !== undefined) wanted.set(no, stateText(first));
        }
        expect(new Map([...found].sort(([a], [b]) => a - b))).toEqual(wanted);
      }),
      { numRuns: 20 },
    );
  });

  it('counts the values of few sessions and of many alike', async () => {
    const count = 2_600;
    const stateOf = (i: number): JsonObject => ({
      plan: i % 5,
      deep: { odd: i % 2 === 1, id: `u${i}` },
    });
    for (let from = 1; from <= count; from += 500) {
      const plans = Array.from({ length: 500 }, (_, k) => from + k).filter((i) => i <= count);
      await bench.store.say(
        ...plans.map((session) => ({ session, kind: 'start' as const, state: stateOf(session) })),
      );
    }
    const all = statesByNo();
    for (const wanted of [undefined, (no: number) => no % 9 > 0, (no: number) => no % 97 === 0]) {
      const sessions = wanted && bitsOf([...all.keys()].filter(wanted), count + 1);
      const top = bench.within((part) => {
        part.catchUp();
        return questions().top({ path: 'plan', limit: 3 }, sessions);
      });
      expect(top).toEqual(naiveTop(all, wanted, 'plan').slice(0, 3));
      const over = bench.within(() => questions().top({ limit: 9, prefix: 'TR' }, sessions));
      expect(over).toEqual(naiveTop(all, wanted, 'deep.odd').filter(({ json }) => json === 'true'));
    }
  });

  it('forgets deleted sessions, and with the last of them their values', async () => {
    await start(1, { a: 1 });
    await start(2, { a: 2 });
    await bench.store.say({ session: 1, kind: 'end' });
    expect(meeting({ path: 'a', operator: 'exists' })).toEqual([1, 2]);
    await bench.store.store.expire({ beforeUs: bench.store.time.nowUs + 1, sessionsMax: 9 });
    expect(meeting({ path: 'a', operator: 'exists' })).toEqual([bench.no(sessionId(2))]);
    expect(meeting({ path: 'b', operator: 'missing' })).toEqual([bench.no(sessionId(2))]);
    await bench.expireAll();
    bench.catchUp();
    for (const table of ['state_value', 'state_set', 'state_session', 'state_order']) {
      expect(bench.index.prepare(`SELECT count(*) AS n FROM ${table}`).get()).toEqual({ n: 0 });
    }
  });
});

function naiveTop(
  all: Map<number, JsonObject>,
  wanted: ((no: number) => boolean) | undefined,
  path: string,
) {
  const counts = new Map<string, number>();
  for (const [no, state] of all) {
    if (wanted && !wanted(no)) continue;
    for (const place of statePlaces(state)) {
      if (place.path !== path || place.value === undefined) continue;
      const json = stringifyJson(place.value);
      counts.set(json, (counts.get(json) ?? 0) + 1);
    }
  }
  return [...counts]
    .map(([json, sessions]) => ({ path, json, sessions }))
    .sort((a, b) => b.sessions - a.sessions || (a.json < b.json ? -1 : 1));
}
