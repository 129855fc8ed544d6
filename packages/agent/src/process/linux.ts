/** Linux: all of it from /proc, one small read per look. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { gone, isAlive, isPid, type Look, type Processes, type Resources } from '../process.ts';
import { oomKilled, oomMark } from './linux-oom.ts';
import { linuxTree } from './linux-tree.ts';
import { exitStatusOf, parseStat, type Stat, type Units } from './stat.ts';
import { readText } from './text.ts';

/** Processes of a Linux system, as the /proc at `root` tells of them. */
export function linuxProcesses(root = '/proc'): Processes {
  const units = readUnits(root);
  return {
    startsAtOnce: true,
    look: (pid) => look(root, pid),
    traced: (pid) => isPid(pid) && tracerOf(readText(`${root}/${pid}/status`)) > 0,
    resources(pid) {
      const stat = statOf(root, pid);
      return stat && !isDead(stat) ? resourcesOf(root, pid, stat, units) : null;
    },
    tree: (pid) =>
      isPid(pid)
        ? linuxTree(root, pid, (child, stat) => resourcesOf(root, child, stat, units), units)
        : [],
    bootId: () => readText(`${root}/sys/kernel/random/boot_id`)?.trim() || null,
    oomMark: (pid) => (isPid(pid) ? oomMark(root, pid) : null),
    oomKilled: (pid, mark) => oomKilled(root, pid, mark),
  };
}

function look(root: string, pid: number): Look {
  const stat = statOf(root, pid);
  if (stat === null) return unseen(pid);
  const { startTime } = stat;
  if (!isDead(stat)) {
    return { state: stat.state === 'T' || stat.state === 't' ? 'stopped' : 'running', startTime };
  }
  if (stat.state !== 'Z') return { state: 'gone', startTime };
  // The kernel writes 0 for those who may not know, and an orderly end is not to be guessed.
  if (!mayKnowExit(root, pid)) return { state: 'zombie', startTime };
  return { state: 'zombie', startTime, exit: exitStatusOf(stat.exitCode) };
}

/** Without an entry in /proc a process can still live: a mount with hidepid hides those of others. */
function unseen(pid: number): Look {
  return isAlive(pid) ? { state: 'running', startTime: null } : gone;
}

/** A main thread that has ended is a zombie too, while the other threads of the process go on. */
function isDead({ state, threads }: Stat): boolean {
  return state === 'X' || state === 'x' || (state === 'Z' && threads <= 1);
}

function mayKnowExit(root: string, pid: number): boolean {
  const user = process.geteuid?.();
  if (user === 0) return true;
  try {
    return statSync(`${root}/${pid}`).uid === user;
  } catch {
    return false;
  }
}

function statOf(root: string, pid: number): Stat | null {
  if (!isPid(pid)) return null;
  const text = readText(`${root}/${pid}/stat`);
  return text === null ? null : parseStat(text);
}

function tracerOf(status: string | null): number {
  return Number(/^TracerPid:\s*(\d+)/m.exec(status ?? '')?.[1] ?? 0);
}

/** Of the dead only what they used is left: no thread, no file, no memory. */
function resourcesOf(root: string, pid: number, stat: Stat, units: Units): Resources {
  const dead = isDead(stat);
  const io = readText(`${root}/${pid}/io`);
  return {
    userUs: stat.userTicks * units.tickUs,
    systemUs: stat.systemTicks * units.tickUs,
    rssBytes: stat.rssPages * units.pageBytes,
    threads: dead ? 0 : stat.threads,
    openFiles: dead ? 0 : openFiles(`${root}/${pid}/fd`),
    readBytes: ioField(io, 'read_bytes'),
    writtenBytes: ioField(io, 'write_bytes'),
  };
}

function openFiles(path: string): number | null {
  try {
    // Kernels since 6.2 give the number as the size of the directory; older ones give 0.
    return statSync(path).size || readdirSync(path).length;
  } catch {
    return null;
  }
}

function ioField(io: string | null, name: string): number | null {
  const text = new RegExp(`^${name}: (\\d+)$`, 'm').exec(io ?? '')?.[1];
  return text === undefined ? null : Number(text);
}

const auxPageSize = 6;
const auxClockTicks = 17;

/** From what the kernel told this very process at its start: pairs of machine words. */
function readUnits(root: string): Units {
  let pageBytes = 4096;
  let ticks = 100;
  try {
    const aux = readFileSync(`${root}/self/auxv`);
    for (let at = 0; at + 16 <= aux.length; at += 16) {
      const value = Number(aux.readBigUInt64LE(at + 8));
      if (aux.readBigUInt64LE(at) === BigInt(auxPageSize)) pageBytes = value;
      if (aux.readBigUInt64LE(at) === BigInt(auxClockTicks)) ticks = value;
    }
  } catch {
    // The usual values stay.
  }
  return { tickUs: 1e6 / ticks, pageBytes };
}
