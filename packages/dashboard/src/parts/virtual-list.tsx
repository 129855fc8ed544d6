/** Any number of rows with the DOM of one screen; the page itself scrolls. */
import {
  observeWindowOffset,
  observeWindowRect,
  Virtualizer,
  windowScroll,
} from '@tanstack/virtual-core';
import type { ComponentChildren, HTMLAttributes } from 'preact';
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from 'preact/hooks';

/** What the owner of a list can do with it. */
export interface VirtualListHandle {
  /** Brings a row into sight, if it is not; `center` puts it in the middle in any case. */
  reveal(index: number, align?: 'auto' | 'center'): void;
}

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
  keyOf: (index: number) => string | number;
  row: (index: number) => ComponentChildren;
  /** Told which rows are in sight, `[first, last]`, when that changes: to load what is missing. */
  onSeen?: (first: number, last: number) => void;
  handle?: { current: VirtualListHandle | null };
  /** Height of what sticks to the top and to the bottom of the page, over the rows. */
  topPx?: number;
  bottomPx?: number;
} & Omit<HTMLAttributes<HTMLDivElement>, 'onScroll' | 'ref'>) {
  const place = useRef<HTMLDivElement>(null);
  const [marginPx, setMarginPx] = useState(0);
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const options = {
    count,
    estimateSize: () => rowHeight,
    getItemKey: keyOf,
    overscan: 12,
    scrollMargin: marginPx,
    scrollPaddingStart: topPx,
    scrollPaddingEnd: bottomPx,
    getScrollElement: () => window,
    observeElementRect: observeWindowRect,
    observeElementOffset: observeWindowOffset,
    scrollToFn: windowScroll,
    initialOffset: () => window.scrollY,
    onChange: redraw as () => void,
  };
  const [list] = useState(() => new Virtualizer<Window, HTMLDivElement>(options));
  list.setOptions(options);

  useEffect(() => list._didMount(), [list]);
  useLayoutEffect(() => list._willUpdate());
  useLayoutEffect(() => {
    const top = place.current?.getBoundingClientRect().top;
    if (top !== undefined) {
      const margin = Math.round(top + window.scrollY);
      if (Math.abs(margin - marginPx) > 1) setMarginPx(margin);
    }
  });
  if (handle !== undefined) {
    handle.current = {
      reveal: (index, align = 'auto') => list.scrollToIndex(index, { align }),
    };
  }

  const items = list.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onSeen?.(first, last), [first, last, count]);

  return (
    <div {...rest} ref={place} style={{ position: 'relative', height: `${list.getTotalSize()}px` }}>
      {items.map((item) => (
        <div
          key={item.key}
          data-index={item.index}
          ref={(element) => {
            if (element !== null) list.measureElement(element);
          }}
          role="presentation"
          style={{
            position: 'absolute',
            insetInline: '0',
            top: '0',
            transform: `translateY(${item.start - marginPx}px)`,
          }}
        >
          {row(item.index)}
        </div>
      ))}
    </div>
  );
}
