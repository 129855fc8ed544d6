/** What the client costs the program that it is in: per call, in memory, and in lateness of the event loop. */
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pythonRows } from './client-python.ts';
import { median } from './measure.ts';
import type { Row } from './report.ts';
import type { Bench } from './target.ts';

/** What `client-load.ts` prints. */
interface Load {
  connectMs: number[];
  costs: Record<string, { p50: number; p99: number }>;
  isSent: boolean;
  heldBytes: number;
  peakBytes: number;
  delayP99Ms: number;
  delayMaxMs: number;
  sendMs: number;
}

/** Runs the load against a receiver that takes everything at once. */
export const client: Bench = async ({ quick, rounds, say }) => {
  const receiver = await takeEverything();
  try {
    const loads: Load[] = [];
    for (let i = 0; i < Math.min(rounds, 3); i++) loads.push(await runLoad(receiver.url, quick));
    if (!loads.every(({ isSent }) => isSent)) say('client: not everything was delivered');
    return [...rowsOf(loads), ...(await pythonRows())];
  } finally {
    receiver.close();
  }
};

function rowsOf(loads: Load[]): Row[] {
  const middle = (of: (load: Load) => number) => median(loads.map(of));
  const row = (name: string, value: number, unit: string, atMost?: number): Row => {
    return { bench: 'client', name, value, unit, ...(atMost !== undefined && { atMost }) };
  };
  const costs = Object.keys(loads[0]?.costs ?? {}).filter((kind) => kind !== 'nothing');
  // What looking at the clock costs is not the call's.
  const cost = (kind: string, which: 'p50' | 'p99') =>
    middle(({ costs }) => (costs[kind]![which] - costs.nothing!.p50) / 1000);
  return [
    ...costs.flatMap((kind) => {
      const isBound = kind.startsWith('logMetric');
      return [
        row(`TypeScript ${kind}, p50`, cost(kind, 'p50'), 'µs', isBound ? 0.5 : undefined),
        row(`TypeScript ${kind}, p99`, cost(kind, 'p99'), 'µs', isBound ? 5 : undefined),
      ];
    }),
    row(
      'connect(), first',
      middle((load) => load.connectMs[0]!),
      'ms',
      5,
    ),
    row(
      'connect(), later',
      middle((load) => median(load.connectMs.slice(1))),
      'ms',
      5,
    ),
    row(
      'held by 1 M calls',
      middle(({ heldBytes }) => heldBytes / 2 ** 20),
      'MiB',
      64,
    ),
    row(
      'held while sending them',
      middle(({ peakBytes }) => peakBytes / 2 ** 20),
      'MiB',
      64,
    ),
    row(
      'event loop delay meanwhile, p99',
      middle(({ delayP99Ms }) => delayP99Ms),
      'ms',
      5,
    ),
    row(
      'event loop delay meanwhile, max',
      middle(({ delayMaxMs }) => delayMaxMs),
      'ms',
    ),
    row(
      'sending 1 M calls',
      middle(({ sendMs }) => sendMs),
      'ms',
    ),
  ];
}

async function runLoad(url: string, quick: boolean): Promise<Load> {
  const program = fileURLToPath(new URL('./client-load.ts', import.meta.url));
  const args = ['--expose-gc', '--import', 'tsx', program, quick ? '20000' : '200000', '1000000'];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, TACHO_AGENT: url, NODE_ENV: 'production' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (piece) => {
    text += piece;
  });
  const code = await new Promise((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`the load ended with ${code}`);
  return JSON.parse(text) as Load;
}

/** An agent that costs nothing: whatever comes was taken. */
async function takeEverything(): Promise<{ url: string; close: () => void }> {
  const reply = JSON.stringify({ success: true, accepted: 1, agentId: 'bench' });
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end(reply));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
