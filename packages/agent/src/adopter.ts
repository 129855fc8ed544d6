/** The one adopter of a server's orphans: a file that names it, and how the next one takes its place. */
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Processes } from './process.ts';

/** Time in which two who saw the same vacant place both have written their names. */
const settleMs = 100;

/**
 * Takes the place of the adopter; false when a living process has it. Of several who try at once,
 * the one whose name was written last has it.
 */
export async function claimAdoption(path: string, processes: Processes): Promise<boolean> {
  if (holderOf(path, processes) !== undefined) return false;
  const { startTime } = processes.look(process.pid);
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify({ pid: process.pid, startTime })}\n`, { mode: 0o600 });
  renameSync(draft, path);
  await sleep(settleMs);
  return holderOf(path, processes) === process.pid;
}

/** Gives the place up, if it is ours. */
export function releaseAdoption(path: string, processes: Processes): void {
  try {
    if (holderOf(path, processes) === process.pid) unlinkSync(path);
  } catch {
    // Somebody else has it by now.
  }
}

/** Process id of the living adopter; undefined when there is none. */
function holderOf(path: string, processes: Processes): number | undefined {
  try {
    const { pid, startTime } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
    const look = processes.look(pid as number);
    const lives = look.state !== 'gone' && look.state !== 'zombie' && look.startTime === startTime;
    return lives ? (pid as number) : undefined;
  } catch {
    return undefined;
  }
}
