/** Which state is shown, and which one it is compared with: by the cursor and by what the address says. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { query, setQuery } from '../../../address.ts';
import { type ApiError, asApiError } from '../../../api.ts';
import { type SessionModel, useRow, useSession } from '../model.ts';
import { type Place, type StateAt, statesOf } from './states.ts';

/** What the state at the cursor is compared with; in the address as `since`, or `vs` for an instant. */
export type Since = 'previous' | 'minute' | 'start' | 'pinned';

/** The state at the cursor beside another one. */
export interface Comparison {
  current: StateAt | undefined;
  /**
   * What is drawn: the newest state with the one that it is compared with, both of which are there;
   * a state alone before the first pair is complete, and where there is nothing before it.
   */
  shown: { state: StateAt | undefined; base: StateAt | undefined };
  since: Since;
  error: ApiError | undefined;
  /** Moves the cursor to a revision; the state shown is that one, also among several of one instant. */
  goTo(revision: number): void;
  /** To the revision before or after; to the start of the current one when the cursor stands within it. */
  step(by: -1 | 1): void;
  retry(): void;
}

const minuteMs = 60_000;

/** The neighbours of a revision are asked for when the cursor has rested so long. */
const restMs = 120;

/** The comparison that the address asks for. */
export function useComparison(): Comparison {
  const model = useSession();
  const row = useRow();
  const states = statesOf(model);
  const cursorMs = model.cursorMs.value;
  const versusMs = model.versusMs.value;
  const [chosen, setChosen] = useState<{ revision: number; atMs: number }>();
  const since = sinceOf(versusMs);
  const version = model.isLive.value ? model.version.value : 0;

  const isChosen = chosen !== undefined && chosen.atMs === cursorMs;
  const place: Place = isChosen ? { revision: chosen.revision } : { atMs: cursorMs };
  const { value: current, error, retry } = useStateAt(model, place, version);
  const revision = current?.revision;
  const { value: base } = useStateAt(
    model,
    basePlace(since, { revision, cursorMs, versusMs, startMs: model.startMs.value }),
    version,
  );
  useEffect(() => {
    if (revision === undefined) return undefined;
    const near = [revision - 1, revision + 1].filter((n) => n >= 0 && n <= row.patches);
    const resting = setTimeout(() => {
      for (const each of near) states.at({ revision: each }).catch(() => undefined);
    }, restMs);
    return () => clearTimeout(resting);
  }, [revision, states, row.patches]);

  const goTo = (to: number): void => {
    const target = Math.min(Math.max(to, 0), row.patches);
    states.at({ revision: target }).then(
      ({ madeMs }) => {
        model.setCursor(madeMs, { pin: true });
        setChosen({ revision: target, atMs: model.cursorMs.peek() });
      },
      () => undefined,
    );
  };
  const pair = useRef<Comparison['shown']>({ state: undefined, base: undefined });
  const isStart = since === 'previous' && revision === 0;
  const fits = since !== 'previous' || base?.revision === (revision ?? 0) - 1;
  if (isStart) pair.current = { state: current, base: undefined };
  else if (base !== undefined && fits) pair.current = { state: current, base };
  return {
    ...{ current, since, error, retry, goTo },
    shown: pair.current.state === undefined ? { state: current, base: undefined } : pair.current,
    step: (by) => {
      if (current === undefined) return;
      const isWithin = !isChosen && cursorMs > current.madeMs;
      goTo(by < 0 && isWithin ? current.revision : current.revision + by);
    },
  };
}

/** Compares with something else from now on. */
export function compareSince(since: Since, cursorMs: number): void {
  const isNamed = since === 'minute' || since === 'start';
  setQuery(
    {
      since: isNamed ? since : undefined,
      vs: since === 'pinned' ? Math.round(cursorMs * 1_000) / 1_000 : undefined,
    },
    { step: true },
  );
}

function sinceOf(versusMs: number | undefined): Since {
  if (versusMs !== undefined) return 'pinned';
  const named = query.value.get('since');
  return named === 'minute' || named === 'start' ? named : 'previous';
}

function basePlace(
  since: Since,
  at: {
    revision: number | undefined;
    cursorMs: number;
    versusMs: number | undefined;
    startMs: number;
  },
): Place | undefined {
  if (since === 'start') return { revision: 0 };
  if (since === 'minute') return { atMs: Math.max(at.startMs, at.cursorMs - minuteMs) };
  if (since === 'pinned') return at.versusMs === undefined ? undefined : { atMs: at.versusMs };
  return at.revision === undefined ? undefined : { revision: Math.max(0, at.revision - 1) };
}

/**
 * The state at a place; the older one while it is on its way. Moves within one frame ask once. What
 * is superseded is called off, but not while the session runs: its end moves on before a slow answer
 * is there, and then none would ever be.
 */
function useStateAt(model: SessionModel, place: Place | undefined, version: number) {
  const states = statesOf(model);
  const [answer, setAnswer] = useState<{ value?: StateAt; error?: ApiError }>({});
  const [round, setRound] = useState(0);
  const asking = useRef({ isBusy: false, isStale: false });
  const there = place && states.known(place);
  const key = JSON.stringify(place);
  useEffect(() => {
    if (place === undefined) return undefined;
    if (there !== undefined) {
      setAnswer({ value: there });
      return undefined;
    }
    if (asking.current.isBusy) {
      asking.current.isStale = true;
      return undefined;
    }
    const isLive = model.isLive.peek();
    const aborter = new AbortController();
    const done = (next: { value?: StateAt; error?: ApiError }): void => {
      if (aborter.signal.aborted) return;
      setAnswer((old) => ({ ...(next.error && old), ...next }));
      if (asking.current.isStale) setRound((n) => n + 1);
      asking.current = { isBusy: false, isStale: false };
    };
    const frame = requestAnimationFrame(() => {
      asking.current.isBusy = isLive;
      states.at(place, aborter.signal).then(
        (value) => done({ value }),
        (error: unknown) => done({ error: asApiError(error) }),
      );
    });
    return () => {
      cancelAnimationFrame(frame);
      if (!isLive) aborter.abort();
    };
  }, [key, version, round, there, states]);
  return {
    value: there ?? answer.value,
    error: there === undefined ? answer.error : undefined,
    retry: () => setRound((n) => n + 1),
  };
}
