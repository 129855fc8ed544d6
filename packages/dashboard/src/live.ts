/** What happens, while it happens: server-sent events, handed over once per frame however many come. */
import { signal } from '@preact/signals';
import type { Query } from './address.ts';
import { apiUrl } from './api.ts';

/** One thing that happened; the fields beside these are those of its kind. */
export interface LiveEntry {
  kind:
    | 'start'
    | 'patch'
    | 'event'
    | 'metric'
    | 'metrics'
    | 'heartbeat'
    | 'end'
    | 'crash'
    | 'status';
  /** Id of the session. */
  session: string;
  timestamp: string;
  received_at: string;
  [field: string]: unknown;
}

/** What a listener is told. */
export interface Listener {
  /** Everything that came since the frame before, in order. */
  onEntries(entries: LiveEntry[]): void;
  /** Something was missed, so what is shown had better be asked for again. */
  onGap?(): void;
}

/** Whether everything live stands still because somebody wants to look at it. */
export const isPaused = signal(false);

/** Whether a stream is open: `lost` while the server cannot be reached. */
export const liveState = signal<'off' | 'open' | 'lost'>('off');

const kinds: readonly LiveEntry['kind'][] = [
  'start',
  'patch',
  'event',
  'metric',
  'metrics',
  'heartbeat',
  'end',
  'crash',
  'status',
];

/** Entries that one frame hands over; what comes faster is told as a gap. */
const frameEntriesMax = 5_000;

/** How long a closed stream waits before it is opened again. */
const reopenMs = 2_000;

/**
 * Listens to `/api/live` or `/api/sessions/{id}/live` until the returned function is called. A page
 * that nobody sees does not listen, since browsers open few connections to one server; it goes on
 * from where it was.
 */
export function listen(path: string, query: Query, listener: Listener): () => void {
  let source: EventSource | undefined;
  let position = '';
  let waiting: LiveEntry[] = [];
  let frame: number | undefined;
  let reopening: number | undefined;
  let hasOverflown = false;

  const deliver = (): void => {
    frame = undefined;
    const entries = waiting;
    waiting = [];
    if (hasOverflown) listener.onGap?.();
    hasOverflown = false;
    if (entries.length > 0) listener.onEntries(entries);
  };
  const take = (event: MessageEvent<string>): void => {
    position = event.lastEventId;
    if (waiting.length >= frameEntriesMax) hasOverflown = true;
    else waiting.push(JSON.parse(event.data) as LiveEntry);
    frame ??= requestAnimationFrame(deliver);
  };
  const open = (): void => {
    if (source !== undefined || document.hidden) return;
    source = new EventSource(apiUrl(path, { ...query, lastEventId: position }));
    source.onopen = () => {
      liveState.value = 'open';
    };
    source.onerror = () => {
      liveState.value = 'lost';
      // A refusal closes the stream for good; anything else the browser tries again by itself.
      if (source?.readyState === EventSource.CLOSED) {
        close();
        reopening = setTimeout(open, reopenMs);
      }
    };
    for (const kind of kinds) source.addEventListener(kind, take);
    source.addEventListener('gap', () => listener.onGap?.());
  };
  const close = (): void => {
    clearTimeout(reopening);
    source?.close();
    source = undefined;
  };
  const look = (): void => {
    if (document.hidden) close();
    else open();
  };
  document.addEventListener('visibilitychange', look);
  open();
  return () => {
    document.removeEventListener('visibilitychange', look);
    if (frame !== undefined) cancelAnimationFrame(frame);
    close();
    liveState.value = 'off';
  };
}
