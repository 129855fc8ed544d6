/** Endpoints of OpenTelemetry's protocol, OTLP over HTTP. */
import {
  otlpLogsBody,
  otlpLogsReply,
  otlpMetricsBody,
  otlpMetricsReply,
  otlpStatus,
} from '../schema/otlp.ts';
import { answer, batchErrors, doorErrors, type Route } from './route.ts';

const errors = [
  ...doorErrors,
  // A full disk is told with 503, which exporters take for a reason to send again.
  ...batchErrors.filter((code) => code !== 'disk_full'),
  'too_many_items',
  'too_many_sessions',
] as const satisfies Route['errors'];

/** Its other form, application/x-protobuf, has no schema. */
const type = 'application/json';

/** The endpoints by name. */
export const otlpRoutes = {
  otlpMetrics: {
    method: 'POST',
    path: '/v1/metrics',
    summary: 'Record metrics as OpenTelemetry exports them, in protobuf or JSON',
    scope: 'ingest',
    request: { schema: otlpMetricsBody, optional: false, many: false, type },
    reply: answer(otlpMetricsReply),
    errorSchema: otlpStatus,
    errors,
  },
  otlpLogs: {
    method: 'POST',
    path: '/v1/logs',
    summary: 'Record log records as OpenTelemetry exports them, in protobuf or JSON',
    scope: 'ingest',
    request: { schema: otlpLogsBody, optional: false, many: false, type },
    reply: answer(otlpLogsReply),
    errorSchema: otlpStatus,
    errors,
  },
} as const satisfies Record<string, Route>;
