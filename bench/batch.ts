/** Bench: JSON arrays of 1,000 metrics, against JSON.parse alone on the same bytes. */
import { requestHead } from '../test/whole/wire.ts';
import { median } from './measure.ts';
import { Mix, mixSeries } from './mix.ts';
import type { Row } from './report.ts';
import { type BenchContext, createSessions, sendAll, withServer } from './target.ts';

const itemsPerRequest = 1_000;
/** Bytes of one metric in the array, with its comma. */
const metricBytes = 128;
const connections = 4;
const bodies = 100;

/** Samples per second through arrays, medians of interleaved rounds. */
export async function batch(context: BenchContext): Promise<Row[]> {
  const ready = makeBodies();
  const texts = ready.map((bytes) => bytes.toString('utf8'));
  const requests = context.quick ? 20 : 2_000;
  const measured = { parse: [] as number[], ours: [] as number[], ratio: [] as number[] };
  await withServer('batch', context, async (server) => {
    for (let round = 0; round < context.rounds; round += 1) {
      const parse = parseRate(texts, context.quick ? 20 : 1_000);
      const heads = (await createSessions(server, Math.ceil(requests / bodies))).map((id) => {
        const path = `/api/sessions/${id}/metrics`;
        const headers = { 'content-type': 'application/json' };
        return requestHead('POST', path, headers, ready[0]!.length);
      });
      let sent = 0;
      const seconds = await sendAll(server.port, connections, () => {
        if (sent === requests) return undefined;
        const head = heads[Math.floor(sent / bodies)]!;
        const body = ready[sent % bodies]!;
        sent += 1;
        return [head, body];
      });
      const ours = (requests * itemsPerRequest) / seconds;
      measured.parse.push(parse);
      measured.ours.push(ours);
      measured.ratio.push(ours / parse);
    }
  });
  const bench = 'batch';
  return [
    { bench, name: 'JSON.parse alone', value: median(measured.parse), unit: 'samples/s' },
    {
      bench,
      name: 'tacho',
      value: median(measured.ours),
      unit: 'samples/s',
      atLeast: 400_000,
      note: `arrays of ${itemsPerRequest}, ${metricBytes} B each, ${connections} connections`,
    },
    { bench, name: 'share of JSON.parse', value: median(measured.ratio), unit: '', atLeast: 0.5 },
  ];
}

function parseRate(texts: readonly string[], count: number): number {
  const started = performance.now();
  for (let i = 0; i < count; i += 1) JSON.parse(texts[i % texts.length]!);
  return (count * itemsPerRequest) / ((performance.now() - started) / 1_000);
}

/** Bodies of equal length with the mix of one session, a hundred seconds each. */
function makeBodies(): Buffer[] {
  const mix = new Mix(2, 1);
  return Array.from({ length: bodies }, () => {
    const items: string[] = [];
    while (items.length < itemsPerRequest) {
      const { timeUs, values } = mix.nextTick(0);
      const timestamp = new Date(timeUs / 1_000).toISOString();
      mixSeries.forEach((series, k) => {
        items.push(padded({ timestamp, ...series, value: values[k]! }));
      });
    }
    return Buffer.from(`[${items.join(',')}]`);
  });
}

/** One metric as JSON, its tag as long as it takes. */
function padded(metric: object): string {
  const spare = metricBytes - 1 - Buffer.byteLength(JSON.stringify({ ...metric, tags: [''] }));
  return JSON.stringify({ ...metric, tags: ['host-'.padEnd(Math.max(spare, 1), 'x')] });
}
