/** Answers in components: asked when what they depend on changes, kept until a newer one is there. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Answer, type ApiError, type Asked, asApiError, ask, type Question } from './api.ts';

/** How a question stands. */
export interface Answered<T> {
  /** The newest answer; that to an older question while a newer one is on its way. */
  value: T | undefined;
  /** Why there is no answer to the newest question. */
  error: ApiError | undefined;
  /** Whether an answer has been on its way for longer than people take for at once. */
  isSlow: boolean;
  /** Whether an answer is on its way. */
  isAsking: boolean;
  /** Asks again. */
  retry(): void;
}

/** What stays below it needs no sign of waiting: a skeleton would only flicker. */
const slowMs = 150;

/** Options of a question in a component. */
export interface AnswerOptions {
  /** Asks again so often while the page is seen; never when absent. */
  refreshMs?: number;
  /** Changes of it ask again. */
  version?: unknown;
}

/** Asks a question while the component is there; nothing is asked when `asked` is undefined. */
export function useAnswer<N extends Question>(
  name: N,
  asked: Omit<Asked, 'signal'> | undefined,
  options: AnswerOptions = {},
): Answered<Answer<N>> {
  const load = asked && ((signal: AbortSignal) => ask(name, { ...asked, signal }));
  return useLoaded(load, JSON.stringify([name, asked, options.version]), options.refreshMs);
}

/** The same for several questions, or anything else that takes its time; `key` says what it depends on. */
export function useLoaded<T>(
  load: ((signal: AbortSignal) => Promise<T>) | undefined,
  key: string,
  refreshMs?: number,
): Answered<T> {
  const [round, setRound] = useState(0);
  const [state, setState] = useState<Omit<Answered<T>, 'retry'>>({
    value: undefined,
    error: undefined,
    isSlow: false,
    isAsking: load !== undefined,
  });
  const latest = useRef(load);
  latest.current = load;

  useEffect(() => {
    const loading = latest.current;
    if (loading === undefined) return undefined;
    const aborter = new AbortController();
    setState((old) => ({ ...old, isAsking: true }));
    const slow = setTimeout(() => setState((old) => ({ ...old, isSlow: true })), slowMs);
    const done = (next: Partial<Answered<T>>): void => {
      clearTimeout(slow);
      if (!aborter.signal.aborted) {
        setState((old) => ({ ...old, error: undefined, ...next, isSlow: false, isAsking: false }));
      }
    };
    loading(aborter.signal).then(
      (value) => done({ value }),
      (error) => done({ error: asApiError(error) }),
    );
    return () => {
      clearTimeout(slow);
      aborter.abort();
    };
  }, [key, round, load === undefined]);

  useEffect(() => {
    if (refreshMs === undefined) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') setRound((n) => n + 1);
    }, refreshMs);
    return () => clearInterval(timer);
  }, [refreshMs]);

  return { ...state, retry: () => setRound((n) => n + 1) };
}
