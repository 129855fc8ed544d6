/** macOS: by `ps`. Its output is parsed in tests everywhere; it is run for real only by the workflow. */
import { execFile, execFileSync } from 'node:child_process';
import { isAlive, type Processes } from '../process.ts';
import { type TableRow, tableProcesses } from './table.ts';

/** Processes of a macOS system. Threads, open files and storage are not told. */
export function macosProcesses(): Processes {
  return tableProcesses({
    list(pids, done) {
      const args = pids === null ? ['-ax', ...columns] : [...columns, '-p', pids.join(',')];
      execFile('ps', args, options, (error, text) => {
        // Status 1 only says that none of the processes is left.
        done(error && error.code !== 1 ? null : parsePs(text));
      });
    },
    listNow: (pid) => parsePs(output('ps', [...columns, '-p', String(pid)]))[0] ?? null,
    isAlive,
    nowMs: () => performance.now(),
    rowAgeMs: 5_000,
    bootId: () => output('sysctl', ['-n', 'kern.bootsessionuuid']).trim() || null,
  });
}

const columns = ['-o', 'pid=,ppid=,stat=,flags=,rss=,utime=,time=,lstart='];

/** Dates in one language and one zone, so that a start time stays the same text. */
const options = {
  env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
  timeout: 10_000,
  maxBuffer: 16 * 1024 * 1024,
};

function output(command: string, args: string[]): string {
  try {
    return execFileSync(command, args, {
      ...options,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  } catch {
    return '';
  }
}

const line =
  /^\s*(\d+)\s+(\d+)\s+(\S+)\s+([\da-f]+)\s+(\d+)\s+([\d:.,-]+)\s+([\d:.,-]+)\s+[A-Z][a-z]{2}\s+([A-Z][a-z]{2}\s+\d+\s+\d\d:\d\d:\d\d\s+\d{4})\s*$/;

/** P_TRACED of <sys/proc.h>. */
const tracedFlag = 0x800;

/** Reads what `ps` printed; lines that are none are left out. */
export function parsePs(text: string): TableRow[] {
  const rows: TableRow[] = [];
  for (const one of text.split('\n')) {
    const match = line.exec(one);
    if (match === null) continue;
    const [, pid, parent, stat = '', flags = '', rss, user = '', total = '', start] = match;
    const startedMs = Date.parse(`${start} UTC`);
    const userUs = cpuTimeUs(user);
    if (Number.isNaN(startedMs)) continue;
    rows.push({
      pid: Number(pid),
      parent: Number(parent),
      startTime: String(startedMs / 1000),
      state: stat.startsWith('Z') ? 'zombie' : stat.startsWith('T') ? 'stopped' : 'running',
      traced: (Number.parseInt(flags, 16) & tracedFlag) !== 0,
      userUs,
      systemUs: Math.max(0, cpuTimeUs(total) - userUs),
      childUserUs: 0,
      childSystemUs: 0,
      rssBytes: Number(rss) * 1024,
      threads: null,
      openFiles: null,
      readBytes: null,
      writtenBytes: null,
    });
  }
  return rows;
}

/** `12:34.56`, also with hours, also with days before a dash; 0 when it is none. */
function cpuTimeUs(text: string): number {
  const [, days = '0', clock = ''] = /^(?:(\d+)-)?([\d:]+(?:[.,]\d+)?)$/.exec(text) ?? [];
  let seconds = 0;
  for (const part of clock.replace(',', '.').split(':')) seconds = seconds * 60 + Number(part);
  return Math.round((Number(days) * 86_400 + seconds) * 1e6);
}
