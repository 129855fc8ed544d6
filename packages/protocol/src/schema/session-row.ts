/** Schemas of sessions in lists, and of what is counted over them. */
import Type, { type TSchema } from 'typebox';
import { causeKinds } from '../cause.ts';
import { limits } from '../limits.ts';
import { outcomes } from '../outcome.ts';
import { lifecycles, livenesses } from '../session.ts';
import { causeFacts } from './cause.ts';
import { oneOf, uuid } from './shapes.ts';

/** An instant in a reply. */
export const instantReply = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

/** A number of things. */
export function countReply(description: string) {
  return Type.Integer({ minimum: 0, description });
}

/** A value that may be missing, and is null then. */
export function orNull<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

const bucketCounts = (description: string) =>
  Type.Array(Type.Number({ minimum: 0 }), {
    minItems: limits.profileBuckets,
    maxItems: limits.profileBuckets,
    description,
  });

/** When in its life a session did how much. */
const profileReply = Type.Object(
  {
    from: instantReply,
    bucket_ms: Type.Number({ exclusiveMinimum: 0, description: 'Width of a bucket' }),
    entries: bucketCounts('Patches, events and samples'),
    errors: bucketCounts('Events of level error or critical'),
    hangs: bucketCounts('Reports of a hang'),
  },
  {
    title: 'Profile',
    description: 'Activity from the start to the end, or to the last sign of life, in equal steps',
  },
);

/** Why a session ended. */
export const causeReply = Type.Object(
  {
    kind: oneOf(causeKinds, 'Kind of cause'),
    sentence: Type.String({ description: 'For people, without a full stop' }),
    ...causeFacts,
  },
  { description: 'Why it ended; null while it is active' },
);

/** The last error that carries an exception. */
const exceptionFactReply = Type.Object(
  { type: Type.String(), message: Type.String(), at: instantReply },
  { description: 'The last error with an exception; absent when there is none' },
);

/** A session in a list. */
export const sessionRowReply = Type.Object(
  {
    id: uuid,
    product: Type.String(),
    version: Type.String(),
    machine_id: Type.Optional(Type.String()),
    hostname: Type.Optional(Type.String()),
    created_at: instantReply,
    updated_at: instantReply,
    ended_at: orNull(instantReply),
    last_heartbeat: orNull(instantReply),
    duration_ms: Type.Number({
      minimum: 0,
      description:
        'From its start to its end; to the last sign of life when lost, to now when active',
    }),
    lifecycle: oneOf(lifecycles, 'How its run stands'),
    liveness: orNull(oneOf(livenesses, 'How an active session is doing; null after its end')),
    active: Type.Boolean(),
    suspended: Type.Boolean(),
    crashed: Type.Boolean(),
    hung: Type.Boolean({ description: 'Whether it hangs now, or did at its end' }),
    hangs: countReply('Hangs, those that it recovered from included'),
    hung_ms: Type.Number({ minimum: 0, description: 'How long it hung altogether' }),
    outcome: oneOf(outcomes, 'Class of release health'),
    cause: orNull(causeReply),
    reason: orNull(Type.String({ description: 'Why it crashed or was lost, as reported' })),
    events: countReply('Events recorded'),
    errors: countReply('Events of level error or critical'),
    patches: countReply('Updates of the state'),
    samples: countReply('Samples of metrics'),
    exception: Type.Optional(exceptionFactReply),
    clock_skew_ms: Type.Optional(
      Type.Number({ description: 'How far the clock of the sender is ahead of the server’s' }),
    ),
    profile: Type.Optional(profileReply),
  },
  { title: 'SessionRow', description: 'A session without its history' },
);

/** Sessions by class. */
export const outcomeCounts = {
  healthy: countReply('Neither of the other classes'),
  errored: countReply('Recorded an error or recovered from a hang, and ended well or runs'),
  abnormal: countReply('Lost, or hung and not recovered'),
  crashed: countReply('Crashed, as reported or concluded'),
};

/** Sessions counted. */
export const totalsReply = Type.Object(
  {
    sessions: countReply('All that the filter lets through'),
    active: countReply('Not ended'),
    suspended: countReply('Active and without a heartbeat for too long'),
    hung: countReply('Hung at least once'),
    ...outcomeCounts,
  },
  {
    title: 'Totals',
    description: 'Counts over all pages; each session is in one of the four classes',
  },
);
