/** Endpoints about the server itself. */
import Type from 'typebox';
import { doorsReply } from '../schema/doors.ts';
import { storageReply } from '../schema/storage.ts';
import { answer, doorErrors, questionErrors, type Route } from './route.ts';

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
  storage: {
    method: 'GET',
    path: '/api/storage',
    summary: 'What is kept of each product, the space that it takes up, and for how long',
    scope: 'read',
    reply: answer(storageReply),
    errors: [...questionErrors],
  },
  doors: {
    method: 'GET',
    path: '/api/doors',
    summary: 'What came in foreign dialects, and what was refused of it and why',
    scope: 'read',
    reply: answer(doorsReply),
    errors: [...doorErrors],
  },
} as const satisfies Record<string, Route>;
