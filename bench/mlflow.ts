/** Bench: MLflow's log-batch, against `POST …/metrics` of the same samples. */
import { requestBytes } from '../test/whole/wire.ts';
import { median } from './measure.ts';
import type { Row } from './report.ts';
import { type BenchContext, createSessions, sendAll, withServer } from './target.ts';

/** As many as MLflow's clients send at once, of ten metrics at a hundred steps. */
const samplesPerRequest = 1_000;
const metricCount = 10;
const connections = 4;

/** Samples per second through both ways, medians of interleaved rounds. */
export async function mlflow(context: BenchContext): Promise<Row[]> {
  const requests = context.quick ? 20 : 600;
  const measured = { door: [] as number[], own: [] as number[], ratio: [] as number[] };
  await withServer('mlflow', context, async (server) => {
    for (let round = 0; round < context.rounds; round += 1) {
      const rate = async (make: (id: string, n: number) => Buffer): Promise<number> => {
        const ids = await createSessions(server, connections);
        const ready = Array.from({ length: requests }, (_, n) => make(ids[n % connections]!, n));
        let sent = 0;
        const seconds = await sendAll(server.port, connections, () => {
          const request = ready[sent++];
          return request && [request];
        });
        return (requests * samplesPerRequest) / seconds;
      };
      const own = await rate(ownRequest);
      const door = await rate(doorRequest);
      measured.own.push(own);
      measured.door.push(door);
      measured.ratio.push(door / own);
    }
  });
  const bench = 'mlflow';
  const note = `${samplesPerRequest} samples with steps a request, ${connections} connections`;
  return [
    { bench, name: 'POST …/metrics', value: median(measured.own), unit: 'samples/s', note },
    { bench, name: 'log-batch', value: median(measured.door), unit: 'samples/s', note },
    {
      bench,
      name: 'share of POST …/metrics',
      value: median(measured.ratio),
      unit: '',
      atLeast: 0.5,
    },
  ];
}

/** One sample of one request: every request has instants of its own, as a repeat would count once. */
function sampleOf(n: number, i: number) {
  const step = n * (samplesPerRequest / metricCount) + Math.floor(i / metricCount);
  const at = 1_772_366_400_000 + step * 1_000;
  return {
    name: `loss_${i % metricCount}`,
    value: Math.round(1e6 / (1 + step + i)) / 1e6,
    at,
    step,
  };
}

function doorRequest(id: string, n: number): Buffer {
  const metrics = Array.from({ length: samplesPerRequest }, (_, i) => {
    const { name: key, value, at: timestamp, step } = sampleOf(n, i);
    return { key, value, timestamp, step };
  });
  const body = JSON.stringify({ run_id: id.replaceAll('-', ''), metrics });
  return requestBytes('POST', '/api/2.0/mlflow/runs/log-batch', json, body);
}

function ownRequest(id: string, n: number): Buffer {
  const metrics = Array.from({ length: samplesPerRequest }, (_, i) => {
    const { name, value, at: timestamp, step } = sampleOf(n, i);
    return { name, value, timestamp, metadata: { step } };
  });
  return requestBytes('POST', `/api/sessions/${id}/metrics`, json, JSON.stringify(metrics));
}

const json = { 'content-type': 'application/json' };
