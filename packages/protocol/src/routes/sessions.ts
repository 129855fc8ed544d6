/** Endpoints about many sessions: the list, what splits it, and single rows of it. */
import Type from 'typebox';
import { filterParams } from '../filter.ts';
import { limits } from '../limits.ts';
import {
  durationParam,
  flagParam,
  many,
  type Param,
  preset,
  textParam,
  wholeParam,
  wordParam,
} from '../params.ts';
import { successReply } from '../schema/reply.ts';
import {
  countReply,
  instantReply,
  orNull,
  outcomeCounts,
  sessionRowReply,
  totalsReply,
} from '../schema/session-row.ts';
import { oneOf } from '../schema/shapes.ts';
import {
  countByParam,
  type Facet,
  groupFields,
  parseFacet,
  sessionSorts,
} from '../session-list.ts';
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

const facetParam: Param<Facet | undefined> = {
  schema: Type.String({ minLength: 1 }),
  description:
    'Field whose values are counted; `event` counts names of events (the most frequent of the newest events, not together with the parameter `event`), `state:` and a path the values there. Without it, the values that set some of the sessions apart',
  accepted: `one of ${groupFields.join(', ')}, event, or state: and a path such as state:scene.name`,
  many: false,
  preset: undefined,
  read: parseFacet,
};

const parameterReply = Type.Object(
  { name: Type.String(), value: Type.String() },
  { description: 'Parameter that narrows the list down to these sessions' },
);

const facetsReply = Type.Object({
  totals: totalsReply,
  values: Type.Optional(
    Type.Array(
      Type.Object({
        value: orNull(Type.String({ description: 'As text; null for sessions without one' })),
        parameter: Type.Optional(parameterReply),
        sessions: countReply('Sessions that have it'),
        ...outcomeCounts,
      }),
      { description: 'Values of the field, the most frequent first' },
    ),
  ),
  values_left_out: Type.Optional(countReply('Further values, beyond `limit`')),
  splits: Type.Optional(
    orNull(
      Type.Object(
        {
          between: oneOf(
            ['bad_and_good', 'result_and_rest'],
            'What is set apart: crashed and abnormal sessions from the others; or, where the result has only one of both, the result from the rest of its products',
          ),
          inside: countReply('Sessions that are to be explained: the bad ones, or the result'),
          outside: countReply('Sessions that they are compared with'),
          values: Type.Array(
            Type.Object({
              field: Type.String({ description: 'Field, or `state:` and a path' }),
              value: Type.String(),
              parameter: parameterReply,
              inside: countReply('Sessions inside that have it'),
              outside: countReply('Sessions outside that have it'),
              inside_share: Type.Number({ minimum: 0, maximum: 1 }),
              outside_share: Type.Number({ minimum: 0, maximum: 1 }),
              phi: Type.Number({
                maximum: 1,
                description:
                  'Correlation of having the value with being inside: the phi coefficient of the table of four; 1 when all inside and none outside have it',
              }),
            }),
            { description: 'Values that are more frequent inside, the most telling first' },
          ),
        },
        { description: 'Null when there is nothing to compare' },
      ),
    ),
  ),
  if_removed: Type.Optional(
    Type.Array(
      Type.Object({
        name: Type.String({ description: 'Parameter' }),
        value: Type.Optional(
          Type.String({ description: 'Only where one of several values is left out' }),
        ),
        sessions: countReply('Sessions found without it'),
      }),
      { description: 'Only when no session is found: what each part of the filter costs' },
    ),
  ),
});

const countsReply = Type.Object({
  every_ms: orNull(Type.Number({ exclusiveMinimum: 0, description: 'Width of the steps of time' })),
  groups: Type.Array(
    Type.Object({
      by: Type.Record(Type.String(), orNull(Type.String()), {
        description: 'What the sessions have in common, by the text of `by`; null for none',
      }),
      time: Type.Optional(instantReply),
      ...totalsReply.properties,
    }),
    {
      description:
        'None is empty; in order of `time`, which is the start of the step in which the sessions started, then of `by`',
    },
  ),
  complete: Type.Boolean({
    description: `Whether there are no more groups than the ${limits.groupsMax} largest, which are the most that one answer has`,
  }),
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
  sessionFacets: {
    method: 'GET',
    path: '/api/sessions/facets',
    summary: 'Values of a field with counts, or the values that narrow a problem down',
    scope: 'read',
    query: {
      ...filterParams,
      field: facetParam,
      prefix: textParam('Only values that begin so, in any case; with `field`'),
      limit: preset(wholeParam(1, limits.pageRowsMax, 'Most values'), 20),
    },
    reply: answer(facetsReply),
    errors: [...questionErrors],
  },
  countSessions: {
    method: 'GET',
    path: '/api/sessions/counts',
    summary: 'Sessions counted by what they have in common and by the time at which they started',
    scope: 'read',
    query: {
      ...filterParams,
      by: many(countByParam),
      every: durationParam(
        'Width of the steps of time, which count from 1970; all of it is one step when absent',
      ),
    },
    example: 'product=shop&by=outcome&every=1d',
    reply: answer(countsReply),
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
