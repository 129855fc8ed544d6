/** Looks at real processes of a Linux system: running, stopped, traced, ended in every way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { isAlive, type Look } from '../process.ts';
import { linuxProcesses } from './linux.ts';

const processes = linuxProcesses();
const children: ChildProcess[] = [];

function start(command: string, ...args: string[]): ChildProcess & { pid: number } {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  children.push(child);
  return child as ChildProcess & { pid: number };
}

/** A shell whose child ends as `how` says and is not waited for; resolves with the id of the zombie. */
async function zombie(how: string): Promise<number> {
  const shell = start(
    'python3',
    '-c',
    `import os,sys,time
pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), int(sys.argv[2])) if sys.argv[1] == 'signal' else os._exit(int(sys.argv[2]))
print(pid, flush=True)
time.sleep(600)`,
    ...how.split(' '),
  );
  const [text] = await once(shell.stdout!, 'data');
  const pid = Number(text);
  await until(() => processes.look(pid).state === 'zombie');
  return pid;
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
}

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

describe.runIf(process.platform === 'linux')('a look at a process', () => {
  test('sees this one running, and always as the same', () => {
    const first = processes.look(process.pid);
    expect(first).toEqual({ state: 'running', startTime: expect.stringMatching(/^\d+$/) });
    expect(processes.look(process.pid)).toEqual(first);
  });

  test('sees the first process of the system, whoever owns it', () => {
    expect(processes.look(1).state).not.toBe('gone');
    expect(isAlive(1)).toBe(true);
  });

  test('finds nothing at ids that are none', () => {
    for (const pid of [0, -1, -process.pid, 1.5, Number.NaN, 2 ** 31, 2 ** 53]) {
      expect(processes.look(pid)).toEqual({ state: 'gone', startTime: null });
      expect(processes.resources(pid)).toBeNull();
      expect(processes.tree(pid)).toEqual([]);
      expect(processes.oomMark(pid)?.kills ?? 0).toBe(0);
    }
  });

  test('sees a process stopped, continued, and gone', async () => {
    const { pid } = start('sleep', '600');
    const states: Look['state'][] = [];
    const see = async (state: Look['state']) => {
      await until(() => processes.look(pid).state === state);
      states.push(state);
    };
    await see('running');
    process.kill(pid, 'SIGSTOP');
    await see('stopped');
    process.kill(pid, 'SIGCONT');
    await see('running');
    process.kill(pid, 'SIGKILL');
    await see('gone');
    expect(states).toEqual(['running', 'stopped', 'running', 'gone']);
  });

  test('tells how a zombie ended', async () => {
    expect(processes.look(await zombie('exit 0')).exit).toEqual({ code: 0 });
    expect(processes.look(await zombie('exit 3')).exit).toEqual({ code: 3 });
    expect(processes.look(await zombie('signal 9')).exit).toEqual({
      signal: 'SIGKILL',
      coreDumped: false,
    });
    expect(processes.look(await zombie('signal 11')).exit).toMatchObject({ signal: 'SIGSEGV' });
  });

  test('does not take a program for dead whose main thread has ended', async () => {
    const child = start(
      'python3',
      '-c',
      `import ctypes,threading,time
threading.Thread(target=lambda: (time.sleep(.2), print('on', flush=True), time.sleep(600))).start()
ctypes.CDLL(None).pthread_exit(None)`,
    );
    await once(child.stdout!, 'data');
    await until(() => readFileSync(`/proc/${child.pid}/stat`, 'latin1').includes(') Z '));
    expect(processes.look(child.pid).state).toBe('running');
    expect(processes.resources(child.pid)?.threads).toBe(2);
  });

  test('sees a tracer', async () => {
    expect(processes.traced(process.pid)).toBe(false);
    const child = start(
      'python3',
      '-c',
      `import ctypes,time
ctypes.CDLL(None).ptrace(0, 0, 0, 0)
print('traced', flush=True)
time.sleep(600)`,
    );
    await once(child.stdout!, 'data');
    expect(processes.traced(child.pid)).toBe(true);
  });
});

describe.runIf(process.platform === 'linux')('resources', () => {
  test('of this process are about what Node says', () => {
    const seen = processes.resources(process.pid)!;
    const { rss } = process.memoryUsage();
    expect(seen.rssBytes).toBeGreaterThan(rss / 2);
    expect(seen.rssBytes).toBeLessThan(rss * 2);
    expect(seen.userUs).toBeGreaterThan(process.cpuUsage().user / 2);
    expect(seen.openFiles).toBeGreaterThan(3);
    expect(seen.threads).toBeGreaterThan(1);
  });

  test('of a zombie are none', async () => {
    expect(processes.resources(await zombie('exit 0'))).toBeNull();
  });

  test('of a tree hold every descendant, whichever thread started it', async () => {
    const child = start(
      'python3',
      '-c',
      `import subprocess,threading,time
def go():
    p = subprocess.Popen(['sh', '-c', 'sleep 600 & echo $!; wait'])
    p.wait()
threading.Thread(target=go).start()`,
    );
    await once(child.stdout!, 'data');
    const rows = processes.tree(child.pid);
    expect(rows.map((row) => row.parent)).toEqual([process.pid, child.pid, rows[1]!.pid]);
    for (const row of rows) process.kill(row.pid, 'SIGKILL');
  });
});

describe.runIf(process.platform === 'linux')('the machine', () => {
  test('has one id while it runs', () => {
    expect(processes.bootId()).toMatch(/^[0-9a-f-]{36}$/);
    expect(processes.bootId()).toBe(processes.bootId());
  });

  test('is told apart from one without /proc', () => {
    const blind = linuxProcesses('/nonexistent');
    expect(blind.bootId()).toBeNull();
    expect(blind.look(process.pid)).toEqual({ state: 'running', startTime: null });
    expect(blind.resources(process.pid)).toBeNull();
    expect(blind.oomMark(process.pid)).toBeNull();
    expect(blind.oomKilled(process.pid, null)).toBe(false);
  });
});

const nobody = 65534;

/** Runs something as a user who owns nothing here. */
function asStranger<T>(look: () => T): T {
  process.seteuid?.(12345);
  try {
    return look();
  } finally {
    process.seteuid?.(0);
  }
}

describe.runIf(process.platform === 'linux' && process.geteuid?.() === 0)('another user', () => {
  test('sees processes alive that it may not signal', () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore', uid: nobody });
    children.push(child);
    const pid = child.pid!;
    asStranger(() => {
      expect(() => process.kill(pid, 0)).toThrow('EPERM');
      expect(processes.look(pid)).toMatchObject({ state: 'running' });
      // Nor can it when /proc hides them.
      expect(linuxProcesses('/nonexistent').look(pid).state).toBe('running');
      expect(processes.resources(pid)).toMatchObject({ threads: 1, readBytes: null });
      expect(processes.tree(pid)).toHaveLength(1);
    });
  });

  test('is not told how a zombie ended, and does not take that for a status of 0', async () => {
    const pid = await zombie('exit 3');
    expect(asStranger(() => processes.look(pid))).toEqual({
      state: 'zombie',
      startTime: expect.any(String),
    });
    expect(processes.look(pid).exit).toEqual({ code: 3 });
  });
});
