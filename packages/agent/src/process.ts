/** What the operating system knows about processes: alive or not, since when, at what cost, how they ended. */

/** How a process stands; a process id that was given to another process is told by `startTime`. */
export interface Look {
  /** `zombie`: it has ended, and its parent has not asked how. */
  state: 'running' | 'stopped' | 'zombie' | 'gone';
  /** Opaque: equal for one process, different for the next with the same id. Null when nobody says. */
  startTime: string | null;
  /** How a zombie ended, when the system tells. */
  exit?: ExitStatus;
}

/** How a process ended: by itself, or by a signal. */
export type ExitStatus = { code: number } | { signal: string; coreDumped: boolean };

/** What a process uses; null = not to be had here, or not by this user. */
export interface Resources {
  /** Time on a processor since its start, in microseconds. */
  userUs: number;
  systemUs: number;
  rssBytes: number;
  threads: number | null;
  openFiles: number | null;
  /** From and to storage, in bytes since its start. */
  readBytes: number | null;
  writtenBytes: number | null;
}

/** One process of a tree. */
export interface ProcessRow extends Resources {
  pid: number;
  parent: number;
  startTime: string;
  /** The same of its ended children, as far as it has waited for them; storage is part of its own. */
  childUserUs: number;
  childSystemUs: number;
}

/** How often the system ran out of memory around a process, to be compared after its end. */
export interface OomMark {
  /** Where the kills are counted; '' = for the whole machine only. */
  path: string;
  kills: number;
  /** Kills on the whole machine; null = not counted here. */
  machineKills: number | null;
}

/**
 * The operating system as the agent sees it. Nothing here throws, blocks for long or needs
 * privileges: what is not to be had is null. Process ids below 1 are of no process.
 */
export interface Processes {
  /** False: a start time is known only a while after it was first asked for. */
  readonly startsAtOnce: boolean;
  /** Cheap enough for every second. A process of another user is as alive as one's own. */
  look(pid: number): Look;
  /** Whether a debugger or tracer is attached. */
  traced(pid: number): boolean;
  /** Null when the process is gone. */
  resources(pid: number): Resources | null;
  /** The process and its descendants, itself first; empty when it is gone. */
  tree(pid: number): ProcessRow[];
  /** The same until the machine is started anew. */
  bootId(): string | null;
  /** To be taken while the process lives; null when nothing is counted here. */
  oomMark(pid: number): OomMark | null;
  /** Whether the kernel killed for lack of memory, as far as can be seen after the end of the process. */
  oomKilled(pid: number, mark: OomMark | null): boolean;
}

/** Whether a number can be the id of a process that is watched. */
export function isPid(pid: number): boolean {
  return Number.isSafeInteger(pid) && pid > 0;
}

/** Whether a process of this id exists, whoever owns it; says nothing about which one it is. */
export function isAlive(pid: number): boolean {
  if (!isPid(pid)) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** A process that is not there. */
export const gone: Look = Object.freeze({ state: 'gone', startTime: null });
