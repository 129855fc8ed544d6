/** Real programs with the client in them: what arrives, how they end, and that they never notice. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeAgent, fakeAgent, type TakenBatch } from './testing/fake-agent.ts';
import { makeWorkshop, type Workshop } from './testing/program.ts';

let workshop: Workshop;
let agent: FakeAgent;

beforeAll(async () => {
  workshop = await makeWorkshop();
});

afterAll(async () => {
  await agent?.close();
});

const quiet = '{ product: "shop", version: "1", capture: { resources: false, eventLoop: false } }';

/** Runs a program beside an agent, which takes the last words as agents do. */
async function runWithAgent(text: string, env: Record<string, string> = {}, args: string[] = []) {
  await agent?.close();
  agent = await fakeAgent();
  const ended = await workshop.run(text, { TACHO_AGENT: agent.url, ...env }, { args });
  takeLastWords();
  return ended;
}

function takeLastWords(): void {
  const folder = join(workshop.agentDirectory, 'last-words');
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    expect(name).toMatch(/^[0-9a-f-]{36}\.json$/);
    const lines = readFileSync(join(folder, name), 'utf8').trim().split('\n');
    for (const line of lines) agent.take(JSON.parse(line) as TakenBatch);
    rmSync(join(folder, name));
  }
}

describe('a program with an agent', () => {
  it('delivers what it said before `end` resolves, in order', async () => {
    const { code, stdout, stderr } = await runWithAgent(`
      const session = connect(${quiet});
      session.updateState({ level: 1 });
      session.logEvent('started', { data: { ok: true } });
      session.logMetric('fps', 60, ['gpu']);
      session.counter('hits'); session.counter('hits', 2);
      session.timer('load_ms').stop();
      const delivered = await session.end();
      console.log(JSON.stringify({ delivered, stats: session.stats(), id: session.id }));
    `);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ delivered: true, stats: { pending: 0, receiver: 'agent' } });
    const kinds = new Set(agent.entries().map(({ kind }) => kind));
    expect([...kinds]).toEqual(
      expect.arrayContaining(['start', 'patch', 'event', 'columns', 'growth', 'end']),
    );
    expect(agent.entries().every(({ session }) => session === said.id)).toBe(true);
    expect(agent.values('hits')).toEqual([3]);
    expect(agent.values('fps')).toEqual([60]);
    expect(agent.entries()[0]).toMatchObject({ product: 'shop', heartbeat_timeout_ms: 60_000 });
    // It was said that it ended, so nobody asks how the process did.
    expect(agent.entries().at(-1)).toMatchObject({ kind: 'end' });
  });

  it('ends by itself, and leaves what it could not send in a file, with its exit code', async () => {
    const { code } = await runWithAgent(`
      const session = connect(${quiet});
      session.logEvent('said');
      process.exitCode = 3;
    `);
    expect(code).toBe(3);
    expect(agent.entries('event')).toHaveLength(1);
    expect(agent.entries().at(-1)).toMatchObject({ kind: 'exit', code: 3 });
    expect(agent.entries().at(-1)).not.toHaveProperty('uncaught');
  });

  it('loses nothing by process.exit in the middle of everything', async () => {
    const { code } = await runWithAgent(`
      const session = connect(${quiet});
      for (let i = 0; i < 50_000; i++) session.logMetric('n', i);
      await session.flush();
      for (let i = 50_000; i < 100_000; i++) session.logMetric('n', i);
      setTimeout(() => {
        session.counter('c', 7);
        session.logEvent('last');
        process.exit(9);
      }, 5);
    `);
    expect(code).toBe(9);
    expect(agent.values('n')).toEqual(Array.from({ length: 100_000 }, (_, i) => i));
    expect(agent.values('c')).toEqual([7]);
    expect(agent.entries('event')).toHaveLength(1);
    expect(agent.entries().at(-1)).toMatchObject({ kind: 'exit', code: 9 });
  });

  it('records an exception that nobody catches, and dies of it as without the client', async () => {
    const throwing = `
      function explode() { throw new TypeError('boom', { cause: new RangeError('deep') }); }
      setTimeout(explode, 5);
    `;
    const plain = await workshop.run(throwing);
    const { code, stderr } = await runWithAgent(`connect(${quiet});${throwing}`);
    expect(code).toBe(plain.code);
    expect(stderr.replaceAll(/file:\S+/g, '').replaceAll(/\s*\d*\n/g, '\n')).toBe(
      plain.stderr.replaceAll(/file:\S+/g, '').replaceAll(/\s*\d*\n/g, '\n'),
    );
    expect(agent.entries('event')).toMatchObject([
      {
        name: 'uncaught_exception',
        level: 'critical',
        exception_type: 'TypeError',
        exception_msg: 'boom',
        source_function: 'Timeout.explode',
      },
    ]);
    const [event] = agent.entries('event');
    expect(event?.source_file).toMatch(/program-\d+\.mjs$/);
    expect(event?.stacktrace).toContain('Caused by: RangeError: deep');
    expect(agent.entries().at(-1)).toMatchObject({ kind: 'exit', code: 1, uncaught: true });
  });

  it('records a rejection that nobody handles, and dies of it as without the client', async () => {
    const { code } = await runWithAgent(`connect(${quiet}); Promise.reject('no');`);
    expect(code).toBe(1);
    expect(agent.entries('event')).toMatchObject([{ name: 'unhandled_rejection' }]);
    expect(agent.entries().at(-1)).toMatchObject({ kind: 'exit', code: 1, uncaught: true });
  });

  it('does not call it uncaught when the program catches it after all', async () => {
    const { code } = await runWithAgent(`
      process.on('uncaughtException', () => {});
      connect(${quiet});
      setTimeout(() => { throw new Error('survived'); }, 1);
      setTimeout(() => process.exit(4), 50);
    `);
    expect(code).toBe(4);
    expect(agent.entries().at(-1)).toEqual(
      expect.not.objectContaining({ uncaught: expect.anything() }),
    );
  });

  it('joins the session that it is told, and leaves its end to whoever made it', async () => {
    const id = '5e551000-5555-4555-8555-555555555555';
    const { code } = await runWithAgent(`connect(${quiet}).logEvent('inside');`, {
      TACHO_SESSION: id,
    });
    expect(code).toBe(0);
    expect(agent.entries('event')).toMatchObject([{ session: id }]);
    expect(agent.entries('exit')).toEqual([]);
  });

  it('says that a thread ended, and with what', async () => {
    await runWithAgent(`
      import { isMainThread, Worker } from 'node:worker_threads';
      if (isMainThread) {
        for (const how of ['fine', 'badly']) {
          const worker = new Worker(new URL(import.meta.url), { argv: [how] });
          worker.on('error', () => {});
        }
      } else {
        connect(${quiet}).logEvent(process.argv[2]);
        if (process.argv[2] === 'badly') setTimeout(() => { throw new Error('in a thread'); }, 1);
      }
    `);
    const sessions = new Map(agent.entries('event').map(({ name, session }) => [name, session]));
    const last = (name: string) =>
      agent.entries().findLast(({ session }) => session === sessions.get(name));
    expect(last('fine')).toMatchObject({ kind: 'end' });
    expect(last('badly')).toMatchObject({ kind: 'crash', cause: { kind: 'uncaught' } });
  });

  it('samples its resources and its event loop, at the end as well', async () => {
    await runWithAgent(`
      const session = connect({ product: 'p', version: '1' });
      await new Promise((resolve) => setTimeout(resolve, 200));
      await session.end();
    `);
    for (const name of ['process_cpu_percent', 'process_rss_bytes', 'event_loop_delay_max_ms']) {
      expect(agent.values(name), name).toEqual([expect.any(Number)]);
    }
  });

  it('beats each second while its event loop turns', async () => {
    await runWithAgent(`
      const session = connect({ ...${quiet}, heartbeatTimeoutMs: 300 });
      setTimeout(() => session.end(), 1500);
    `);
    expect(agent.entries('start')).toMatchObject([{ heartbeat_timeout_ms: 300 }]);
    expect(agent.entries('heartbeat').length).toBeGreaterThan(2);
  });

  it('leaves beating to a program that beats, and rests while it pauses', async () => {
    await runWithAgent(`
      const session = connect({ ...${quiet}, heartbeatTimeoutMs: 60 });
      session.heartbeat();
      setTimeout(() => session.end(), 400);
    `);
    expect(agent.entries('heartbeat')).toHaveLength(1);
  });

  it('prints as before what it captures from the console', async () => {
    const { stdout, stderr } = await runWithAgent(`
      const session = connect({ ...${quiet}, capture: { resources: false, console: ['warn', 'error'] } });
      console.log('not %s', 'captured');
      console.warn('watch %s', 'out');
      console.error(new TypeError('printed'));
      await session.end();
      console.warn('after the end');
    `);
    expect(stdout).toBe('not captured\n');
    expect(stderr).toMatch(/^watch out\nTypeError: printed\n(.|\n)*after the end\n$/);
    expect(agent.entries('event')).toMatchObject([
      { name: 'console', level: 'warning', message: 'watch out' },
      { name: 'console', level: 'error', exception_type: 'TypeError' },
    ]);
  });

  it('records nothing at all when it is switched off', async () => {
    const { code, stdout } = await runWithAgent(
      `const session = connect(${quiet});
       session.logMetric('n', 1); session.logEvent('e');
       console.log(JSON.stringify([await session.end(), session.stats()]));`,
      { TACHO_DISABLED: '1' },
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      true,
      { accepted: 2, sent: 0, pending: 0, dropped: { disabled: 2 }, receiver: 'none' },
    ]);
    expect(agent.requests).toBe(0);
  });

  it('warns once of each kind of wrong use, and not in production', async () => {
    const text = `
      const session = connect({ product: 'p' });
      for (let i = 0; i < 3; i++) { session.logMetric('n', 'seven'); session.logEvent(''); }
      await session.end();
    `;
    const { stderr } = await runWithAgent(text);
    expect(stderr.match(/TachoWarning: logMetric/g)).toHaveLength(1);
    expect(stderr.match(/TachoWarning: logEvent/g)).toHaveLength(1);
    expect(stderr.match(/TachoWarning: connect: version/g)).toHaveLength(1);
    expect((await runWithAgent(text, { NODE_ENV: 'production' })).stderr).toBe('');
  });
});

