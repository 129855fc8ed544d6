/** Schemas of what the server answers. */
import Type, { type Static } from 'typebox';
import { levels } from '../event.ts';
import { metricTypes } from '../series.ts';
import * as shape from './shapes.ts';

/** An instant in a reply. */
const time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });

const maybeTime = Type.Union([time, Type.Null()]);

const object = Type.Object({});

/** Schema of every reply that is not a success. */
export const errorReply = Type.Object(
  {
    error: Type.String({ description: 'Short text' }),
    details: Type.String({ description: 'What is wrong, and what was expected' }),
    code: shape.errorCode,
  },
  { description: 'An error; some codes add fields of their own' },
);

/** Schema of an item that was refused. */
export const rejection = Type.Object({
  index: Type.Integer({ minimum: 0, description: 'Position among the items sent' }),
  ...errorReply.properties,
});

/** Schema of the reply to a write of one thing. */
export const successReply = Type.Object(
  { success: Type.Literal(true) },
  { additionalProperties: false, description: 'It is durable' },
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
  { description: 'All that was accepted is durable' },
);

/** Schema of the state after one update. */
export const snapshot = Type.Object({ timestamp: time, state: object });

/** Schema of an event as it is returned. */
export const eventReply = Type.Object({
  timestamp: time,
  name: Type.String(),
  level: shape.oneOf(levels, 'Severity'),
  category: Type.String({ description: 'As sent; the level when nothing was sent' }),
  group: Type.String(),
  labels: Type.Union([Type.Array(Type.String()), Type.Null()]),
  message: Type.String(),
  data: Type.Union([object, Type.Null()]),
  stacktrace: Type.Optional(Type.Array(Type.String())),
  exception_type: Type.Optional(Type.String()),
  exception_msg: Type.Optional(Type.String()),
  source_file: Type.Optional(Type.String()),
  source_function: Type.Optional(Type.String()),
  source_line: Type.Optional(Type.Integer()),
});

/** Schema of a metric as it is returned; what is empty is left out. */
export const metricReply = Type.Object({
  timestamp: time,
  name: Type.String(),
  type: shape.oneOf(metricTypes, 'Type of the metric'),
  value: shape.sampleValue,
  count: Type.Optional(Type.Integer()),
  unit: Type.Optional(Type.String()),
  tags: Type.Optional(Type.Array(Type.String())),
  metadata: Type.Optional(object),
});

/** Schema of a whole session. */
export const sessionReply = Type.Object(
  {
    id: shape.uuid,
    session_id: Type.Optional(Type.String({ description: 'The id again, when it was created' })),
    created_at: time,
    updated_at: time,
    ended_at: maybeTime,
    last_heartbeat: Type.Optional(maybeTime),
    active: Type.Boolean(),
    suspended: Type.Boolean(),
    crashed: Type.Boolean(),
    hung: Type.Boolean(),
    machine_id: Type.Optional(Type.String()),
    hostname: Type.Optional(Type.String()),
    state: object,
    state_history: Type.Array(snapshot),
    events: Type.Array(eventReply),
    metrics: Type.Array(metricReply),
  },
  { description: 'A session with all that it recorded' },
);

/** Schema of the reply of `/health`; status 503 when the store refuses writes. */
export const healthReply = Type.Object({
  status: shape.oneOf(['healthy', 'unhealthy'], 'Whether writes are accepted'),
  service: Type.String(),
  version: Type.String(),
});

/** A success. */
export type SuccessReply = Static<typeof successReply>;

/** The outcome of a write of many things. */
export type BatchReply = Static<typeof batchReply>;
