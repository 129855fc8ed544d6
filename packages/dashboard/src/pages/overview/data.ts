/** What the overview asks: first what all products need, then what the selected one does. */
import { useEffect, useMemo, useState } from 'preact/hooks';
import { type Answered, useAnswer, useLoaded } from '../../answer.ts';
import { type Answer, ApiError, ask } from '../../api.ts';
import { now } from '../../format/time.ts';
import { isPaused, listen } from '../../live.ts';
import type { Pair } from '../../releases/comparisons.ts';
import { newestFirst } from '../../releases/order.ts';
import { tellingPair } from '../../releases/telling.ts';
import type { Bar } from './bars.ts';
import { barsOf } from './bars.ts';
import { type CountGroup, type ProductHealth, productHealth } from './health.ts';
import { type Range, type Window, windowOf } from './range.ts';

/** A version of a product. */
export type Release = Answer<'listReleases'>['releases'][number];

/** What all products need. */
export interface Overall {
  products: ProductHealth[];
  /** Newest first, by product. */
  releases: ReadonlyMap<string, Release[]>;
}

/** What the selected product did, step by step. */
export interface ProductBars {
  bars: Bar[];
  /** By cause and step. */
  groups: CountGroup[];
}

/** How often everything is asked for again. */
const refreshMs = 30_000;

/** How often is asked when versions were first seen, which hardly changes. */
const historyRefreshMs = 300_000;

/** Shortest pause between two answers that something live asked for. */
const livePauseMs = 5_000;

/** Products whose newest versions are compared, so that a server with hundreds stays quick. */
const comparedMax = 8;

/** Newest releases of all products that are looked at. */
const releasesMax = 500;

/** The range as whole bars; moves on when a new bar begins. */
export function useWindow(range: Range): Window {
  const step = Math.floor(now.value / range.barMs);
  return useMemo(() => windowOf(range, step * range.barMs), [range, step]);
}

/** Rises when a session begins or ends, at most every few seconds. */
export function useLiveVersion(): number {
  const [version, setVersion] = useState(0);
  useEffect(() => {
    let waiting: number | undefined;
    const soon = (): void => {
      waiting ??= setTimeout(() => {
        waiting = undefined;
        if (!isPaused.peek()) setVersion((n) => n + 1);
      }, livePauseMs);
    };
    const stop = listen(
      '/api/live',
      { kind: ['start', 'end', 'crash'] },
      { onEntries: soon, onGap: soon },
    );
    return () => {
      clearTimeout(waiting);
      stop();
    };
  }, []);
  return version;
}

/** Health and releases of all products. */
export function useOverall(range: Range, window: Window, version: number): Answered<Overall> {
  const key = JSON.stringify(['overall', range.name, window, version]);
  return useLoaded((signal) => loadOverall(range, window, signal), key, refreshMs);
}

/** The bars of a product. */
export function useBars(
  product: string | undefined,
  range: Range,
  window: Window,
  version: number,
): Answered<ProductBars> {
  const key = JSON.stringify(['bars', product, range.name, window, version]);
  const load = async (signal: AbortSignal): Promise<ProductBars> => {
    const { groups } = await ask('countSessions', {
      query: { ...since(window), product, by: 'cause', every: range.barEvery },
      signal,
    });
    return { bars: barsOf(groups, window, range.barMs), groups };
  };
  return useLoaded(product === undefined ? undefined : load, key, refreshMs);
}

/** Exceptions of a product, the most frequent first. */
export function useExceptions(product: string | undefined, window: Window, version: number) {
  const query = { ...since(window), product, sort: 'count', limit: 6 };
  return useAnswer('listExceptions', product === undefined ? undefined : { query }, {
    refreshMs,
    version,
  });
}

/** All versions of a product that were ever seen, newest first: when each really came. */
export function useHistory(product: string | undefined): Release[] | undefined {
  const { value } = useAnswer(
    'listReleases',
    product === undefined ? undefined : { query: { product, limit: releasesMax } },
    { refreshMs: historyRefreshMs },
  );
  // While those of another product are on their way, they are not there.
  return useMemo(() => {
    const releases = value?.releases ?? [];
    return releases[0]?.product === product ? newestFirst(releases) : undefined;
  }, [value, product]);
}

/** Versions that are worth comparing: those of the selected product, and of the worst ones. */
export function pairsOf({ products, releases }: Overall, selected: string | undefined): Pair[] {
  const compared = products.slice(0, comparedMax).map(({ product }) => product);
  const rest = compared.filter((product) => product !== selected);
  const all = selected === undefined ? rest : [selected, ...rest];
  return all.flatMap((product) => {
    const pair = tellingPair(releases.get(product) ?? []);
    if (pair === undefined) return [];
    return [{ product, base: pair.base.version, candidate: pair.candidate.version }];
  });
}

/** Products that are not compared, since there are so many. */
export function uncompared({ products }: Overall): number {
  return Math.max(0, products.length - comparedMax);
}

/** Parameter of everything that is asked about the range. */
export function since({ fromMs }: Window): { from: string } {
  return { from: new Date(fromMs).toISOString() };
}

async function loadOverall(range: Range, window: Window, signal: AbortSignal): Promise<Overall> {
  const before = { from: new Date(window.beforeMs).toISOString(), to: since(window).from };
  const [groups, previous, { releases }] = await Promise.all([
    trendGroups(range, window, signal),
    ask('sessionFacets', { query: { ...before, field: 'product', limit: 1_000 }, signal }),
    ask('listReleases', { query: { ...since(window), limit: releasesMax }, signal }),
  ]);
  const byProduct = new Map<string, Release[]>();
  for (const release of releases) {
    byProduct.set(release.product, [...(byProduct.get(release.product) ?? []), release]);
  }
  for (const [product, own] of byProduct) byProduct.set(product, newestFirst(own));
  const steps = { fromMs: window.fromMs, toMs: window.toMs, everyMs: range.trendMs };
  const products = productHealth(groups, previous.values ?? [], byProduct, steps);
  return { products, releases: byProduct };
}

/** Counts for cards and trends; without trends where there are too many products for one answer. */
async function trendGroups(
  { trendEvery }: Range,
  window: Window,
  signal: AbortSignal,
): Promise<CountGroup[]> {
  const query = { ...since(window), by: ['product', 'cause'] };
  try {
    const { groups } = await ask('countSessions', {
      query: { ...query, every: trendEvery },
      signal,
    });
    return groups;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 400) throw error;
    return (await ask('countSessions', { query, signal })).groups;
  }
}
