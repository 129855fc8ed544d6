/** Endpoints about the metrics of one session: what there is, charts, and raw samples. */
import Type from 'typebox';
import { functionParam } from '../aggregate.ts';
import { limits } from '../limits.ts';
import { namingRules } from '../naming.ts';
import {
  flagParam,
  instantParam,
  many,
  type Param,
  preset,
  textParam,
  wholeParam,
  wordParam,
} from '../params.ts';
import { instantReply, orNull } from '../schema/session-row.ts';
import { sampleValue } from '../schema/shapes.ts';
import { metricTypes } from '../series.ts';
import { answer, questionErrors, type Route, sessionErrors } from './route.ts';

const filter = {
  metric: many(textParam('Name of the metric', limits.metricNameLengthMax)),
  type: many(wordParam(metricTypes, 'Type of the metric')),
  tag: many(textParam('A tag that the series must have', limits.tagLengthMax)),
};

const range = {
  from: instantParam('Only samples from then on'),
  to: instantParam('Only samples before'),
};

/** A quantile by its name, `p95`. */
const quantileParam: Param<{ name: string; quantile: number } | undefined> = {
  many: false,
  preset: undefined,
  schema: Type.String({ pattern: '^p(\\d{1,2}(\\.\\d{1,6})?|100)$', examples: ['p50', 'p99.9'] }),
  description: 'A quantile over the samples of each point; histograms: of what their buckets took',
  accepted: 'p0 to p100, such as p50, p95 or p99.9',
  read: (text, nowUs) => {
    const found = functionParam.read(text, nowUs);
    return found?.quantile === undefined ? undefined : found;
  },
};

const key = {
  name: Type.String(),
  type: Type.Enum([...metricTypes]),
  unit: Type.String({ description: 'As it was sent; empty for none' }),
  tags: Type.Array(Type.String()),
};

const valueOrNull = orNull(sampleValue);
const column = (description: string) => Type.Array(valueOrNull, { description });

const seriesInfo = Type.Object(
  {
    ...key,
    canonical_unit: orNull(
      Type.String({ description: 'What the unit is, from its field or from the name' }),
    ),
    dimension: orNull(Type.String({ description: 'What the unit measures' })),
    count: Type.Integer({ minimum: 1, description: 'Samples' }),
    nans: Type.Integer({ minimum: 0, description: 'Samples that are NaN' }),
    first: sampleValue,
    first_at: instantReply,
    last: sampleValue,
    last_at: instantReply,
    min: valueOrNull,
    max: valueOrNull,
    avg: orNull(sampleValue),
    rate: Type.Optional(
      orNull(
        Type.Union([Type.Number(), Type.Literal('Infinity')], {
          description: 'Counters: growth per second over all of it, restarts understood',
        }),
      ),
    ),
    advice: Type.Array(
      Type.Object({ id: Type.Enum(Object.keys(namingRules)), message: Type.String() }),
      { description: 'What would make the name better' },
    ),
  },
  { title: 'Series', description: 'A series of a session with its summary' },
);

const chart = Type.Object(
  {
    ...key,
    t: Type.Array(Type.Number(), {
      description: 'First sample of each point, in milliseconds since 1970',
    }),
    min: Type.Optional(column('Smallest value; null when all are NaN')),
    max: Type.Optional(column('Largest value')),
    avg: Type.Optional(column('Mean of the values')),
    last: Type.Optional(column('Value of the last sample')),
    count: Type.Array(Type.Integer({ minimum: 1 }), { description: 'Samples of each point' }),
    nan: Type.Optional(
      Type.Array(Type.Integer({ minimum: 0 }), { description: 'Samples that are NaN; if any' }),
    ),
    rate: Type.Optional(column('Growth per second since the point before')),
    increase: Type.Optional(column('Growth since the point before')),
    quantiles: Type.Optional(
      Type.Record(Type.String(), Type.Array(valueOrNull), {
        description: 'By name, within 1 % where chunks were used whole',
      }),
    ),
    heatmap: Type.Optional(
      Type.Object({
        bounds: Type.Array(Type.Number(), { description: 'Inclusive; one more bucket follows' }),
        counts: Type.Array(Type.Array(Type.Integer({ minimum: 0 })), {
          description: 'By point, by bucket',
        }),
      }),
    ),
  },
  { title: 'Chart', description: 'Points of a series as columns; no extreme is lost' },
);

const errors = [...questionErrors, ...sessionErrors] as const;

/** The endpoints by name. */
export const seriesRoutes = {
  sessionMetrics: {
    method: 'GET',
    path: '/api/sessions/{id}/metrics',
    summary: 'The series of a session, each with its summary, by name and tags',
    scope: 'read',
    query: filter,
    example: 'type=counter',
    reply: answer(Type.Object({ series: Type.Array(seriesInfo) })),
    errors: [...errors],
  },
  sessionSeries: {
    method: 'GET',
    path: '/api/sessions/{id}/series',
    summary: 'Charts: the samples of series as at most so many points, every extreme kept',
    scope: 'read',
    query: {
      ...filter,
      ...range,
      points: preset(
        wholeParam(1, limits.pointsMax, 'Most points of a series'),
        limits.pointsDefault,
      ),
      as: preset(
        wordParam(['total', 'rate'], 'Counters as they were recorded, or as growth per second'),
        'total',
      ),
      quantile: many(quantileParam),
      heatmap: preset(flagParam('Whether histograms come as counts of their buckets, too'), false),
    },
    example: 'metric=http.latency&points=300&quantile=p95',
    reply: answer(
      Type.Object({
        series: Type.Array(chart),
        left_out: Type.Integer({
          minimum: 0,
          description: `Series beyond the first ${limits.chartSeriesMax}; narrow the question down`,
        }),
      }),
    ),
    errors: [...errors],
  },
  sessionSamples: {
    method: 'GET',
    path: '/api/sessions/{id}/samples',
    summary: 'Raw samples in the order of time, page by page',
    scope: 'read',
    query: {
      ...filter,
      ...range,
      order: preset(wordParam(['asc', 'desc'], 'First samples first, or last ones'), 'asc'),
      limit: preset(wholeParam(1, limits.samplesPageMax, 'Most rows of the page'), 1_000),
      cursor: textParam('`next` of the page before'),
    },
    example: 'metric=http.latency&limit=100',
    reply: answer(
      Type.Object({
        keys: Type.Array(Type.Object(key), { description: 'The series of the page' }),
        series: Type.Array(Type.Integer({ minimum: 0 }), {
          description: 'By row, position in `keys`',
        }),
        t: Type.Array(Type.Number(), { description: 'By row, milliseconds since 1970' }),
        value: Type.Array(sampleValue, { description: 'By row' }),
        details: Type.Array(
          Type.Object({
            row: Type.Integer({ minimum: 0 }),
            count: Type.Optional(Type.Number()),
            metadata: Type.Optional(Type.Unknown()),
          }),
          { description: 'What rows carry beside their value' },
        ),
        next: orNull(Type.String({ description: 'Value of `cursor` for the next page' })),
      }),
    ),
    errors: [...errors],
  },
} as const satisfies Record<string, Route>;
