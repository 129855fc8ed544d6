/** Endpoints that take InfluxDB's line protocol, as its clients and Telegraf send it. */
import Type from 'typebox';
import { textParam } from '../params.ts';
import { batchErrors, doorErrors, nothing, type Route } from './route.ts';

const lines = Type.String({
  title: 'LineProtocol',
  description: 'Points, one per line',
  examples: ['cpu,host=till-3,service=shop,version=2.4.0 usage_percent=12.5'],
});

/** What InfluxDB 1 says of an error. */
const error1 = Type.Object(
  { error: Type.String({ description: 'What was wrong, with the number of lines dropped' }) },
  { title: 'InfluxError', description: 'An error as InfluxDB 1 answers it' },
);

/** What InfluxDB 2 says of an error. */
const error2 = Type.Object(
  {
    code: Type.String({ description: 'invalid, unauthorized, too many requests …' }),
    message: Type.String({ description: 'What was wrong, with the number of lines dropped' }),
  },
  { title: 'Influx2Error', description: 'An error as InfluxDB 2 answers it' },
);

const precision = textParam(
  'Unit of timestamps: n, ns, u, us, ms, s, m or h; nanoseconds if absent',
);

const errors = [
  ...doorErrors,
  ...batchErrors.filter((code) => code !== 'invalid_json' && code !== 'unsupported_media_type'),
  'invalid_field',
  'too_many_items',
  'too_many_sessions',
] as const;

/** The endpoints by name. */
export const influxRoutes = {
  influxWrite: {
    method: 'POST',
    path: '/write',
    summary: 'Record points of line protocol, as InfluxDB 1 takes them',
    scope: 'ingest',
    query: {
      db: textParam('Product of points that name none'),
      precision,
      u: textParam('Name of a user; not looked at'),
      p: textParam('A token, for senders that have only passwords'),
    },
    request: { schema: lines, optional: true, many: false, type: 'text/plain' },
    reply: nothing,
    errors,
    errorSchema: error1,
  },
  influxWrite2: {
    method: 'POST',
    path: '/api/v2/write',
    summary: 'Record points of line protocol, as InfluxDB 2 takes them',
    scope: 'ingest',
    query: { bucket: textParam('Product of points that name none'), precision },
    request: { schema: lines, optional: true, many: false, type: 'text/plain' },
    reply: nothing,
    errors,
    errorSchema: error2,
  },
  influxPing: {
    method: 'GET',
    path: '/ping',
    summary: 'Say that the server is there, as clients of InfluxDB ask; never asks for credentials',
    scope: 'open',
    reply: nothing,
    errors: [...doorErrors],
  },
} as const satisfies Record<string, Route>;
