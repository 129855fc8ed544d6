/** Bench: what `tacho run` costs a command: its start, its output, its processor. */
import { spawn } from 'node:child_process';
import { systemProcesses } from '@tacho/agent';
import { RunningPlace } from '../test/whole/running.ts';
import { launcher } from '../test/whole/server.ts';
import { median, sleep } from './measure.ts';
import type { Row } from './report.ts';
import { type BenchContext, withServer } from './target.ts';

/** Time added to a command that does nothing, output per second, and processor time of the wrapper. */
export async function run(context: BenchContext): Promise<Row[]> {
  return withServer('run', context, async (server) => {
    const place = new RunningPlace(server);
    try {
      // The first one starts the agent.
      await place.run(['--', 'true']);
      const starts = await startRows(place, context.quick ? 2 : 20);
      const outputs = await outputRows(place, context.quick ? 16 : 2_048, context.rounds);
      return [...starts, ...outputs, ...(await idleRows(place, context.quick ? 500 : 20_000))];
    } finally {
      place.close();
    }
  });
}

async function startRows(place: RunningPlace, rounds: number): Promise<Row[]> {
  const times = { bare: [] as number[], node: [] as number[], run: [] as number[] };
  for (let i = 0; i < rounds; i++) {
    times.bare.push(await timeOf(place, 'true'));
    times.node.push(await timeOf(place, `"${process.execPath}" -e 0`));
    times.run.push(await timeOf(place, `${wrapper} true`));
  }
  const added = median(times.run) - median(times.bare);
  const node = median(times.node) - median(times.bare);
  return [
    { bench: 'run', name: 'added to a command that does nothing', value: added, unit: 'ms' },
    { bench: 'run', name: 'of that the start of Node alone', value: node, unit: 'ms' },
  ];
}

async function outputRows(place: RunningPlace, mebibytes: number, rounds: number): Promise<Row[]> {
  const bytes = mebibytes * 2 ** 20;
  const source = `head -c ${bytes} /dev/zero`;
  const ways = {
    'output through a bare pipe': `${source} | cat > /dev/null`,
    'output through one more cat': `${source} | cat | cat > /dev/null`,
    'output through tacho run': `${wrapper} ${source} | cat > /dev/null`,
  };
  const rows: Row[] = [];
  for (const [name, line] of Object.entries(ways)) {
    const times: number[] = [];
    for (let i = 0; i < rounds; i++) times.push(await timeOf(place, line));
    const value = (mebibytes * 1_000) / median(times);
    rows.push({ bench: 'run', name, value, unit: 'MiB/s' });
  }
  return rows;
}

/** A command that sleeps costs what the looks at it cost. */
async function idleRows(place: RunningPlace, ms: number): Promise<Row[]> {
  const running = place.start(['--metrics-interval', '1', '--', 'sleep', '600']);
  await sleep(Math.min(ms, 2_000));
  const used = (): number => {
    const resources = systemProcesses().resources(running.pid);
    return (resources?.userUs ?? 0) + (resources?.systemUs ?? 0);
  };
  const before = used();
  await sleep(ms);
  const percent = (used() - before) / ms / 10;
  process.kill(running.pid, 'SIGTERM');
  await running.ended;
  const name = 'processor of tacho run beside a command, metrics each second';
  return [{ bench: 'run', name, value: percent, unit: '% of a core' }];
}

const wrapper = `"${process.execPath}" "${launcher()}" run --`;

/** Milliseconds that a line takes in a shell. */
async function timeOf(place: RunningPlace, line: string): Promise<number> {
  const started = performance.now();
  const child = spawn('sh', ['-c', line], {
    env: place.env(),
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  await new Promise((resolve) => child.once('close', resolve));
  return performance.now() - started;
}
