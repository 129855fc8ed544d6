/** What is asked about when something happens, with a server that answers every question. */
import { describe, expect, it } from 'vitest';
import type { SessionRow } from '../../outcome.ts';
import { Newcomers } from './newcomers.ts';

type Entry = Parameters<Newcomers['take']>[0][number];
const entry = (kind: Entry['kind'], session: string): Entry => ({ kind, session });

function asking() {
  const questions: [ids: readonly string[], isFiltered: boolean][] = [];
  const newcomers = new Newcomers(async (ids, isFiltered) => {
    questions.push([ids, isFiltered]);
    return ids.map((id) => ({ id }) as SessionRow);
  });
  return { newcomers, questions };
}

const isLoaded = (id: string): boolean => id.startsWith('old');

describe('news of a list', () => {
  it('are one question at a time: what is new by the filter, what changed without it', async () => {
    const { newcomers, questions } = asking();
    newcomers.take([entry('start', 'a'), entry('end', 'old-1'), entry('start', 'b')], {}, isLoaded);
    const kinds = [await newcomers.next({}), await newcomers.next({}), await newcomers.next({})];
    expect(kinds.map((news) => news?.kind)).toEqual(['arrived', 'changed', undefined]);
    expect(questions).toEqual([
      [['a', 'b'], true],
      [['old-1'], false],
    ]);
  });

  it('take turns, so that neither waits for the other for ever', async () => {
    const { newcomers } = asking();
    const kinds: unknown[] = [];
    for (let i = 0; i < 6; i++) {
      newcomers.take([entry('start', `new-${i}`), entry('status', `old-${i}`)], {}, isLoaded);
      kinds.push((await newcomers.next({}))?.kind);
    }
    expect(kinds.filter((kind) => kind === 'arrived')).toHaveLength(3);
  });

  it('of the end of a session that is not in the list matter only where ends are asked for', async () => {
    const { newcomers, questions } = asking();
    newcomers.take([entry('crash', 'a')], { product: ['shop'] }, isLoaded);
    newcomers.take([entry('crash', 'a')], { lifecycle: ['active'] }, isLoaded);
    expect(await newcomers.next({})).toBeUndefined();
    newcomers.take([entry('crash', 'a')], { cause: ['signaled'] }, isLoaded);
    expect((await newcomers.next({ cause: ['signaled'] }))?.kind).toBe('arrived');
    expect(questions).toEqual([[['a'], true]]);
  });

  it('keep to the ids that the filter asks for', async () => {
    const { newcomers, questions } = asking();
    newcomers.take([entry('start', 'abc1'), entry('start', 'def2')], {}, isLoaded);
    await newcomers.next({ id: ['ABC'] });
    expect(questions).toEqual([[['abc1'], true]]);
  });

  it('beyond what anybody can follow are told as a flood', async () => {
    const { newcomers, questions } = asking();
    const many = Array.from({ length: 1_000 }, (_, i) => entry('start', `n${i}`));
    newcomers.take(many, {}, isLoaded);
    expect(await newcomers.next({})).toEqual({ kind: 'flood' });
    expect(await newcomers.next({})).toBeUndefined();
    expect(questions).toEqual([]);
  });
});
