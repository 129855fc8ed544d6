/**
 * A program with the SDK of OpenTelemetry: `otlp-sender.ts URL json|proto cumulative|delta none|gzip`.
 * It uses every instrument twice, with an export after each round, and writes log records.
 */
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto';
import {
  AggregationTemporalityPreference,
  OTLPMetricExporter as JsonMetrics,
} from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import {
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';

const [url = '', encoding, temporality, compression] = process.argv.slice(2);
const resource = resourceFromAttributes({
  'service.name': 'till',
  'service.version': '2.4.0',
  'service.instance.id': 'till-3',
  'host.name': 'shop-3',
  'host.id': 'machine-3',
  'deployment.environment.name': 'test',
});
const options = { compression: compression as never };
const temporalityPreference =
  temporality === 'delta'
    ? AggregationTemporalityPreference.DELTA
    : AggregationTemporalityPreference.CUMULATIVE;
const [Metrics, Logs] = encoding === 'json' ? [JsonMetrics, JsonLogs] : [ProtoMetrics, ProtoLogs];

const meters = new MeterProvider({
  resource,
  readers: [
    new PeriodicExportingMetricReader({
      exporter: new Metrics({ ...options, url: `${url}/v1/metrics`, temporalityPreference }),
      // Exports happen when they are asked for.
      exportIntervalMillis: 3_600_000,
    }),
  ],
  views: [
    {
      instrumentName: 'payload.size',
      aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
    },
  ],
});
const meter = meters.getMeter('till.meter');
const sales = meter.createCounter('sales', { unit: '{sale}' });
const open = meter.createUpDownCounter('carts.open');
const load = meter.createGauge('cpu.utilization', { unit: '1' });
const latency = meter.createHistogram('payment.duration', {
  unit: 'ms',
  advice: { explicitBucketBoundaries: [1, 10, 100] },
});
const size = meter.createHistogram('payload.size', { unit: 'By' });
let round = 1;
meter.createObservableCounter('cpu.time', { unit: 's' }).addCallback((result) => {
  result.observe(1.5 * round, { state: 'user' });
});
meter.createObservableUpDownCounter('queue.length').addCallback((result) => {
  result.observe(10 - round);
});
meter.createObservableGauge('temperature', { unit: 'Cel' }).addCallback((result) => {
  result.observe(20 + round);
});

for (round of [1, 2]) {
  sales.add(3, { till: 'A', paid: true, parts: [1, 2] as never });
  open.add(round === 1 ? 5 : -2);
  load.record(0.25 * round);
  for (const ms of [0.5, 5, 50, 500]) latency.record(ms);
  for (const bytes of [0, 100, 1000, 1000 * round]) size.record(bytes);
  // The end of the program exports the second round.
  await (round === 1 ? meters.forceFlush() : meters.shutdown());
}

const loggers = new LoggerProvider({
  resource,
  processors: [
    new BatchLogRecordProcessor({ exporter: new Logs({ ...options, url: `${url}/v1/logs` }) }),
  ],
});
const logger = loggers.getLogger('till.payments');
logger.emit({
  severityNumber: 13,
  severityText: 'WARN',
  body: 'slow payment',
  attributes: { ms: 900 },
});
logger.emit({
  severityNumber: 17,
  eventName: 'payment_failed',
  body: { order: 1041 },
  attributes: {
    'exception.type': 'CardError',
    'exception.message': 'declined',
    'exception.stacktrace': 'CardError: declined\n    at pay (till.js:7:3)',
  },
});
logger.emit({ eventName: 'session.end' });
await loggers.shutdown();
