/** Runs of a made-up shop, for stories about comparing them and about their metrics. */
import { expect } from 'vitest';
import { post } from '../whole/http.ts';

/** Ids of the runs: two of 2.4.0 that crashed, one of 2.3.9 that ended well. */
export const runIds = [
  'a0000001-0000-4000-8000-000000000001',
  'b0000002-0000-4000-8000-000000000002',
  'c0000003-0000-4000-8000-000000000003',
] as const;

const minuteMs = 60_000;
const stepMs = 5_000;

/** Records them: each lasts ten minutes, the bad ones fill their queue in the last two. */
export async function recordRuns(url: string, endMs: number): Promise<void> {
  const entries = runIds.flatMap((session, i) => {
    const isBad = i < 2;
    const end = endMs - i * 20 * minuteMs;
    const start = end - 10 * minuteMs;
    const times = Array.from({ length: (10 * minuteMs) / stepMs }, (_, n) => n * stepMs);
    const queue = times.map((at) =>
      isBad && at > 8 * minuteMs ? (at - 8 * minuteMs) / 1_000 + 5 : 5,
    );
    return [
      {
        ...{ kind: 'start', session, at: start, product: 'shop' },
        version: isBad ? '2.4.0' : '2.3.9',
        machine_id: `till-${i}`,
        state: { page: 'home', theme: 'dark' },
      },
      {
        ...{ kind: 'columns', session, startMs: start, times },
        series: [
          { name: 'order_queue', values: queue },
          { name: 'response_time_ms', values: times.map((_, n) => 20 + i + (n % 3)) },
        ],
      },
      {
        ...{ kind: 'patch', session, at: start + 5 * minuteMs },
        patch: { page: isBad ? 'checkout' : 'cart' },
      },
      { kind: 'event', session, at: start + minuteMs, name: 'order_placed' },
      isBad
        ? { kind: 'crash', session, at: end, reason: 'exit status 1' }
        : { kind: 'end', session, at: end },
    ];
  });
  const answer = await post(`${url}/api/ingest`, { spoolId: 'runs', seq: 1, entries });
  expect(answer.status).toBe(200);
}
