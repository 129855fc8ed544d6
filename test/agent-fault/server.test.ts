/** Servers that are away or behave badly: no program notices, and everything arrives once and in order. */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { registrationPath } from '../../packages/client/src/registration.ts';
import { freePort } from '../drop-in/session.ts';
import { closeConnections } from '../whole/http.ts';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import { agentLogIn, killSuccessor, type RunningAgent, registeredIn, startAgent } from './agent.ts';
import { expectEverything, LoggingProgram, until } from './program.ts';
import { type Manner, type ProxyServer, startProxy } from './proxy.ts';

const ends: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});
afterAll(closeConnections);

async function serve(options: { port?: number; dataDir?: string } = {}): Promise<Server> {
  const { port = 0, dataDir = temporaryDirectory() } = options;
  const server = await startServer({ dataDir, args: ['--port', String(port)] });
  ends.push(() => server.kill());
  return server;
}

async function proxyOf(server: Server): Promise<ProxyServer> {
  const proxy = await startProxy(server.url);
  ends.push(() => proxy.close());
  return proxy;
}

/** An agent and a program that logs to it. */
async function log(
  serverUrl: string,
  directory = temporaryDirectory('tacho-agent-'),
): Promise<{ agent: RunningAgent; program: LoggingProgram; directory: string }> {
  const agent = await startAgent({ serverUrl, directory, flushIntervalMs: 100 });
  ends.push(async () => killSuccessor(directory, serverUrl));
  ends.push(() => agent.kill());
  const program = new LoggingProgram({ serverUrl, directory });
  ends.push(() => program.abandon());
  return { agent, program, directory };
}

describe('a server', () => {
  it('that is away at the start gets everything when it comes', async () => {
    const port = await freePort();
    const { program, agent } = await log(`http://127.0.0.1:${port}`);
    await program.further(200);
    expect(await agent.health()).toMatchObject({ server: 'unreachable', dropped: {} });
    const server = await serve({ port });
    await program.further(50);
    await program.end();
    await expectEverything(server, program);
  });

  it('that is killed again and again gets everything when it is back', async () => {
    const port = await freePort();
    const dataDir = temporaryDirectory();
    let server = await serve({ port, dataDir });
    const { program } = await log(server.url);
    for (let round = 0; round < 3; round++) {
      await program.further(100);
      await server.kill();
      await program.further(100);
      server = await serve({ port, dataDir });
    }
    await program.end();
    await expectEverything(server, program);
  });

  it('that is stopped in an orderly way gets everything when it is back', async () => {
    const port = await freePort();
    const dataDir = temporaryDirectory();
    const first = await serve({ port, dataDir });
    const { program } = await log(first.url);
    await program.further(100);
    await first.stop();
    await program.further(100);
    const server = await serve({ port, dataDir });
    await program.end();
    await expectEverything(server, program);
  });

  it('that is killed together with the agent gets everything when both are back', async () => {
    const port = await freePort();
    const dataDir = temporaryDirectory();
    let server = await serve({ port, dataDir });
    let { agent, program, directory } = await log(server.url);
    for (let round = 0; round < 3; round++) {
      await program.further(100);
      await Promise.all([server.kill(), agent.kill()]);
      agent = await startAgent({ serverUrl: server.url, directory, flushIntervalMs: 100 });
      const { kill } = agent;
      ends.push(kill);
      await program.further(100);
      await agent.kill();
      server = await serve({ port, dataDir });
      agent = await startAgent({ serverUrl: server.url, directory, flushIntervalMs: 100 });
      ends.push(agent.kill);
    }
    await program.end();
    await expectEverything(server, program);
    expect(program.moves).toBeGreaterThan(5);
  });
});

describe('a server that', () => {
  const cases: [what: string, manner: Manner, problem: RegExp | undefined][] = [
    ['is slow', 'slow', undefined],
    ['answers 503 with Retry-After', 'busy', /503/],
    ['answers 500', 'broken', /500/],
    ['answers 200 and garbage', 'garbage', /no receipt/],
    ['breaks off in its answers', 'half', /./],
    ['cuts the connections', 'cut', /./],
    ['takes everything and loses its answers', 'forgetful', /./],
  ];

  it.each(cases)(
    '%s is not noticed by the program, and gets everything',
    async (_, manner, problem) => {
      const server = await serve();
      const proxy = await proxyOf(server);
      const { program, agent } = await log(proxy.url);
      await program.further(50);
      proxy.behave(manner);
      await until(
        () => proxy.batches >= 3,
        () => `${proxy.batches} batches came`,
      );
      // The program goes on while nothing arrives.
      await program.further(100);
      const health = await agent.health();
      if (problem !== undefined)
        expect(health).toMatchObject({ problem: expect.stringMatching(problem) });
      expect(health.dropped).toEqual({});
      proxy.behave('pass');
      await program.end();
      await expectEverything(server, program);
    },
  );

  it('takes everything and never answers is not noticed by the program, and gets everything', async () => {
    const server = await serve();
    const proxy = await proxyOf(server);
    const { program, agent } = await log(proxy.url);
    await program.further(50);
    proxy.behave('silent');
    await until(
      () => proxy.batches >= 1,
      () => `${proxy.batches} batches came`,
    );
    await program.further(300);
    expect((await agent.health()).pendingEntries).toBeGreaterThan(0);
    proxy.behave('pass');
    await program.end();
    await expectEverything(server, program);
  });

  it('is silent when the only agent is told to end gets everything all the same', async () => {
    const server = await serve();
    const proxy = await proxyOf(server);
    const { program, agent } = await log(proxy.url);
    await program.further(50);
    proxy.behave('silent');
    await program.further(100);
    await program.end();
    expect(await agent.stop()).toBe(0);
    proxy.behave('pass');
    await expectEverything(server, program);
  });

  it.each(['while the one before it ends', 'when a successor goes on already'])(
    'is silent gets everything from an agent that starts %s',
    async (order) => {
      const server = await serve();
      const proxy = await proxyOf(server);
      const { program, agent, directory } = await log(proxy.url);
      await program.further(50);
      proxy.behave('silent');
      await program.further(100);
      const stopped = agent.stop();
      await unregistered(proxy.url, directory);
      if (order.startsWith('when')) {
        await until(
          () => agentLogIn(directory).includes('adopt agent'),
          () => 'there is no successor',
        );
      }
      const next = await startAgent({ serverUrl: proxy.url, directory, flushIntervalMs: 100 });
      ends.push(next.kill);
      await program.further(50);
      proxy.behave('pass');
      await program.end();
      await expectEverything(server, program);
      expect(await stopped).toBe(0);
      expect(agentLogIn(directory)).not.toMatch(/error/i);
    },
  );
});

/** Waits until programs do not find the agent any more. */
function unregistered(serverUrl: string, directory: string): Promise<void> {
  return until(
    () => registeredIn(registrationPath(directory, serverUrl)) === undefined,
    () => 'the agent is still named',
  );
}
