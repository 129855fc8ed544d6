/** How a session stands, as exports carry it: all that its entries alone would not bring back. */
import Type from 'typebox';
import type { JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { type Lifecycle, lifecycles, type SessionStatus } from '../session.ts';
import { formatTime } from '../time.ts';
import { causeBody, readCause } from './cause.ts';
import { bad, type Fields, isAbsent, optionalInteger, optionalTime, shown } from './fields.ts';
import * as shape from './shapes.ts';

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });

/** Schema of what a `status` entry carries beside kind and session. */
export const statusFields = {
  lifecycle: shape.oneOf(lifecycles, 'How its run stands'),
  inferred: Type.Boolean({ description: 'Whether its end was concluded, not reported' }),
  ended_at: shape.maybe(shape.instant),
  last_heartbeat: shape.maybe(shape.instant),
  last_activity: shape.instant,
  hung_since: shape.maybe(shape.instant),
  hangs: count,
  hung_us: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'Duration of the hangs that it recovered from, in microseconds',
  }),
  recoveries: count,
  reason: shape.maybe(shape.text(limits.reasonLengthMax, 'Why it crashed or was lost')),
  cause: causeBody,
  clock_skew_us: shape.maybe(
    Type.Integer({ description: "Sender's clock minus server's clock, in microseconds" }),
  ),
};

/** What a `status` entry says. */
export interface StatusInput {
  status: SessionStatus;
  clockSkewUs?: number;
}

/** Reads a status; throws `invalid_field`. */
export function readStatus(fields: Fields, nowUs: number): StatusInput {
  const lifecycle = readLifecycle(fields.lifecycle);
  const { inferred, reason } = fields;
  if (typeof inferred !== 'boolean') throw bad('inferred', shown(inferred), 'true or false');
  if (!isAbsent(reason) && typeof reason !== 'string') {
    throw bad('reason', shown(reason), 'a string or null');
  }
  const lastActivityUs = optionalTime(fields.last_activity, 'last_activity', nowUs);
  if (lastActivityUs === undefined) {
    throw bad('last_activity', shown(fields.last_activity), 'an RFC 3339 time');
  }
  const timeOf = (field: string) => optionalTime(fields[field], field, nowUs) ?? null;
  const status: SessionStatus = {
    lifecycle,
    inferred,
    endedUs: timeOf('ended_at'),
    lastHeartbeatUs: timeOf('last_heartbeat'),
    lastActivityUs,
    hungSinceUs: timeOf('hung_since'),
    hangs: readCount(fields, 'hangs'),
    hungUs: readCount(fields, 'hung_us'),
    recoveries: readCount(fields, 'recoveries'),
    reason: reason ?? null,
  };
  const cause = readCause(fields.cause, lifecycle === 'ended' ? 'end' : 'crash');
  if (cause !== undefined && lifecycle !== 'active') status.cause = cause;
  if ((status.endedUs === null) !== (lifecycle === 'active')) {
    throw bad('ended_at', shown(fields.ended_at), 'an instant unless the lifecycle is active');
  }
  const skew = readSkew(fields.clock_skew_us);
  return skew === undefined ? { status } : { status, clockSkewUs: skew };
}

/** The status as fields of a `status` entry. */
export function statusToWire({ status, clockSkewUs }: StatusInput) {
  const time = (us: number | null): string | null => (us === null ? null : formatTime(us));
  return {
    lifecycle: status.lifecycle,
    inferred: status.inferred,
    ended_at: time(status.endedUs),
    last_heartbeat: time(status.lastHeartbeatUs),
    last_activity: formatTime(status.lastActivityUs),
    hung_since: time(status.hungSinceUs),
    hangs: status.hangs,
    hung_us: status.hungUs,
    recoveries: status.recoveries,
    reason: status.reason,
    ...(status.cause === undefined ? {} : { cause: status.cause as JsonObject }),
    ...(clockSkewUs === undefined ? {} : { clock_skew_us: clockSkewUs }),
  };
}

function readLifecycle(value: unknown): Lifecycle {
  const known = lifecycles.find((each) => each === value);
  if (known === undefined) throw bad('lifecycle', shown(value), `one of ${lifecycles.join(', ')}`);
  return known;
}

function readCount(fields: Fields, field: string): number {
  const count = optionalInteger(fields[field], field, 0);
  if (count === undefined) throw bad(field, shown(fields[field]), 'an integer from 0');
  return count;
}

function readSkew(value: unknown): number | undefined {
  return optionalInteger(value, 'clock_skew_us', Number.MIN_SAFE_INTEGER);
}
