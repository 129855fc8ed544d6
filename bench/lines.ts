/** Bench: line protocol and remote write, against arrays of `POST …/metrics` with the same samples. */
import {
  compressed,
  encodeWriteRequest,
  writeHeaders,
} from '../packages/server/src/http/testing/write-request.ts';
import { requestHead } from '../test/whole/wire.ts';
import { median } from './measure.ts';
import { Mix, mixSeries } from './mix.ts';
import type { Row } from './report.ts';
import { type BenchContext, createSessions, sendAll, withServer } from './target.ts';

const connections = 4;
const ticksPerBody = 50;
const forms = ['arrays', 'lines', 'remote'] as const;
type Form = (typeof forms)[number];
type Tick = ReturnType<Mix['nextTick']>;

/** Samples per second in each form, medians of interleaved rounds; every body is sent once. */
export async function lines(context: BenchContext): Promise<Row[]> {
  const bodies = context.quick ? 4 : 200;
  const samples = bodies * ticksPerBody * mixSeries.length;
  const rates: Record<Form, number[]> = { arrays: [], lines: [], remote: [] };
  const bytes: Record<Form, number> = { arrays: 0, lines: 0, remote: 0 };
  const mix = new Mix(7, 1);
  await withServer('lines', context, async (server) => {
    for (let round = 0; round < context.rounds; round += 1) {
      const ticks = Array.from({ length: bodies }, () =>
        Array.from({ length: ticksPerBody }, () => mix.nextTick(0)),
      );
      const [id = ''] = await createSessions(server, 1);
      for (const form of forms) {
        const ready = ticks.map((each) => requestOf(form, each, id));
        bytes[form] = ready.reduce((sum, pieces) => sum + pieces[1]!.length, 0);
        const seconds = await sendAll(server.port, connections, () => ready.shift());
        rates[form].push(samples / seconds);
      }
    }
  });
  const bench = 'lines';
  const share = (form: Form) => median(rates[form].map((rate, i) => rate / rates.arrays[i]!));
  const note = `${ticksPerBody * mixSeries.length} samples a body, ${connections} connections`;
  return [
    ...forms.map((form) => ({
      ...{ bench, name: names[form], value: median(rates[form]), unit: 'samples/s', note },
    })),
    { bench, name: 'line protocol, share of arrays', value: share('lines'), unit: '' },
    { bench, name: 'remote write, share of arrays', value: share('remote'), unit: '' },
    ...forms.map((form) => ({
      ...{ bench, name: `${names[form]}, sent`, value: bytes[form] / samples, unit: 'B/sample' },
    })),
  ];
}

const names: Record<Form, string> = {
  arrays: 'POST …/metrics, arrays',
  lines: 'line protocol',
  remote: 'remote write',
};

function requestOf(form: Form, ticks: readonly Tick[], id: string): Buffer[] {
  if (form === 'remote') {
    const body = compressed(encodeWriteRequest({ series: seriesOf(ticks, id) }));
    return [requestHead('POST', '/api/v1/write', writeHeaders, body.length), body];
  }
  const isArray = form === 'arrays';
  const path = isArray ? `/api/sessions/${id}/metrics` : '/write?db=Bench&precision=us';
  const type = isArray ? 'application/json' : 'text/plain';
  const body = Buffer.from(isArray ? JSON.stringify(arrayOf(ticks)) : linesOf(ticks, id));
  return [requestHead('POST', path, { 'content-type': type }, body.length), body];
}

function arrayOf(ticks: readonly Tick[]): object[] {
  return ticks.flatMap(({ timeUs, values }) => {
    const timestamp = new Date(timeUs / 1_000).toISOString();
    const tags = ['kind:bench'];
    return mixSeries.map((series, k) => ({ timestamp, ...series, tags, value: values[k] }));
  });
}

/** As Telegraf writes: the fields of one instant in one line. */
function linesOf(ticks: readonly Tick[], id: string): string {
  const texts = ticks.map(({ timeUs, values }) => {
    const fields = mixSeries.map(({ name }, k) => `${name}=${values[k]}`).join(',');
    return `bench,session=${id},kind=bench ${fields} ${timeUs}`;
  });
  return texts.join('\n');
}

/** As Prometheus sends: one sample of each series after the other. */
function seriesOf(ticks: readonly Tick[], id: string) {
  return ticks.flatMap(({ timeUs, values }) =>
    mixSeries.map(({ name }, k) => ({
      labels: { __name__: name, job: 'Bench', kind: 'bench', session: id },
      samples: [[values[k]!, Math.round(timeUs / 1_000)] as [number, number]],
    })),
  );
}
