/** Endpoints about many sessions: the list, what splits it, and single rows of it. */
import Type from 'typebox';
import { filterParams } from '../filter.ts';
import { limits } from '../limits.ts';
import { flagParam, preset, textParam, wholeParam, wordParam } from '../params.ts';
import { successReply } from '../schema/reply.ts';
import {
  countReply,
  instantReply,
  orNull,
  sessionRowReply,
  totalsReply,
} from '../schema/session-row.ts';
import { sessionSorts } from '../session-list.ts';
import { answer, questionErrors, type Route, sessionErrors } from './route.ts';

/** What continues a list. */
const next = orNull(
  Type.String({ description: 'Value of `cursor` for the page after this one; null on the last' }),
);

const listReply = Type.Object({
  sessions: Type.Array(sessionRowReply),
  next,
  totals: Type.Optional(totalsReply),
});

const summaryReply = Type.Object({
  session: sessionRowReply,
  alike: orNull(
    Type.Object(
      {
        sentence: Type.String({
          description: 'For people: how many more ended like this, and where',
        }),
        others: countReply('Other sessions of the product that ended like this'),
        exception_type: Type.Optional(
          Type.String({ description: 'They recorded an exception of this type, too' }),
        ),
        versions: Type.Array(
          Type.Object({
            version: Type.String(),
            sessions: countReply('Sessions that ended like this, this one included'),
            first_seen: instantReply,
            last_seen: instantReply,
          }),
          { description: 'Oldest version first' },
        ),
      },
      {
        description:
          'Sessions of the same product with the same kind of cause, and the same type of exception where that was the cause; null for a session that runs or ended well',
      },
    ),
  ),
});

/** The endpoints by name. */
export const sessionRoutes = {
  listSessions: {
    method: 'GET',
    path: '/api/sessions',
    summary: 'Sessions, filtered and sorted, page by page',
    scope: 'read',
    query: {
      ...filterParams,
      sort: preset(wordParam(sessionSorts, 'What to sort by'), 'created'),
      order: preset(wordParam(['asc', 'desc'], 'Which end of the order comes first'), 'desc'),
      limit: preset(wholeParam(1, limits.pageRowsMax, 'Rows of a page'), 50),
      cursor: textParam('`next` of the page before, with the same sort and order'),
      totals: preset(flagParam('Whether to count all sessions that the filter lets through'), true),
      profile: preset(flagParam('Whether each row has a profile of its activity'), true),
    },
    reply: answer(listReply),
    errors: [...questionErrors],
  },
  sessionSummary: {
    method: 'GET',
    path: '/api/sessions/{id}/summary',
    summary: 'One session as a row of the list, and how many of its product ended like it',
    scope: 'read',
    reply: answer(summaryReply),
    errors: [...questionErrors, ...sessionErrors],
  },
  deleteSession: {
    method: 'DELETE',
    path: '/api/sessions/{id}',
    summary: 'Delete a session with all that it recorded',
    scope: 'admin',
    reply: answer(successReply),
    errors: [...questionErrors, ...sessionErrors],
  },
} as const satisfies Record<string, Route>;
