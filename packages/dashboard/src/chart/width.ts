/** How wide a place is, for drawings that fill it. */
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/**
 * A place to put `ref` on, and its width in pixels; 0 until it is known. One that is `given` is not
 * measured, which would cost a layout of the page.
 */
export function useWidth<T extends HTMLElement>(
  given?: number,
): [ref: RefObject<T | null>, widthPx: number] {
  const place = useRef<T>(null);
  const [widthPx, setWidth] = useState(0);
  useLayoutEffect(() => {
    const element = place.current;
    if (element === null || given !== undefined) return undefined;
    const measure = (): void => setWidth(Math.floor(element.clientWidth));
    measure();
    const watcher = new ResizeObserver(measure);
    watcher.observe(element);
    return () => watcher.disconnect();
  }, [given === undefined]);
  return [place, given ?? widthPx];
}