describe('a program without an agent', () => {
  const direct = { TACHO_AGENT: 'off' };

  it('sends compressed batches with its token to the server, counters as totals', async () => {
    await agent?.close();
    agent = await fakeAgent({ isServer: true });
    const { stdout } = await workshop.run(
      `const session = connect(${quiet});
       session.counter('hits', 2); await session.flush();
       session.counter('hits', 3); session.histogram('h', 1); session.histogram('h', 100);
       session.pauseHeartbeat();
       console.log(await session.end());`,
      { ...direct, TACHO_SERVER: agent.url, TACHO_TOKEN: 'secret' },
    );
    expect(stdout).toBe('true\n');
    expect(agent.values('hits')).toEqual([2, 5]);
    expect(agent.headers[0]).toMatchObject({
      authorization: 'Bearer secret',
      'content-encoding': 'gzip',
      'content-type': 'application/json',
    });
    const kinds = new Set(agent.entries().map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(['end', 'metric', 'start']);
  });

  it('leaves what it could not send to a courier, with how it ended, and does not wait', async () => {
    await agent?.close();
    agent = await fakeAgent({ isServer: true });
    const { code } = await workshop.run(
      `const session = connect(${quiet});
       session.logEvent('said');
       setTimeout(() => { throw new Error('boom'); }, 1);`,
      { ...direct, TACHO_SERVER: agent.url },
    );
    expect(code).toBe(1);
    await agent.until(() => agent.entries('crash').length > 0, 'the crash');
    expect(agent.entries('event').map(({ name }) => name)).toEqual(['said', 'uncaught_exception']);
    expect(agent.entries('crash')).toMatchObject([{ cause: { kind: 'uncaught', exit_code: 1 } }]);
  });

  it('ends at once although nobody answers', async () => {
    // A server that accepts connections and says nothing.
    await agent?.close();
    agent = await fakeAgent({ isServer: true });
    agent.misbehave = () => true;
    const { code } = await workshop.run(
      `const session = connect(${quiet}); session.logEvent('e'); session.logMetric('n', 1);
       await new Promise((resolve) => setTimeout(resolve, 100));`,
      { ...direct, TACHO_SERVER: agent.url },
    );
    expect(code).toBe(0);
  });
});
