/** Schemas of what is answered about one session's history. */
import Type from 'typebox';
import { type Level, levels } from '../event.ts';
import { changeKinds } from '../state-diff.ts';
import { eventReply } from './reply.ts';
import { oneOf } from './shapes.ts';

const time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

const count = Type.Integer({ minimum: 0 });

const object = Type.Object({});

const nextCursor = Type.Union([Type.String(), Type.Null()], {
  description: '`cursor` of the page that follows in this order; null when there is none now',
});

const previousCursor = Type.Union([Type.String(), Type.Null()], {
  description: '`cursor` of the page before; null when there is none',
});

const seq = Type.Integer({
  minimum: 0,
  description: 'Number of the event in its session, from 0 in order of arrival',
});

const revision = Type.Integer({
  minimum: 0,
  description: 'Number of a state patch, from 1 in order of arrival; 0 is the state at the start',
});

const path = Type.String({ description: 'Names joined by dots' });

/** A page of events. */
export const eventsReply = Type.Object({
  events: Type.Array(Type.Object({ seq, received_at: time, ...eventReply.properties }), {
    description: 'By time, equal times in order of arrival',
  }),
  next: nextCursor,
  previous: previousCursor,
});

/** Events counted. */
export const eventCountsReply = Type.Object({
  total: count,
  levels: Type.Object(
    Object.fromEntries(levels.map((level) => [level, count])) as Record<Level, typeof count>,
    { description: 'Events by level' },
  ),
  kinds: Type.Array(
    Type.Object({
      name: Type.String(),
      level: oneOf(levels, 'Severity'),
      exception_type: Type.Optional(Type.String({ description: 'Absent where none is named' })),
      count,
    }),
    { description: 'The most frequent first' },
  ),
  left_out: Type.Integer({ minimum: 0, description: 'Kinds beyond the limit' }),
});

/** One place of a state that changed. */
const stateChange = Type.Object({
  path,
  names: Type.Optional(
    Type.Array(Type.String(), {
      description: 'The names of the path one by one; only when one of them holds a dot itself',
    }),
  ),
  kind: oneOf(changeKinds, 'What happened to the place'),
  from: Type.Optional(Type.Unknown({ description: 'Value before; absent when added' })),
  to: Type.Optional(Type.Unknown({ description: 'Value after; absent when removed' })),
});

/** A state as it was. */
export const stateAtReply = Type.Object({
  at: Type.Union([time, Type.Null()], {
    description: 'The instant that was asked for; null when a revision was',
  }),
  revision,
  timestamp: Type.String({
    format: 'date-time',
    description: 'When that revision was made; the start of the session for revision 0',
  }),
  changed: Type.Array(path, { description: 'What that revision changed' }),
  state: object,
});

/** A page of patches. */
export const stateHistoryReply = Type.Object({
  revisions: Type.Array(
    Type.Object({
      revision,
      timestamp: time,
      received_at: time,
      patch: Type.Object({}, { description: 'JSON merge patch (RFC 7386) as it was sent' }),
      changed: Type.Array(path, {
        description: 'What it changed; with `path`, what of that it changed',
      }),
      from: Type.Optional(
        Type.Unknown({ description: 'With `path`: the value before; absent when there was none' }),
      ),
      to: Type.Optional(
        Type.Unknown({ description: 'With `path`: the value after; absent when there is none' }),
      ),
    }),
    { description: 'In order of revision' },
  ),
  next: nextCursor,
  previous: previousCursor,
});

const stateRef = Type.Object({ revision, timestamp: time });

/** What differs between two states. */
export const stateDiffReply = Type.Object({
  from: stateRef,
  to: stateRef,
  changes: Type.Array(stateChange, {
    description:
      'Objects are compared name by name, anything else is one change with its whole value',
  }),
});

/** How a session stood during an interval. */
export const timelineStatuses = [
  'responsive',
  'hung',
  'suspended',
  'silence',
  'ended',
  'crashed',
  'lost',
] as const;

/** Kinds of marks of a session's life. */
export const lifeKinds = [
  'start',
  'last_heartbeat',
  'hang',
  'recover',
  'resume',
  'crash',
  'end',
  'lost',
] as const;

const buckets = Type.Object({
  bucket: Type.Array(count, { description: 'Numbers of the buckets that hold any, ascending' }),
  count: Type.Array(count, { description: 'How many lie in each of them' }),
});

