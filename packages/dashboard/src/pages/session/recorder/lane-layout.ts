/** Where the marks of lanes stand: one by one while they can be told apart, as bars of their number beyond that. */
import type { Level } from '@tacho/protocol';
import { ms } from '../../../format/time.ts';
import type { Timeline } from './feed.ts';
import { pxOf, type Scale } from './scale.ts';

/** A mark of an event. */
export interface EventMark {
  px: number;
  atMs: number;
  seq: number;
  level: Level;
  name: string;
  message: string;
}

/** How many things lie in a bucket. */
export interface CountBar {
  px: number;
  widthPx: number;
  count: number;
  fromMs: number;
}

/** A row of a lane. */
export interface EventRow {
  levels: readonly Level[];
  marks: readonly EventMark[];
  bars: readonly CountBar[];
  /** How many lie in view. */
  count: number;
}

/** Room that a mark needs to be told apart from the next one. */
const markPx = 8;

/** The rows of the lane of events, from the top: trouble first. */
export function eventRows(timeline: Timeline, scale: Scale): EventRow[] {
  const rows: readonly (readonly Level[])[] = [
    ['critical', 'error'],
    ['warning'],
    ['info', 'debug'],
  ];
  return rows.map((levels) => {
    const counts = new Map<number, number>();
    for (const level of levels) addCounts(counts, timeline.events[level]);
    const marks = timeline.marks
      .filter(({ level }) => levels.includes(level))
      .map((mark) => markOf(mark, scale))
      .filter(({ px }) => px >= -markPx && px <= scale.widthPx + markPx);
    return {
      levels,
      ...marksOrBars(timeline, scale, counts, marks),
      count: inView(timeline, scale, counts),
    };
  });
}

/** The lane of state changes: ticks with the paths that each change speaks of, or bars. */
export interface StateLane {
  marks: readonly { px: number; atMs: number; revision: number; paths: readonly string[] }[];
  bars: readonly CountBar[];
  count: number;
}

/** Lays out the state changes. */
export function stateLane(timeline: Timeline, scale: Scale): StateLane {
  const counts = new Map<number, number>();
  addCounts(counts, timeline.state);
  const marks = timeline.state_marks
    .map(({ revision, timestamp, paths }) => {
      const atMs = ms(timestamp);
      return { px: pxOf(atMs, scale), atMs, revision, paths };
    })
    .filter(({ px }) => px >= 0 && px <= scale.widthPx);
  return { ...marksOrBars(timeline, scale, counts, marks), count: inView(timeline, scale, counts) };
}

/** An exception in its lane; those without a label have no room for one. */
export interface ExceptionMark extends EventMark {
  label?: string;
}

/** Room between a mark and its label, and around it. */
const labelGapPx = 9;

/** Exceptions of one type that are so near are one label. */
const togetherPx = 48;

/**
 * Places exceptions and their labels, which stand left of their marks. They are given from the
 * right, where the end is; one that would run into a mark or out of sight stays silent.
 */
export function exceptionMarks(
  timeline: Timeline,
  scale: Scale,
  widthOf: (text: string) => number,
): ExceptionMark[] {
  const marks = timeline.exceptions
    .map((mark) => ({ ...markOf(mark, scale), name: mark.exception_type ?? mark.name }))
    .filter(({ px }) => px >= -markPx && px <= scale.widthPx + markPx)
    .sort((a, b) => a.px - b.px);
  const placed: ExceptionMark[] = [];
  for (let last = marks.length - 1; last >= 0; ) {
    let first = last;
    const { name } = marks[last] as EventMark;
    while (
      marks[first - 1]?.name === name &&
      (marks[first]?.px ?? 0) - (marks[first - 1]?.px ?? 0) <= togetherPx
    ) {
      first--;
    }
    const group = marks.slice(first, last + 1);
    const label = group.length > 1 ? `${name} ×${group.length}` : name;
    const right = (group[0]?.px ?? 0) - labelGapPx;
    const left = right - widthOf(label);
    const hasRoom =
      left >= 0 && left > (marks[first - 1]?.px ?? Number.NEGATIVE_INFINITY) + labelGapPx;
    placed.push(...group.slice(1).reverse(), {
      ...(group[0] as EventMark),
      ...(hasRoom && { label }),
    });
    last = first - 1;
  }
  return placed.reverse();
}

/** The height of a bar for a number of things, between 0 and 1: each further tenfold adds the same. */
export function logShare(count: number, most: number): number {
  if (count <= 0) return 0;
  return Math.min(1, Math.log10(1 + count) / Math.log10(1 + Math.max(most, 20)));
}

function marksOrBars<M extends { px: number; atMs: number }>(
  timeline: Timeline,
  scale: Scale,
  counts: ReadonlyMap<number, number>,
  marks: readonly M[],
): { marks: M[]; bars: CountBar[] } {
  const startMs = ms(timeline.from);
  const bucketPx = (timeline.bucket_ms / (scale.toMs - scale.fromMs)) * scale.widthPx;
  const isCrowded = marks.length > scale.widthPx / markPx;
  const told = new Map<number, number>();
  const bucketOf = (atMs: number): number => Math.floor((atMs - startMs) / timeline.bucket_ms);
  for (const { atMs } of marks) told.set(bucketOf(atMs), (told.get(bucketOf(atMs)) ?? 0) + 1);
  const isTold = (bucket: number): boolean =>
    !isCrowded && (told.get(bucket) ?? 0) >= (counts.get(bucket) ?? 0);
  const bars: CountBar[] = [];
  for (const [bucket, count] of counts) {
    const fromMs = startMs + bucket * timeline.bucket_ms;
    const px = pxOf(fromMs, scale);
    if (px + bucketPx < 0 || px > scale.widthPx || isTold(bucket)) continue;
    bars.push({ px, widthPx: bucketPx, count, fromMs });
  }
  return { marks: marks.filter(({ atMs }) => isTold(bucketOf(atMs))), bars };
}

function addCounts(
  counts: Map<number, number>,
  added: { bucket: readonly number[]; count: readonly number[] } | undefined,
): void {
  added?.bucket.forEach((bucket, i) => {
    counts.set(bucket, (counts.get(bucket) ?? 0) + (added.count[i] ?? 0));
  });
}

function inView(timeline: Timeline, scale: Scale, counts: ReadonlyMap<number, number>): number {
  const startMs = ms(timeline.from);
  let sum = 0;
  for (const [bucket, count] of counts) {
    const fromMs = startMs + bucket * timeline.bucket_ms;
    if (fromMs + timeline.bucket_ms > scale.fromMs && fromMs <= scale.toMs) sum += count;
  }
  return sum;
}

function markOf(mark: Timeline['marks'][number], scale: Scale): EventMark {
  const { seq, level, name, message, exception_type } = mark;
  const atMs = ms(mark.timestamp);
  return { px: pxOf(atMs, scale), atMs, seq, level, name: exception_type ?? name, message };
}
