/** The one that goes on with what agents of a server left: a file that names it, and how another takes its place. */
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '@tacho/protocol';
import type { Processes } from './process.ts';

/** Time in which two who saw the same vacant place both have written their names. */
const settleMs = 100;

/** How often the end of the one before is looked for. */
const lookMs = 10;

/**
 * Takes the place of the adopter; false when a living process has it. Of several who try at once,
 * the one whose name was written last has it.
 */
export async function claimAdoption(path: string, processes: Processes): Promise<boolean> {
  if (holderOf(path, processes) !== undefined) return false;
  hold(path, processes);
  await sleep(settleMs);
  return holdsAdoption(path, processes);
}

/**
 * Takes the place from whoever has it, and waits until that process is gone, at most
 * `limits.agentStopTimeoutMs`: of two that go on with one session, each would send its part of it
 * in an order and with totals of its own.
 * @throws the error of the system when the place cannot be written
 */
export async function takeAdoption(path: string, processes: Processes): Promise<void> {
  const holder = holderOf(path, processes);
  hold(path, processes);
  if (holder === undefined) return;
  const deadlineMs = performance.now() + limits.agentStopTimeoutMs;
  while (lives(holder, processes) && performance.now() < deadlineMs) await sleep(lookMs);
}

/** Whether the place is ours. */
export function holdsAdoption(path: string, processes: Processes): boolean {
  return holderOf(path, processes)?.pid === process.pid;
}

/** Gives the place up, if it is ours. */
export function releaseAdoption(path: string, processes: Processes): void {
  try {
    if (holdsAdoption(path, processes)) unlinkSync(path);
  } catch {
    // Somebody else has it by now.
  }
}

/** A process that has the place. */
interface Holder {
  pid: number;
  startTime: string | null;
}

function hold(path: string, processes: Processes): void {
  const { startTime } = processes.look(process.pid);
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify({ pid: process.pid, startTime })}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** The living process that has the place; undefined when there is none. */
function holderOf(path: string, processes: Processes): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(path, 'utf8')) as Holder;
    return lives(holder, processes) ? holder : undefined;
  } catch {
    return undefined;
  }
}

function lives({ pid, startTime }: Holder, processes: Processes): boolean {
  const look = processes.look(pid);
  return look.state !== 'gone' && look.state !== 'zombie' && look.startTime === startTime;
}
