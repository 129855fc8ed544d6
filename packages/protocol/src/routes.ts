/** Every endpoint of the HTTP API: method, path, what goes in, what comes out, and what can go wrong. */
import Type, { type TSchema } from 'typebox';
import { ingestBody, ingestReply } from './entry.ts';
import type { ErrorCode } from './errors.ts';
import { crashBody } from './schema/crash.ts';
import { createBody } from './schema/create.ts';
import { eventBody } from './schema/event.ts';
import { metricBody } from './schema/metric.ts';
import { batchReply, healthReply, sessionReply, successReply } from './schema/reply.ts';
import { stateBody } from './schema/state.ts';

/** An endpoint. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** `{id}` stands for a session id or a unique prefix of one. */
  readonly path: string;
  readonly summary: string;
  /** Absent when a body is not looked at. */
  readonly request?: RouteRequest;
  readonly reply: RouteReply;
  /** The reply to an array or NDJSON body; only where `request.many` is set. */
  readonly manyReply?: RouteReply;
  /** Codes of the errors that it may answer with. */
  readonly errors: readonly ErrorCode[];
}

/** What goes into an endpoint. */
export interface RouteRequest {
  readonly schema: TSchema;
  /** Whether the body may be left out. */
  readonly optional: boolean;
  /** Whether an array of bodies, or one body per line as NDJSON, is taken as well. */
  readonly many: boolean;
}

/** What comes out of an endpoint when all went well. */
export interface RouteReply {
  readonly status: 200 | 201;
  readonly schema: TSchema;
  /** Whether it is sent piece by piece, so that it may be larger than memory. */
  readonly streamed: boolean;
}

/** Errors of the door, before a request is looked at; any endpoint may answer with them. */
const doorErrors = [
  'unauthorized',
  'forbidden',
  'host_not_allowed',
  'origin_not_allowed',
  'invalid_request',
  'timeout',
  'uri_too_long',
  'rate_limited',
  'headers_too_large',
  'internal',
  'overloaded',
] as const satisfies ErrorCode[];

/** Errors of a path that names a session. */
const sessionErrors = [
  'prefix_too_short',
  'session_not_found',
  'session_ambiguous',
] as const satisfies ErrorCode[];

/** Errors of anything that is to be stored. */
const writeErrors = [
  'invalid_json',
  'invalid_body',
  'unsupported_media_type',
  'unsupported_encoding',
  'body_too_large',
  'expanded_body_too_large',
  'idempotency_conflict',
  'store_unavailable',
  'disk_full',
] as const satisfies ErrorCode[];

const success: RouteReply = { status: 200, schema: successReply, streamed: false };
const counted: RouteReply = { status: 200, schema: batchReply, streamed: false };

/** All endpoints by name. */
export const routes = {
  createSession: {
    method: 'POST',
    path: '/api/sessions',
    summary: 'Create a session; an `id` that exists already is answered with its session',
    request: { schema: createBody, optional: false, many: false },
    reply: { status: 201, schema: sessionReply, streamed: true },
    errors: [...doorErrors, ...writeErrors, 'invalid_field', 'state_too_large'],
  },
  getSession: {
    method: 'GET',
    path: '/api/sessions/{id}',
    summary: 'A session with all that it recorded',
    reply: { status: 200, schema: sessionReply, streamed: true },
    errors: [...doorErrors, ...sessionErrors],
  },
  updateState: {
    method: 'POST',
    path: '/api/sessions/{id}/state',
    summary: 'Merge a patch into the state of a session',
    request: { schema: stateBody, optional: true, many: false },
    reply: success,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors, 'invalid_field', 'state_too_large'],
  },
  logEvent: {
    method: 'POST',
    path: '/api/sessions/{id}/events',
    summary: 'Record one event or many',
    request: { schema: eventBody, optional: false, many: true },
    reply: success,
    manyReply: counted,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors, 'invalid_field', 'too_many_items'],
  },
  logMetric: {
    method: 'POST',
    path: '/api/sessions/{id}/metrics',
    summary: 'Record one sample or many',
    request: { schema: metricBody, optional: false, many: true },
    reply: success,
    manyReply: counted,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors, 'invalid_field', 'too_many_items'],
  },
  heartbeat: {
    method: 'POST',
    path: '/api/sessions/{id}/heartbeat',
    summary: 'Say that a session is alive',
    reply: success,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors],
  },
  endSession: {
    method: 'POST',
    path: '/api/sessions/{id}/end',
    summary: 'Say that a session has ended',
    reply: success,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors],
  },
  reportCrash: {
    method: 'POST',
    path: '/api/sessions/{id}/crash',
    summary: 'Say that a session has crashed',
    request: { schema: crashBody, optional: true, many: false },
    reply: success,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors],
  },
  ingest: {
    method: 'POST',
    path: '/api/ingest',
    summary: 'Deliver a batch of an agent, exactly once however often it is sent',
    request: { schema: ingestBody, optional: false, many: false },
    reply: { status: 200, schema: ingestReply, streamed: false },
    errors: [...doorErrors, ...writeErrors, 'invalid_field', 'too_many_items', 'state_too_large'],
  },
  allSessions: {
    method: 'GET',
    path: '/api/data/sessions',
    summary: 'All sessions with all that they recorded',
    reply: { status: 200, schema: Type.Array(sessionReply), streamed: true },
    errors: [...doorErrors],
  },
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Whether the server accepts writes; never asks for credentials',
    reply: { status: 200, schema: healthReply, streamed: false },
    errors: [...doorErrors],
  },
} as const satisfies Record<string, Route>;

/** Name of an endpoint. */
export type RouteName = keyof typeof routes;

/**
 * The methods that a path takes, for `Allow`; empty when no endpoint has it. Where GET is taken,
 * HEAD is as well. The path is that of a request, without its query.
 */
export function allowedMethods(path: string): string[] {
  const methods = Object.values<Route>(routes)
    .filter((route) => matches(route.path, path))
    .map(({ method }) => method);
  return methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method])).sort();
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => (part === '{id}' ? given[i] !== '' : part === given[i]))
  );
}
