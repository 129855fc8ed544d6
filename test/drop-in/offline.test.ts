/** A program that uses DataCat while the server is away: nothing is lost, doubled or out of order. */
import { createServer } from 'node:net';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { type Server, startServer, temporaryDirectory } from '../whole/server.ts';
import { type Program, startProgram } from './program.ts';
import { freePort, type Session, sessionsOn, sessionWhen, until } from './session.ts';

const programs: Program[] = [];
const servers: Server[] = [];
afterEach(async () => {
  await Promise.all(programs.splice(0).map((program) => program.finish()));
  await Promise.all(servers.splice(0).map((server) => server.kill()));
});
afterAll(closeConnections);

function start(): Program {
  const program = startProgram();
  programs.push(program);
  return program;
}

async function serve(port: number, dataDir: string): Promise<Server> {
  const server = await startServer({ dataDir, args: ['--port', String(port)] });
  servers.push(server);
  return server;
}

/** Says everything that there is to say, numbered from `from` on. */
async function sayAll(program: Program, id: string, from: number): Promise<void> {
  for (let n = from; n < from + 5; n++) {
    await program.ok('state', id, { n });
    await program.ok('event', id, `event_${n}`);
    await program.ok('metric', id, 'gauge', n);
    await program.ok('metric', id, 'counter', 0, { type: 'counter', delta: 1 });
  }
}

function expectAll(session: Session, count: number): void {
  const numbers = Array.from({ length: count }, (_, n) => n);
  expect(session.events.map(({ name }) => name)).toEqual(numbers.map((n) => `event_${n}`));
  const states = session.state_history.map(({ state }) => state.n).filter((n) => n !== undefined);
  expect(states).toEqual(numbers);
  const values = (name: string) =>
    session.metrics.filter((metric) => metric.name === name).map(({ value }) => value);
  expect(values('gauge')).toEqual(numbers);
  const totals = values('counter') as number[];
  expect(totals.at(-1)).toBe(count);
  expect(totals).toEqual([...new Set(totals)].sort((a, b) => a - b));
}

describe('a server that is away at the start', () => {
  it('changes nothing but the name of the session, which keeps working for good', async () => {
    const port = await freePort();
    const program = start();
    await program.ok('start', `http://127.0.0.1:${port}`);
    const id = await program.ok<string>('register', 'shop', '1');
    expect(id).toMatch(/^local-session-\d{10}-1$/);
    await sayAll(program, id, 0);
    const local = await program.ok<Session & { pending: unknown }>('details', id);
    expect(local).toMatchObject({ id, active: true, product: 'shop', state: { n: 4 } });
    expect(await program.ok<Session[]>('sessions')).toMatchObject([{ id }]);

    const server = await serve(port, temporaryDirectory());
    await until(async () => (await sessionsOn(server)).length === 1);
    await sayAll(program, id, 5);
    await program.ok('end', id);
    const [{ id: realId }] = (await sessionsOn(server)) as [Session];
    expect(realId).toMatch(/^[0-9a-f]{8}-/);
    const session = await sessionWhen(server, realId, ({ ended_at }) => ended_at !== null);
    expectAll(session, 10);
    expect(session).toMatchObject({ active: false, crashed: false });
    const details = await program.ok<Session>('details', id);
    expect(details).toMatchObject({ id, active: false });
    expectAll(details, 10);
    expect(await sessionsOn(server)).toHaveLength(1);
  });

  it('still gets what a program said that ended meanwhile', async () => {
    const port = await freePort();
    const program = start();
    await program.ok('start', `http://127.0.0.1:${port}`);
    const id = await program.ok<string>('register');
    await sayAll(program, id, 0);
    await program.ok('end', id);
    await program.finish();
    const server = await serve(port, temporaryDirectory());
    await until(async () => (await sessionsOn(server)).length === 1);
    const [{ id: realId }] = (await sessionsOn(server)) as [Session];
    expectAll(await sessionWhen(server, realId, ({ ended_at }) => ended_at !== null), 5);
  });
});

describe('a server that goes away in the middle', () => {
  it('gets what was said meanwhile when it is back', async () => {
    const port = await freePort();
    const dataDir = temporaryDirectory();
    const first = await serve(port, dataDir);
    const program = start();
    await program.ok('start', `http://127.0.0.1:${port}`);
    const id = await program.ok<string>('register');
    await sayAll(program, id, 0);
    await program.ok('details', id);
    await first.kill();
    await sayAll(program, id, 5);
    const server = await serve(port, dataDir);
    await sayAll(program, id, 10);
    await program.ok('end', id);
    expectAll(await sessionWhen(server, id, ({ ended_at }) => ended_at !== null), 15);
  });
});

describe('a server that accepts everything and answers nothing', () => {
  it('is not noticed by the program', async () => {
    const hole = createServer((socket) => socket.on('error', () => {}));
    await new Promise<void>((resolve) => hole.listen(0, '127.0.0.1', resolve));
    const { port } = hole.address() as { port: number };
    const program = start();
    await program.ok('start', `http://127.0.0.1:${port}`);
    const started = performance.now();
    const id = await program.ok<string>('register');
    await sayAll(program, id, 0);
    await program.ok('heartbeat', id);
    // 22 answers; a single one that waits for the server waits for seconds.
    expect(performance.now() - started).toBeLessThan(8_000);
    expect(await program.ok('details', id)).toMatchObject({ id, state: { n: 4 } });
    expect(await program.ok('stop')).toBeLessThan(4);
    hole.close();
  });
});
