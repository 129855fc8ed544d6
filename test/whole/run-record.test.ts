/** `tacho run`: what is on the server after a command ran, whatever became of it, of us and of the agent. */

import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Recorded, RunningPlace } from './running.ts';
import { type Server, startServer, temporaryDirectory } from './server.ts';

let server: Server;
let place: RunningPlace;

beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => {
  await server.stop();
});
beforeEach(() => {
  place = new RunningPlace(server);
});
afterEach(() => place.close());

const shell = (product: string, script: string, ...options: string[]): string[] => {
  return ['--product', product, ...options, '--', 'sh', '-c', script];
};

function metric({ metrics }: Recorded, name: string) {
  return metrics.findLast((one) => one.name === name);
}

function tails({ events }: Recorded) {
  return events.filter(({ name }) => name === 'output_tail').map(({ data }) => data);
}

describe.skipIf(process.platform === 'win32')('what tacho run records', () => {
  it('are the command without its secrets, its place and its version', async () => {
    const cwd = temporaryDirectory();
    writeFileSync(join(cwd, 'package.json'), '{"version":"4.5.6"}');
    const env = { CI: 'true', MY_SECRET: 'geheim99' };
    const args = ['--tag', 'host:a', '--', 'true', '--password=geheim', 'geheim99', 'x'];
    await place.run(['--product', 'facts', ...args], { cwd, env });
    const { state, cause, events } = await place.session('facts');
    expect(state).toMatchObject({
      version: '4.5.6',
      tags: ['host:a'],
      process: {
        command: 'true',
        args: ['--password=***', '***', 'x'],
        cwd,
        env: { CI: 'true' },
        exit_code: 0,
      },
    });
    expect(JSON.stringify(state)).not.toContain('geheim');
    expect(cause).toMatchObject({ kind: 'exited', exit_code: 0 });
    expect(events).toEqual([]);
  });

  it('is why it ended, with its last lines, when that was no good end', async () => {
    const script =
      'for i in 1 2 3 4; do echo "out $i"; done; printf "\\033[31mbad\\377" >&2; exit 3';
    await place.run(shell('bad', script, '--tail-lines', '2'));
    const session = await place.session('bad');
    expect(session.cause).toMatchObject({ kind: 'failed', exit_code: 3 });
    expect(tails(session)).toEqual(
      expect.arrayContaining([
        { stream: 'stdout', lines: ['out 3', 'out 4'] },
        { stream: 'stderr', lines: ['bad�'] },
      ]),
    );
  });

  it('is the signal that killed it', async () => {
    await place.run(shell('killed', 'kill -SEGV $$'));
    await place.run(shell('stopped', 'kill -TERM $$'));
    expect((await place.session('killed')).cause).toMatchObject({
      kind: 'signaled',
      signal: 'SIGSEGV',
    });
    expect((await place.session('stopped')).cause).toMatchObject({
      kind: 'terminated_by_user',
      signal: 'SIGTERM',
    });
  });

  it('is what the whole tree of processes used', async () => {
    const busy = `${process.execPath} -e "const a = Buffer.alloc(8e7, 1); const t = Date.now(); while (Date.now() - t < 1500);"`;
    await place.run(shell('busy', `${busy}; true`, '--metrics-interval', '0.2', '--tag', 'a'));
    const session = await place.session('busy');
    expect(metric(session, 'process_cpu_user_seconds')?.value).toBeGreaterThan(0.3);
    expect(metric(session, 'process_rss_peak_bytes')?.value).toBeGreaterThan(8e7);
    expect(metric(session, 'process_duration_seconds')?.value).toBeGreaterThan(1.4);
    const cpu = session.metrics.filter(({ name }) => name === 'process_cpu_percent');
    expect(Math.max(...cpu.map(({ value }) => value))).toBeGreaterThan(10);
    for (const name of [
      'rss_bytes',
      'threads',
      'open_files',
      'count',
      'read_bytes',
      'written_bytes',
    ]) {
      expect(metric(session, `process_${name}`)).toMatchObject({ tags: ['a'] });
    }
  });

  it('are metrics and events in its output, which stays as it is', async () => {
    const lines = [
      'tacho:metric name=fps value=59.8 unit=fps tags=level:3',
      'tacho:metric name=done_items value=2 type=counter',
      'tacho:metric name=done_items value=3 type=counter',
      'tacho:event name=level_done level=warning message="Level 3" score=12',
      'epoch 1 loss: 0.5',
      'epoch 2 loss: 0.25',
      'tacho:metric name=last value=1',
    ];
    const options = ['--parse', 'loss: (?<loss>[0-9.]+)'];
    const script = `printf '${lines.join('\\n')}'; echo 'tacho:metric name=err value=1' >&2`;
    const { stdout } = await place.run(shell('said', script, ...options));
    expect(stdout.toString()).toBe(lines.join('\n'));
    const session = await place.session('said');
    expect(metric(session, 'fps')).toMatchObject({ value: 59.8, tags: ['level:3'] });
    expect(metric(session, 'done_items')).toMatchObject({ value: 5, type: 'counter' });
    expect(metric(session, 'last')?.value).toBe(1);
    expect(metric(session, 'err')?.value).toBe(1);
    const losses = session.metrics.filter(({ name }) => name === 'loss');
    expect(losses.map(({ value }) => value)).toEqual([0.5, 0.25]);
    expect(session.events[0]).toMatchObject({
      name: 'level_done',
      level: 'warning',
      message: 'Level 3',
      data: { score: 12 },
    });
  });

  it('goes on when a pattern would search for ever', async () => {
    const options = ['--parse', '(?<evil>(a+)+)$', '--parse', 'n=(?<n>[0-9]+)'];
    const script = `echo ${'a'.repeat(60)}!; sleep 0.5; echo n=5`;
    const { stdout, stderr } = await place.run(shell('evil', script, ...options));
    expect(stdout.toString()).toBe(`${'a'.repeat(60)}!\nn=5\n`);
    expect(stderr.split('\n')).toHaveLength(2);
    const session = await place.session('evil');
    expect(metric(session, 'n')?.value).toBe(5);
    expect(session.events.map(({ name }) => name)).toContain('parse_stopped');
  });

  it('is a hang when there is no output for too long, and its end', async () => {
    const script = 'echo a; sleep 6; echo b; sleep 1';
    await place.run(shell('hangs', script, '--hang-timeout', '3'));
    const { events } = await place.session('hangs');
    const names = events.map(({ name }) => name);
    expect(names).toEqual(['application_appears_hung', 'application_recovered']);
  });

  it('is one session with what a program inside says to the agent that it is told', async () => {
    const inside = `
      const { TACHO_AGENT: url, TACHO_SESSION: session } = process.env;
      const entries = [
        { kind: 'start', session, product: 'inner', version: '1', pid: process.pid },
        { kind: 'metric', session, name: 'inside', value: 1 },
      ];
      const body = JSON.stringify({ spoolId: 'inside-' + process.pid, seq: 1, entries });
      const headers = { 'content-type': 'application/json' };
      const send = (left) => fetch(url + '/api/ingest', { method: 'POST', headers, body })
        .then((answer) => answer.json())
        .then(console.log, () => { if (left > 0) setTimeout(send, 100, left - 1); });
      send(50);`;
    const { stdout } = await place.run([
      '--product',
      'joined',
      '--',
      process.execPath,
      '-e',
      inside,
    ]);
    expect(stdout.toString()).toContain('success');
    // Whoever spoke first said what the product is.
    const session = await Promise.any([place.session('joined'), place.session('inner')]);
    expect(metric(session, 'inside')?.value).toBe(1);
    expect(session.cause).toMatchObject({ kind: 'exited' });
    expect(session.state.process).toMatchObject({ exit_code: 0 });
  });

  it('outlives us: the agent sees the end of the command', async () => {
    const running = place.start(shell('orphan', 'echo ready; exec sleep 3'));
    await running.said('ready');
    const { state } = await place.session('orphan', (one) => one.state.process !== undefined);
    process.kill(running.pid, 'SIGKILL');
    process.kill((state.process as { pid: number }).pid, 'SIGKILL');
    // Whether the status can still be read depends on who inherits the dead.
    const { cause } = await place.session('orphan');
    expect(['signaled', 'crashed']).toContain(cause?.kind);
  });

  it('reaches another agent when the first one dies', async () => {
    const script = 'echo ready; sleep 5; echo tacho:metric name=late value=1; exit 2';
    const running = place.start(shell('twice', script, '--metrics-interval', '0.5'));
    await running.said('ready');
    await place.session('twice', (one) => metric(one, 'process_count') !== undefined);
    for (const pid of place.agentPids()) process.kill(pid, 'SIGKILL');
    expect((await running.ended).code).toBe(2);
    const session = await place.session('twice');
    expect(session.cause).toMatchObject({ kind: 'failed', exit_code: 2 });
    expect(metric(session, 'late')?.value).toBe(1);
  });

  it('goes to the server itself where there is to be no agent', async () => {
    const script = 'echo tacho:metric name=n value=2 type=counter; exit 3';
    const env = { TACHO_AGENT: 'off' };
    await place.run(shell('direct', script), { env });
    const session = await place.session('direct');
    expect(session.cause).toMatchObject({ kind: 'failed', exit_code: 3 });
    expect(metric(session, 'n')).toMatchObject({ value: 2, type: 'counter' });
    expect(place.agentPids()).toEqual([]);
  });

  it('is nothing where recording is disabled', async () => {
    const { code } = await place.run(shell('off', 'exit 6'), { env: { TACHO_DISABLED: '1' } });
    expect(code).toBe(6);
    expect(readdirSync(place.directory)).toEqual([]);
  });

  it('waits on disk for a server that is away', async () => {
    const away = new RunningPlace({ url: 'http://127.0.0.1:1' });
    try {
      const { code, stderr } = await away.run(shell('away', 'exit 5'));
      expect({ code, stderr }).toEqual({ code: 5, stderr: '' });
      await sleep(500);
    } finally {
      away.close();
    }
  });
});
