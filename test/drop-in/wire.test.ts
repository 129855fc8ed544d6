/** What a program sends with DataCat's client is on the server: exactly, once, and in order. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { closeConnections } from '../whole/http.ts';
import { type Server, startServer } from '../whole/server.ts';
import { type Program, startProgram } from './program.ts';
import { isRunning, type Session, sessionWhen, until } from './session.ts';

let server: Server;
let program: Program;
let daemon: { pid: number; port: number };

beforeAll(async () => {
  server = await startServer();
  program = startProgram();
  daemon = await program.ok('start', server.url);
});
afterAll(async () => {
  await program.finish();
  await server.stop();
  closeConnections();
});

const valuesOf = (session: Session, name: string) =>
  session.metrics.filter((metric) => metric.name === name).map(({ value }) => value);

describe('a program that uses DataCat', () => {
  it('gets the real id of its session while the server is there', async () => {
    const id = await program.ok<string>('register', 'shop', '2.0');
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    const session = await sessionWhen(server, id, () => true);
    expect(session).toMatchObject({ active: true, events: [] });
    expect(session.state).toEqual({ product: 'shop', version: '2.0' });
    expect(session.machine_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(session.hostname).toBeTruthy();
  });

  it('gets one snapshot per accepted update, and none for what changes nothing', async () => {
    const id = await program.ok('register');
    const before = await sessionWhen(server, id as string, () => true);
    const updates = [
      { level: 1 },
      { level: 1 },
      { player: { hp: 10, name: 'x' } },
      { player: { hp: 10 } },
      { player: { hp: 9 } },
      { absent: null },
      { level: null },
      { list: [1, null] },
      { list: [1, null] },
    ];
    for (const update of updates) await program.ok('state', id, update);
    const session = await program.ok<Session>('details', id);
    expect(session.state).toEqual({
      product: 'P',
      version: 'V',
      player: { hp: 9, name: 'x' },
      list: [1, null],
    });
    expect(session.state_history.length - before.state_history.length).toBe(5);
  });

  it('finds everything right after its end, with exact counts', async () => {
    const id = await program.ok('register');
    for (let n = 0; n < 40; n++) {
      await program.ok('event', id, `event_${n}`, { data: { n } });
      await program.ok('metric', id, 'fps', 50 + n, { tags: ['room:1'], unit: 'fps' });
      await program.ok('metric', id, 'http:requests', 0, {
        type: 'counter',
        tags: n % 2 === 0 ? ['b', 'a'] : ['a', 'b'],
        delta: 3,
      });
    }
    await program.ok('end', id);
    const session = await program.ok<Session>('details', id);
    expect(session.id).toBe(id);
    expect(session).toMatchObject({ active: false, crashed: false });
    expect(session.ended_at).not.toBeNull();
    expect(session.events.map(({ name }) => name)).toEqual(
      Array.from({ length: 40 }, (_, n) => `event_${n}`),
    );
    expect(valuesOf(session, 'fps')).toEqual(Array.from({ length: 40 }, (_, n) => 50 + n));
    const totals = valuesOf(session, 'http:requests');
    expect(totals.at(-1)).toBe(120);
    expect(totals).toEqual([...new Set(totals)]);
    const times = session.events.map(({ timestamp }) => Date.parse(timestamp));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(Math.abs(Date.now() - times[0]!)).toBeLessThan(120_000);
  });

  it('may say something after its end', async () => {
    const id = await program.ok('register');
    await program.ok('end', id);
    await program.ok('event', id, 'window_closed', { category: { x: 1 } });
    const session = await sessionWhen(server, id as string, ({ events }) => events.length > 0);
    expect(session.events).toMatchObject([{ name: 'window_closed', data: { x: 1 } }]);
    expect(session.active).toBe(false);
  });

  it('may pass data where the category belongs, and levels as categories', async () => {
    const id = await program.ok('register');
    await program.ok('event', id, 'a', { category: { x: 1 } });
    await program.ok('event', id, 'b', { category: 'warning', group: 'g', message: 'm' });
    await program.ok('event', id, 'exception', {
      category: 'error',
      group: 'exception',
      labels: ['exception', 'ZeroDivisionError'],
      message: 'division by zero',
      stacktrace: ['Traceback (most recent call last):\n', '  File "x.py", line 1\n    1/0\n'],
      exception_type: 'ZeroDivisionError',
      exception_msg: 'division by zero',
      source_file: 'x.py',
      source_line: 1,
      source_function: '<module>',
    });
    const { events } = await program.ok<Session>('details', id);
    expect(events).toMatchObject([
      { name: 'a', category: 'info', data: { x: 1 } },
      { name: 'b', category: 'warning', level: 'warning', group: 'g', message: 'm' },
      { name: 'exception', level: 'error', exception_type: 'ZeroDivisionError' },
    ]);
  });

  it('may send numbers that are not JSON, and bounds that have no end', async () => {
    const id = await program.ok('register');
    await program.ok('nan', id, 'broken');
    for (const value of [0.5, 7, 900]) await program.ok('infinite_bucket', id, 'h', value);
    await program.ok('metric', id, 'd', 61, { type: 'histogram', unit: 's' });
    await program.ok('metric', id, 't', 2, { type: 'timer', count: 4, unit: 'seconds' });
    const session = await program.ok<Session>('details', id);
    expect(valuesOf(session, 'broken')).toEqual(['NaN']);
    const [h] = session.metrics.filter(({ name }) => name === 'h').slice(-1);
    expect(h!.metadata).toMatchObject({
      buckets: [
        { le: 1, count: 1 },
        { le: '+Inf', count: 3 },
      ],
      count: 3,
      sum: 907.5,
    });
    const [d] = session.metrics.filter(({ name }) => name === 'd').slice(-1);
    expect((d!.metadata as { buckets: unknown[] }).buckets.slice(-2)).toEqual([
      { le: 60, count: 0 },
      { le: '+Inf', count: 1 },
    ]);
    expect(session.metrics.find(({ name }) => name === 't')).toMatchObject({
      value: 2,
      count: 4,
      unit: 'seconds',
    });
  });

  it('sends a counter that does not change once', async () => {
    const id = await program.ok('register');
    await program.ok('metric', id, 'once', 0, { type: 'counter', delta: 5 });
    await program.ok('details', id);
    for (let n = 0; n < 3; n++) {
      await program.ok('event', id, 'tick', { category: 'error' });
      await program.ok('details', id);
    }
    const session = await sessionWhen(server, id as string, ({ events }) => events.length === 3);
    expect(valuesOf(session, 'once')).toEqual([5]);
  });

  it('sees all sessions of the server', async () => {
    const id = await program.ok('register');
    await program.ok('details', id);
    const sessions = await program.ok<Session[]>('sessions');
    expect(sessions.map((session) => session.id)).toContain(id);
  });

  it('learns of wrong calls by their status', async () => {
    expect(await program.call('event', 'nobody', 'e')).toEqual({ status: 404 });
    expect(await program.call('register', '', '1')).toEqual({ status: 400 });
    expect(await program.call('details', 'nobody')).toEqual({ status: 404 });
  });

  it('that has no heartbeats never hangs, one with heartbeats is not hung at once', async () => {
    const id = await program.ok('register');
    await program.ok('heartbeat', id);
    await program.ok('pause', id);
    await program.ok('resume', id);
    const session = await program.ok<Session>('details', id);
    expect(session).toMatchObject({ hung: false, active: true, events: [] });
  });

  it('takes its daemon with it within seconds when it ends', async () => {
    expect(isRunning(daemon.pid)).toBe(true);
    expect(await program.ok('stop')).toBeLessThan(4);
    await until(() => !isRunning(daemon.pid));
  });
});
