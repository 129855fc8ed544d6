/** Bench: OTLP in protobuf and in JSON, against arrays of `POST …/metrics` with the same samples. */
import { requests } from '../packages/server/src/doors/otlp/messages.ts';
import { encodeMessage } from '../packages/server/src/doors/otlp/testing/encode.ts';
import { compareForms, type Tick } from './forms.ts';
import { mixSeries } from './mix.ts';
import type { Row } from './report.ts';
import type { BenchContext } from './target.ts';

const path = '/v1/metrics';

/** Samples per second in each form. */
export function otlp(context: BenchContext): Promise<Row[]> {
  return compareForms(context, 'otlp', [
    {
      name: 'OTLP, protobuf',
      request: (ticks) => ({
        ...{ path, headers: { 'content-type': 'application/x-protobuf' } },
        body: Buffer.from(encodeMessage(requests.metrics, messageOf(ticks))),
      }),
    },
    {
      name: 'OTLP, JSON',
      request: (ticks) => ({
        ...{ path, headers: { 'content-type': 'application/json' } },
        body: Buffer.from(JSON.stringify(messageOf(ticks))),
      }),
    },
  ]);
}

/** As an SDK exports: one point per metric for each tick. */
function messageOf(ticks: readonly Tick[]): object {
  const attributes = [{ key: 'kind', value: { stringValue: 'bench' } }];
  const metrics = mixSeries.map(({ name, type, unit }, k) => {
    const dataPoints = ticks.map(({ timeUs, values }) => {
      return { attributes, timeUnixNano: `${timeUs}000`, asDouble: values[k] };
    });
    if (type !== 'counter') return { name, unit, gauge: { dataPoints } };
    return { name, unit, sum: { dataPoints, aggregationTemporality: 2, isMonotonic: true } };
  });
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'Bench' } }] };
  return { resourceMetrics: [{ resource, scopeMetrics: [{ metrics }] }] };
}
