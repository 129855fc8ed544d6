/** Endpoints that carry whole sessions from one store to another. */
import Type from 'typebox';
import { exportFormats, exportTables } from '../export.ts';
import { filterParams } from '../filter.ts';
import { preset, wordParam } from '../params.ts';
import { replayBody, replayEntryBody, replayReply } from '../replay.ts';
import { answer, questionErrors, type Route, writeErrors } from './route.ts';

/** Which sessions, and how. */
const exportParams = {
  ...filterParams,
  format: preset(
    wordParam(
      exportFormats,
      'NDJSON has everything and can be imported; the others have one table',
    ),
    'ndjson',
  ),
  what: wordParam(exportTables, 'Table of CSV and Parquet; samples when absent'),
} as const;

const table = {
  status: 200,
  schema: Type.String({ description: 'A table with one row per sample, event or session' }),
  streamed: true,
} as const;

/** The endpoints by name. */
export const transferRoutes = {
  exportSessions: {
    method: 'GET',
    path: '/api/export',
    summary: 'The chosen sessions exactly as recorded, as lines of JSON, CSV or Parquet',
    scope: 'read',
    query: exportParams,
    example: 'product=shop&format=csv',
    reply: {
      status: 200,
      schema: replayEntryBody,
      streamed: true,
      type: 'application/x-ndjson',
    },
    otherReplies: [
      { ...table, type: 'text/csv', when: '`format=csv`' },
      { ...table, type: 'application/vnd.apache.parquet', when: '`format=parquet`' },
    ],
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
