/** Endpoints of the query API of Prometheus, for Grafana and everything else that speaks it. */
import Type from 'typebox';
import { limits } from '../limits.ts';
import { many, type Param, type Params, preset, required, textParam } from '../params.ts';
import { parseTimeUs } from '../time.ts';
import { answer, doorErrors, type Route } from './route.ts';

const errors = [...doorErrors, 'store_unavailable'] as const;

/** An instant as Prometheus takes it, in milliseconds. */
function momentParam(description: string): Param<number | undefined> {
  return {
    schema: Type.String({ examples: ['1772366400.250', '2026-03-01T12:00:00Z'] }),
    description,
    accepted: 'seconds since 1970, with a fraction or not, or an RFC 3339 time',
    many: false,
    preset: undefined,
    read: (text) => {
      if (/^-?\d{1,12}(\.\d{1,9})?$/.test(text)) return Math.round(Number(text) * 1000);
      const us = parseTimeUs(text);
      return us === undefined ? undefined : Math.round(us / 1000);
    },
  };
}

const units = { ms: 1, s: 1e3, m: 6e4, h: 3.6e6, d: 8.64e7, w: 6.048e8, y: 3.1536e10 } as const;

/** A duration as Prometheus takes it, in milliseconds, longer than none. */
function stepParam(description: string): Param<number | undefined> {
  return {
    schema: Type.String({ examples: ['15', '0.5', '1m', '1h30m'] }),
    description,
    accepted: 'seconds, with a fraction or not, or a duration such as 15s, 5m or 1h30m',
    many: false,
    preset: undefined,
    read: (text) => {
      const ms = /^\d{1,9}(\.\d{1,9})?$/.test(text)
        ? Math.round(Number(text) * 1000)
        : /^(\d{1,9}(ms|s|m|h|d|w|y))+$/.test(text)
          ? [...text.matchAll(/(\d+)(ms|s|m|h|d|w|y)/g)].reduce(
              (sum, [, digits, unit]) => sum + Number(digits) * units[unit as keyof typeof units],
              0,
            )
          : 0;
      return ms >= 1 && ms <= 1e14 ? ms : undefined;
    },
  };
}

const query = required(textParam('The question, in PromQL', limits.promqlLengthMax));
const match = textParam(
  'A selector; series that one of several means are told',
  limits.paramLengthMax,
);
const common = {
  timeout: stepParam(`Longest time to work; ${limits.promqlTimeoutMs / 1000} s at most`),
  lookback_delta: preset(
    stepParam('Age from which the last value of a series is no longer its value'),
    limits.promqlLookbackMs,
    `${limits.promqlLookbackMs / 1000}`,
  ),
};
const span = {
  start: momentParam('Only sessions that had not ended by then'),
  end: momentParam('Only sessions that had begun before'),
};
const limit: Param<number | undefined> = {
  schema: Type.Integer({ minimum: 0 }),
  description: 'Most entries; 0 for all',
  accepted: 'a whole number from 0 on',
  many: false,
  preset: undefined,
  read: (text) => (/^\d{1,12}$/.test(text) ? Number(text) : undefined),
};

const instantParams = {
  query,
  time: momentParam('The instant; now when absent'),
  ...common,
} satisfies Params;

const rangeParams = {
  query,
  start: required(momentParam('The first instant')),
  end: required(momentParam('The last instant, when a step ends there')),
  step: required(stepParam('Time from one instant to the next')),
  ...common,
} satisfies Params;

const labelParams = { 'match[]': many(match), ...span, limit } satisfies Params;
const seriesParams = { 'match[]': required(many(match)), ...span, limit } satisfies Params;

const failure = Type.Object(
  {
    status: Type.Literal('error'),
    errorType: Type.Enum(['bad_data', 'execution', 'timeout', 'unavailable', 'internal']),
    error: Type.String(),
  },
  { title: 'PrometheusError', description: 'What went wrong, as Prometheus says it' },
);

const failures = [
  {
    when: 'A parameter or the query is not understood',
    status: 400,
    schema: failure,
    streamed: false,
  },
  {
    when: 'The query cannot be worked out, or is too large',
    status: 422,
    schema: failure,
    streamed: false,
  },
  { when: 'The query takes too long', status: 503, schema: failure, streamed: false },
] as const;

