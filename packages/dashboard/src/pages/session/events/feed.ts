/** The events that are loaded: a stretch without a hole that grows at both ends, and at the top by itself. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Query } from '../../../address.ts';
import { type ApiError, asApiError, ask } from '../../../api.ts';
import { isPaused } from '../../../live.ts';
import type { SessionModel } from '../model.ts';
import { type EventFilter, passes } from './filter.ts';
import { refreshed, type Stretch } from './rows.ts';

/** Events of a page. */
const pageEvents = 200;

/** New events are asked for at most so often, however many come. */
const refreshMs = 400;

/** A filter that changes while somebody types or zooms waits so long. */
const settleMs = 200;

/** What the table is made from. */
export interface EventFeed {
  /** The events of the newest filter that has an answer. */
  stretch: Stretch | undefined;
  error: ApiError | undefined;
  /** Events that came at the newer end since the last drawing, by which the page has to scroll. */
  added: number;
  /** New events that are not shown because somebody looks at others. */
  waiting: number;
  /** Loads what follows at an end, if it is not on its way. */
  load(end: 'newer' | 'older'): void;
  /** Shows events around an instant, or around `seq:120`. */
  open(around: string | number): Promise<Stretch | undefined>;
  /** The same as soon as the filter that is about to change has changed. */
  openNext(around: string): Promise<Stretch | undefined>;
  /** Shows the newest events. */
  openNewest(): Promise<Stretch | undefined>;
  retry(): void;
}

interface Shown {
  key: string;
  stretch?: Stretch;
  error?: ApiError;
  added: number;
}

/** What the next filter begins with. */
interface Next {
  around: string | undefined;
  done?: (stretch: Stretch | undefined) => void;
}

/** The events of a session under a filter; `isAtTop` says whether new ones may push in. */
export function useEventFeed(
  model: SessionModel,
  id: string,
  question: Query,
  options: { filter: EventFilter; isAtTop: () => boolean; first?: string },
): EventFeed {
  const key = JSON.stringify(question);
  const [shown, setShown] = useState<Shown>({ key: '', added: 0 });
  const [waiting, setWaiting] = useState(0);
  const [round, setRound] = useState(0);
  const busy = useRef<AbortController | undefined>(undefined);
  const next = useRef<Next | undefined>(undefined);
  const latest = useRef({ shown, key, question, options });
  latest.current = { shown, key, question, options };

  const page = async (place: Query): Promise<Stretch | undefined> => {
    busy.current?.abort();
    const aborter = new AbortController();
    busy.current = aborter;
    const asked = latest.current;
    try {
      const query = { ...asked.question, ...place, order: 'desc', limit: pageEvents };
      const answer = await ask('listEvents', { id, query, signal: aborter.signal });
      const { events, next, previous } = answer;
      return aborter.signal.aborted ? undefined : { events, older: next, newer: previous };
    } catch (reason) {
      if (aborter.signal.aborted) return undefined;
      const error = asApiError(reason);
      setShown((old) => ({ ...old, key: asked.key, error }));
      return undefined;
    } finally {
      if (busy.current === aborter) busy.current = undefined;
    }
  };
  const show = (stretch: Stretch | undefined, added = 0): Stretch | undefined => {
    if (stretch !== undefined) setShown({ key: latest.current.key, stretch, added });
    return stretch;
  };
  const openNewest = async (): Promise<Stretch | undefined> => {
    setWaiting(0);
    return show(await page({}));
  };

  useEffect(() => {
    const isFirst = latest.current.shown.key === '';
    const asked = isFirst ? { around: latest.current.options.first } : next.current;
    next.current = undefined;
    const load = async (): Promise<void> => {
      const around = asked?.around === undefined ? undefined : await page({ around: asked.around });
      if (around !== undefined && around.events.length > 0) show(around);
      else await openNewest();
      asked?.done?.(around);
    };
    const settling = setTimeout(load, isFirst ? 0 : settleMs);
    return () => {
      clearTimeout(settling);
      busy.current?.abort();
    };
  }, [id, key, round]);

  useEffect(() => {
    let refreshing: number | undefined;
    const refresh = async (): Promise<void> => {
      refreshing = undefined;
      // A page that somebody asked for goes first; the next entry asks again.
      if (busy.current !== undefined) return;
      const newest = await page({});
      const { stretch } = latest.current.shown;
      if (newest === undefined || stretch === undefined) return;
      setWaiting(0);
      show(refreshed(stretch, newest));
    };
    const stop = model.onEntries((entries) => {
      const { options: asked, shown: now } = latest.current;
      const fresh = entries.filter(
        (entry) => entry.kind === 'event' && passes(asked.filter, entry),
      ).length;
      const isEnd = entries.some(({ kind }) => kind !== 'event' && /crash|end|status/.test(kind));
      if (fresh === 0 && !isEnd) return;
      if (isPaused.peek() || !asked.isAtTop() || now.stretch?.newer != null) {
        setWaiting((before) => before + fresh);
      } else refreshing ??= setTimeout(refresh, refreshMs);
    });
    return () => {
      clearTimeout(refreshing);
      stop();
    };
  }, [model, id]);

  const load = async (end: 'newer' | 'older'): Promise<void> => {
    const { stretch } = latest.current.shown;
    const cursor = stretch?.[end];
    if (stretch === undefined || cursor == null || busy.current !== undefined) return;
    const more = await page({ cursor });
    if (more === undefined) return;
    if (end === 'older') {
      show({ ...stretch, events: [...stretch.events, ...more.events], older: more.older });
    } else {
      const events = [...more.events, ...stretch.events];
      show({ ...stretch, events, newer: more.newer }, more.events.length);
    }
  };
  return {
    stretch: shown.stretch,
    error: shown.error,
    added: shown.added,
    waiting,
    load,
    open: async (around) => show(await page({ around })),
    openNext: (around) =>
      new Promise((done) => {
        next.current = { around, done };
      }),
    openNewest,
    retry: () => setRound(round + 1),
  };
}
