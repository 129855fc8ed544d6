/** Ways to events: bringing rows into sight, also such that are not loaded, and giving them the focus. */
import { useEffect, useRef } from 'preact/hooks';
import { setQuery } from '../../../address.ts';
import type { VirtualListHandle } from '../../../parts/virtual-list.tsx';
import { useSession } from '../model.ts';
import { openEventName } from '../recorder/keys.ts';
import type { EventFeed } from './feed.ts';
import { everything } from './filter.ts';
import { indexAt, type SessionEvent, type Stretch } from './rows.ts';

/** Height of what sticks to the top of the page above the rows. */
export const stickyPx = 97;

/** Ways to bring rows into sight, also such that are not loaded. */
export function useReach(
  feed: EventFeed,
  stretch: Stretch,
  list: { current: HTMLDivElement | null },
  handle: { current: VirtualListHandle | null },
) {
  const model = useSession();
  const show = (row: number): void => {
    if (row < 0) return;
    requestAnimationFrame(() => {
      const top = (list.current?.getBoundingClientRect().top ?? 0) + scrollY;
      if (row === 0) scrollTo(0, top - stickyPx);
      else handle.current?.reveal(row, 'center');
    });
  };
  return {
    show,
    async toCursor(line: number): Promise<void> {
      if (line >= 0) return show(line);
      const cursorMs = model.cursorMs.peek();
      const around = await feed.open(cursorMs);
      if (around !== undefined) show(indexAt(around.events, cursorMs));
    },
    async toNewest(): Promise<void> {
      await feed.openNewest();
      if (stretch.events.length > 0) show(0);
    },
  };
}

/** Marks of the recorder open their events here. */
export function useOpening(
  feed: EventFeed,
  open: (seq: number, events: readonly SessionEvent[]) => void,
): void {
  const latest = useRef({ feed, open });
  latest.current = { feed, open };
  useEffect(() => {
    const hear = async (event: Event): Promise<void> => {
      const { seq } = (event as CustomEvent<{ seq: number }>).detail;
      const known = latest.current.feed.stretch?.events ?? [];
      if (known.some((each) => each.seq === seq)) return latest.current.open(seq, known);
      const around = await latest.current.feed.open(`seq:${seq}`);
      if (around?.events.some((each) => each.seq === seq)) {
        latest.current.open(seq, around.events);
      } else if (around !== undefined) {
        // The filter hides it: whoever asks for one event wants it more than the filter.
        const opening = latest.current.feed.openNext(`seq:${seq}`);
        setQuery({ ...everything, event: seq }, { step: true });
        const found = await opening;
        if (found !== undefined) latest.current.open(seq, found.events);
      }
    };
    addEventListener(openEventName, hear as unknown as EventListener);
    return () => removeEventListener(openEventName, hear as unknown as EventListener);
  }, []);
}

/** Gives the focus to the row of an event as soon as it is drawn. */
export function focusRow(list: HTMLDivElement | null, seq: number, tries = 5): void {
  requestAnimationFrame(() => {
    const button = list?.querySelector<HTMLElement>(`[data-seq="${seq}"] .what button`);
    if (button) button.focus({ preventScroll: true });
    else if (tries > 0) focusRow(list, seq, tries - 1);
  });
}

/** Whether the first row is in sight or further down; asked often, so it is watched, not measured. */
export function useAtTop(list: { current: HTMLDivElement | null }, topPx: number): () => boolean {
  const isAtTop = useRef(true);
  const element = list.current;
  useEffect(() => {
    if (element === null) return undefined;
    const head = element.firstElementChild;
    const observer = new IntersectionObserver(
      ([entry]) => {
        isAtTop.current = entry?.isIntersecting ?? true;
      },
      // Whatever lies below the screen counts, too.
      { rootMargin: `${8 - topPx}px 0px 1000000px` },
    );
    if (head !== null) observer.observe(head);
    return () => observer.disconnect();
  }, [element]);
  return () => isAtTop.current;
}
