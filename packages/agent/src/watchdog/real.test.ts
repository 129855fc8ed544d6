/** The watchdog and real processes: killed, stopped, unreaped, ended with a status, and hung for real. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { linuxProcesses } from '../process/linux.ts';
import { beat, TestClock, TestLedger } from '../testing/watched.ts';
import { startWatchdog, type Watchdog } from '../watchdog.ts';
import type { WatchedSession } from './session.ts';

const on = test.runIf(process.platform === 'linux');
const processes = linuxProcesses();
const children: ChildProcess[] = [];
let ledger: TestLedger;
let clock: TestClock;
let watchdog: Watchdog;

beforeEach(() => {
  ledger = new TestLedger();
  clock = new TestClock();
  watchdog = startWatchdog({ recorder: ledger, processes, clock, intervalMs: 0 });
});

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

function start(command: string, ...args: string[]): ChildProcess & { pid: number } {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  return child as ChildProcess & { pid: number };
}

function watched(pid: number, more: Partial<WatchedSession> = {}): WatchedSession {
  const { startTime } = processes.look(pid);
  return ledger.add({
    pid,
    ...(startTime === null ? {} : { processStart: startTime }),
    lastActivityUs: clock.wallUs(),
    ...more,
  });
}

/** The watchdog's time is its own: a minute passes in no time. */
function ticks(seconds: number): string[] {
  for (let i = 0; i < seconds; i++) {
    clock.pass(1000);
    watchdog.tick();
  }
  return ledger.take();
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

on('a program that is killed has crashed', async () => {
  const child = start('sleep', '600');
  watched(child.pid);
  expect(ticks(5)).toEqual([]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(ticks(2)).toEqual(['crash crashed']);
  expect(ticks(5)).toEqual([]);
});

on('a program that is stopped has neither hung nor crashed, and goes on', async () => {
  const child = start('sleep', '600');
  const session = watched(child.pid, { heartbeatTimeoutMs: 5_000 });
  beat(session, clock.wallUs());
  ticks(2);
  child.kill('SIGSTOP');
  await until(() => processes.look(child.pid).state === 'stopped');
  expect(ticks(600)).toEqual([]);
  child.kill('SIGCONT');
  await until(() => processes.look(child.pid).state === 'running');
  expect(ticks(5)).toEqual([]);
  beat(session, clock.wallUs());
  expect(ticks(3)).toEqual([]);
});

on('a program whose parent never asks is dead all the same, with its status', async () => {
  const parent = start(
    'python3',
    '-c',
    `import os,sys,time
pids = []
for end in (lambda: os._exit(0), lambda: os._exit(9), lambda: os.kill(os.getpid(), 6)):
    pid = os.fork()
    if pid == 0:
        os.read(0, 1)
        end()
    pids.append(str(pid))
print(' '.join(pids), flush=True)
time.sleep(600)`,
  );
  const [text] = await once(parent.stdout!, 'data');
  const pids = String(text).trim().split(' ').map(Number);
  for (const pid of pids) watched(pid);
  expect(ticks(3)).toEqual([]);
  parent.stdin!.write('xxx');
  await until(() => pids.every((pid) => processes.look(pid).state === 'zombie'));
  expect(ticks(2)).toEqual(['end exited', 'crash failed', 'crash signaled']);
});

on('the end of somebody else ends no session', async () => {
  // The parent of the program, which also started everything around it, ends; the program goes on.
  const parent = start('sh', '-c', 'sleep 600 & echo $!');
  const ended = once(parent, 'exit');
  const [text] = await once(parent.stdout!, 'data');
  const pid = Number(text);
  watched(pid);
  await ended;
  expect(ticks(100)).toEqual([]);
  process.kill(pid, 'SIGKILL');
  await until(() => processes.look(pid).state === 'gone' || processes.look(pid).state === 'zombie');
  expect(ticks(2)[0]).toMatch(/^crash (crashed|signaled)$/);
});

on('a program that really hangs is found hanging, and recovers', async () => {
  const child = start(
    process.execPath,
    '-e',
    `setInterval(() => process.stdout.write('b'), 20);
process.stdin.on('data', () => {
  const until = Date.now() + 600;
  while (Date.now() < until);
});`,
  );
  const session = watched(child.pid, { heartbeatTimeoutMs: 3_000 });
  child.stdout!.on('data', () => beat(session, clock.wallUs()));
  // The watchdog's time runs fifty times as fast as the program's.
  const timer = setInterval(() => {
    clock.pass(1000);
    watchdog.tick();
  }, 20);
  const said = () => ledger.entries.map((entry) => entry.event?.name);
  try {
    await until(() => session.armed);
    child.stdin!.write('hang');
    await until(() => said().includes('application_appears_hung'));
    await until(() => said().includes('application_recovered'));
  } finally {
    clearInterval(timer);
  }
  expect(said().slice(0, 2)).toEqual(['application_appears_hung', 'application_recovered']);
});

on('a watchdog with clocks of its own keeps no program alive', async () => {
  const child = start(
    process.execPath,
    '--conditions=source',
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    `import { startWatchdog } from ${JSON.stringify(new URL('../watchdog.ts', import.meta.url))};
import { systemProcesses } from ${JSON.stringify(new URL('../process/system.ts', import.meta.url))};
startWatchdog({ recorder: { sessions: () => [], accept() {} }, processes: systemProcesses() });`,
  );
  const [code] = await once(child, 'exit');
  expect(code).toBe(0);
});
