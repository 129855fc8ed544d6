/** Pairs of versions compared: asked two at a time, kept for minutes. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { ApiError, asApiError, ask } from '../api.ts';
import { now } from '../format/time.ts';
import type { Comparison } from './change.ts';

/** Two versions of a product. */
export interface Pair {
  product: string;
  base: string;
  candidate: string;
}

/** How the comparisons stand. */
export interface Comparisons {
  /** The answer about a pair, when it is there. */
  of(pair: Pair | undefined): Comparison | undefined;
  /** Why there is none. */
  errorOf(pair: Pair | undefined): ApiError | undefined;
  /** Whether all pairs are answered, or have failed. */
  isDone: boolean;
  retry(): void;
}

/** Sessions of either version whose metrics are looked at. */
const comparedSessions = 200;

/** Metrics and exceptions of one answer. */
const comparedRows = 20;

/** How long an answer is kept: it needs many sessions, and changes slowly. */
const keptMs = 300_000;

/** Compares these pairs, the first ones first; `from` is where the sessions begin that count. */
export function useComparisons(pairs: readonly Pair[], from: string | undefined): Comparisons {
  const kept = useRef(new Map<string, Comparison | ApiError>());
  const [, setRound] = useState(0);
  const [tries, setTries] = useState(0);
  const stamp = `${from} ${Math.floor(now.value / keptMs)}`;
  const key = JSON.stringify(pairs);

  useEffect(() => {
    const aborter = new AbortController();
    const waiting = pairs.filter((pair) => !kept.current.has(keyOf(pair, stamp)));
    const next = async (): Promise<void> => {
      for (let pair = waiting.shift(); pair !== undefined; pair = waiting.shift()) {
        const answer = await compare(pair, from, aborter.signal);
        if (aborter.signal.aborted) return;
        kept.current.set(keyOf(pair, stamp), answer);
        kept.current.set(keyOf(pair, ''), answer);
        setRound((n) => n + 1);
      }
    };
    // Everything else waits behind these heavy questions, so they are not asked all at once.
    void Promise.all([next(), next()]);
    return () => aborter.abort();
  }, [key, stamp, tries]);

  // What is too old is still shown until what replaces it is there.
  const answerTo = (pair: Pair | undefined): Comparison | ApiError | undefined =>
    pair && (kept.current.get(keyOf(pair, stamp)) ?? kept.current.get(keyOf(pair, '')));
  return {
    of: (pair) => {
      const answer = answerTo(pair);
      return answer instanceof ApiError ? undefined : answer;
    },
    errorOf: (pair) => {
      const answer = answerTo(pair);
      return answer instanceof ApiError ? answer : undefined;
    },
    isDone: pairs.every((pair) => answerTo(pair) !== undefined),
    retry: () => {
      kept.current.clear();
      setTries((n) => n + 1);
    },
  };
}

async function compare(
  pair: Pair,
  from: string | undefined,
  signal: AbortSignal,
): Promise<Comparison | ApiError> {
  const query = { from, ...pair, sessions: comparedSessions, limit: comparedRows };
  try {
    return await ask('compareReleases', { query, signal });
  } catch (error) {
    return asApiError(error);
  }
}

function keyOf({ product, base, candidate }: Pair, stamp: string): string {
  return JSON.stringify([product, base, candidate, stamp]);
}
