/** The endpoint that aggregates a metric over many sessions. */
import Type from 'typebox';
import { byParam, functionParam } from '../aggregate.ts';
import { filterParams } from '../filter.ts';
import { limits } from '../limits.ts';
import {
  durationParam,
  flagParam,
  many,
  preset,
  required,
  textParam,
  wordParam,
} from '../params.ts';
import { instantReply, orNull } from '../schema/session-row.ts';
import { metricTypes } from '../series.ts';
import { answer, questionErrors, type Route } from './route.ts';

const result = Type.Union(
  [Type.Number(), Type.Enum(['Infinity', '-Infinity', 'NaN']), Type.Null()],
  { description: 'Null where the group has no value to tell it from' },
);

const group = Type.Object({
  by: Type.Record(Type.String(), orNull(Type.String()), {
    description: 'What the group has in common, by the text of `by`; null for none',
  }),
  time: Type.Optional(instantReply),
  offset_ms: Type.Optional(
    Type.Number({
      description: 'Start of the step in milliseconds after the start of the session',
    }),
  ),
  sessions: Type.Integer({ minimum: 1, description: 'Sessions with samples in the group' }),
  series: Type.Integer({ minimum: 1, description: 'Series with samples in the group' }),
  results: Type.Record(Type.String(), result, { description: 'By function, as asked' }),
});

/** The endpoint by name. */
export const aggregateRoutes = {
  aggregate: {
    method: 'GET',
    path: '/api/aggregate',
    summary: 'Functions of the samples of a metric over many sessions, by group and step of time',
    scope: 'read',
    query: {
      ...filterParams,
      from: {
        ...filterParams.from,
        description: 'Only samples from then on, of sessions that had not ended by then',
      },
      to: {
        ...filterParams.to,
        description: 'Only samples before then, of sessions that had begun before',
      },
      metric: required(textParam('Name of the metric', limits.metricNameLengthMax)),
      type: wordParam(metricTypes, 'Type of the metric; all types when absent'),
      unit: textParam('Unit as it was sent; all units when absent', limits.unitLengthMax),
      tag: many(textParam('A tag that the series must have', limits.tagLengthMax)),
      fn: many(functionParam),
      by: many(byParam),
      every: durationParam('Width of the steps of time; all of it is one step when absent'),
      since: preset(
        wordParam(
          ['epoch', 'start'],
          'Whether steps count from 1970 or from the start of each session',
        ),
        'epoch',
      ),
      exact: preset(
        flagParam(
          'Whether quantiles are exact, which decodes all samples; from sketches they are within 1 %',
        ),
        false,
      ),
    },
    example: 'metric=http.latency&by=version&fn=p95&fn=count',
    reply: answer(
      Type.Object({
        metric: Type.String(),
        quantile_error: Type.Number({
          description:
            'Most relative error of quantiles against the value of rank floor(q (n - 1)) of n',
        }),
        groups: Type.Array(group, {
          description: 'Most samples first (of all steps together), then by step',
        }),
        complete: Type.Boolean({
          description: `Whether there are no more groups than the ${limits.groupsMax} that one answer has at most`,
        }),
      }),
    ),
    errors: [...questionErrors],
  },
} as const satisfies Record<string, Route>;
