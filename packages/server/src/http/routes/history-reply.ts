/** One session's history as JSON. */
import {
  formatTime,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type Level,
  levels,
  parseJson,
  type SeriesKey,
  type StateChange,
} from '@tacho/protocol';
import type { Moments } from '../../query/moments.ts';
import type { Movers } from '../../query/movers.ts';
import type { Timeline } from '../../query/timeline.ts';
import type {
  BucketCounts,
  EventCount,
  EventRow,
  PatchChange,
  PatchRow,
} from '../../store/store.ts';

/** Characters of a message that a mark shows. */
const markLength = 200;

/** Paths that a mark of a patch names. */
const markPaths = 20;

/** Names as a dotted path. */
export function pathOf(names: readonly string[]): string {
  return names.join('.');
}

/** An event of a list. */
export function eventRow({ seq, atUs, receivedUs, event }: EventRow): JsonObject {
  const times = { timestamp: formatTime(atUs), received_at: formatTime(receivedUs) };
  return { seq, ...times, ...(event as unknown as JsonObject) };
}

/** A change of a state. */
export function changeRow({ names, kind, from, to }: StateChange): JsonObject {
  return {
    path: pathOf(names),
    ...(names.some((name) => name.includes('.')) && { names }),
    kind,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
  };
}

/** A patch of a list. */
export function patchRow(row: PatchChange): JsonObject {
  const { revision, atUs, receivedUs, patch, changes, before, after } = row;
  return {
    ...{ revision, timestamp: formatTime(atUs), received_at: formatTime(receivedUs) },
    patch: parseJson(patch),
    changed: changes.map(({ names }) => pathOf(names)),
    ...(before !== undefined && { from: before }),
    ...(after !== undefined && { to: after }),
  };
}

/** Events counted; of the kinds, the first ones. */
export function eventCountsReply(counts: readonly EventCount[], limit: number): JsonObject {
  const byLevel = Object.fromEntries(levels.map((level) => [level, 0])) as Record<Level, number>;
  for (const { level, count } of counts) byLevel[level] += count;
  return {
    total: counts.reduce((sum, { count }) => sum + count, 0),
    levels: byLevel,
    kinds: counts.slice(0, limit).map(({ name, level, exceptionType, count }) => ({
      ...{ name, level },
      ...(exceptionType !== undefined && { exception_type: exceptionType }),
      count,
    })),
    left_out: Math.max(0, counts.length - limit),
  };
}

/** A timeline. */
export function timelineReply(timeline: Timeline): JsonObject {
  const { fromUs, toUs, widthUs, buckets, status, life, counts, exceptions } = timeline;
  return {
    from: formatTime(fromUs),
    to: formatTime(toUs),
    bucket_ms: widthUs / 1000,
    buckets,
    status: status.map((interval) => ({
      status: interval.status,
      from: formatTime(interval.fromUs),
      to: formatTime(interval.toUs),
    })),
    life: life.map(({ kind, atUs, seq }) => ({
      ...{ kind, timestamp: formatTime(atUs) },
      ...(seq !== undefined && { seq }),
    })),
    events: Object.fromEntries(levels.map((level) => [level, bucketRow(counts.levels[level])])),
    marks: counts.marks.map(markRow),
    exceptions: exceptions.map(markRow),
    more_exceptions: timeline.hasMoreExceptions,
    state: bucketRow(counts.patches),
    state_marks: counts.patchMarks.map(patchMark),
  };
}

/** Metrics that moved within a window. */
export function moversReply(
  window: { fromUs: number; toUs: number },
  { movers, series, leftOut, skipped }: Movers,
): JsonObject {
  return {
    from: formatTime(Math.max(0, window.fromUs)),
    to: formatTime(window.toUs),
    movers: movers.map(({ key, isRate, score, direction, before, after, spread }) => ({
      ...seriesRow(key),
      ...{ rate: isRate, score, direction, before, after, spread },
    })),
    series,
    left_out: leftOut,
    skipped: { ...skipped },
  };
}

/** The steps of an ending. */
export function momentsReply({ steps, cause }: Moments): JsonObject {
  const moments = steps.map(({ atUs, kind, title, detail, path, revision, seq, series }) => ({
    ...{ kind, timestamp: formatTime(atUs), title, detail },
    ...(path !== undefined && { path }),
    ...(revision !== undefined && { revision }),
    ...(seq !== undefined && { seq }),
    ...(series && { series: seriesRow(series) }),
  }));
  return { moments, cause };
}

function seriesRow({ name, type, unit, tags }: SeriesKey): JsonObject {
  return { name, type, unit, tags: [...tags] };
}

function bucketRow({ bucket, count }: BucketCounts): JsonObject {
  return { bucket: [...bucket], count: [...count] };
}

function markRow({ seq, atUs, event }: EventRow): JsonObject {
  const { name, level, message, exception_type } = event;
  return {
    ...{ seq, timestamp: formatTime(atUs), name, level },
    message: message.length > markLength ? `${message.slice(0, markLength)}…` : message,
    ...(exception_type !== undefined && { exception_type }),
  };
}

function patchMark({ revision, atUs, patch }: PatchRow): JsonObject {
  const paths: string[] = [];
  collectPaths(parseJson(patch), '', paths);
  return { revision, timestamp: formatTime(atUs), paths };
}

function collectPaths(value: JsonValue, at: string, paths: string[]): void {
  if (paths.length >= markPaths) return;
  if (!isJsonObject(value)) {
    paths.push(at);
    return;
  }
  for (const [name, inner] of Object.entries(value)) {
    collectPaths(inner, at === '' ? name : `${at}.${name}`, paths);
  }
}
