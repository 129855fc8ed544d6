/** Bench: what an append to a session costs when it already holds a million samples. */
import type { Server } from '../test/whole/server.ts';
import { requestBytes, WireConnection } from '../test/whole/wire.ts';
import { median } from './measure.ts';
import type { Row } from './report.ts';
import {
  type BenchContext,
  createSessions,
  sendAll,
  untilNoSealing,
  withServer,
} from './target.ts';

/** Appends that are timed around each position. */
const windowAppends = 200;
const early = 100;
const itemsPerRequest = 10_000;

/** Median time of the appends around the last position over that around the 100th. */
export async function growth(context: BenchContext): Promise<Row[]> {
  const late = context.quick ? 20_000 : 1_000_000;
  const measured = { early: [] as number[], late: [] as number[], ratio: [] as number[] };
  for (let round = 0; round < context.rounds; round += 1) {
    await withServer('growth', context, async (server) => {
      const { earlyMs, lateMs } = await grow(server, late, context.quick);
      measured.early.push(earlyMs);
      measured.late.push(lateMs);
      measured.ratio.push(lateMs / earlyMs);
    });
  }
  const bench = 'growth';
  const position = late.toLocaleString('en');
  return [
    { bench, name: `append around the ${early}th`, value: median(measured.early), unit: 'ms' },
    { bench, name: `append around the ${position}th`, value: median(measured.late), unit: 'ms' },
    { bench, name: 'late over early', value: median(measured.ratio), unit: '', atMost: 1.1 },
  ];
}

/** Fills one session; sealing is waited for, as it is measured elsewhere. */
async function grow(
  server: Server,
  late: number,
  isQuick: boolean,
): Promise<{ earlyMs: number; lateMs: number }> {
  const [id, other] = await createSessions(server, 2);
  const connection = await WireConnection.open(server.port);
  /* What runs for the first time is slow in any program; that is not what is measured here. */
  await timeAppends(connection, other!, 2_000);
  const earlyMs = median(await timeAppends(connection, id!, windowAppends));
  let left = late - windowAppends - windowAppends / 2;
  const path = `/api/sessions/${id}/metrics`;
  await sendAll(server.port, 1, () => {
    const items = Math.min(left, itemsPerRequest);
    if (items <= 0) return undefined;
    left -= items;
    const body = JSON.stringify(Array.from({ length: items }, (_, i) => metric(i)));
    return [requestBytes('POST', path, { 'content-type': 'application/json' }, body)];
  });
  if (!isQuick) await untilNoSealing(server);
  const lateMs = median(await timeAppends(connection, id!, windowAppends));
  connection.close();
  return { earlyMs, lateMs };
}

async function timeAppends(
  connection: WireConnection,
  id: string,
  count: number,
): Promise<number[]> {
  const headers = { 'content-type': 'application/json' };
  const path = `/api/sessions/${id}/metrics`;
  const timesMs: number[] = [];
  for (let i = 0; i < count; i += 1) {
    const bytes = requestBytes('POST', path, headers, JSON.stringify(metric(i)));
    const from = performance.now();
    const answer = await connection.ask(bytes);
    timesMs.push(performance.now() - from);
    if (answer.status !== 200) throw new Error(`answered ${answer.status} ${answer.body}`);
  }
  return timesMs;
}

function metric(i: number): unknown {
  return { name: 'frame_time_ms', value: Math.round(1_000 * (16 + Math.sin(i))) / 1_000 };
}
