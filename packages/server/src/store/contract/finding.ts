/** Contract: sessions are found by id, by prefix, and all of them one after the other. */
import { limits } from '@tacho/protocol';
import { expect, it } from 'vitest';
import type { Store } from '../store.ts';
import { type OpenStore, startUs, withStore } from './harness.ts';
import { gauge, type Plan, sessionId } from './plan.ts';

/** Cases about finding sessions. */
export function findingCases(open: OpenStore): void {
  prefixCases(open);
  handleCases(open);
}

function prefixCases(open: OpenStore): void {
  it(
    'an id is found whole or by a unique prefix of 8 characters or more, in either case',
    withStore(open, async (bench) => {
      const id = 'abcdef01-2345-4789-8abc-def012345678';
      await bench.say({ session: id, kind: 'start' }, { session: 1, kind: 'start' });
      await bench.holds(async () => {
        for (const text of [id, id.toUpperCase(), id.slice(0, 8), 'ABCDEF01', id.slice(0, 35)]) {
          const found = await bench.store.resolve(text);
          expect(found.kind === 'found' && found.session.id, text).toBe(id);
        }
        for (const text of ['', 'abcdef0', `${id}0`, 'abcdef02', 'bcdef01-2', 'abcdef01-3']) {
          expect(await bench.store.resolve(text), text).toEqual({ kind: 'missing' });
        }
      });
    }),
  );

  it(
    'characters that are wildcards elsewhere stand for themselves in a prefix',
    withStore(open, async (bench) => {
      await bench.say({ session: 'abcdef01-2345-4789-8abc-def012345678', kind: 'start' });
      const texts = ['abcdef0%', 'abcdef0_', 'abcdef0*', 'abcdef0?', '________', 'abcdef0[0-9]'];
      for (const text of [
        ...texts,
        '%%%%%%%%',
        "abcdef01' OR 1=1",
        'abcdef01\u0000',
        '"abcdef01"',
      ]) {
        expect(await bench.store.resolve(text), text).toEqual({ kind: 'missing' });
      }
    }),
  );

  it(
    'a prefix of several ids lists them in order, at most ten of them',
    withStore(open, async (bench) => {
      const ids = Array.from(
        { length: 13 },
        (_, i) => `abcdef01-${1000 + ((i * 5) % 13)}-4789-8abc-def012345678`,
      );
      const twin = (n: number) => `cafe0000-0000-4000-8000-00000000000${n}`;
      const found = [...ids, twin(2), twin(1)];
      await bench.say(...found.map((id): Plan => ({ session: id, kind: 'start' })));
      await bench.holds(async () => {
        const sorted = ids.toSorted();
        const [all, three] = [
          await bench.store.resolve('ABCDEF01'),
          await bench.store.resolve('abcdef01-101'),
        ];
        expect(all).toEqual({ kind: 'ambiguous', ids: sorted.slice(0, limits.ambiguousIdsMax) });
        expect(three).toEqual({ kind: 'ambiguous', ids: sorted.slice(10) });
        const pair = await bench.store.resolve('cafe0000');
        expect(pair).toEqual({ kind: 'ambiguous', ids: [twin(1), twin(2)] });
        expect((await bench.store.resolve('abcdef01-1012')).kind).toBe('found');
      });
    }),
  );
}

function handleCases(open: OpenStore): void {
  it(
    'a found handle knows the series of its session',
    withStore(open, async (bench) => {
      await bench.say(
        { session: 1, kind: 'start' },
        { session: 1, kind: 'sample', series: gauge('a'), value: 1 },
        { session: 1, kind: 'sample', series: { ...gauge('b', 'y', 'x'), unit: 's' }, value: 2 },
      );
      await bench.holds(async () => {
        const found = await bench.store.resolve(sessionId(1));
        if (found.kind !== 'found') throw new Error('not found');
        expect(found.session.series.keys).toEqual([
          gauge('a'),
          { ...gauge('b', 'y', 'x'), unit: 's' },
        ]);
        expect(found.session.series.index('b', 'gauge', 's', ['x', 'y'])).toBe(1);
      });
    }),
  );

  it(
    'ids come in order of creation, however many there are',
    withStore(open, async (bench) => {
      // Neither by id nor by the sender's clock.
      const numbers = Array.from({ length: 2_345 }, (_, i) => (i * 1_000) % 2_347);
      const starts = numbers.map(
        (session): Plan => ({ session, kind: 'start', atUs: startUs - session }),
      );
      for (let from = 0; from < starts.length; from += 500)
        await bench.say(...starts.slice(from, from + 500));
      await bench.holds(async () => {
        expect(await allIds(bench.store)).toEqual(numbers.map(sessionId));
      });
    }),
  );
}

async function allIds(store: Store): Promise<string[]> {
  const ids: string[] = [];
  for await (const page of store.ids()) ids.push(...page);
  return ids;
}
