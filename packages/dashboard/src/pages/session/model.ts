/** What all parts of the session page share: the session, the stretch of time in view, the one cursor. */

import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { query, setQuery } from '../../address.ts';
import { type Answer, type ApiError, asApiError, ask } from '../../api.ts';
import { ms, now } from '../../format/time.ts';
import { type LiveEntry, listen } from '../../live.ts';
import { isRunning } from '../../outcome.ts';

/** A session as its own page has it: its row, and how many died like it. */
export type Summary = Answer<'sessionSummary'>;

/** The first view of a session that is dead, or lives: what matters stands at the end. */
const deadViewMs = 2 * 60_000;
const liveViewMs = 15 * 60_000;

/** Room right of the end, as a share of the view: values at death stand there. */
const afterShare = 0.1;

/** The narrowest view, in milliseconds. */
const viewMsMin = 20;

/** What is told of a live session is asked for again at most so often. */
const refreshMs = 1_000;

/** The model of one session page; made by `openSession`, closed with it. */
export interface SessionModel {
  /** As the address has it: an id or its beginning. */
  readonly id: string;
  readonly summary: ReadonlySignal<Summary | undefined>;
  readonly error: ReadonlySignal<ApiError | undefined>;
  /** Start of the run, milliseconds since 1970. */
  readonly startMs: ReadonlySignal<number>;
  /** Its end; of a session that runs, now. */
  readonly endMs: ReadonlySignal<number>;
  readonly isLive: ReadonlySignal<boolean>;
  /** The stretch of time in view; its right edge may lie after the end. In the address as `from` and `to`. */
  readonly view: ReadonlySignal<readonly [fromMs: number, toMs: number]>;
  /** Whether the view was chosen: otherwise it follows the end. */
  readonly isViewChosen: ReadonlySignal<boolean>;
  /** The cursor, milliseconds since 1970; at the end when nobody moved it. In the address as `at`. */
  readonly cursorMs: ReadonlySignal<number>;
  /** Whether the cursor stays where it is when the pointer moves. */
  readonly isPinned: Signal<boolean>;
  /** The other instant of a comparison of states; undefined when there is none. In the address as `vs`. */
  readonly versusMs: ReadonlySignal<number | undefined>;
  /** Paths of the state that have a lane of their own. In the address as `pin`. */
  readonly pins: ReadonlySignal<readonly string[]>;
  /** Entries of the session as they come, for who shows them; rises the `version`. */
  readonly version: ReadonlySignal<number>;
  /** Whether the view was changed last by a single step: who draws may wait a little for its data. */
  isStep(): boolean;
  /** Shows a stretch of time; a `step` can be undone by the browser's back button. */
  setView(fromMs: number, toMs: number, options?: { step?: boolean }): void;
  /** Back to the first view, which follows the end. */
  resetView(): void;
  /** Shows the whole run. */
  showAll(): void;
  /** Moves the cursor, and the view with it where it would leave it. */
  setCursor(atMs: number, options?: { pin?: boolean }): void;
  setVersus(atMs: number | undefined): void;
  togglePin(path: string): void;
  /** Told every live entry of the session, once per frame; returns how to stop. */
  onEntries(hear: (entries: readonly LiveEntry[]) => void): () => void;
  /** Asks for the session again. */
  retry(): void;
  close(): void;
}

