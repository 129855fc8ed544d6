/** This very system, whichever it is: the workflow runs this on Linux, macOS and Windows. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { isAlive, type Processes } from '../process.ts';
import { systemProcesses } from './system.ts';

/** Some systems tell a moment later. */
async function until<T>(ask: () => T | null, isIt: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = ask();
    if (answer !== null && isIt(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const processes: Processes = systemProcesses();

test('this process runs, has a start, and uses something', async () => {
  expect(processes.look(process.pid).state).toBe('running');
  const { startTime } = await until(
    () => processes.look(process.pid),
    (look) => look.startTime !== null,
  );
  expect(startTime).toMatch(/^\d+$/);
  expect(processes.look(process.pid)).toEqual({ state: 'running', startTime });
  const used = await until(
    () => processes.resources(process.pid),
    (resources) => resources.rssBytes > 0,
  );
  expect(used.rssBytes).toBeGreaterThan(1e6);
  expect(used.userUs + used.systemUs).toBeGreaterThan(1000);
});

test('a child is seen in the tree, and gone when it has ended', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  const { pid = 0 } = child;
  await until(
    () => processes.tree(process.pid),
    (rows) => rows[0]?.pid === process.pid && rows.some((row) => row.pid === pid),
  );
  expect(processes.look(pid).state).toBe('running');
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
  expect(processes.look(pid).state).toBe('gone');
  expect(isAlive(pid)).toBe(false);
});

test('the machine has a name for this run of it', () => {
  const bootId = processes.bootId();
  expect(bootId).toBe(processes.bootId());
  expect(bootId === null || /^[\w-]+$/.test(bootId)).toBe(true);
});
