/** `tacho run`: the command is as it would be without us. Real commands, real signals, real pipes. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunningPlace } from './running.ts';
import { launcher, type Server, startServer, temporaryDirectory } from './server.ts';

let server: Server;
let place: RunningPlace;

beforeAll(async () => {
  server = await startServer();
  place = new RunningPlace(server);
});
afterAll(async () => {
  place.close();
  await server.stop();
});

describe.skipIf(process.platform === 'win32')('a command under tacho run', () => {
  it.each([0, 3, 255])('ends with its own status %i', async (status) => {
    const { code, stderr } = await place.run(['--', 'sh', '-c', `exit ${status}`]);
    expect({ code, stderr }).toEqual({ code: status, stderr: '' });
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGSEGV', 'SIGHUP'])('dies of %s as we do', async (signal) => {
    const kill = `kill -${signal.slice(3)} $$`;
    expect(await place.run(['sh', '-c', kill])).toMatchObject({ signal, code: null });
  });

  it('is told by 127 when it is not found, and by 126 when it cannot be run', async () => {
    const missing = await place.run(['--', 'no-such-command', '-x']);
    expect(missing).toMatchObject({
      code: 127,
      stderr: 'tacho: no-such-command: command not found\n',
    });
    const path = join(temporaryDirectory(), 'plain');
    writeFileSync(path, 'exit 0');
    chmodSync(path, 0o644);
    const plain = await place.run(['--quiet', path]);
    expect(plain).toMatchObject({ code: 126, stderr: `tacho: ${path}: permission denied\n` });
  });

  it('gets its arguments as they are, those that look like ours as well', async () => {
    const script = 'console.log(JSON.stringify(process.argv.slice(1)))';
    const args = ['--version', '--', '-q', '', 'a b', '--product=x'];
    const { stdout } = await place.run(['-q', '--', process.execPath, '-e', script, '--', ...args]);
    expect(JSON.parse(stdout.toString())).toEqual(args);
    const plain = await place.run(['printf', '%s|', '--tag', '--', 'x']);
    expect(plain.stdout.toString()).toBe('--tag|--|x|');
  });

  it('copies 50 MB of anything from stdin to stdout, byte for byte', async () => {
    const input = randomBytes(50 * 2 ** 20);
    const { stdout, code } = await place.run(['--', 'cat'], { input });
    expect(code).toBe(0);
    expect(stdout.equals(input)).toBe(true);
  });

  it('keeps the order of stdout and stderr where both go to one place', async () => {
    const path = join(temporaryDirectory(), 'out');
    const file = openSync(path, 'w');
    const script = 'for i in $(seq 500); do echo "out $i"; echo "err $i" >&2; done; printf end';
    const child = spawn(process.execPath, [launcher(), 'run', '--', 'sh', '-c', script], {
      env: place.env(),
      stdio: ['ignore', file, file],
    });
    await new Promise((resolve) => child.once('close', resolve));
    const expected = Array.from({ length: 500 }, (_, i) => `out ${i + 1}\nerr ${i + 1}\n`);
    expect(readFileSync(path, 'utf8')).toBe(`${expected.join('')}end`);
  });

  it('can open its streams by their names', async () => {
    const script = 'echo one > /dev/stdout; echo two > /dev/stderr; printf three';
    const { stdout, stderr } = await place.run(['sh', '-c', script]);
    expect([stdout.toString(), stderr]).toEqual(['one\nthree', 'two\n']);
  });

  it('hears of a reader that went away', async () => {
    const line = `node ${launcher()} run -- yes | head -1; echo "\${PIPESTATUS[0]}"`;
    const child = spawn('bash', ['-c', line], { env: place.env() });
    let said = '';
    child.stdout.on('data', (piece) => {
      said += piece;
    });
    await new Promise((resolve) => child.once('close', resolve));
    expect(said).toBe('y\n141\n');
  });

  it('is held up by a slow reader, and its signals are not', async () => {
    const running = place.start(['--', 'sh', '-c', 'trap "exit 7" TERM; yes']);
    // Some of it has come, so the command runs; now nobody reads.
    await once(running.child.stdout!, 'data');
    running.child.stdout!.pause();
    await new Promise((resolve) => setTimeout(resolve, 500));
    process.kill(running.pid, 'SIGTERM');
    // Nothing shows from outside that the shell has it.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // The shell waits for yes, which waits for us.
    running.child.stdout!.resume();
    running.child.stdout!.on('data', () => running.child.stdout!.destroy());
    expect((await running.ended).code).toBe(7);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGCONT'])(
    'gets %s once when we do',
    async (signal) => {
      const script = `
        let count = 0;
        process.on('${signal}', () => count++);
        setTimeout(() => { console.log('count', count); process.exit(count); }, 1500);
        console.log('ready');`;
      const running = place.start(['--', process.execPath, '-e', script]);
      await running.said('ready');
      process.kill(running.pid, signal as NodeJS.Signals);
      expect(await running.ended).toMatchObject({ code: 1 });
    },
  );

  it('returns at once when something goes on in the background, which loses nothing', async () => {
    const directory = temporaryDirectory();
    const done = join(directory, 'done');
    const script = `(trap '' PIPE; sleep 1.5; echo later || echo failed > ${done}; echo ok >> ${done}) & echo now`;
    const running = place.start(['--', 'sh', '-c', script]);
    const exit = new Promise<number>((resolve) => {
      running.child.once('exit', () => resolve(Date.now()));
    });
    const first = await exit;
    const { stdout } = await running.ended;
    expect(stdout.toString()).toBe('now\nlater\n');
    expect(readFileSync(done, 'utf8')).toBe('ok\n');
    expect(Date.now()).toBeGreaterThan(first);
  });

  it('runs all the same without an agent, a server and a place for files', async () => {
    const env = {
      TACHO_SERVER: 'http://127.0.0.1:1',
      TACHO_AGENT_DIR: '/dev/null/nowhere',
      TMPDIR: '/dev/null/nowhere',
    };
    const { code, stdout, stderr } = await place.run(['--', 'sh', '-c', 'echo hi; exit 4'], {
      env,
    });
    expect({ code, out: stdout.toString(), stderr }).toEqual({ code: 4, out: 'hi\n', stderr: '' });
  });

  it('refuses options that make no sense before it runs anything', async () => {
    for (const args of [
      ['--parse', '(?<a>', 'true'],
      ['--parse', 'x', 'true'],
      ['--metrics-interval', '0', 'true'],
      ['--tag', '', 'true'],
      [],
    ]) {
      expect((await place.run(args)).code).toBe(2);
    }
  });
});

/** What `test/fixtures/terminal.py` saw. */
interface Seen {
  screen: string;
  status: number;
}

