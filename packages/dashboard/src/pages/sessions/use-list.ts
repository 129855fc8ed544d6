/** The list that the address describes: its rows, and how they are sorted. */
import type { SessionSort } from '@tacho/protocol';
import { useReducer } from 'preact/hooks';
import { type Query, query, setQuery } from '../../address.ts';
import { useLoaded } from '../../answer.ts';
import { ask } from '../../api.ts';
import { type Filter, readFilter } from '../../filters/filter.ts';
import { type PageAnswer, type PageRequest, RowStore } from './row-store.ts';

/** How a list is sorted. */
export interface Sorting {
  sort: SessionSort;
  order: 'asc' | 'desc';
}

/** Filter and sorting in the address. */
function listOf(params: URLSearchParams): { filter: Filter; sorting: Sorting } {
  return {
    filter: readFilter(params),
    sorting: {
      sort: (params.get('sort') ?? 'created') as SessionSort,
      order: params.get('order') === 'asc' ? 'asc' : 'desc',
    },
  };
}

/** Sorts by a column; by the same one again, the other way around. */
export function sortBy(sort: SessionSort, { sort: now, order }: Sorting): void {
  const isText = sort === 'product' || sort === 'machine';
  const first = isText ? 'asc' : 'desc';
  const next = sort !== now ? first : order === 'asc' ? 'desc' : 'asc';
  setQuery(
    {
      sort: sort === 'created' ? undefined : sort,
      order: next === 'desc' ? undefined : next,
    },
    { step: true },
  );
}

/** The rows of the list, loaded as they come into sight. */
export function useRows() {
  const { filter, sorting } = listOf(query.value);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const key = JSON.stringify([filter, sorting]);
  const answer = useLoaded(async (signal) => {
    const about: Query = { ...filter, ...sorting };
    const store = new RowStore((request) => askPage(about, request, signal), redraw as () => void);
    signal.addEventListener('abort', () => store.close());
    await store.open();
    return { store, key };
  }, key);
  return { filter, sorting, answer, store: answer.value?.store };
}

async function askPage(
  about: Query,
  { cursor, limit, kind, isReversed }: PageRequest,
  signal: AbortSignal,
): Promise<PageAnswer> {
  const { sessions, next, totals } = await ask('listSessions', {
    query: {
      ...about,
      ...(isReversed && { order: about.order === 'asc' ? 'desc' : 'asc' }),
      ...{ cursor, limit, totals: kind === 'first', profile: kind !== 'skip' },
    },
    signal,
  });
  return { rows: sessions, next, total: totals?.sessions };
}
