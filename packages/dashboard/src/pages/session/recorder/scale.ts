/** The axis of time as pixels: where an instant stands, what lies under a pixel, steps and zooms that feel right. */

/** A stretch of time and the pixels that it takes. */
export interface Scale {
  fromMs: number;
  toMs: number;
  widthPx: number;
}

/** Pixels that the left arrow key moves the cursor by, before rounding to a step that people count in. */
const stepPx = 4;

/** Where an instant stands, in pixels from the left edge. */
export function pxOf(atMs: number, { fromMs, toMs, widthPx }: Scale): number {
  return ((atMs - fromMs) / (toMs - fromMs)) * widthPx;
}

/** The instant at so many pixels from the left edge. */
export function msAt(px: number, { fromMs, toMs, widthPx }: Scale): number {
  return fromMs + (px / Math.max(1, widthPx)) * (toMs - fromMs);
}

/** What one press of an arrow key moves the cursor by: 1, 2 or 5 of a power of ten, in milliseconds. */
export function cursorStepMs(scale: Scale): number {
  const wanted = ((scale.toMs - scale.fromMs) / Math.max(1, scale.widthPx)) * stepPx;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const digit = [1, 2, 5, 10].find((each) => each * power >= wanted * 0.999) ?? 10;
  return digit * power;
}

/** The stretch that shows `factor` times as much, with one instant staying where it is. */
export function zoomed(scale: Scale, atMs: number, factor: number): [fromMs: number, toMs: number] {
  const anchor = Math.min(Math.max(atMs, scale.fromMs), scale.toMs);
  return [anchor - (anchor - scale.fromMs) * factor, anchor + (scale.toMs - anchor) * factor];
}

/** Digits of a second that a pixel of the scale can tell apart. */
export function secondDigits({ fromMs, toMs, widthPx }: Scale): number {
  const msPerPx = (toMs - fromMs) / Math.max(1, widthPx);
  if (msPerPx < 10) return 3;
  return msPerPx < 1_000 ? 1 : 0;
}

/** The nearest of some ascending times when it is so near that a hand means it; else the time itself. */
export function snapped(atMs: number, times: readonly number[], scale: Scale, nearPx = 4): number {
  const right = firstAfter(times, atMs);
  const near = [times[right - 1], times[right]].filter((time) => time !== undefined);
  const best = near.sort((a, b) => Math.abs(a - atMs) - Math.abs(b - atMs))[0];
  if (best === undefined) return atMs;
  return Math.abs(pxOf(best, scale) - pxOf(atMs, scale)) <= nearPx ? best : atMs;
}

/** Place of the first of some ascending times that is later; their number when none is. */
export function firstAfter(times: readonly number[], atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) <= atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
