/** Finding and starting agents, with programs that stand for agents and real processes that look for them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type FakeAgent, fakeAgent, until } from './testing/fake-agent.ts';
import { makeWorkshop, type Workshop } from './testing/program.ts';

const serverUrl = 'http://127.0.0.1:9';
/** First 16 hex digits of its SHA-256. */
const key = '59b7003c27a8fce5';
const capture = '{ resources: false, eventLoop: false }';
const session = `const session = connect({ product: 'p', version: '1', server: '${serverUrl}', capture: ${capture} });`;

let workshop: Workshop;
let agent: FakeAgent | undefined;
const pids: number[] = [];

beforeAll(async () => {
  workshop = await makeWorkshop();
});

afterEach(async () => {
  await agent?.close();
  agent = undefined;
  rmSync(workshop.agentDirectory, { recursive: true, force: true });
});

afterAll(() => {
  for (const pid of pids) {
    try {
      process.kill(pid);
    } catch {
      // It ended by itself.
    }
  }
});

function name(url: string, agentId: string): void {
  mkdirSync(workshop.agentDirectory, { recursive: true });
  const path = join(workshop.agentDirectory, `agent-${key}.json`);
  writeFileSync(path, JSON.stringify({ url, agentId, pid: 1, version: '0' }));
}

/** A program that registers as an agent does, takes batches into a file, and ends after a while. */
function writeAgentProgram(): {
  path: string;
  taken: () => Record<string, unknown>[];
  starts: () => number;
} {
  const path = join(workshop.directory, `agent-${Math.random()}.mjs`);
  const log = `${path}.log`;
  writeFileSync(
    path,
    `import { createServer } from 'node:http';
     import { appendFileSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
     const log = (entry) => appendFileSync(${JSON.stringify(log)}, JSON.stringify(entry) + '\\n');
     log({ started: process.pid, args: process.argv.slice(2), server: process.env.TACHO_SERVER, session: process.env.TACHO_SESSION });
     const agentId = 'agent-' + process.pid;
     const server = createServer((request, response) => {
       if (request.url === '/health') return response.end(JSON.stringify({ agentId }));
       let text = '';
       request.on('data', (piece) => { text += piece; });
       request.on('end', () => {
         log(JSON.parse(text));
         response.end(JSON.stringify({ success: true, accepted: 1, agentId }));
       });
     });
     server.listen(0, '127.0.0.1', () => {
       const directory = process.env.TACHO_AGENT_DIR;
       mkdirSync(directory, { recursive: true });
       const url = 'http://127.0.0.1:' + server.address().port;
       writeFileSync(directory + '/draft', JSON.stringify({ url, agentId, pid: process.pid, version: '0' }));
       renameSync(directory + '/draft', directory + '/agent-${key}.json');
     });
     setTimeout(() => process.exit(), 20_000);`,
  );
  const lines = () => {
    try {
      return readFileSync(log, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    } catch {
      return [];
    }
  };
  return {
    path,
    taken: () => lines().filter(({ entries }) => entries !== undefined),
    starts: () => {
      const started = lines().filter((line) => line.started !== undefined);
      pids.push(...started.map((line) => line.started));
      return started.length;
    },
  };
}

describe('a program that was told of no agent', () => {
  it('uses the one that is named for its server and answers', async () => {
    agent = await fakeAgent();
    name(agent.url, agent.agentId);
    const { code } = await workshop.run(`${session} session.logEvent('e'); await session.end();`);
    expect(code).toBe(0);
    expect(agent.entries('event')).toHaveLength(1);
  });

  it('starts one, finds it, and loses nothing of what was said meanwhile', async () => {
    const program = writeAgentProgram();
    const { stdout } = await workshop.run(
      `${session}
       for (let i = 0; i < 10; i++) session.logEvent('e' + i);
       console.log(await session.end(20_000), session.stats().receiver);`,
      { TACHO_AGENT_BIN: program.path, TACHO_SESSION: '5e551000-5555-4555-8555-555555555555' },
    );
    expect(stdout).toBe('true agent\n');
    expect(program.starts()).toBe(1);
    const entries = program.taken().flatMap((batch) => batch.entries as { name?: string }[]);
    const names = entries.flatMap(({ name }) => name ?? []);
    expect(names).toEqual(Array.from({ length: 10 }, (_, i) => `e${i}`));
  });

  it('does not trust a file whose agent is gone, nor one that answers with another id', async () => {
    agent = await fakeAgent();
    name(agent.url, 'somebody else');
    const program = writeAgentProgram();
    const { stdout } = await workshop.run(`${session} console.log(await session.end(20_000));`, {
      TACHO_AGENT_BIN: program.path,
    });
    expect(stdout).toBe('true\n');
    expect(program.starts()).toBe(1);
    expect(agent.requests).toBe(0);
  });

  it('ends at once although its agent is not there yet: its last words wait, and an agent is started', async () => {
    const program = writeAgentProgram();
    const { code } = await workshop.run(`${session} session.logEvent('e'); process.exit(0);`, {
      TACHO_AGENT_BIN: program.path,
    });
    expect(code).toBe(0);
    const [file] = readdirSync(join(workshop.agentDirectory, 'last-words'));
    const text = readFileSync(join(workshop.agentDirectory, 'last-words', file ?? ''), 'utf8');
    const { entries } = JSON.parse(text) as { entries: { kind: string }[] };
    expect(entries.map(({ kind }) => kind)).toEqual(['start', 'event', 'exit']);
    await until(() => program.starts() > 0, 'the start of an agent');
  });

  it('sends to the server itself where there is no agent to start', async () => {
    agent = await fakeAgent({ isServer: true });
    const { stdout } = await workshop.run(
      `const session = connect({ product: 'p', version: '1', server: '${agent.url}/' });
       console.log(await session.end(), session.stats().receiver);`,
      { PATH: workshop.directory, TACHO_AGENT_BIN: join(workshop.directory, 'missing') },
    );
    expect(stdout).toBe('true server\n');
    expect(agent.entries('end')).toHaveLength(1);
  });

  it('finds the next agent when its own one dies, and tells it of the session', async () => {
    agent = await fakeAgent();
    name(agent.url, agent.agentId);
    const first = agent;
    const program = writeAgentProgram();
    const running = workshop.run(
      `${session}
       session.logEvent('first');
       await session.flush();
       process.stdin.resume();
       const timer = setInterval(() => session.counter('ticks'), 1);
       setTimeout(async () => {
         clearInterval(timer);
         session.logEvent('last');
         console.log(await session.end(20_000), JSON.stringify(session.stats()));
         process.exit();
       }, 700);`,
      { TACHO_AGENT_BIN: program.path },
    );
    await until(() => first.entries('event').length > 0, 'the first event');
    await first.close();
    const { stdout } = await running;
    expect(stdout).toMatch(/^true /);
    const stats = JSON.parse(stdout.slice(5));
    expect(stats).toMatchObject({ pending: 0, dropped: {} });
    const batches = [...first.batches, ...(program.taken() as unknown as typeof first.batches)];
    const ticks = batches
      .flatMap(({ entries }) => entries)
      .filter(({ name }) => name === 'ticks')
      .reduce((sum, { delta }) => sum + Number(delta), 0);
    expect(ticks).toBe(stats.accepted - 2);
    // The batch that found nobody comes unchanged; the next one begins with the start.
    const starts = batches.filter(({ entries }) => entries[0]?.kind === 'start');
    expect(starts.length).toBe(2);
    expect(program.starts()).toBe(1);
  });
});
