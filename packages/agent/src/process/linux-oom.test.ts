/** Kills for lack of memory: where they are counted, what the kernel logs, and a real one. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { linuxProcesses } from './linux.ts';
import { countPaths, killedInLog, oomKilled, oomMark } from './linux-oom.ts';

test('groups of version 2 count their own kills, or those below them', () => {
  expect(countPaths('0::/user.slice/app.scope\n', '/m')).toEqual([
    '/m/user.slice/app.scope/memory.events.local',
    '/m/user.slice/app.scope/memory.events',
  ]);
  expect(countPaths('0::/\n', '/m')).toEqual(['/m/memory.events.local', '/m/memory.events']);
});

test('groups of version 1 count them beside the controller', () => {
  expect(countPaths('4:cpu,memory:/a:b\n3:cpuset:/\n1:name=systemd:/x\n', '/m')).toEqual([
    '/m/memory/a:b/memory.oom_control',
  ]);
  expect(countPaths('nonsense\n\n', '/m')).toEqual([]);
});

/** Recorded from a kernel 6.18 and one 4.19; the start of a record is `priority,number,microseconds`. */
const log = `6,417,35756911631,-;[   4660]     0  4660    11482 python3
3,420,35756911643,-;Memory cgroup out of memory: Killed process 4660 (python3) total-vm:45928kB, anon-rss:35924kB
3,421,35756911650,-;Out of memory: Kill process 77 (java) score 900 or sacrifice child
`;

test('the log of the kernel names the process, and when', () => {
  const soon = 35756911643 + 1e6;
  expect(killedInLog(log, 4660, soon)).toBe(true);
  expect(killedInLog(log, 77, soon)).toBe(true);
  expect(killedInLog(log, 466, soon)).toBe(false);
  expect(killedInLog(log, 7, soon)).toBe(false);
  // Long ago it was another process of that id.
  expect(killedInLog(log, 4660, soon + 3600e6)).toBe(false);
  expect(killedInLog('', 4660, soon)).toBe(false);
});

test('kills elsewhere on the machine count only when nothing closer is left to ask', () => {
  const root = mkdtempSync(join(tmpdir(), 'tacho-oom-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('42/cgroup', '0::/app\n');
  write('uptime', '1000.00 1.00\n');
  write('vmstat', 'pgfault 1\noom_kill 5\n');
  write('group/app/memory.events.local', 'oom 9\noom_kill 1\n');
  const mark = oomMark(root, 42, join(root, 'group'));
  expect(mark).toMatchObject({ kills: 1, machineKills: 5 });
  write('vmstat', 'oom_kill 6\n');
  expect(oomKilled(root, 42, mark)).toBe(false);
  write('group/app/memory.events.local', 'oom_kill 2\n');
  expect(oomKilled(root, 42, mark)).toBe(true);
  // The group went with its last process.
  rmSync(join(root, 'group'), { recursive: true });
  expect(oomKilled(root, 42, mark)).toBe(true);
  write('vmstat', 'oom_kill 5\n');
  expect(oomKilled(root, 42, mark)).toBe(false);
  rmSync(root, { recursive: true });
});

/** A group of version 1 with little memory; null where none can be made. */
function smallGroup(): string | null {
  const path = `/sys/fs/cgroup/memory/tacho-test-${process.pid}`;
  try {
    mkdirSync(path);
    writeFileSync(`${path}/memory.limit_in_bytes`, '30000000');
    return path;
  } catch {
    return null;
  }
}

const group = process.platform === 'linux' ? smallGroup() : null;

test.runIf(group)('a real kill for lack of memory leaves its mark', async () => {
  const processes = linuxProcesses();
  const eater = `import os,sys
open(sys.argv[1] + '/cgroup.procs', 'w').write(str(os.getpid()))
print('in', flush=True)
sys.stdin.readline()
if sys.argv[2] == 'kill': os.kill(os.getpid(), 9)
x = []
while True: x.append(bytearray(b'x' * 1000000))`;
  const verdicts = [];
  for (const how of ['kill', 'eat']) {
    const child = spawn('python3', ['-c', eater, group!, how], { stdio: 'pipe' });
    await once(child.stdout, 'data');
    const mark = processes.oomMark(child.pid!);
    expect(mark?.path).toBe(`${group}/memory.oom_control`);
    child.stdin.write('\n');
    const [, signal] = await once(child, 'exit');
    expect(signal).toBe('SIGKILL');
    verdicts.push(processes.oomKilled(child.pid!, mark));
  }
  expect(verdicts).toEqual([false, true]);
  rmdirSync(group!);
});
