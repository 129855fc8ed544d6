/** How programs that use DataCat come to their end, and what is known of it afterwards. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { type Server, startServer } from '../whole/server.ts';
import { type Program, startProgram } from './program.ts';
import { isRunning, type Session, sessionWhen, until } from './session.ts';

let server: Server;
const programs: Program[] = [];

beforeAll(async () => {
  server = await startServer();
});
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.kill('SIGKILL')));
});
afterAll(async () => {
  await server.stop();
  closeConnections();
});

interface Started {
  program: Program;
  daemon: { pid: number; port: number };
  id: string;
}

async function start(): Promise<Started> {
  const program = startProgram();
  programs.push(program);
  const daemon = await program.ok<{ pid: number; port: number }>('start', server.url);
  const id = await program.ok<string>('register');
  await program.ok('event', id, 'said');
  await program.ok('metric', id, 'gauge', 1);
  return { program, daemon, id };
}

const hasEnded = ({ ended_at }: Session): boolean => ended_at !== null;

/** From the death of the program on; the promise is five seconds, a busy machine gets some more. */
async function expectCrashSoon(id: string): Promise<Session> {
  const died = performance.now();
  const session = await sessionWhen(server, id, ({ crashed }) => crashed);
  expect(performance.now() - died).toBeLessThan(10_000);
  expect(session).toMatchObject({ crashed: true, active: false });
  expect(session.events.map(({ name }) => name)).toEqual([
    'said',
    'parent_process_crashed',
    'session_crashed_detected',
  ]);
  expect(session.metrics).toHaveLength(1);
  expect(Math.abs(Date.parse(session.events[1]!.timestamp) - Date.now())).toBeLessThan(60_000);
  return session;
}

describe('a program that dies', () => {
  it('by os._exit is reported as crashed, and its daemon ends', async () => {
    const { program, daemon, id } = await start();
    program.say('die');
    await program.exited;
    await expectCrashSoon(id);
    await until(() => !isRunning(daemon.pid));
  });

  it('by SIGKILL is reported as crashed', async () => {
    const { program, id } = await start();
    await program.kill('SIGKILL');
    await expectCrashSoon(id);
  });

  it('after end() is not reported at all', async () => {
    const { program, daemon, id } = await start();
    await program.ok('end', id);
    await program.kill('SIGKILL');
    await until(() => !isRunning(daemon.pid));
    expect(await sessionWhen(server, id, hasEnded)).toMatchObject({ crashed: false });
  });
});

describe('a program that comes to its end without end()', () => {
  it('keeps what it said, and has exited', async () => {
    const { program, daemon, id } = await start();
    await program.finish();
    const session = await sessionWhen(server, id, hasEnded);
    expect(session).toMatchObject({ crashed: false, active: false });
    expect(session.events.map(({ name }) => name)).toEqual(['said']);
    expect(session.metrics).toHaveLength(1);
    expect(session.cause).toMatchObject({ kind: 'exited' });
    await until(() => !isRunning(daemon.pid));
  });
});

describe('the daemon', () => {
  it('ends within three seconds of SIGTERM, also with sessions that live', async () => {
    const { program } = await start();
    expect(await program.ok('stop')).toBeLessThan(4);
  });

  it('ends by itself when its last session has ended, but stays for questions', async () => {
    const { program, daemon, id } = await start();
    await program.ok('end', id);
    await sleep(2_000);
    expect(await program.ok('details', id)).toMatchObject({ id, active: false });
    await until(() => !isRunning(daemon.pid));
  });

  it('stays for a session that begins while it is about to end', async () => {
    const { program, daemon, id } = await start();
    await program.ok('end', id);
    await sleep(2_000);
    const next = await program.ok<string>('register');
    await sleep(8_000);
    await program.ok('event', next, 'still_here');
    await program.ok('end', next);
    const session = await sessionWhen(server, next, hasEnded);
    expect(session.events.map(({ name }) => name)).toEqual(['still_here']);
    await until(() => !isRunning(daemon.pid));
  });

  it('that is killed leaves what it took to the next one', async () => {
    const { program, daemon, id } = await start();
    for (let n = 0; n < 20; n++) await program.ok('event', id, `late_${n}`);
    process.kill(daemon.pid, 'SIGKILL');
    const next = startProgram({ stateDirectory: program.stateDirectory });
    programs.push(next);
    await next.ok('start', server.url);
    const session = await sessionWhen(server, id, ({ events }) => events.length === 21);
    expect(session.events.map(({ name }) => name)).toEqual([
      'said',
      ...Array.from({ length: 20 }, (_, n) => `late_${n}`),
    ]);
    expect(session).toMatchObject({ active: true, crashed: false });
    await program.kill('SIGKILL');
    await sessionWhen(server, id, ({ crashed }) => crashed);
  });
});
