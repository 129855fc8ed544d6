/** What heavy questions cost those who write, and what a live reader costs. */
import { Agent, get as httpGet, type IncomingMessage } from 'node:http';
import { post } from '../../test/whole/http.ts';
import type { Server } from '../../test/whole/server.ts';
import { probe } from '../commit.ts';
import { median, percentile, sleep } from '../measure.ts';
import type { Row } from '../report.ts';
import { createSessions } from '../target.ts';
import { generatorFor } from '../wrk.ts';
import { ask } from './ask.ts';

const bench = 'query';
const heavy = '/api/aggregate?metric=http.latency&by=version&fn=p95&exact=true';

/** Commit latency and throughput of single metrics, alone and while exact aggregates run one after the other. */
export async function besideRows(server: Server, quick: boolean): Promise<Row[]> {
  const seconds = quick ? 1 : 8;
  const rounds = quick ? 1 : 3;
  const alone: number[] = [];
  const busy: number[] = [];
  const ratios: number[] = [];
  const [id] = await createSessions(server, 1);
  const body = JSON.stringify({ name: 'beside_ms', value: 1 });
  const generator = generatorFor([{ path: `/api/sessions/${id}/metrics`, body }]);
  for (let round = 0; round < rounds; round++) {
    alone.push(...(await probe(server, sleep(seconds * 1_000))));
    busy.push(...(await whileAsking(server, () => probe(server, sleep(seconds * 1_000)))));
    const quietRate = await generator.run(server.url, 64, seconds);
    const busyRate = await whileAsking(server, () => generator.run(server.url, 64, seconds));
    ratios.push(busyRate.requestsPerSecond / quietRate.requestsPerSecond);
  }
  const p99 = percentile(alone, 0.99);
  return [
    { bench, name: 'commit p99 alone', value: p99, unit: 'ms' },
    {
      ...{ bench, name: 'commit p99 while aggregates run', unit: 'ms', atMost: 2 * p99 },
      value: percentile(busy, 0.99),
    },
    {
      ...{ bench, name: 'single POST while aggregates run', unit: 'share', atLeast: 0.7 },
      value: median(ratios),
      note: `of the rate alone, ${generator.name}`,
    },
  ];
}

/** Runs something while the server answers one heavy question after the other. */
async function whileAsking<T>(server: Server, body: () => Promise<T>): Promise<T> {
  let isOver = false;
  const asking = (async () => {
    while (!isOver) await ask(server, heavy);
  })();
  try {
    return await body();
  } finally {
    isOver = true;
    await asking;
  }
}

/** Memory of a server with many live readers while it is written to, per reader. */
export async function liveRow(server: Server, quick: boolean): Promise<Row> {
  const readers = quick ? 20 : 1_000;
  const [id] = await createSessions(server, 1);
  // Before: the same writing without readers, so that what writing takes is not theirs.
  await writeFor(server, id!, 2_000);
  const before = server.memory().rssBytes;
  const agent = new Agent({ keepAlive: true, maxSockets: readers });
  const streams = await Promise.all(
    Array.from({ length: readers }, () => openLive(`${server.url}/api/live`, agent)),
  );
  await writeFor(server, id!, quick ? 500 : 5_000);
  const after = server.memory().rssBytes;
  const heard = streams.filter(({ bytes }) => bytes() > 0).length;
  for (const { stream } of streams) stream.destroy();
  agent.destroy();
  if (heard < readers) throw new Error(`only ${heard} of ${readers} readers heard anything`);
  return {
    ...{ bench, name: 'memory of a live reader', unit: 'KiB', atMost: 50 },
    value: Math.max(0, after - before) / readers / 1_024,
    note: `${readers} readers of a server that is written to`,
  };
}

async function writeFor(server: Server, id: string, ms: number): Promise<void> {
  const until = performance.now() + ms;
  for (let i = 0; performance.now() < until; i++) {
    await post(`${server.url}/api/sessions/${id}/metrics`, { name: 'live_probe', value: i });
    await sleep(10);
  }
}

function openLive(
  url: string,
  agent: Agent,
): Promise<{ stream: IncomingMessage; bytes: () => number }> {
  return new Promise((resolve, reject) => {
    const request = httpGet(url, { agent, headers: { accept: 'text/event-stream' } }, (stream) => {
      if (stream.statusCode !== 200) {
        reject(new Error(`${url} answered ${stream.statusCode}`));
        return;
      }
      let heard = 0;
      stream.on('data', (chunk: Buffer) => {
        if (chunk.includes('data:')) heard += chunk.length;
      });
      stream.on('error', () => {});
      resolve({ stream, bytes: () => heard });
    });
    request.on('error', reject);
  });
}
