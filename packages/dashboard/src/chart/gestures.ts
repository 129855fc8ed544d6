/** Hands on a picture of time: the pointer moves the cursor, drags zoom, wheels and fingers do as everywhere. */

import { signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/** What gestures act on; times in milliseconds. */
export interface GestureTarget {
  /** What is in view. */
  view(): readonly [fromMs: number, toMs: number];
  /** How far the view may reach. */
  limits(): readonly [fromMs: number, toMs: number];
  /** Part of the element in which the time axis runs, in pixels from its left edge; all of it when absent. */
  plot?(): readonly [leftPx: number, rightPx: number];
  /** The view was dragged, wheeled or pinched; `step` when a gesture is complete. */
  onView(fromMs: number, toMs: number, step: boolean): void;
  /** The pointer is there; undefined when it left. */
  onCursor(atMs: number | undefined): void;
  /** Somebody clicked there, or a finger was put down. */
  onPin(atMs: number): void;
  /** Double click. */
  onReset(): void;
}

/** What is being dragged, as pixels from the left edge of the plot: draw a brush there. */
export const brush = signal<{ target: Element; fromPx: number; toPx: number } | undefined>(
  undefined,
);

/** Movement below it is a click, in pixels. */
const clickPx = 4;

/** The narrowest view, in milliseconds. */
const viewMsMin = 20;

/** Zoom per wheel step of 100. */
const wheelZoom = 1.25;

/** Lets hands act on the element. */
export function useGestures(element: RefObject<HTMLElement | null>, target: GestureTarget): void {
  const latest = useRef(target);
  latest.current = target;
  useEffect(() => {
    const place = element.current;
    return place === null ? undefined : listenTo(place, latest);
  }, [element]);
}

interface Drag {
  id: number;
  startPx: number;
  view: readonly [number, number];
  isPan: boolean;
  hasMoved: boolean;
}

function listenTo(place: HTMLElement, latest: { current: GestureTarget }): () => void {
  const fingers = new Map<number, number>();
  let drag: Drag | undefined;
  let pinch: { view: readonly [number, number]; fromPx: number; toPx: number } | undefined;

  const edges = (): readonly [number, number] => latest.current.plot?.() ?? [0, place.clientWidth];
  const pxOf = (event: { clientX: number }): number =>
    event.clientX - place.getBoundingClientRect().left - edges()[0];
  const widthPx = (): number => Math.max(1, edges()[1] - edges()[0]);
  const timeAt = (px: number, [from, to] = latest.current.view()): number =>
    from + (px / widthPx()) * (to - from);
  const isInside = (px: number): boolean => px >= 0 && px <= widthPx();
  const show = (fromMs: number, toMs: number, step: boolean): void => {
    const [least, most] = latest.current.limits();
    const length = Math.min(Math.max(toMs - fromMs, viewMsMin), most - least);
    const middle = (fromMs + toMs) / 2;
    const from = Math.min(Math.max(middle - length / 2, least), most - length);
    latest.current.onView(from, from + length, step);
  };

  const down = (event: PointerEvent): void => {
    const px = pxOf(event);
    if (event.button !== 0 || !isInside(px) || isControl(event.target)) return;
    if (event.pointerType === 'touch') {
      fingers.set(event.pointerId, px);
      if (fingers.size === 2) {
        const [a = 0, b = 0] = [...fingers.values()];
        pinch = { view: latest.current.view(), fromPx: Math.min(a, b), toPx: Math.max(a, b) };
      } else latest.current.onPin(timeAt(px));
      return;
    }
    place.setPointerCapture(event.pointerId);
    const view = latest.current.view();
    drag = { id: event.pointerId, startPx: px, view, isPan: event.shiftKey, hasMoved: false };
  };
  const move = (event: PointerEvent): void => {
    const px = pxOf(event);
    if (event.pointerType === 'touch') {
      moveFinger(event.pointerId, px);
      return;
    }
    if (drag === undefined) {
      latest.current.onCursor(isInside(px) ? timeAt(px) : undefined);
      return;
    }
    if (Math.abs(px - drag.startPx) >= clickPx) drag.hasMoved = true;
    if (!drag.hasMoved) return;
    if (drag.isPan) {
      const shift = timeAt(drag.startPx, drag.view) - timeAt(px, drag.view);
      show(drag.view[0] + shift, drag.view[1] + shift, false);
    } else {
      const end = Math.min(Math.max(px, 0), widthPx());
      brush.value = {
        target: place,
        fromPx: Math.min(drag.startPx, end),
        toPx: Math.max(drag.startPx, end),
      };
    }
  };
  const moveFinger = (id: number, px: number): void => {
    if (!fingers.has(id)) return;
    fingers.set(id, px);
    if (pinch === undefined) {
      latest.current.onPin(timeAt(px));
      return;
    }
    const [a = 0, b = 0] = [...fingers.values()];
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    const scale = (pinch.toPx - pinch.fromPx) / Math.max(8, high - low);
    const [from, to] = pinch.view;
    const anchor = timeAt((pinch.fromPx + pinch.toPx) / 2, pinch.view);
    const length = (to - from) * scale;
    const left = anchor - ((low + high) / 2 / widthPx()) * length;
    show(left, left + length, false);
  };
  const up = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    if (fingers.size < 2) pinch = undefined;
    if (drag?.id !== event.pointerId) return;
    const { startPx, view, isPan, hasMoved } = drag;
    const dragged = brush.peek();
    drag = undefined;
    brush.value = undefined;
    if (!hasMoved) latest.current.onPin(timeAt(startPx, view));
    else if (isPan) show(...latest.current.view(), true);
    else if (dragged) show(timeAt(dragged.fromPx, view), timeAt(dragged.toPx, view), true);
  };
  const cancel = (event: PointerEvent): void => {
    fingers.delete(event.pointerId);
    pinch = undefined;
    drag = undefined;
    brush.value = undefined;
  };
  const wheel = (event: WheelEvent): void => {
    const px = pxOf(event);
    if (!isInside(px) || event.ctrlKey) return;
    const [from, to] = latest.current.view();
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const shift = (event.deltaX / widthPx()) * (to - from);
      show(from + shift, to + shift, false);
    } else {
      const scale = wheelZoom ** (event.deltaY / 100);
      const at = timeAt(px);
      show(at - (at - from) * scale, at + (to - at) * scale, false);
    }
    event.preventDefault();
  };
  const leave = (): void => {
    if (drag === undefined) latest.current.onCursor(undefined);
  };
  const reset = (event: MouseEvent): void => {
    if (isInside(pxOf(event)) && !isControl(event.target)) latest.current.onReset();
  };

  const off = new AbortController();
  const until = { signal: off.signal };
  place.addEventListener('pointerdown', down, until);
  place.addEventListener('pointermove', move, until);
  place.addEventListener('pointerup', up, until);
  place.addEventListener('pointercancel', cancel, until);
  place.addEventListener('pointerleave', leave, until);
  place.addEventListener('wheel', wheel, { ...until, passive: false });
  place.addEventListener('dblclick', reset, until);
  return () => off.abort();
}

/** Whether a press is for something that has a use of its own for it. */
function isControl(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('button, a, input, select, [data-own-pointer]') !== null
  );
}
