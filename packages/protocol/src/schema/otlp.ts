/** Schemas of OTLP over HTTP, as far as documents show them; the messages are those of OpenTelemetry. */
import Type, { type TSchema } from 'typebox';

/** Schema of a request: the messages of one signal by resource. */
function request(title: string, field: string, example: object): TSchema {
  const messages = Type.Array(Type.Object({}), {
    description: 'As in opentelemetry-proto 1.x; in JSON with ids as hexadecimal digits',
  });
  const description = 'In JSON, or as protobuf with the type application/x-protobuf';
  return Type.Object(
    { [field]: Type.Optional(messages) },
    { title, description, examples: [example] },
  );
}

const resource = {
  attributes: [
    { key: 'service.name', value: { stringValue: 'shop' } },
    { key: 'service.version', value: { stringValue: '2.4.0' } },
  ],
};

/** Schema of `POST /v1/metrics`. */
export const otlpMetricsBody = request('OtlpMetrics', 'resourceMetrics', {
  resourceMetrics: [
    {
      resource,
      scopeMetrics: [
        {
          metrics: [
            {
              name: 'cart.items',
              unit: '{item}',
              gauge: { dataPoints: [{ timeUnixNano: '1772366400000000000', asInt: '3' }] },
            },
          ],
        },
      ],
    },
  ],
});

/** Schema of `POST /v1/logs`. */
export const otlpLogsBody = request('OtlpLogs', 'resourceLogs', {
  resourceLogs: [
    {
      resource,
      scopeLogs: [
        {
          logRecords: [
            {
              timeUnixNano: '1772366400000000000',
              severityNumber: 17,
              body: { stringValue: 'payment failed' },
            },
          ],
        },
      ],
    },
  ],
});

function reply(title: string, field: string) {
  return Type.Object(
    {
      partialSuccess: Type.Optional(
        Type.Object({
          [field]: Type.String({ description: 'How many were refused, as decimal digits' }),
          errorMessage: Type.String({ description: 'What was wrong with the first of them' }),
        }),
      ),
    },
    { title, description: 'Empty when all of it was stored' },
  );
}

/** Schema of the answer to metrics. */
export const otlpMetricsReply = reply('OtlpMetricsReply', 'rejectedDataPoints');

/** Schema of the answer to logs. */
export const otlpLogsReply = reply('OtlpLogsReply', 'rejectedLogRecords');

/** Schema of an error: `google.rpc.Status`. */
export const otlpStatus = Type.Object(
  {
    code: Type.Integer({
      description: 'As in gRPC: 3 invalid, 8 too much, 13 internal, 14 later …',
    }),
    message: Type.String({ description: 'What was wrong' }),
  },
  { title: 'OtlpStatus', description: 'An error as OTLP answers it' },
);