/** Opens the model of the session with this id. */
export function openSession(id: string): SessionModel {
  const summary = signal<Summary | undefined>(undefined);
  const error = signal<ApiError | undefined>(undefined);
  const version = signal(0);
  const isPinned = signal(query.peek().has('at'));
  const hearers = new Set<(entries: readonly LiveEntry[]) => void>();
  let stop: (() => void) | undefined;
  let refreshing: number | undefined;
  let isStep = false;

  const row = computed(() => summary.value?.session);
  const isLive = computed(() => row.value !== undefined && isRunning(row.value));
  const startMs = computed(() => (row.value ? ms(row.value.created_at) : 0));
  const endMs = computed(() => {
    const known = row.value;
    if (known === undefined) return 0;
    if (isRunning(known)) return Math.max(now.value, ms(known.created_at) + 1_000);
    return Math.max(startMs.value + known.duration_ms, startMs.value + 1);
  });
  const first = computed((): readonly [number, number] => {
    const length = Math.min(endMs.value - startMs.value, isLive.value ? liveViewMs : deadViewMs);
    const before = Math.max(length, viewMsMin);
    return [endMs.value - before, endMs.value + before * afterShare];
  });
  // Numbers of their own, so that nothing but a change of theirs makes a new view: a moved cursor
  // changes the address too.
  const chosenFrom = computed(() => numberIn('from'));
  const chosenTo = computed(() => numberIn('to'));
  const isViewChosen = computed(
    () => chosenFrom.value !== undefined && chosenTo.value !== undefined,
  );
  const view = computed((): readonly [number, number] => {
    const from = chosenFrom.value;
    const to = chosenTo.value;
    return from !== undefined && to !== undefined && from < to ? [from, to] : first.value;
  });
  const pinned = computed(() => JSON.stringify(query.value.getAll('pin')));
  const cursorMs = computed(() => numberIn('at') ?? endMs.value);

  const load = async (): Promise<void> => {
    try {
      summary.value = await ask('sessionSummary', { id });
      error.value = undefined;
      follow();
    } catch (reason) {
      error.value = asApiError(reason);
    }
  };
  const refresh = (): void => {
    refreshing ??= setTimeout(async () => {
      refreshing = undefined;
      await load();
      version.value++;
    }, refreshMs);
  };
  const follow = (): void => {
    if (stop !== undefined || !isLive.peek()) return;
    stop = listen(
      `/api/sessions/${summary.peek()?.session.id}/live`,
      {},
      {
        onEntries: (entries) => {
          for (const hear of hearers) hear(entries);
          refresh();
        },
        onGap: refresh,
      },
    );
  };
  const setView = (fromMs: number, toMs: number, { step = false } = {}): void => {
    isStep = step;
    const width = Math.max(viewMsMin, toMs - fromMs);
    const least = startMs.peek() - width * afterShare;
    const most = endMs.peek() + Math.max(width * afterShare, 1);
    const from = Math.min(Math.max(fromMs, least), Math.max(least, most - width));
    const to = Math.min(from + width, most);
    setQuery({ from: round(from), to: round(to) }, { step: step && 'soon' });
  };
  void load();
  return {
    id,
    summary,
    error,
    startMs,
    endMs,
    isLive,
    view,
    isViewChosen,
    cursorMs,
    isPinned,
    versusMs: computed(() => numberIn('vs')),
    pins: computed(() => JSON.parse(pinned.value) as string[]),
    version,
    isStep: () => isStep,
    setView,
    resetView: () => setQuery({ from: undefined, to: undefined }, { step: true }),
    showAll: () => {
      const length = endMs.peek() - startMs.peek();
      setView(startMs.peek(), endMs.peek() + length * afterShare, { step: true });
    },
    setCursor: (atMs, { pin = false } = {}) => {
      const at = Math.min(Math.max(atMs, startMs.peek()), Math.max(endMs.peek(), view.peek()[1]));
      const [from, to] = view.peek();
      if (at < from || at > to) setView(at - (to - from) / 2, at + (to - from) / 2);
      if (pin) isPinned.value = true;
      setQuery({ at: round(at) });
    },
    setVersus: (atMs) =>
      setQuery({ vs: atMs === undefined ? undefined : round(atMs) }, { step: true }),
    togglePin: (path) => {
      const pins = query.peek().getAll('pin');
      const rest = pins.filter((each) => each !== path);
      setQuery({ pin: rest.length < pins.length ? rest : [...pins, path] }, { step: true });
    },
    onEntries: (hear) => {
      hearers.add(hear);
      return () => hearers.delete(hear);
    },
    retry: () => void load(),
    close: () => {
      clearTimeout(refreshing);
      stop?.();
    },
  };
}

/** The model that the parts of the page share. */
export const SessionContext = createContext<SessionModel | undefined>(undefined);

/** The model of the page that a component is part of. */
export function useSession(): SessionModel {
  const model = useContext(SessionContext);
  if (model === undefined) throw new Error('This part stands outside of a session page');
  return model;
}

/** The row of the session; only in parts that are drawn when it is there. */
export function useRow(): Summary['session'] {
  const row = useSession().summary.value?.session;
  if (row === undefined) throw new Error('The session is not there yet');
  return row;
}

function numberIn(name: string): number | undefined {
  const text = query.value.get(name);
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}

/** Thousandths of a millisecond are exact in samples; more digits are noise in an address. */
function round(atMs: number): number {
  return Math.round(atMs * 1_000) / 1_000;
}
