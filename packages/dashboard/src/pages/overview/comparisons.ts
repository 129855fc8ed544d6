/** The newest version of each product against the one before: asked two at a time, kept for minutes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, ask } from '../../api.ts';
import { now } from '../../format/time.ts';
import type { Comparison } from '../../releases/change.ts';
import { versionBefore } from '../../releases/order.ts';
import { type Overall, since } from './data.ts';
import type { Window } from './range.ts';

/** Products whose newest versions are compared, so that a server with hundreds stays quick. */
const comparedMax = 8;

/** Sessions of either version whose metrics are looked at. */
const comparedSessions = 200;

/** How long an answer is kept: it needs many sessions, and changes slowly. */
const keptMs = 300_000;

/** Two versions of a product. */
interface Pair {
  product: string;
  base: string;
  candidate: string;
}

/** How the comparisons stand. */
export interface Comparisons {
  /** What is there, by product. */
  found: ReadonlyMap<string, Comparison>;
  failed: ReadonlyMap<string, ApiError>;
  /** Whether all are there. */
  isDone: boolean;
  /** Products that are not compared, since there are so many. */
  unknown: number;
  retry(): void;
}

/** Compares what is worth it: the products that changed most, and the selected one first. */
export function useComparisons(
  overall: Overall | undefined,
  selected: string | undefined,
  window: Window,
): Comparisons {
  const kept = useRef(new Map<string, Comparison | ApiError>());
  const [, setRound] = useState(0);
  const [tries, setTries] = useState(0);
  const stamp = JSON.stringify([window.fromMs, Math.floor(now.value / keptMs)]);
  const pairs = overall === undefined ? [] : pairsOf(overall, selected);
  const key = JSON.stringify(pairs);

  useEffect(() => {
    const aborter = new AbortController();
    const waiting = pairs.filter((pair) => !kept.current.has(keyOf(pair, stamp)));
    const next = async (): Promise<void> => {
      for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
        const answer = await compare(pair, window, aborter.signal);
        if (aborter.signal.aborted) return;
        kept.current.set(keyOf(pair, stamp), answer);
        kept.current.set(keyOf(pair, ''), answer);
        setRound((n) => n + 1);
      }
    };
    // Others wait behind these questions, so they come one after the other, two at a time.
    void Promise.all([next(), next()]);
    return () => aborter.abort();
  }, [key, stamp, tries]);

  const found = new Map<string, Comparison>();
  const failed = new Map<string, ApiError>();
  for (const pair of pairs) {
    const answer = kept.current.get(keyOf(pair, stamp)) ?? kept.current.get(keyOf(pair, ''));
    if (answer instanceof ApiError) failed.set(pair.product, answer);
    else if (answer !== undefined) found.set(pair.product, answer);
  }
  return {
    found,
    failed,
    isDone: overall !== undefined && found.size + failed.size === pairs.length,
    unknown: Math.max(0, (overall?.products.length ?? 0) - comparedMax) + failed.size,
    retry: () => {
      kept.current.clear();
      setTries((n) => n + 1);
    },
  };
}

function pairsOf({ products, releases }: Overall, selected: string | undefined): Pair[] {
  const compared = products.slice(0, comparedMax).map(({ product }) => product);
  const rest = compared.filter((product) => product !== selected);
  const all = selected === undefined ? rest : [selected, ...rest];
  return all.flatMap((product) => {
    const own = releases.get(product) ?? [];
    const candidate = own[0]?.version;
    const base = candidate === undefined ? undefined : versionBefore(own, candidate)?.version;
    return candidate === undefined || base === undefined ? [] : [{ product, base, candidate }];
  });
}

async function compare(
  pair: Pair,
  window: Window,
  signal: AbortSignal,
): Promise<Comparison | ApiError> {
  const query = { ...since(window), ...pair, sessions: comparedSessions, limit: 20 };
  try {
    return await ask('compareReleases', { query, signal });
  } catch (error) {
    return error instanceof ApiError ? error : new ApiError(String(error), 0);
  }
}

function keyOf(pair: Pair, stamp: string): string {
  return JSON.stringify([pair.product, pair.base, pair.candidate, stamp]);
}
