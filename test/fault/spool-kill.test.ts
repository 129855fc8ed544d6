/** Agents killed while they accept: everything that was acknowledged is delivered, once and in order. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { systemProcesses } from '../../packages/agent/src/process/system.ts';
import { live, Server, temporary } from '../../packages/agent/src/testing/lives.ts';

const rounds = Number(process.env.TACHO_KILL_ROUNDS ?? 8);
const agent = fileURLToPath(new URL('../../packages/agent/dist/', import.meta.url));
const session = '5e551000-0000-4000-8000-000000000001';

/** An agent that takes over what is there, accepts as fast as it can and says what it accepted. */
const program = `
const [root, round] = process.argv.slice(1);
const { Spool } = await import(${JSON.stringify(`file://${agent}spool.js`)});
const { Recorder } = await import(${JSON.stringify(`file://${agent}recorder.js`)});
const { systemProcesses } = await import(${JSON.stringify(`file://${agent}process/system.js`)});
const nowUs = () => Date.now() * 1000;
const warn = (text) => process.stderr.write(text + '\\n');
const spool = new Spool({ root, processes: systemProcesses(), nowUs, warn });
const recorder = new Recorder({ journal: spool, nowUs });
spool.adopt(recorder);
const session = ${JSON.stringify(session)};
const rest = { level: 'info', category: 'info', group: '', labels: null, message: '', data: null };
const start = { product: 'p', version: '1' };
recorder.accept([{ kind: 'start', session, atUs: nowUs(), start, watch: {} }]);
let i = 0;
const go = () => {
  const names = Array.from({ length: 3 }, () => round + '.' + ++i);
  recorder.accept(names.map((name) => ({ kind: 'event', session, atUs: nowUs(), event: { name, ...rest } })));
  process.stdout.write(names.join(' ') + '\\n');
  if (i % 60 === 0) recorder.cut();
  setImmediate(go);
};
go();
`;

/** Runs one until it is killed at a random moment; returns what it acknowledged. */
async function killed(root: string, round: number): Promise<string[]> {
  const args = ['--input-type=module', '-e', program, root, String(round)];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const acknowledged: string[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => acknowledged.push(...line.split(' ')));
  await once(lines, 'line');
  await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
  child.kill('SIGKILL');
  await once(child, 'close');
  // The last line may have been cut by the kill; a name that is not whole was not acknowledged.
  acknowledged.pop();
  return acknowledged;
}

describe('agents that are killed', () => {
  it(`at ${rounds} random moments lose and double nothing that they acknowledged`, async () => {
    const root = temporary();
    const server = new Server();
    const acknowledged: string[] = [];
    for (let round = 1; round <= rounds; round++) {
      acknowledged.push(...(await killed(root, round)));
      if (round % 4 !== 0) continue;
      // One that lives long enough to deliver.
      const life = live(root, { processes: systemProcesses(), nowUs: () => Date.now() * 1000 });
      expect(life.warnings).toEqual([]);
      await server.drain(life);
      await life.recorder.close();
    }
    const last = live(root, { processes: systemProcesses(), nowUs: () => Date.now() * 1000 });
    last.recorder.cut();
    await server.drain(last);
    const arrived = server.events();
    const place = (name: string) => name.split('.').map(Number) as [number, number];
    const inOrder = [...new Set(arrived)].sort((a, b) => {
      const [[roundA, a1], [roundB, b1]] = [place(a), place(b)];
      return roundA - roundB || a1 - b1;
    });
    expect(arrived).toEqual(inOrder);
    const known = new Set(arrived);
    expect(acknowledged.filter((name) => !known.has(name))).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(rounds);
    await last.recorder.close();
  }, 300_000);
});
