/** Compares dialects: the same samples in several forms, against arrays of `POST …/metrics`. */
import { requestHead } from '../test/whole/wire.ts';
import { median } from './measure.ts';
import { Mix, mixSeries } from './mix.ts';
import type { Row } from './report.ts';
import { type BenchContext, createSessions, sendAll, withServer } from './target.ts';

/** Samples of all series of the mix at one instant. */
export type Tick = ReturnType<Mix['nextTick']>;

/** One way of saying samples; `request` makes one of many ticks, for the session with this id. */
export interface Form {
  name: string;
  request: (ticks: readonly Tick[], id: string) => { path: string; headers: Headers; body: Buffer };
}

type Headers = Record<string, string>;

const connections = 4;
const ticksPerBody = 50;

/** Samples per second in each form and in arrays, medians of interleaved rounds; every body is sent once. */
export async function compareForms(
  context: BenchContext,
  bench: string,
  others: readonly Form[],
): Promise<Row[]> {
  const bodies = context.quick ? 4 : 200;
  const samples = bodies * ticksPerBody * mixSeries.length;
  const measured = [arrays, ...others].map((form) => ({ form, rates: [] as number[], bytes: 0 }));
  const mix = new Mix(7, 1);
  await withServer(bench, context, async (server) => {
    for (let round = 0; round < context.rounds; round += 1) {
      const ticks = Array.from({ length: bodies }, () =>
        Array.from({ length: ticksPerBody }, () => mix.nextTick(0)),
      );
      const [id = ''] = await createSessions(server, 1);
      for (const one of measured) {
        const ready = ticks.map((each) => {
          const { path, headers, body } = one.form.request(each, id);
          return [requestHead('POST', path, headers, body.length), body];
        });
        one.bytes = ready.reduce((sum, pieces) => sum + pieces[1]!.length, 0);
        const seconds = await sendAll(server.port, connections, () => ready.shift());
        one.rates.push(samples / seconds);
      }
    }
  });
  const [own, ...rest] = measured;
  const note = `${ticksPerBody * mixSeries.length} samples a body, ${connections} connections`;
  return [
    ...measured.map(({ form, rates }) => ({
      ...{ bench, name: form.name, value: median(rates), unit: 'samples/s', note },
    })),
    ...rest.map(({ form, rates }) => ({
      ...{ bench, name: `${form.name}, share of arrays`, unit: '' },
      value: median(rates.map((rate, i) => rate / own!.rates[i]!)),
    })),
    ...measured.map(({ form, bytes }) => ({
      ...{ bench, name: `${form.name}, sent`, value: bytes / samples, unit: 'B/sample' },
    })),
  ];
}

const arrays: Form = {
  name: 'POST …/metrics, arrays',
  request: (ticks, id) => ({
    path: `/api/sessions/${id}/metrics`,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(arrayOf(ticks))),
  }),
};

function arrayOf(ticks: readonly Tick[]): object[] {
  return ticks.flatMap(({ timeUs, values }) => {
    const timestamp = new Date(timeUs / 1_000).toISOString();
    const tags = ['kind:bench'];
    return mixSeries.map((series, k) => ({ timestamp, ...series, tags, value: values[k] }));
  });
}
