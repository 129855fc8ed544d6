/** Agents as processes: how they are found, what they keep when they die, and who goes on. */
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { freePort, isRunning, sessionWhen, until } from '../drop-in/session.ts';
import { closeConnections, get } from '../whole/http.ts';
import { removeDirectory, type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import {
  type AgentProcess,
  LocalClient,
  launchAgent,
  registrationsIn,
  startAgent,
} from './agent.ts';

let server: Server;
const agents: AgentProcess[] = [];

beforeAll(async () => {
  server = await startServer();
});
afterEach(async () => {
  await Promise.all(agents.splice(0).map((agent) => agent.kill('SIGTERM')));
});
afterAll(async () => {
  await server.stop();
  closeConnections();
});

async function start(directory: string, url = server.url, ...args: string[]) {
  const agent = await startAgent(directory, url, ...args);
  agents.push(agent);
  return agent;
}

const event = (name: string) => ({ kind: 'event', name });
const count = (delta: number) => ({ kind: 'growth', type: 'counter', name: 'c', delta });

describe('an agent', () => {
  it('names itself where programs look, and takes its name away at its end', async () => {
    const directory = temporaryDirectory();
    const agent = await start(directory);
    expect(registrationsIn(directory)).toMatchObject([{ url: agent.url, pid: agent.pid }]);
    const { json } = await get(`${agent.url}/health`);
    expect(json).toMatchObject({
      status: 'ok',
      sessions: 0,
      agentId: registrationsIn(directory)[0]!.agentId,
      pid: agent.pid,
      pendingEntries: 0,
      lastWordsDir: join(directory, 'last-words'),
    });
    expect(await agent.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(registrationsIn(directory)).toEqual([]);
  });

  it('that is to be shared ends at once when there is one already, and takes the place of a dead one', async () => {
    const directory = temporaryDirectory();
    const first = await start(directory);
    const args = ['--shared', '--server', server.url];
    const second = launchAgent(directory, ...args);
    expect(await second.exited).toEqual({ code: 0, signal: null });
    expect(second.stdout() + second.stderr()).toBe('');
    expect(registrationsIn(directory)).toMatchObject([{ pid: first.pid }]);
    await first.kill('SIGKILL');
    const third = launchAgent(directory, ...args);
    await until(() => registrationsIn(directory)[0]?.pid === third.child.pid);
    expect((await get(`${registrationsIn(directory)[0]!.url}/health`)).status).toBe(200);
    third.child.kill('SIGTERM');
    expect(await third.exited).toEqual({ code: 0, signal: null });
  });

  it('whose port is taken says so, and ends', async () => {
    const agent = await start(temporaryDirectory());
    const port = new URL(agent.url).port;
    const second = launchAgent(temporaryDirectory(), '--port', port);
    expect(await second.exited).toEqual({ code: 1, signal: null });
    expect(second.stderr()).toMatch(/^tacho-agent: .*EADDRINUSE.*\n$/);
    const wrong = launchAgent(temporaryDirectory(), '--port', 'x');
    expect(await wrong.exited).toEqual({ code: 1, signal: null });
    expect(wrong.stderr()).toMatch(/^tacho-agent: --port x: accepted: 0 to 65535\n$/);
  });
});

describe('what an agent accepted', () => {
  it('arrives once, whoever sends it again, and to which agent', async () => {
    const directory = temporaryDirectory();
    const client = new LocalClient();
    const first = await start(directory);
    const opening = client.batch([client.start(), event('a'), count(2)]);
    expect(await client.send(first.url, opening)).toMatchObject({ success: true, accepted: 3 });
    expect(await client.send(first.url, opening)).toMatchObject({ duplicate: true });
    const second = await start(directory);
    const last = client.batch([event('b'), count(3)]);
    await client.send(first.url, last);
    await first.kill('SIGKILL');
    // The answer did not reach the client, which tries the next agent.
    expect(await client.send(second.url, last)).toMatchObject({ duplicate: true });
    await client.send(second.url, client.batch([event('c'), count(4), { kind: 'end' }]));
    const session = await sessionWhen(server, client.session, ({ ended_at }) => ended_at !== null);
    expect(session.events.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
    expect(session.metrics.filter(({ name }) => name === 'c').at(-1)?.value).toBe(9);
  });

  it('is delivered by a successor when the agent is stopped before the server is there', async () => {
    const port = await freePort();
    const directory = temporaryDirectory();
    const client = new LocalClient();
    const agent = await start(directory, `http://127.0.0.1:${port}`);
    await client.send(agent.url, client.batch([client.start(), event('a'), { kind: 'end' }]));
    expect(await agent.kill('SIGTERM')).toEqual({ code: 0, signal: null });
    const late = await startServer({ args: ['--port', String(port)] });
    try {
      const session = await sessionWhen(late, client.session, ({ ended_at }) => ended_at !== null);
      expect(session.events.map(({ name }) => name)).toEqual(['a']);
    } finally {
      await late.stop();
    }
  });

  it('is adopted by one successor only, which ends when all is done', async () => {
    const directory = temporaryDirectory();
    const args = ['--adopt', '--server', server.url];
    const both = [launchAgent(directory, ...args), launchAgent(directory, ...args)];
    await Promise.race(both.map(({ exited }) => exited));
    await sleep(500);
    expect(both.filter(({ child }) => isRunning(child.pid!))).toHaveLength(1);
    const exits = await Promise.all(both.map(({ exited }) => exited));
    expect(exits).toEqual([
      { code: 0, signal: null },
      { code: 0, signal: null },
    ]);
  });
});

describe('a successor', () => {
  it('that can deliver nothing ends when it is told to, or when its directory is removed', async () => {
    const away = `http://127.0.0.1:${await freePort()}`;
    for (const stop of ['SIGTERM', 'removal'] as const) {
      const directory = temporaryDirectory();
      const client = new LocalClient();
      const agent = await start(directory, away);
      await client.send(agent.url, client.batch([client.start(), { kind: 'end' }]));
      await agent.kill('SIGTERM');
      let pid = 0;
      await until(() => {
        pid = adopterIn(directory) ?? 0;
        return pid !== 0 && isRunning(pid);
      });
      if (stop === 'SIGTERM') process.kill(pid, 'SIGTERM');
      else removeDirectory(directory);
      await until(() => !isRunning(pid));
      await sleep(1_000);
      expect(adopterIn(directory)).toBeUndefined();
    }
  });
});

describe('last words', () => {
  it('of a program arrive, together with what it had in flight, once', async () => {
    const directory = temporaryDirectory();
    const client = new LocalClient();
    const agent = await start(directory);
    await client.send(agent.url, client.batch([client.start(), event('a')]));
    const inFlight = client.batch([event('b')]);
    await client.send(agent.url, inFlight);
    const words = [inFlight, client.batch([event('c'), { kind: 'end' }])].join('\n');
    const path = join(directory, 'last-words', `${client.clientId}.json`);
    writeFileSync(`${path}.tmp`, `${words}\n`);
    renameSync(`${path}.tmp`, path);
    const session = await sessionWhen(server, client.session, ({ ended_at }) => ended_at !== null);
    expect(session.events.map(({ name }) => name)).toEqual(['a', 'b', 'c']);
  });
});

/** The process that is named as the adopter; undefined when there is none. */
function adopterIn(directory: string): number | undefined {
  if (!existsSync(directory)) return undefined;
  const name = readdirSync(directory).find((one) => /^adopter-[0-9a-f]+\.json$/.test(one));
  return name && JSON.parse(readFileSync(join(directory, name), 'utf8')).pid;
}
