/** The endpoint that takes what Prometheus sends on. */
import Type from 'typebox';
import { batchErrors, doorErrors, nothing, type Route } from './route.ts';

/** The endpoints by name. */
export const remoteWriteRoutes = {
  remoteWrite: {
    method: 'POST',
    path: '/api/v1/write',
    summary: 'Record samples of Prometheus remote write 1.0',
    scope: 'ingest',
    request: {
      schema: Type.String({
        title: 'RemoteWrite',
        description: 'A message prometheus.WriteRequest, compressed with snappy',
      }),
      optional: true,
      many: false,
      type: 'application/x-protobuf',
    },
    reply: nothing,
    errors: [
      ...doorErrors,
      ...batchErrors.filter((code) => code !== 'invalid_json'),
      'invalid_field',
      'too_many_items',
      'too_many_sessions',
    ],
  },
} as const satisfies Record<string, Route>;