const texts = Type.Record(Type.String(), Type.String());
const point = Type.Array(Type.Union([Type.Number(), Type.String()]), {
  description: 'Seconds since 1970, and the value as a text',
  minItems: 2,
  maxItems: 2,
});
const success = Type.Literal('success');

const result = answer(
  Type.Object({
    status: success,
    data: Type.Object({
      resultType: Type.Enum(['vector', 'matrix', 'scalar', 'string']),
      result: Type.Array(
        Type.Union([
          Type.Object({ metric: texts, value: point }),
          Type.Object({ metric: texts, values: Type.Array(point) }),
          Type.Number(),
          Type.String(),
        ]),
      ),
    }),
  }),
);
const names = answer(Type.Object({ status: success, data: Type.Array(Type.String()) }));
const sets = answer(Type.Object({ status: success, data: Type.Array(texts) }));

const shared = { scope: 'read', errors, otherReplies: failures } as const;
const instant = {
  ...shared,
  path: '/api/v1/query',
  summary: 'A question in PromQL about one instant',
  example: 'query=avg+by+(version)+(frame_time)',
  reply: result,
} as const;
const ranged = {
  ...shared,
  path: '/api/v1/query_range',
  summary: 'A question in PromQL about a range of time',
  example: 'query=avg+by+(version)+(frame_time)&start=1772366400&end=1772370000&step=60',
  reply: result,
} as const;
const labels = {
  ...shared,
  path: '/api/v1/labels',
  summary: 'Names of labels',
  example: 'match%5B%5D=frame_time',
  reply: names,
} as const;
const series = {
  ...shared,
  path: '/api/v1/series',
  summary: 'Series by their labels',
  example: 'match%5B%5D=frame_time',
  reply: sets,
} as const;

/** The endpoints by name. */
export const prometheusRoutes = {
  promQuery: { ...instant, method: 'GET', query: instantParams },
  promQueryForm: { ...instant, method: 'POST', form: instantParams },
  promRange: { ...ranged, method: 'GET', query: rangeParams },
  promRangeForm: { ...ranged, method: 'POST', form: rangeParams },
  promLabels: { ...labels, method: 'GET', query: labelParams },
  promLabelsForm: { ...labels, method: 'POST', form: labelParams },
  promSeries: { ...series, method: 'GET', query: seriesParams },
  promSeriesForm: { ...series, method: 'POST', form: seriesParams },
  promLabelValues: {
    ...shared,
    method: 'GET',
    path: '/api/v1/label/{name}/values',
    names: { name: 'Name of the label; `__name__` for names of metrics' },
    summary: 'Values of a label',
    query: labelParams,
    example: 'match%5B%5D=frame_time',
    reply: names,
  },
  promMetadata: {
    ...shared,
    method: 'GET',
    path: '/api/v1/metadata',
    summary: 'Types and units of metrics',
    query: {
      metric: textParam('Only of this metric', limits.metricNameLengthMax),
      limit,
    },
    example: 'metric=frame_time',
    reply: answer(
      Type.Object({
        status: success,
        data: Type.Record(
          Type.String(),
          Type.Array(
            Type.Object({
              type: Type.Enum(['gauge', 'counter', 'histogram']),
              help: Type.String(),
              unit: Type.String(),
            }),
          ),
        ),
      }),
    ),
  },
  promBuildinfo: {
    method: 'GET',
    path: '/api/v1/status/buildinfo',
    summary: 'The version of Prometheus whose query API this is, and our own',
    scope: 'read',
    errors,
    reply: answer(
      Type.Object({
        status: success,
        data: Type.Object({
          application: Type.Literal('Tacho'),
          version: Type.String({ description: 'Of Prometheus' }),
          revision: Type.String({ description: 'Our own version' }),
          branch: Type.String(),
          buildUser: Type.String(),
          buildDate: Type.String(),
          goVersion: Type.String(),
        }),
      }),
    ),
  },
} as const satisfies Record<string, Route>;
