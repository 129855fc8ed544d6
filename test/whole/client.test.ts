/** The whole way: programs with the client, agents that they start and that are killed, and a server. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeWorkshop, type Workshop } from '../../packages/client/src/testing/program.ts';
import { get } from './http.ts';
import { type Server, startServer } from './server.ts';

const agentBin = fileURLToPath(
  new URL('../../packages/server/bin/tacho-agent.js', import.meta.url),
);

let server: Server;
let workshop: Workshop;

beforeAll(async () => {
  [server, workshop] = await Promise.all([startServer(), makeWorkshop()]);
});

afterAll(async () => {
  for (const pid of agentPids()) {
    try {
      process.kill(pid, 'SIGTERM');
    } catch {
      // It ended by itself.
    }
  }
  await server.stop();
});

const quiet = '{ resources: false, eventLoop: false }';

function run(text: string, options = `capture: ${quiet}`) {
  const start = `const session = connect({ product: 'shop', version: '1', ${options} }); console.log(session.id);`;
  const env = { TACHO_SERVER: server.url, TACHO_AGENT_BIN: agentBin };
  return workshop.run(`${start}\n${text}`, env);
}

/** Processes of the agents that are registered at this moment. */
function agentPids(): number[] {
  return readdirSync(workshop.agentDirectory)
    .filter((name) => /^agent-[0-9a-f]{16}\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(workshop.agentDirectory, name), 'utf8')).pid);
}

interface SessionRow {
  cause: { kind: string; exit_code?: number } | null;
  events: { name: string; data?: Record<string, unknown> }[];
  metrics: { name: string; value: number }[];
}

/** The session on the server, once something holds of it. */
async function sessionOnce(id: string, holds: (row: SessionRow) => boolean): Promise<SessionRow> {
  let row: SessionRow | undefined;
  for (const end = Date.now() + 40_000; Date.now() < end; ) {
    const answer = await get(`${server.url}/api/sessions/${id}`);
    row = answer.json as SessionRow;
    if (answer.status === 200 && holds(row)) return row;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`not so: ${JSON.stringify(row).slice(0, 2000)}`);
}

const values = (row: SessionRow, name: string) =>
  row.metrics.filter((metric) => metric.name === name).map(({ value }) => value);

describe('a program with the client', () => {
  it('starts an agent, and all that it said is on the server, each once', async () => {
    const { code, stdout } = await run(`
      for (let i = 0; i < 1000; i++) session.logMetric('n', i, ['a']);
      for (let i = 0; i < 1000; i++) session.counter('c');
      session.logEvent('said', { data: { a: 1 } });
      console.log(await session.end(20_000), session.stats().receiver);
    `);
    const [id = '', outcome] = stdout.split('\n');
    expect([code, outcome]).toEqual([0, 'true agent']);
    const row = await sessionOnce(id, ({ cause }) => cause !== null);
    expect(values(row, 'n')).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    expect(values(row, 'c').at(-1)).toBe(1000);
    expect(row.events.filter(({ name }) => name === 'said')).toHaveLength(1);
    expect(row.cause?.kind).toBe('ended');
  });

  it('loses and repeats nothing while its agents are killed', async () => {
    const running = run(`
      let i = 0;
      const timer = setInterval(() => {
        for (let k = 0; k < 20; k++) session.logMetric('n', i++);
        session.counter('c', 20);
      }, 5);
      setTimeout(async () => {
        clearInterval(timer);
        const delivered = await session.end(30_000);
        console.log(delivered, i);
        process.exit();
      }, 6_000);
    `);
    let kills = 0;
    const killer = setInterval(() => {
      for (const pid of agentPids()) {
        try {
          process.kill(pid, 'SIGKILL');
          kills++;
        } catch {
          // Killed a moment ago, and its file still names it.
        }
      }
    }, 900);
    setTimeout(() => clearInterval(killer), 5_000);
    const { stdout } = await running;
    clearInterval(killer);
    expect(kills).toBeGreaterThan(2);
    const [id = '', outcome = ''] = stdout.split('\n');
    const [delivered, count] = outcome.split(' ');
    expect(delivered).toBe('true');
    const row = await sessionOnce(id, ({ cause }) => cause !== null);
    expect(values(row, 'n')).toEqual(Array.from({ length: Number(count) }, (_, i) => i));
    expect(values(row, 'c').at(-1)).toBe(Number(count));
  });

  it.each([
    ['process.exit(3)', { kind: 'failed', exit_code: 3 }],
    ['', { kind: 'exited', exit_code: 0 }],
    ['setTimeout(() => { throw new TypeError("boom"); }, 20)', { kind: 'uncaught' }],
  ])('has the true cause of its end: %s', async (text, cause) => {
    const { stdout } = await run(`session.counter('c', 7); session.logEvent('said'); ${text}`);
    const row = await sessionOnce(stdout.trim(), (each) => each.cause !== null);
    expect(row.cause).toMatchObject(cause);
    expect(values(row, 'c')).toEqual([7]);
    expect(row.events.filter(({ name }) => name === 'said')).toHaveLength(1);
  });

  it('is seen to hang while its event loop is blocked, and to recover', async () => {
    const { stdout } = await run(
      `session.logEvent('ready');
       await session.flush(20_000);
       const end = Date.now() + 8_000;
       while (Date.now() < end);
       await new Promise((resolve) => setTimeout(resolve, 2_500));
       await session.end(20_000);`,
      `heartbeatTimeoutMs: 3000, capture: { resources: false }`,
    );
    const row = await sessionOnce(stdout.trim(), ({ cause }) => cause !== null);
    const names = row.events.map(({ name }) => name);
    expect(names.filter((name) => name === 'application_appears_hung')).toHaveLength(1);
    expect(names.filter((name) => name === 'application_recovered')).toHaveLength(1);
  });
});
