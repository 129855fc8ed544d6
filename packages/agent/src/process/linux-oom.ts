/** Traces of the kernel killing for lack of memory: counts of control groups, and the kernel's log. */
import { closeSync, constants, openSync, readSync } from 'node:fs';
import type { OomMark } from '../process.ts';
import { readText } from './text.ts';

/** How often it was done around the process so far; null when nothing is counted. */
export function oomMark(root: string, pid: number, mount?: string): OomMark | null {
  const machineKills = machineCount(root);
  const groups = readText(`${root}/${pid}/cgroup`);
  for (const path of groups === null ? [] : countPaths(groups, mount)) {
    const kills = groupCount(path);
    if (kills !== null) return { path, kills, machineKills };
  }
  return machineKills === null ? null : { path: '', kills: 0, machineKills };
}

/** Whether it was done since the mark, or the kernel's log names the process. */
export function oomKilled(root: string, pid: number, mark: OomMark | null): boolean {
  if (mark !== null && grew(root, mark)) return true;
  return killedInLog(readKernelLog(), pid, uptimeUs(root));
}

function grew(root: string, mark: OomMark): boolean {
  const kills = mark.path === '' ? null : groupCount(mark.path);
  if (kills !== null) return kills > mark.kills;
  // The group went with its last process; what the machine counts is all that is left.
  const machineKills = machineCount(root);
  return machineKills !== null && mark.machineKills !== null && machineKills > mark.machineKills;
}

/** Where kills are counted for the groups that `/proc/<pid>/cgroup` lists, the closest first. */
export function countPaths(groups: string, mount = '/sys/fs/cgroup'): string[] {
  const paths: string[] = [];
  for (const line of groups.split('\n')) {
    const [, controllers, group] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (group === undefined) continue;
    const place = group === '/' ? '' : group;
    if (controllers === '') {
      paths.push(`${mount}${place}/memory.events.local`, `${mount}${place}/memory.events`);
    } else if (controllers?.split(',').includes('memory')) {
      paths.push(`${mount}/memory${place}/memory.oom_control`);
    }
  }
  return paths;
}

function groupCount(path: string): number | null {
  return countIn(readText(path));
}

function machineCount(root: string): number | null {
  return countIn(readText(`${root}/vmstat`));
}

function countIn(text: string | null): number | null {
  const count = /^oom_kill (\d+)$/m.exec(text ?? '')?.[1];
  return count === undefined ? null : Number(count);
}

/** Process ids come again: an older entry may be about another process. */
const logAgeMaxUs = 60e6;

/** Whether records of the kernel's log, each `priority,number,microseconds,…;text`, say so of a process. */
export function killedInLog(log: string, pid: number, nowUs: number): boolean {
  const pattern = new RegExp(`^\\d+,\\d+,(\\d+)[^;]*;.*(?:Killed|Kill) process ${pid}[ ,(]`, 'gm');
  for (const match of log.matchAll(pattern)) {
    if (nowUs - Number(match[1]) <= logAgeMaxUs) return true;
  }
  return false;
}

const recordBytesMax = 8192;
const recordsMax = 20_000;

/** All of the log without waiting for more; '' when this user may not read it. */
function readKernelLog(): string {
  let file: number;
  try {
    file = openSync('/dev/kmsg', constants.O_RDONLY | constants.O_NONBLOCK);
  } catch {
    return '';
  }
  const record = Buffer.allocUnsafe(recordBytesMax);
  let log = '';
  try {
    for (let i = 0; i < recordsMax; i++) log += nextRecord(file, record);
  } catch {
    // Nothing more to read.
  } finally {
    closeSync(file);
  }
  return log;
}

/** One read is one record; throws EAGAIN at the end. */
function nextRecord(file: number, record: Buffer): string {
  try {
    return record.toString('latin1', 0, readSync(file, record));
  } catch (error) {
    // The oldest records went while we read.
    if ((error as NodeJS.ErrnoException).code === 'EPIPE') return '';
    throw error;
  }
}

function uptimeUs(root: string): number {
  return Number.parseFloat(readText(`${root}/uptime`) ?? '0') * 1e6;
}
