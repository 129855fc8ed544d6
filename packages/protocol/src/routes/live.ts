/** Endpoints that tell what happens while it happens, as server-sent events. */
import Type from 'typebox';
import { levels } from '../event.ts';
import { limits } from '../limits.ts';
import { many, textParam, wordParam } from '../params.ts';
import { doorErrors, type Route, type RouteReply, sessionErrors } from './route.ts';

/** What the events of a live stream are about. */
const liveKinds = [
  'start',
  'patch',
  'event',
  'metric',
  'metrics',
  'heartbeat',
  'end',
  'crash',
  'status',
] as const;

const stream: RouteReply = {
  status: 200,
  schema: Type.String({
    description:
      'Server-sent events: `event` is the kind, `data` JSON with `kind`, `session`, `timestamp`, ' +
      '`received_at` and the fields of the kind. `gap` says in `missed` how many were lost, null ' +
      'when nobody knows. A comment comes every 15 seconds',
  }),
  streamed: true,
  type: 'text/event-stream',
};

/** Parameters of every live stream. */
const liveParams = {
  kind: many(wordParam(liveKinds, 'What it is about')),
  level: wordParam(levels, 'Least level of events; other kinds pass'),
  name: many(textParam('Name of the event or metric; other kinds do not pass')),
  lastEventId: textParam(
    'Where to go on: `id` of the last event that was seen, or the header `tacho-live-position` of ' +
      'an answer; the header `Last-Event-ID` says the same',
    100,
  ),
};

/** The endpoints by name. */
export const liveRoutes = {
  live: {
    method: 'GET',
    path: '/api/live',
    summary: 'What is recorded, as it becomes durable',
    scope: 'read',
    query: {
      ...liveParams,
      session: many(textParam('Id of a session or a beginning of it', 36)),
      product: many(textParam('Product', limits.productLengthMax)),
      version: many(textParam('Version', limits.versionLengthMax)),
    },
    example: 'kind=event&level=warning',
    reply: stream,
    errors: [...doorErrors, 'invalid_field'],
  },
  sessionLive: {
    method: 'GET',
    path: '/api/sessions/{id}/live',
    summary: 'What a session says, as it becomes durable',
    scope: 'read',
    query: liveParams,
    reply: stream,
    errors: [...doorErrors, ...sessionErrors, 'invalid_field'],
  },
} as const satisfies Record<string, Route>;
