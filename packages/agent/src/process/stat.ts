/** The line of /proc/<pid>/stat, and the status with which a process ends. */
import { constants } from 'node:os';
import type { ExitStatus } from '../process.ts';

/** What we read of the line; times in clock ticks, since the start of the process or of the machine. */
export interface Stat {
  pid: number;
  /** One letter: R running, S sleeping, D waiting, T stopped, t stopped by a tracer, Z zombie, X dead. */
  state: string;
  parent: number;
  userTicks: number;
  systemTicks: number;
  childUserTicks: number;
  childSystemTicks: number;
  threads: number;
  startTime: string;
  rssPages: number;
  /** As `wait` gives it; 0 as well when the reader may not know. */
  exitCode: number;
}

/** What the numbers of /proc are counted in. */
export interface Units {
  tickUs: number;
  pageBytes: number;
}

/** Reads the line; null when it is none. The name of the program may hold spaces and parentheses. */
export function parseStat(text: string): Stat | null {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  if (open < 0 || close < open) return null;
  // What follows the name starts with the third field of the line.
  const fields = text
    .slice(close + 2)
    .trim()
    .split(' ');
  const number = (field: number) => Number(fields[field - 3] ?? 0);
  const startTime = fields[22 - 3];
  if (startTime === undefined) return null;
  return {
    pid: Number(text.slice(0, open)),
    state: fields[0] ?? '',
    parent: number(4),
    userTicks: number(14),
    systemTicks: number(15),
    childUserTicks: number(16),
    childSystemTicks: number(17),
    threads: number(20),
    startTime,
    rssPages: number(24),
    exitCode: number(52),
  };
}

const coreFlag = 0x80;
const signalMask = 0x7f;

/** What a status as `wait` gives it says. */
export function exitStatusOf(status: number): ExitStatus {
  const number = status & signalMask;
  if (number === 0) return { code: (status >> 8) & 0xff };
  return { signal: signalName(number), coreDumped: (status & coreFlag) !== 0 };
}

/** Name of a signal of this system, `SIG` with its number when it has none. */
function signalName(number: number): string {
  for (const [name, value] of Object.entries(constants.signals)) {
    if (value === number) return name;
  }
  return `SIG${number}`;
}
