/** Endpoints that search what many sessions recorded: events, exceptions and metrics. */
import Type from 'typebox';
import { levels } from '../event.ts';
import { filterParams } from '../filter.ts';
import { limits } from '../limits.ts';
import { namingRules } from '../naming.ts';
import { many, preset, textParam, wholeParam, wordParam } from '../params.ts';
import { eventReply } from '../schema/reply.ts';
import { oneOf, uuid } from '../schema/shapes.ts';
import { metricTypes } from '../series.ts';
import { answer, questionErrors, type Route } from './route.ts';

const time = Type.String({ format: 'date-time', description: 'RFC 3339, UTC' });
const count = Type.Integer({ minimum: 0 });
const next = Type.Union([Type.String(), Type.Null()], {
  description: 'Give it as `cursor` for the next page; null on the last one',
});

const limit = (rows: number) =>
  preset(wholeParam(1, limits.pageRowsMax, 'Most rows of the page'), rows);
const cursor = textParam('`next` of the page before');

/** The filter without what would be mistaken for a condition on the events themselves. */
const { event: _event, text: _text, ...sessionParams } = filterParams;

const foundEvent = Type.Object(
  {
    session: uuid,
    product: Type.String(),
    version: Type.String(),
    seq: Type.Integer({ minimum: 0, description: 'Number of the event in its session' }),
    received_at: time,
    ...eventReply.properties,
  },
  { title: 'FoundEvent', description: 'An event with the session that recorded it' },
);

const frame = Type.Object(
  {
    function: Type.String({ description: 'Without arguments and numbers; empty when unknown' }),
    file: Type.String({ description: 'Without folders and line; empty when unknown' }),
  },
  { title: 'Frame', description: 'A call of a stack trace' },
);

const exceptionFields = {
  id: Type.String({ pattern: '^[0-9a-f]{12}$', description: 'Id of the group' }),
  type: Type.String(),
  message: Type.String({ description: 'Of the latest one' }),
  frames: Type.Array(frame, { description: 'Calls that make the group, innermost first' }),
  count: Type.Integer({ minimum: 1, description: 'How many were recorded' }),
  sessions: Type.Integer({ minimum: 1, description: 'In how many sessions' }),
  versions: Type.Array(
    Type.Object({ product: Type.String(), version: Type.String(), sessions: count }),
    { description: `Sessions by version, most first; at most ${limits.exceptionVersionsMax}` },
  ),
  first_seen: time,
  last_seen: time,
  latest: Type.Object(
    { session: uuid, seq: count, timestamp: time },
    { description: 'The one that arrived last' },
  ),
};

const exceptionGroup = Type.Object(exceptionFields, {
  title: 'ExceptionGroup',
  description: 'Exceptions of one type whose innermost calls agree',
});

const common = Type.Object(
  {
    path: Type.String({ description: 'Names joined by dots' }),
    value: Type.Unknown({ description: 'Any JSON value' }),
    sessions: count,
    share: Type.Number({ description: 'Share of the sessions of the group that have it' }),
    others: count,
    others_share: Type.Number({ description: 'Share of the other sessions that have it' }),
    lift: Type.Number({
      description:
        'Share divided by the share of others, of whom one more is counted with and one without it',
    }),
  },
  {
    title: 'StateCommon',
    description: 'A value of the state that sessions of a group have more often',
  },
);

const metric = Type.Object(
  {
    name: Type.String(),
    type: oneOf(metricTypes, 'Type of the metric'),
    unit: Type.String({ description: 'As sent; empty for none' }),
    canonical_unit: Type.Union([Type.String(), Type.Null()], {
      description: 'What the unit is, from its field or from the name',
    }),
    dimension: Type.Union([Type.String(), Type.Null()], { description: 'What the unit measures' }),
    series: Type.Integer({ minimum: 1, description: 'Series over all sessions' }),
    sessions: Type.Integer({ minimum: 1, description: 'Sessions that have it' }),
    tags: Type.Array(
      Type.Object({
        key: Type.String({ description: 'What stands before the first colon' }),
        values: Type.Integer({ minimum: 1, description: 'How many values it has' }),
      }),
    ),
    products: Type.Array(Type.String()),
    first_seen: Type.String({
      format: 'date-time',
      description: 'When the first session that has it was created',
    }),
    last_seen: Type.String({
      format: 'date-time',
      description: 'When the last session that has it was created',
    }),
    advice: Type.Array(
      Type.Object({
        id: Type.Enum(Object.keys(namingRules)),
        message: Type.String(),
      }),
      { description: 'What would make the name better' },
    ),
  },
  { title: 'Metric', description: 'All series of one name, type and unit' },
);

/** The endpoints by name. */
export const searchRoutes = {
  searchEvents: {
    method: 'GET',
    path: '/api/events',
    summary:
      'Events of many sessions, the latest arrival first; `text`, `event` and `level` are about the events, everything else is about their sessions',
    scope: 'read',
    query: {
      text: textParam('Words of the event, in any case; the last one may be the beginning of one'),
      event: many(textParam('Name of the event', limits.eventNameLengthMax)),
      level: many(wordParam(levels, 'Severity of the event')),
      ...sessionParams,
      limit: limit(100),
      cursor,
    },
    example: 'text=disk+full&level=error&product=shop',
    reply: answer(Type.Object({ events: Type.Array(foundEvent), next })),
    errors: [...questionErrors],
  },
  listExceptions: {
    method: 'GET',
    path: '/api/exceptions',
    summary: 'Exceptions of the sessions of a filter, grouped by type and innermost calls',
    scope: 'read',
    query: {
      ...filterParams,
      sort: preset(
        wordParam(['count', 'sessions', 'last_seen', 'first_seen'], 'What to sort by'),
        'last_seen',
      ),
      order: preset(wordParam(['asc', 'desc'], 'Least or greatest first'), 'desc'),
      limit: limit(50),
      cursor,
    },
    example: 'product=shop&sort=sessions',
    reply: answer(Type.Object({ exceptions: Type.Array(exceptionGroup), next })),
    errors: [...questionErrors],
  },
  getException: {
    method: 'GET',
    path: '/api/exceptions/{group}',
    summary:
      'One group of exceptions, and what the states of its sessions have in common against the other sessions of the filter',
    scope: 'read',
    names: { group: 'Id of a group of exceptions' },
    query: filterParams,
    reply: answer(
      Type.Object(
        {
          ...exceptionFields,
          commons: Type.Array(common, {
            description: `Most telling first, by share × log2(lift); shared by three sessions at least; at most ${limits.commonsMax}`,
          }),
        },
        { title: 'ExceptionDetail', description: 'A group and what its sessions have in common' },
      ),
    ),
    errors: [...questionErrors, 'not_found'],
  },
  listMetrics: {
    method: 'GET',
    path: '/api/metrics',
    summary: 'The catalogue of metrics that the sessions of a filter recorded, by name',
    scope: 'read',
    query: {
      ...filterParams,
      name: textParam('Text that the name holds, in any case', limits.metricNameLengthMax),
      limit: limit(100),
      cursor,
    },
    example: 'product=shop&name=latency',
    reply: answer(Type.Object({ metrics: Type.Array(metric), next })),
    errors: [...questionErrors],
  },
} as const satisfies Record<string, Route>;
