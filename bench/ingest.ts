/** Bench: columnar batches of the mix through `/api/ingest`. */
import { benchShape, MixBatches, samplesPerBatch } from './batches.ts';
import { median } from './measure.ts';
import type { Row } from './report.ts';
import { type BenchContext, sendAll, withServer } from './target.ts';

const connections = 4;

/** Samples per second, median of rounds; the requests are made before each round. */
export async function ingest(context: BenchContext): Promise<Row[]> {
  const requests = context.quick ? 10 : 400;
  const samples = requests * samplesPerBatch(benchShape);
  const rates: number[] = [];
  let bytes = 0;
  await withServer('ingest', context, async (server) => {
    const batches = new MixBatches(3, benchShape);
    const start = [batches.start()];
    await sendAll(server.port, 1, () => nextOf(start));
    for (let round = 0; round < context.rounds; round += 1) {
      const ready = Array.from({ length: requests }, () => batches.next());
      bytes = ready.reduce((sum, request) => sum + request.length, 0);
      const seconds = await sendAll(server.port, connections, () => nextOf(ready));
      rates.push(samples / seconds);
    }
  });
  const note = `${samplesPerBatch(benchShape)} samples a batch, ${connections} connections`;
  const bench = 'ingest';
  return [
    { bench, name: 'tacho', value: median(rates), unit: 'samples/s', atLeast: 1_500_000, note },
    { bench, name: 'JSON sent', value: bytes / samples, unit: 'B/sample' },
  ];
}

/** Takes one request off the front. */
export function nextOf(ready: Buffer[]): Buffer[] | undefined {
  const request = ready.shift();
  return request && [request];
}
