/** Bench: OTLP in protobuf and in JSON, against arrays of `POST …/metrics` with the same samples. */
import { requests } from '../packages/server/src/doors/otlp/messages.ts';
import { encodeMessage } from '../packages/server/src/doors/otlp/testing/encode.ts';
import { requestHead } from '../test/whole/wire.ts';
import { median } from './measure.ts';
import { Mix, mixSeries } from './mix.ts';
import type { Row } from './report.ts';
import { type BenchContext, createSessions, sendAll, withServer } from './target.ts';

const connections = 4;
const ticksPerBody = 50;
const forms = ['arrays', 'protobuf', 'json'] as const;
type Form = (typeof forms)[number];

/** Samples per second in each form, medians of interleaved rounds; every body is sent once. */
export async function otlp(context: BenchContext): Promise<Row[]> {
  const bodies = context.quick ? 4 : 200;
  const samples = bodies * ticksPerBody * mixSeries.length;
  const rates: Record<Form, number[]> = { arrays: [], protobuf: [], json: [] };
  const bytes: Record<Form, number> = { arrays: 0, protobuf: 0, json: 0 };
  const mix = new Mix(7, 1);
  await withServer('otlp', context, async (server) => {
    for (let round = 0; round < context.rounds; round += 1) {
      const ticks = Array.from({ length: bodies }, () =>
        Array.from({ length: ticksPerBody }, () => mix.nextTick(0)),
      );
      const [id = ''] = await createSessions(server, 1);
      for (const form of forms) {
        // Each form has its instants, because a body that comes again is not stored again.
        const ready = ticks.map((each) => requestOf(form, each, id));
        bytes[form] = ready.reduce((sum, pieces) => sum + pieces[1]!.length, 0);
        const seconds = await sendAll(server.port, connections, () => ready.shift());
        rates[form].push(samples / seconds);
      }
    }
  });
  const bench = 'otlp';
  const share = (form: Form) => median(rates[form].map((rate, i) => rate / rates.arrays[i]!));
  const note = `${ticksPerBody * mixSeries.length} samples a body, ${connections} connections`;
  return [
    ...forms.map((form) => ({
      ...{ bench, name: names[form], value: median(rates[form]), unit: 'samples/s', note },
    })),
    { bench, name: 'protobuf, share of arrays', value: share('protobuf'), unit: '' },
    { bench, name: 'JSON, share of arrays', value: share('json'), unit: '' },
    ...forms.map((form) => ({
      ...{ bench, name: `${names[form]}, sent`, value: bytes[form] / samples, unit: 'B/sample' },
    })),
  ];
}

const names: Record<Form, string> = {
  arrays: 'POST …/metrics, arrays',
  protobuf: 'OTLP, protobuf',
  json: 'OTLP, JSON',
};

type Tick = ReturnType<Mix['nextTick']>;

function requestOf(form: Form, ticks: readonly Tick[], id: string): Buffer[] {
  const [path, type] =
    form === 'arrays'
      ? [`/api/sessions/${id}/metrics`, 'application/json']
      : ['/v1/metrics', form === 'json' ? 'application/json' : 'application/x-protobuf'];
  const body =
    form === 'arrays'
      ? Buffer.from(JSON.stringify(arrayOf(ticks)))
      : form === 'json'
        ? Buffer.from(JSON.stringify(messageOf(ticks)))
        : Buffer.from(encodeMessage(requests.metrics, messageOf(ticks)));
  return [requestHead('POST', path, { 'content-type': type }, body.length), body];
}

function arrayOf(ticks: readonly Tick[]): object[] {
  return ticks.flatMap(({ timeUs, values }) => {
    const timestamp = new Date(timeUs / 1_000).toISOString();
    return mixSeries.map((series, k) => ({ timestamp, ...series, tags: [tag], value: values[k] }));
  });
}

const tag = 'host:till-3';

/** As an SDK exports: one point per metric for each tick. */
function messageOf(ticks: readonly Tick[]): object {
  const attributes = [{ key: 'host', value: { stringValue: 'till-3' } }];
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
