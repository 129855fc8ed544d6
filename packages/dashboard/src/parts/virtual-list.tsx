/** Any number of rows with the DOM of one screen; the page itself scrolls. */
import type { ComponentChildren, HTMLAttributes } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';
import { type RowKey, RowPlaces } from './row-places.ts';

/** What the owner of a list can do with it. */
export interface VirtualListHandle {
  /** Brings a row into sight, if it is not; `center` puts it in the middle in any case. */
  reveal(index: number, align?: 'auto' | 'center'): void;
}

/** Rows drawn before and after those in sight, so that fast scrolling meets no holes. */
const overscan = 12;

/** How often a row is brought into sight again, since what is drawn there first has to be measured. */
const revealRounds = 4;

/** Rows of a list that scrolls with the page. Their heights may differ and change: each is measured. */
export function VirtualList({
  count,
  rowHeight,
  keyOf,
  row,
  onSeen,
  handle,
  topPx = 0,
  bottomPx = 0,
  ...rest
}: {
  count: number;
  /** Height of a row that was not measured yet, in pixels. */
  rowHeight: number;
  /** What a row is recognised by when others come before it. */
  keyOf: (index: number) => RowKey;
  row: (index: number) => ComponentChildren;
  /** Told which rows are in sight, `[first, last]`, when that changes: to load what is missing. */
  onSeen?: (first: number, last: number) => void;
  handle?: { current: VirtualListHandle | null };
  /** Height of what sticks to the top and to the bottom of the page, over the rows. */
  topPx?: number;
  bottomPx?: number;
} & Omit<HTMLAttributes<HTMLDivElement>, 'onScroll' | 'ref'>) {
  const place = useRef<HTMLDivElement>(null);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const made = useState(() => new RowPlaces(rowHeight));
  const places = made[0].rowHeight === rowHeight ? made[0] : new RowPlaces(rowHeight);
  if (places !== made[0]) made[1](places);
  places.setRows(count, keyOf);

  const listTop = (): number => place.current?.getBoundingClientRect().top ?? 0;
  const scrolled = -listTop();
  const first = Math.max(0, places.indexAt(scrolled) - overscan);
  const last = Math.min(count - 1, places.indexAt(scrolled + window.innerHeight) + overscan);
  const drawn = useRef([first, last]);
  drawn.current = [first, last];

  useEffect(() => {
    const look = (): void => {
      const from = places.indexAt(-listTop());
      const to = places.indexAt(window.innerHeight - listTop());
      const [low = 0, high = 0] = drawn.current;
      const isNear = (at: number, edge: number): boolean => Math.abs(at - edge) < overscan / 2;
      const isDrawn = from >= low && to <= high;
      const lacks = (isNear(from, low) && low > 0) || (isNear(to, high) && high < count - 1);
      if (!isDrawn || lacks) redraw(0);
    };
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  }, [places, count]);
  // Where the list begins is known once it is there, and moves with what stands above it.
  useLayoutEffect(() => redraw(0), []);
  const measure = (): void => {
    if (measureRows(place.current, places, keyOf, listTop())) redraw(0);
  };
  useLayoutEffect(measure);
  useEffect(() => onSeen?.(first, last), [first, last, count]);
  useResize(place, measure);

  if (handle !== undefined) {
    handle.current = {
      reveal: (index, align = 'auto') => {
        reveal(index, align, { places, listTop, topPx, bottomPx }, revealRounds);
      },
    };
  }
  const indexes = Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  return (
    <div {...rest} ref={place} style={{ position: 'relative', height: `${places.total}px` }}>
      {indexes.map((index) => (
        <div
          key={keyOf(index)}
          data-index={index}
          role="presentation"
          style={{
            position: 'absolute',
            insetInline: '0',
            top: '0',
            transform: `translateY(${places.topOf(index)}px)`,
          }}
        >
          {row(index)}
        </div>
      ))}
    </div>
  );
}

/** Measures what is drawn; a row above the screen that turns out higher must not push what is read. */
function measureRows(
  list: HTMLDivElement | null,
  places: RowPlaces,
  keyOf: (index: number) => RowKey,
  listTop: number,
): boolean {
  let hasMoved = false;
  let pushedPx = 0;
  for (const element of list?.children ?? []) {
    if (!(element instanceof HTMLElement)) continue;
    const index = Number(element.dataset.index);
    const before = places.heightOf(index);
    const height = element.offsetHeight;
    if (!places.measure(index, keyOf(index), height)) continue;
    hasMoved = true;
    if (listTop + places.topOf(index) + before < 0) pushedPx += height - before;
  }
  if (pushedPx !== 0) scrollBy({ top: pushedPx, behavior: 'instant' });
  return hasMoved;
}

interface Sight {
  places: RowPlaces;
  listTop: () => number;
  topPx: number;
  bottomPx: number;
}

function reveal(index: number, align: 'auto' | 'center', sight: Sight, rounds: number): void {
  const { places, listTop, topPx, bottomPx } = sight;
  const top = listTop() + places.topOf(index);
  const bottom = top + places.heightOf(index);
  const room = window.innerHeight - bottomPx;
  let by = 0;
  if (align === 'center') by = (top + bottom) / 2 - (topPx + room) / 2;
  else if (top < topPx) by = top - topPx;
  else if (bottom > room) by = bottom - room;
  if (Math.abs(by) < 1) return;
  scrollBy({ top: by, behavior: 'instant' });
  if (rounds > 0) requestAnimationFrame(() => reveal(index, align, sight, rounds - 1));
}

/** Rows grow when they are opened, which draws them and not the list. */
function useResize(place: { current: HTMLElement | null }, tell: () => void): void {
  const latest = useRef(tell);
  latest.current = tell;
  const [watched] = useState(() => new WeakSet<Element>());
  const [watcher] = useState(() => new ResizeObserver(() => latest.current()));
  useLayoutEffect(() => () => watcher.disconnect(), [watcher]);
  useLayoutEffect(() => {
    for (const element of place.current?.children ?? []) {
      if (watched.has(element)) continue;
      watched.add(element);
      watcher.observe(element);
    }
  });
}
