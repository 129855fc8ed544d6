/** Bench: line protocol and remote write, against arrays of `POST …/metrics` with the same samples. */
import {
  compressed,
  encodeWriteRequest,
  writeHeaders,
} from '../packages/server/src/http/testing/write-request.ts';
import { compareForms, type Tick } from './forms.ts';
import { mixSeries } from './mix.ts';
import type { Row } from './report.ts';
import type { BenchContext } from './target.ts';

/** Samples per second in each form. */
export function lines(context: BenchContext): Promise<Row[]> {
  return compareForms(context, 'lines', [
    {
      name: 'line protocol',
      request: (ticks, id) => ({
        path: '/write?db=Bench&precision=us',
        headers: { 'content-type': 'text/plain' },
        body: Buffer.from(linesOf(ticks, id)),
      }),
    },
    {
      name: 'remote write',
      request: (ticks, id) => ({
        path: '/api/v1/write',
        headers: writeHeaders,
        body: compressed(encodeWriteRequest({ series: seriesOf(ticks, id) })),
      }),
    },
  ]);
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
