/** Endpoints that carry whole sessions from one store to another. */
import { filterParams } from '../filter.ts';
import { replayBody, replayEntryBody, replayReply } from '../replay.ts';
import { answer, questionErrors, type Route, writeErrors } from './route.ts';

/** The endpoints by name. */
export const transferRoutes = {
  exportSessions: {
    method: 'GET',
    path: '/api/export',
    summary: 'The chosen sessions exactly as recorded, one JSON document per line',
    scope: 'read',
    query: filterParams,
    reply: {
      status: 200,
      schema: replayEntryBody,
      streamed: true,
      type: 'application/x-ndjson',
    },
    errors: [...questionErrors],
  },
  importSessions: {
    method: 'POST',
    path: '/api/import',
    summary: 'Store sessions of an export as they were recorded, exactly once',
    scope: 'admin',
    request: { schema: replayBody, optional: false, many: false },
    reply: answer(replayReply),
    errors: [
      ...questionErrors,
      ...writeErrors.filter((code) => code !== 'store_unavailable'),
      'too_many_items',
      'state_too_large',
      'session_exists',
    ],
  },
} as const satisfies Record<string, Route>;
