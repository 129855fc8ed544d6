/** Agents whose clock jumps by an hour: nothing hangs, dies, is lost, doubled or out of order. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { freePort } from '../drop-in/session.ts';
import { closeConnections, get } from '../whole/http.ts';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import { type RunningAgent, startAgent } from './agent.ts';
import { type JumpingClock, jumpingClock } from './clock.ts';
import { expectEverything, LoggingProgram, until } from './program.ts';

const hourMs = 3_600_000;
const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(closeConnections);

async function startJumping(
  clock: JumpingClock,
  serverUrl: string,
  directory: string,
): Promise<RunningAgent> {
  const { nodeArgs } = clock;
  const agent = await startAgent({ serverUrl, directory, flushIntervalMs: 100, nodeArgs });
  ends.push(agent.kill);
  return agent;
}

function startLogging(serverUrl: string, directory: string): LoggingProgram {
  const program = new LoggingProgram({ serverUrl, directory, beatMs: 300 });
  ends.push(() => program.abandon());
  return program;
}

/** The program neither hung nor died, whatever the clock said. */
async function expectHealthy(server: Server, { session }: LoggingProgram): Promise<void> {
  const { json } = await get(`${server.url}/api/sessions/${session}`);
  expect(json).toMatchObject({ active: true, hung: false, crashed: false, cause: null });
  const { events } = json as { events: { group: string }[] };
  expect(events.filter(({ group }) => group === 'tacho.agent')).toEqual([]);
}

describe.each([
  ['forward', [hourMs, 0]],
  ['back', [-hourMs, 0]],
  ['from an hour ahead to an hour behind', [hourMs, -hourMs, hourMs]],
])('a clock that jumps %s', (_, offsetsMs) => {
  it('while the server is there goes unnoticed', async () => {
    const clock = jumpingClock();
    const server = await startServer();
    ends.push(server.kill);
    const directory = temporaryDirectory('tacho-agent-');
    const agent = await startJumping(clock, server.url, directory);
    const program = startLogging(server.url, directory);
    await program.further(100);
    for (const offsetMs of offsetsMs) {
      clock.jump(offsetMs);
      await program.further(600);
      await expectHealthy(server, program);
    }
    expect((await agent.health()).dropped).toEqual({});
    await program.end();
    await expectEverything(server, program);
  });

  it('while the server is away, and agents are killed, loses and doubles nothing', async () => {
    const clock = jumpingClock();
    const port = await freePort();
    const serverUrl = `http://127.0.0.1:${port}`;
    const directory = temporaryDirectory('tacho-agent-');
    let agent = await startJumping(clock, serverUrl, directory);
    const program = startLogging(serverUrl, directory);
    await program.further(50);
    for (const offsetMs of offsetsMs) {
      clock.jump(offsetMs);
      await program.further(50);
      await agent.kill();
      agent = await startJumping(clock, serverUrl, directory);
      await program.further(50);
    }
    expect(program.moves).toBe(1 + offsetsMs.length);
    const server = await startServer({ args: ['--port', String(port)] });
    ends.push(server.kill);
    await until(
      async () => (await agent.health()).server === 'reachable',
      () => 'the server is not reached',
    );
    await program.end();
    await expectEverything(server, program);
  });
});
