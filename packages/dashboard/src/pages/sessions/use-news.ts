/** What is live about the list: new rows come by themselves where nobody is disturbed, others are counted. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ask } from '../../api.ts';
import type { Filter } from '../../filters/filter.ts';
import { isPaused, listen } from '../../live.ts';
import { isRunning, type SessionRow } from '../../outcome.ts';
import { Newcomers, type News } from './newcomers.ts';
import type { RowStore } from './row-store.ts';
import type { Sorting } from './use-list.ts';

/** How often news are asked for. */
const tickMs = 1_000;

/** How often rows in sight that run are looked at, in ticks. */
const lookTicks = 5;

/** How long a list may take to come anew, in ticks: asking again before would begin it again. */
const reloadTicks = 10;

/** How often totals are counted anew at most, in ticks. */
const recountTicks = 3;

/** Sessions that wait to be shown; `many` when nobody has counted them. */
type Held = ReadonlySet<string> | 'many';

const none: Held = new Set();

/** What the list needs to know to stay live. */
interface LiveOptions {
  store: RowStore | undefined;
  filter: Filter;
  sorting: Sorting;
  /** Places of the rows in sight. */
  seen: { current: [first: number, last: number] };
  hasSelection: boolean;
  reload: () => void;
}

/** Follows what happens to the sessions of the list. */
export function useNews(options: LiveOptions) {
  const { store } = options;
  const [held, setHeld] = useState<Held>(none);
  const [version, setVersion] = useState(0);
  const latest = useRef({ ...options, held });
  latest.current = { ...options, held };
  useEffect(() => setHeld(none), [store]);
  // From before the first answer on, so that nothing that starts meanwhile is missed.
  useEffect(
    () =>
      follow({
        now: () => latest.current,
        hold: setHeld,
        recount: () => setVersion((n) => n + 1),
      }),
    [],
  );
  return {
    /** How many sessions wait to be shown. */
    held: held === 'many' ? Number.POSITIVE_INFINITY : held.size,
    /** Rises when totals had better be counted again. */
    version,
  };
}

/** What following reads and tells. */
interface Followed {
  now: () => LiveOptions & { held: Held };
  hold: (change: (old: Held) => Held) => void;
  recount: () => void;
}

function follow(followed: Followed): () => void {
  const { now, recount } = followed;
  let ticks = 0;
  let changedAt: number | undefined;
  let isAsking = false;
  const reload = reloading(now, () => ticks);
  const newcomers = new Newcomers((ids, isFiltered) => askByIds(now().filter, ids, isFiltered));
  const tick = async (): Promise<void> => {
    ticks++;
    const { held, seen, filter, store } = now();
    if (document.hidden || isAsking || store === undefined) return;
    if (ticks % lookTicks === 0 && !isPaused.peek()) {
      newcomers.look(runningInSight(store, seen.current));
    }
    if ((held === 'many' || held.size > 0) && mayInsert(now())) reload();
    isAsking = true;
    try {
      const news = await newcomers.next(filter);
      if (news !== undefined) {
        changedAt ??= ticks;
        take(news, followed, reload);
      }
    } catch {
      // The server is away for a moment; the stream goes on from there when it is back.
    }
    isAsking = false;
    if (changedAt !== undefined && ticks - changedAt >= recountTicks) {
      changedAt = undefined;
      recount();
    }
  };
  const stop = listen(
    '/api/live',
    { kind: ['start', 'end', 'crash', 'status'] },
    {
      onEntries: (entries) => {
        const ids = idsOf(now().store);
        newcomers.take(entries, now().filter, (id) => ids.has(id));
      },
      onGap: () => take({ kind: 'flood' }, followed, reload),
    },
  );
  const timer = setInterval(() => void tick(), tickMs);
  return () => {
    clearInterval(timer);
    stop();
  };
}

/** Asks for the list anew, but not again before that had time to come. */
function reloading(now: Followed['now'], ticks: () => number): () => void {
  let store: RowStore | undefined;
  let at = Number.NEGATIVE_INFINITY;
  return () => {
    if (store === now().store && ticks() - at < reloadTicks) return;
    store = now().store;
    at = ticks();
    now().reload();
  };
}

/** Shows what a question brought, or holds it back. */
function take(news: News, { now, hold }: Followed, reload: () => void): void {
  const { store, sorting } = now();
  if (store === undefined) return;
  if (news.kind === 'changed') store.refresh(news.rows);
  else if (news.kind === 'flood') hold(() => 'many');
  else {
    const ids = idsOf(store);
    const rows = news.rows.filter(({ id }) => !ids.has(id));
    store.refresh(news.rows.filter(({ id }) => ids.has(id)));
    if (rows.length === 0) return;
    if (mayInsert(now()) && areNewest(store, sorting, rows)) {
      store.prepend(rows);
      return;
    }
    hold((old) => holding(old, rows));
    if (mayInsert(now())) reload();
  }
}

function idsOf(store: RowStore | undefined): Set<string> {
  return new Set([...(store?.loaded() ?? [])].map(([, row]) => row.id));
}

/** Nothing moves under the eyes or the hand of somebody. */
function mayInsert({ hasSelection }: LiveOptions): boolean {
  return !hasSelection && !isPaused.peek() && window.scrollY < 4;
}

function holding(old: Held, rows: readonly SessionRow[]): Held {
  return old === 'many' ? old : new Set([...old, ...rows.map(({ id }) => id)]);
}

/** Whether rows belong before all others. */
function areNewest(
  store: RowStore,
  { sort, order }: Sorting,
  rows: readonly SessionRow[],
): boolean {
  const newest = store.row(0)?.created_at ?? '';
  return sort === 'created' && order === 'desc' && rows.every((row) => row.created_at >= newest);
}

async function askByIds(
  filter: Filter,
  ids: readonly string[],
  isFiltered: boolean,
): Promise<SessionRow[]> {
  const query = { ...(isFiltered ? filter : {}), id: ids, limit: ids.length, totals: false };
  return (await ask('listSessions', { query })).sessions;
}

function runningInSight(store: RowStore, [first, last]: [number, number]): string[] {
  const ids: string[] = [];
  for (let i = first; i <= last; i++) {
    const row = store.row(i);
    if (row !== undefined && isRunning(row)) ids.push(row.id);
  }
  return ids;
}