const mark = Type.Object({
  seq,
  timestamp: time,
  name: Type.String(),
  level: oneOf(levels, 'Severity'),
  message: Type.String({ description: 'Cut short after 200 characters' }),
  exception_type: Type.Optional(Type.String()),
});

/** Everything worth a mark. */
export const timelineReply = Type.Object({
  from: time,
  to: time,
  bucket_ms: Type.Number({
    description: 'Width of a bucket; bucket n begins at `from` + n × `bucket_ms`',
  }),
  buckets: count,
  status: Type.Array(
    Type.Object({ status: oneOf(timelineStatuses, 'How it stood'), from: time, to: time }),
    {
      description:
        'Intervals, each beginning where the one before ends, until now. Of heartbeats only the last one is kept, so `suspended` is known at the end alone; `silence`: it had been taken for dead and spoke again, shown as long as it must have been at least',
    },
  ),
  life: Type.Array(
    Type.Object({
      kind: oneOf(lifeKinds, 'What happened'),
      timestamp: time,
      seq: Type.Optional(seq),
    }),
    { description: 'Start, hangs, recoveries and end, in order of time' },
  ),
  events: Type.Object(Object.fromEntries(levels.map((level) => [level, buckets])), {
    description: 'Events by level',
  }),
  marks: Type.Array(mark, {
    description: 'The events themselves where a bucket holds few of a level, severest levels first',
  }),
  exceptions: Type.Array(mark, { description: 'The latest exceptions, in order of time' }),
  more_exceptions: Type.Boolean({ description: 'Whether there are earlier ones' }),
  state: buckets,
  state_marks: Type.Array(
    Type.Object({
      revision,
      timestamp: time,
      paths: Type.Array(path, { description: 'What the patch speaks of; at most 20' }),
    }),
    { description: 'The patches themselves where a bucket holds few' },
  ),
});

/** Why a metric is not ranked. */
export const moverSkips = ['few_samples_before', 'few_samples_in_window', 'no_numbers'] as const;

const seriesRef = Type.Object({
  name: Type.String(),
  type: Type.String(),
  unit: Type.String(),
  tags: Type.Array(Type.String()),
});

/** Metrics by how much they moved. */
export const moversReply = Type.Object({
  from: Type.String({ format: 'date-time', description: 'Where the window begins' }),
  to: Type.String({ format: 'date-time', description: 'Where it ends' }),
  movers: Type.Array(
    Type.Object({
      ...seriesRef.properties,
      rate: Type.Boolean({ description: 'Whether the values are growth per second (counters)' }),
      score: Type.Number({
        minimum: 0,
        description:
          'Distance of the two medians in spreads: a modified z-score (Iglewicz and Hoaglin, 1993). From 3.5 on a move is called one; a series that is constant has 0, and none has more than 200',
      }),
      direction: oneOf(['up', 'down', 'flat'], 'Where it moved to'),
      before: Type.Number({ description: 'Median of the rest of the run' }),
      after: Type.Number({ description: 'Median of the window' }),
      spread: Type.Number({
        description:
          'The larger of 1.4826 × the median absolute deviation and the interquartile range / 1.349 of the rest of the run, at least 1 % of the larger median',
      }),
    }),
    { description: 'Those that moved most first' },
  ),
  series: Type.Integer({ minimum: 0, description: 'Series that were looked at' }),
  left_out: Type.Integer({ minimum: 0, description: 'Series that were too many to look at' }),
  skipped: Type.Object(Object.fromEntries(moverSkips.map((skip) => [skip, count])), {
    description: 'Series that could not be ranked, by reason',
  }),
});

/** Kinds of steps of an ending. */
export const momentKinds = [
  'state',
  'trend',
  'heartbeat',
  'hang',
  'recovery',
  'exception',
  'death',
] as const;

/** The steps of an ending. */
export const momentsReply = Type.Object({
  moments: Type.Array(
    Type.Object({
      kind: oneOf(momentKinds, 'What it is'),
      timestamp: time,
      title: Type.String({ description: 'One sentence without a full stop' }),
      detail: Type.String({ description: 'More of it; may be empty' }),
      path: Type.Optional(path),
      revision: Type.Optional(revision),
      seq: Type.Optional(seq),
      series: Type.Optional(seriesRef),
    }),
    { description: 'In order of time; at most one of each kind' },
  ),
  cause: Type.Union([Type.String(), Type.Null()], {
    description: 'How it came to its end, in a sentence; null while it is active',
  }),
});
