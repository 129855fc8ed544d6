/** Endpoints in the form that Grafana's JSON API data source asks for. */
import Type from 'typebox';
import { limits } from '../limits.ts';
import {
  answer,
  bodyErrors,
  doorErrors,
  questionErrors,
  type Route,
  type RouteRequest,
} from './route.ts';

const errors = [...questionErrors, ...bodyErrors] as const;

const range = Type.Object({
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
});

function body(schema: RouteRequest['schema'], optional = false) {
  return { schema, optional, many: false } as const;
}

const example = { from: '2026-03-01T12:00:00.000Z', to: '2026-03-01T13:00:00.000Z' };
const target = Type.Object({
  target: Type.String({ description: 'A question in PromQL', maxLength: limits.promqlLengthMax }),
  refId: Type.Optional(Type.String()),
  type: Type.Optional(
    Type.Enum(['timeseries', 'table'], { description: 'A table is about the end of the range' }),
  ),
});
const filter = Type.Object({
  key: Type.String(),
  operator: Type.Enum(['=', '!=', '=~', '!~']),
  value: Type.String(),
});
const queryBody = Type.Object(
  {
    range,
    intervalMs: Type.Optional(Type.Number({ minimum: 1 })),
    maxDataPoints: Type.Optional(Type.Number({ minimum: 1 })),
    targets: Type.Array(target, { maxItems: limits.paramValuesMax }),
    adhocFilters: Type.Optional(Type.Array(filter, { maxItems: limits.paramValuesMax })),
  },
  {
    examples: [
      {
        range: example,
        intervalMs: 60_000,
        targets: [{ target: 'avg by (version) (frame_time_ms)' }],
      },
    ],
  },
);
const annotationsBody = Type.Object(
  {
    range,
    annotation: Type.Optional(
      Type.Object({
        query: Type.Optional(
          Type.String({
            description:
              'Which sessions, by the parameters of the list of sessions: `product=shop&outcome=crashed`; crashed ones when empty',
          }),
        ),
      }),
    ),
  },
  { examples: [{ range: example, annotation: { query: 'outcome=crashed' } }] },
);
const keyBody = Type.Object(
  { key: Type.String({ description: 'Name of a label' }) },
  { examples: [{ key: 'version' }] },
);
const variableBody = Type.Object(
  {
    payload: Type.Object({
      target: Type.String({
        description: 'Name of a label, or `label_values(selector, label)`',
      }),
    }),
    range: Type.Optional(range),
  },
  { examples: [{ payload: { target: 'label_values(frame_time_ms, version)' } }] },
);
const anything = Type.Object({}, { description: 'Nothing in it is looked at', examples: [{}] });

const shared = { scope: 'read', errors } as const;
const text = Type.Object({ text: Type.String() });

/** The endpoints by name. */
export const grafanaRoutes = {
  grafanaHealth: {
    scope: 'read',
    errors: doorErrors,
    method: 'GET',
    path: '/api/grafana',
    summary: 'Whether the data source can be used',
    reply: answer(Type.Object({ status: Type.Literal('ok') })),
  },
  grafanaMetrics: {
    ...shared,
    method: 'POST',
    path: '/api/grafana/metrics',
    summary: 'Metrics to choose from',
    request: body(anything, true),
    reply: answer(
      Type.Array(
        Type.Object({
          label: Type.String(),
          value: Type.String(),
          payloads: Type.Array(Type.Object({}), { maxItems: 0 }),
        }),
      ),
    ),
  },
  grafanaPayloads: {
    ...shared,
    method: 'POST',
    path: '/api/grafana/metric-payload-options',
    summary: 'Choices for a metric; there are none, a metric is a question in PromQL',
    request: body(anything, true),
    reply: answer(Type.Array(Type.Object({}), { maxItems: 0 })),
  },
  grafanaSearch: {
    ...shared,
    method: 'POST',
    path: '/api/grafana/search',
    summary: 'Metrics to choose from, as older versions ask for them',
    request: body(anything, true),
    reply: answer(Type.Array(Type.String())),
  },
  grafanaQuery: {
    ...shared,
    method: 'POST',
    path: '/api/grafana/query',
    summary: 'Questions in PromQL about a range of time',
    request: body(queryBody),
    reply: answer(
      Type.Array(
        Type.Union([
          Type.Object({
            target: Type.String({ description: 'Labels of the series' }),
            refId: Type.String(),
            datapoints: Type.Array(
              Type.Array(Type.Union([Type.Number(), Type.Null()]), {
                description: 'Value and milliseconds since 1970; NaN and the infinities are null',
                minItems: 2,
                maxItems: 2,
              }),
            ),
          }),
          Type.Object({
            type: Type.Literal('table'),
            refId: Type.String(),
            columns: Type.Array(
              Type.Object({ text: Type.String(), type: Type.Enum(['time', 'string', 'number']) }),
            ),
            rows: Type.Array(Type.Array(Type.Union([Type.String(), Type.Number(), Type.Null()]))),
          }),
        ]),
      ),
    ),
  },
  grafanaAnnotations: {
    ...shared,
    method: 'POST',
    path: '/api/grafana/annotations',
    summary: `Ends of sessions to mark in charts; the last ${limits.pageRowsMax} of the range`,
    request: body(annotationsBody),
    reply: answer(
      Type.Array(
        Type.Object({
          time: Type.Number({ description: 'Milliseconds since 1970' }),
          title: Type.String(),
          text: Type.String(),
          tags: Type.Array(Type.String()),
        }),
      ),
    ),
  },
  grafanaTagKeys: {
    ...shared,
    method: 'POST',
    path: '/api/grafana/tag-keys',
    summary: 'Labels to filter by',
    request: body(anything, true),
    reply: answer(Type.Array(Type.Object({ type: Type.Literal('string'), text: Type.String() }))),
  },
  grafanaTagValues: {
    ...shared,
    method: 'POST',
    path: '/api/grafana/tag-values',
    summary: 'Values of a label to filter by',
    request: body(keyBody),
    reply: answer(Type.Array(text)),
  },
  grafanaVariable: {
    ...shared,
    method: 'POST',
    path: '/api/grafana/variable',
    summary: 'Values of a variable of a dashboard',
    request: body(variableBody),
    reply: answer(Type.Array(Type.Object({ __text: Type.String(), __value: Type.String() }))),
  },
} as const satisfies Record<string, Route>;
