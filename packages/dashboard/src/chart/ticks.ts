/** Ticks: round values and times for the edges of a plot, few enough to be read. */
import { unitOf } from '@tacho/protocol';
import { reading } from '../format/number.ts';
import { clock, dayOf, hourMinute } from '../format/time.ts';

/** A labelled place on an axis. */
export interface Tick {
  value: number;
  text: string;
}

const second = 1_000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Steps of time that people count in, in milliseconds. */
const timeSteps = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * second),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * minute),
  ...[1, 2, 3, 6, 12].map((n) => n * hour),
  ...[1, 2, 7, 14, 28, 91, 182, 364].map((n) => n * day),
];

/** Room that the label of a time takes, in pixels. */
const timeLabelPx = 88;

/**
 * Round local times between two times, for a width in pixels. Days are marked as days, everything
 * else as a time of day with as many digits as the step has.
 */
export function timeTicks(fromMs: number, toMs: number, widthPx: number): Tick[] {
  const wanted = Math.max(1, Math.floor(widthPx / timeLabelPx));
  const step = timeSteps.find((each) => (toMs - fromMs) / each <= wanted) ?? 364 * day;
  const ticks: Tick[] = [];
  // Local midnight is round; a change of the clocks in between moves what follows by an hour at most.
  const zoneMs = new Date(fromMs).getTimezoneOffset() * minute;
  for (let at = Math.ceil((fromMs - zoneMs) / step) * step + zoneMs; at <= toMs; at += step) {
    ticks.push({ value: at, text: timeText(at, step) });
  }
  return ticks;
}

/** Round distances from 0, signed, in milliseconds: for runs that are laid over each other. */
export function offsetTicks(fromMs: number, toMs: number, widthPx: number): Tick[] {
  const wanted = Math.max(1, Math.floor(widthPx / timeLabelPx));
  const step = timeSteps.find((each) => (toMs - fromMs) / each <= wanted) ?? 364 * day;
  const ticks: Tick[] = [];
  for (let at = Math.ceil(fromMs / step) * step; at <= toMs; at += step) {
    ticks.push({ value: at, text: offsetText(at) });
  }
  return ticks;
}

/** The edges of a plot that holds all these values, rounded so that ticks fit: `[low, high]`. */
export function valueRange(least: number, greatest: number): [number, number] {
  if (!Number.isFinite(least) || !Number.isFinite(greatest)) return [0, 1];
  if (least === greatest) {
    const half = Math.abs(least) / 2 || 1;
    return least >= 0 && least - half < 0 ? [0, least + half] : [least - half, greatest + half];
  }
  const span = greatest - least;
  // Where zero is near it belongs into the picture; far away it would flatten everything.
  const low = least >= 0 && least < span ? 0 : least - span * 0.08;
  return [low, greatest + (greatest - low) * 0.08];
}

/** So close to the lower edge a value has no room for its label. */
const edgeShare = 0.02;

/** Round values between two values, at most so many, with their units as people read them. */
export function valueTicks(
  low: number,
  high: number,
  name: string,
  unit: string,
  most = 3,
): Tick[] {
  const known = unitOf(name, unit);
  const factor = known?.factor ?? 1;
  const isBinary = known?.dimension === 'data' || known?.dimension === 'data rate';
  const greatest = Math.max(Math.abs(low), Math.abs(high)) * factor;
  const prefix = isBinary ? 1024 ** Math.max(0, Math.floor(Math.log2(greatest) / 10)) : 1;
  const step =
    (valueStep((low * factor) / prefix, (high * factor) / prefix, most) * prefix) / factor;
  const ticks: Tick[] = [];
  for (let n = Math.ceil(low / step); n * step <= high && ticks.length <= most; n++) {
    const value = n * step;
    if (value > low + (high - low) * edgeShare)
      ticks.push({ value, text: reading(value, name, unit) });
  }
  return ticks;
}

/** The least round step of which at most so many multiples lie between two values. */
function valueStep(low: number, high: number, most: number): number {
  const span = high - low;
  if (!(span > 0) || !Number.isFinite(span)) return 1;
  const power = 10 ** Math.floor(Math.log10(span / most) - 1);
  const steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000].map((digits) => digits * power);
  const first = low + span * edgeShare;
  const multiples = (step: number): number => Math.floor(high / step) - Math.ceil(first / step) + 1;
  return steps.find((step) => multiples(step) <= most) ?? span;
}

function timeText(atMs: number, step: number): string {
  const isMidnight = new Date(atMs).setHours(0, 0, 0, 0) === atMs;
  if (step >= day || (isMidnight && step >= minute)) return dayOf(atMs);
  if (step >= minute) return hourMinute(atMs);
  return clock(atMs, step >= second ? 0 : step >= 100 ? 1 : 3);
}

function offsetText(atMs: number): string {
  if (atMs === 0) return '0';
  const sign = atMs < 0 ? '−' : '+';
  const length = Math.abs(atMs);
  if (length < second) return `${sign}${length} ms`;
  if (length < minute) return `${sign}${length / second} s`;
  const two = (n: number): string => String(n).padStart(2, '0');
  if (length < hour) {
    return `${sign}${Math.floor(length / minute)}:${two(Math.round((length % minute) / second))}`;
  }
  if (length < day) {
    return `${sign}${Math.floor(length / hour)} h ${two(Math.round((length % hour) / minute))}`;
  }
  return `${sign}${Math.floor(length / day)} d ${Math.round((length % day) / hour)} h`;
}
