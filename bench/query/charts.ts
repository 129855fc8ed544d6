/** Questions about samples: charts at every zoom, and aggregates across sessions; each beside decoding everything. */
import type { Server } from '../../test/whole/server.ts';
import type { Row } from '../report.ts';
import { ask, medianOf } from './ask.ts';
import type { Filled } from './fill.ts';

const bench = 'query';
/** Shares of the long series that charts show. */
const zooms = [1, 0.7, 0.5, 0.35, 0.25, 0.18, 0.12, 0.08, 0.05, 0.02, 0.005, 0.001];

/** The rows of this part. */
export async function chartRows(server: Server, filled: Filled, rounds: number): Promise<Row[]> {
  const { longId, longFromMs, longToMs, mixId } = filled;
  const chart = (fromMs: number, toMs: number): string =>
    `/api/sessions/${longId}/series?metric=fps&points=1000&from=${fromMs}&to=${toMs}`;
  const lengthMs = longToMs - longFromMs;
  const decodeAllMs = await fullDecode(server, longId);
  const whole = await medianOf(server, rounds, () => chart(longFromMs, longToMs));
  let worst = { ms: 0, zoom: 1 };
  for (const zoom of zooms) {
    const ms = await medianOf(server, rounds, (round) => {
      // Another place each time, or only a cache would be measured.
      const shift = ((round + 1.37) * 0.618_034) % 1;
      const fromMs = Math.floor(longFromMs + shift * (1 - zoom) * lengthMs);
      return chart(fromMs, Math.floor(fromMs + zoom * lengthMs));
    });
    if (ms > worst.ms) worst = { ms, zoom };
  }
  const aggregate = '/api/aggregate?metric=http.latency&by=version&fn=p95';
  return [
    {
      ...{ bench, name: 'chart of the long series, whole', unit: 'ms', atMost: 5 },
      value: whole,
      note: `1,000 points; all its samples as raw pages ${decodeAllMs.toFixed(0)} ms`,
    },
    {
      ...{ bench, name: 'chart of the long series, any zoom', unit: 'ms', atMost: 15 },
      value: worst.ms,
      note: `worst of ${zooms.length} zooms: ${worst.zoom * 100} % of it`,
    },
    {
      ...{ bench, name: 'all charts of one session', unit: 'ms', atMost: 5 },
      value: await medianOf(server, rounds, () => `/api/sessions/${mixId}/series?points=1000`),
      note: '10 series of 1,000 samples',
    },
    {
      ...{ bench, name: 'p95 by version over the mix, sketch', unit: 'ms', atMost: 50 },
      value: await medianOf(server, rounds, () => aggregate),
    },
    {
      ...{ bench, name: 'p95 by version over the mix, exact', unit: 'ms', atMost: 1_000 },
      value: await medianOf(server, Math.min(rounds, 5), () => `${aggregate}&exact=true`),
      note: 'decodes every sample',
    },
  ];
}

/** Milliseconds that the server takes to give all samples of a session as raw pages. */
async function fullDecode(server: Server, id: string): Promise<number> {
  let sumMs = 0;
  let cursor = '';
  for (;;) {
    const path = `/api/sessions/${id}/samples?metric=fps&limit=10000${cursor}`;
    const { tookMs, json } = await ask(server, path);
    sumMs += tookMs;
    const { next } = json as { next: string | null };
    if (next === null) return sumMs;
    cursor = `&cursor=${encodeURIComponent(next)}`;
  }
}
