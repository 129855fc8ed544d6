/** Endpoints about the server itself. */
import Type from 'typebox';
import { doorErrors, type Route } from './route.ts';

/** The endpoints by name. */
export const metaRoutes = {
  figures: {
    method: 'GET',
    path: '/metrics',
    summary: "The server's own figures, for Prometheus",
    scope: 'read',
    reply: {
      status: 200,
      schema: Type.String({ description: 'Text exposition format, version 0.0.4' }),
      streamed: false,
      type: 'text/plain',
    },
    errors: [...doorErrors],
  },
} as const satisfies Record<string, Route>;
