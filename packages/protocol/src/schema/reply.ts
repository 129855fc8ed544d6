/** Schemas of what the server answers. */
import Type, { type Static } from 'typebox';
import { levels } from '../event.ts';
import { metricTypes } from '../series.ts';
import { causeReply } from './session-row.ts';
import * as shape from './shapes.ts';

/** An instant in a reply. */
const time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

const maybeTime = Type.Union([time, Type.Null()]);

const object = Type.Object({});

function whole(description: string) {
  return Type.Integer({ minimum: 0, description });
}

const countsByCode = Type.Record(Type.String(), Type.Integer({ minimum: 1 }), {
  description: 'By error code',
});

/** Schema of every reply that is not a success. */
export const errorReply = Type.Object(
  {
    error: Type.String({ description: 'Short text' }),
    details: Type.String({ description: 'What is wrong, and what was expected' }),
    code: shape.errorCode,
  },
  { title: 'Error', description: 'An error; some codes add fields of their own' },
);

/** Schema of an item that was refused. */
export const rejection = Type.Object(
  {
    index: Type.Integer({ minimum: 0, description: 'Position among the items sent' }),
    ...errorReply.properties,
  },
  { title: 'Rejection', description: 'An item that was refused' },
);

/** Schema of the reply to a write of one thing. */
export const successReply = Type.Object(
  { success: Type.Literal(true) },
  { title: 'Success', additionalProperties: false, description: 'It is durable' },
);

/** Schema of the reply to a write of many things. */
export const batchReply = Type.Object(
  {
    success: Type.Literal(true),
    accepted: Type.Integer({ minimum: 0, description: 'Number of items stored' }),
    rejected: Type.Optional(
      Type.Array(rejection, { description: 'Items that were refused; absent when none was' }),
    ),
  },
  { title: 'BatchSuccess', description: 'All that was accepted is durable' },
);

/** Schema of what is told of a session to those who may not read it. */
export const idsReply = Type.Object({
  id: Type.String({ format: 'uuid' }),
  session_id: Type.String({ format: 'uuid', description: 'The same as `id`' }),
});

/** Schema of the state after one update. */
export const snapshot = Type.Object(
  { timestamp: time, state: object },
  { title: 'StateSnapshot', description: 'The whole state after one update' },
);

/** Schema of an event as it is returned. */
export const eventReply = Type.Object(
  {
    timestamp: time,
    name: Type.String({ description: 'What happened' }),
    level: shape.oneOf(levels, 'Severity'),
    category: Type.String({ description: 'As sent; the level when nothing was sent' }),
    group: Type.String({ description: 'Logger or component' }),
    labels: Type.Union([Type.Array(Type.String()), Type.Null()]),
    message: Type.String({ description: 'A sentence for people' }),
    data: Type.Union([object, Type.Null()], { description: 'Facts about it' }),
    stacktrace: Type.Optional(Type.Array(Type.String(), { description: 'Lines of the stack' })),
    exception_type: Type.Optional(Type.String()),
    exception_msg: Type.Optional(Type.String()),
    source_file: Type.Optional(Type.String()),
    source_function: Type.Optional(Type.String()),
    source_line: Type.Optional(Type.Integer()),
  },
  { title: 'Event', description: 'One event; what says nothing of an exception is left out' },
);

/** Schema of a metric as it is returned; what is empty is left out. */
export const metricReply = Type.Object(
  {
    timestamp: time,
    name: Type.String({ description: 'Name of the metric' }),
    type: shape.oneOf(metricTypes, 'Type of the metric'),
    value: shape.sampleValue,
    count: Type.Optional(Type.Integer({ description: 'Things measured in one go (timers)' })),
    unit: Type.Optional(Type.String()),
    tags: Type.Optional(Type.Array(Type.String())),
    metadata: Type.Optional(object),
  },
  { title: 'Sample', description: 'One sample; what is empty is left out' },
);

/** Schema of a whole session. */
export const sessionReply = Type.Object(
  {
    id: shape.uuid,
    session_id: Type.Optional(Type.String({ description: 'The id again, when it was created' })),
    created_at: time,
    updated_at: Type.String({
      format: 'date-time',
      description: 'Last time that it was written to',
    }),
    ended_at: Type.Union([time, Type.Null()], { description: 'null while it runs' }),
    last_heartbeat: Type.Optional(maybeTime),
    active: Type.Boolean({ description: 'It has neither ended nor crashed nor been lost' }),
    suspended: Type.Boolean({ description: 'Its heartbeats stopped a while ago' }),
    crashed: Type.Boolean({ description: 'It crashed, reported or concluded' }),
    hung: Type.Boolean({ description: 'It hangs, or hung when it ended' }),
    machine_id: Type.Optional(Type.String()),
    hostname: Type.Optional(Type.String()),
    state: Type.Object({}, { description: 'As it is now, or was at the end' }),
    state_history: Type.Array(snapshot, { description: 'One per update' }),
    events: Type.Array(eventReply, { description: 'In the order of their times' }),
    metrics: Type.Array(metricReply, { description: 'In the order of their times' }),
    cause: Type.Union([causeReply, Type.Null()], {
      description: 'Why it ended; null while it is active',
    }),
  },
  { title: 'WholeSession', description: 'A session with all that it recorded' },
);

/** Schema of the reply of `/health`; status 503 when the store refuses writes. */
export const healthReply = Type.Object(
  {
    status: shape.oneOf(['healthy', 'unhealthy'], 'Whether writes are accepted'),
    service: Type.String({ description: 'Always `tacho`' }),
    version: Type.String({ description: 'Of the server' }),
    uptime_seconds: whole('Since the server started'),
    store: Type.Object({
      writable: Type.Boolean({ description: 'False while the store refuses writes' }),
      problem: Type.Optional(Type.String({ description: 'Why it does' })),
      diskFreeBytes: Type.Optional(whole('Free space where the data lives')),
      queuedEntries: whole('Accepted and not yet durable'),
      queuedBytes: Type.Optional(whole('The same, roughly in bytes')),
      unsealedSamples: whole('Durable, and still in the journal'),
      quarantined: whole('Damaged pieces set aside'),
      fileBytes: Type.Optional(
        Type.Object({
          database: Type.Optional(whole('What is recorded')),
          journal: Type.Optional(whole("The database's write-ahead log")),
          index: Type.Optional(whole('What is derived, to answer questions')),
        }),
      ),
    }),
    counters: Type.Object({
      requests: Type.Object({
        succeeded: whole('Answered with a success'),
        failed: countsByCode,
      }),
      entries: Type.Object({
        received: whole('Sum of the four below'),
        stored: whole('New and durable'),
        duplicate: whole('Delivered before; nothing was changed'),
        pending: whole('Not yet durable'),
        rejected: countsByCode,
      }),
    }),
  },
  { title: 'Health', description: 'Whether the server can do its work; counters start with it' },
);

/** A success. */
export type SuccessReply = Static<typeof successReply>;

/** The outcome of a write of many things. */
export type BatchReply = Static<typeof batchReply>;