async function inTerminal(args: readonly string[], steps: unknown[] = []): Promise<Seen> {
  const plan = JSON.stringify({ argv: args, steps });
  const script = join(import.meta.dirname, '../fixtures/terminal.py');
  const child = spawn('python3', [script, plan], { env: place.env() });
  let said = '';
  child.stdout.on('data', (piece) => {
    said += piece;
  });
  await new Promise((resolve) => child.once('close', resolve));
  return JSON.parse(said) as Seen;
}

const tacho = [process.execPath, launcher(), 'run'];

describe.skipIf(process.platform === 'win32')('a command under tacho run in a terminal', () => {
  const counting = `
    let count = 0;
    process.on('SIGINT', () => count++);
    setTimeout(() => console.log(\`count \${count}\`), 1500);
    console.log('ready');`;

  it('sees the terminal and its size', async () => {
    const script = 'test -t 0 && test -t 1 && test -t 2 && stty size && tty </dev/tty >/dev/null';
    expect(await inTerminal([...tacho, '--', 'sh', '-c', script])).toEqual({
      screen: '33 101\r\n',
      status: 0,
    });
  });

  it('gets Ctrl-C once', async () => {
    const { screen } = await inTerminal(
      [...tacho, '--', process.execPath, '-e', counting],
      [['ready', '\x03']],
    );
    expect(screen).toContain('count 1');
  });

  it('dies of Ctrl-C, and we by the same signal', async () => {
    const args = [...tacho, '--', 'sh', '-c', 'echo ready; exec sleep 60'];
    expect((await inTerminal(args, [['ready', '\x03']])).status).toBe(2);
  });

  it('gets a SIGINT that only we were sent', async () => {
    const args = [...tacho, '--', 'sh', '-c', 'echo ready; exec sleep 60'];
    expect((await inTerminal(args, [['ready', { signal: 2 }]])).status).toBe(2);
  });

  it('can be stopped by Ctrl-Z and go on', async () => {
    const line = `${tacho.join(' ')} -- sh -c 'echo re""ady; sleep 1; echo do""ne'\n`;
    const { screen } = await inTerminal(
      ['bash', '--norc', '--noprofile', '-i'],
      [
        ['', line],
        ['ready\r\n', '\x1a'],
        ['Stopped', 'fg\n'],
        ['done', 'exit 5\n'],
      ],
    );
    expect(screen).toMatch(/ready[\s\S]*Stopped[\s\S]*done/);
  });

  it('sees none with --pipe', async () => {
    const { screen } = await inTerminal([
      ...tacho,
      '--pipe',
      '--',
      'sh',
      '-c',
      'test -t 1 || echo no',
    ]);
    expect(screen).toBe('no\r\n');
  });
});
