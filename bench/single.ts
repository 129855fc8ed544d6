/** Bench: one metric per request, acknowledged = on disk, against the floor. */
import { median } from './measure.ts';
import type { Row } from './report.ts';
import { type BenchContext, createSessions, startFloor, withServer } from './target.ts';
import { generatorFor, type LoadResult, type SmallRequest } from './wrk.ts';

const connections = 64;
const sessions = 100;

/** Requests per second and latencies of both, medians of interleaved rounds. */
export async function single(context: BenchContext): Promise<Row[]> {
  const floor = await startFloor();
  try {
    return await withServer('single', context, async (server) => {
      const ids = await createSessions(server, sessions);
      const generator = generatorFor(requestsFor(ids));
      context.say(`single: load by ${generator.name}`);
      const seconds = context.quick ? 1 : 8;
      const measured = { floor: [] as LoadResult[], ours: [] as LoadResult[] };
      for (let round = 0; round < context.rounds; round += 1) {
        measured.floor.push(await generator.run(floor.url, connections, seconds));
        measured.ours.push(await generator.run(server.url, connections, seconds));
      }
      return rowsOf(measured.floor, measured.ours, generator.name);
    });
  } finally {
    await floor.kill();
  }
}

/** Ten values for each session, sessions in turn; bodies as in the description of the protocol. */
function requestsFor(ids: readonly string[]): SmallRequest[] {
  return Array.from({ length: 10 * ids.length }, (_, i) => ({
    path: `/api/sessions/${ids[i % ids.length]}/metrics`,
    body: JSON.stringify({
      name: 'response_time_ms',
      value: Math.round(100 * (20 + 15 * Math.sin(i))) / 100,
      tags: ['api', 'v2', 'user'],
    }),
  }));
}

function rowsOf(floor: LoadResult[], ours: LoadResult[], note: string): Row[] {
  const of = (results: LoadResult[], key: keyof LoadResult): number =>
    median(results.map((result) => result[key]));
  const bench = 'single';
  const ratios = ours.map((r, i) => r.requestsPerSecond / floor[i]!.requestsPerSecond);
  const floorP99 = of(floor, 'p99Ms');
  return [
    { bench, name: 'floor', value: of(floor, 'requestsPerSecond'), unit: 'requests/s', note },
    { bench, name: 'floor p50', value: of(floor, 'p50Ms'), unit: 'ms' },
    { bench, name: 'floor p99', value: floorP99, unit: 'ms' },
    { bench, name: 'tacho', value: of(ours, 'requestsPerSecond'), unit: 'requests/s' },
    { bench, name: 'tacho p50', value: of(ours, 'p50Ms'), unit: 'ms' },
    { bench, name: 'tacho p99', value: of(ours, 'p99Ms'), unit: 'ms', atMost: 3 * floorP99 },
    { bench, name: 'share of the floor', value: median(ratios), unit: '', atLeast: 0.7 },
  ];
}
