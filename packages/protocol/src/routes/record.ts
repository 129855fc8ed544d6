/** Endpoints that record, and those that give a session back whole: the DataCat protocol and its extensions. */
import Type from 'typebox';
import { ingestBody, ingestReply } from '../entry.ts';
import { crashBody, endBody } from '../schema/crash.ts';
import { createBody } from '../schema/create.ts';
import { eventBody } from '../schema/event.ts';
import { metricBody } from '../schema/metric.ts';
import { batchReply, healthReply, idsReply, sessionReply, successReply } from '../schema/reply.ts';
import { stateBody } from '../schema/state.ts';
import {
  answer,
  batchErrors,
  doorErrors,
  type Route,
  sessionErrors,
  writeErrors,
} from './route.ts';

const success = answer(successReply);
const counted = answer(batchReply);

/** The endpoints by name. */
export const recordRoutes = {
  createSession: {
    method: 'POST',
    path: '/api/sessions',
    summary: 'Create a session; an `id` that exists already is answered with its session',
    scope: 'ingest',
    request: { schema: createBody, optional: false, many: false },
    reply: { status: 201, schema: sessionReply, streamed: true },
    otherReplies: [
      { status: 200, schema: sessionReply, streamed: true, when: 'The id existed already' },
      { ...answer(idsReply), when: 'The id existed already, and the token may not read' },
    ],
    errors: [...doorErrors, ...writeErrors, 'invalid_field', 'state_too_large'],
  },
  getSession: {
    method: 'GET',
    path: '/api/sessions/{id}',
    summary: 'A session with all that it recorded',
    scope: 'read',
    reply: { status: 200, schema: sessionReply, streamed: true },
    errors: [...doorErrors, ...sessionErrors],
  },
  updateState: {
    method: 'POST',
    path: '/api/sessions/{id}/state',
    summary: 'Merge a patch into the state of a session',
    scope: 'ingest',
    request: { schema: stateBody, optional: true, many: false },
    reply: success,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors, 'invalid_field', 'state_too_large'],
  },
  logEvent: {
    method: 'POST',
    path: '/api/sessions/{id}/events',
    summary: 'Record one event or many',
    scope: 'ingest',
    request: { schema: eventBody, optional: false, many: true },
    reply: success,
    manyReply: counted,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors, 'invalid_field', 'too_many_items'],
  },
  logMetric: {
    method: 'POST',
    path: '/api/sessions/{id}/metrics',
    summary: 'Record one sample or many',
    scope: 'ingest',
    request: { schema: metricBody, optional: false, many: true },
    reply: success,
    manyReply: counted,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors, 'invalid_field', 'too_many_items'],
  },
  heartbeat: {
    method: 'POST',
    path: '/api/sessions/{id}/heartbeat',
    summary: 'Say that a session is alive',
    scope: 'ingest',
    reply: success,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors],
  },
  endSession: {
    method: 'POST',
    path: '/api/sessions/{id}/end',
    summary: 'Say that a session has ended',
    scope: 'ingest',
    request: { schema: endBody, optional: true, many: false },
    reply: success,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors],
  },
  reportCrash: {
    method: 'POST',
    path: '/api/sessions/{id}/crash',
    summary: 'Say that a session has crashed',
    scope: 'ingest',
    request: { schema: crashBody, optional: true, many: false },
    reply: success,
    errors: [...doorErrors, ...sessionErrors, ...writeErrors],
  },
  ingest: {
    method: 'POST',
    path: '/api/ingest',
    summary: 'Deliver a batch of an agent, exactly once however often it is sent',
    scope: 'ingest',
    request: { schema: ingestBody, optional: false, many: false },
    reply: answer(ingestReply),
    errors: [...doorErrors, ...batchErrors, 'invalid_field', 'too_many_items', 'state_too_large'],
  },
  allSessions: {
    method: 'GET',
    path: '/api/data/sessions',
    summary: 'All sessions with all that they recorded',
    scope: 'read',
    reply: { status: 200, schema: Type.Array(sessionReply), streamed: true },
    errors: [...doorErrors],
  },
  health: {
    method: 'GET',
    path: '/health',
    summary: 'Whether the server accepts writes; never asks for credentials',
    scope: 'open',
    reply: answer(healthReply),
    otherReplies: [{ ...answer(healthReply, 503), when: 'The store refuses writes' }],
    errors: [...doorErrors],
  },
} as const satisfies Record<string, Route>;
