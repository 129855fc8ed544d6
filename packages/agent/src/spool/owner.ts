/** Who owns a spool: the name of its directory, and whether that owner is still alive. */
import { createHash, randomBytes } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { limits } from '@tacho/protocol';
import type { Processes } from '../process.ts';

/** A process and where its id means something. */
export interface Owner {
  /** 0: nobody. */
  pid: number;
  start: string;
  boot: string;
  /** Host and process-id namespace. */
  place: string;
}

/** What the name of a directory says. */
export interface SpoolName {
  spoolId: string;
  owner: Owner;
}

/** Nobody: whoever comes first may have the spool. */
export const nobody: Owner = { pid: 0, start: '-', boot: '-', place: '-' };

/** This process as an owner. */
export function ownOwner(processes: Pick<Processes, 'look' | 'bootId'>): Owner {
  const { startTime } = processes.look(process.pid);
  const place = createHash('sha256').update(`${hostname()} ${pidNamespace()}`).digest('hex');
  return {
    pid: process.pid,
    start: clean(startTime ?? '-'),
    boot: clean(processes.bootId() ?? '-'),
    place: place.slice(0, 8),
  };
}

/** Identity of a new spool; of two, the later one is greater as text. */
export function newSpoolId(nowMs: number): string {
  const made = Math.floor(nowMs).toString(36).padStart(9, '0');
  return `${made}-${randomBytes(8).toString('hex')}`;
}

/** Name of a directory. */
export function nameOf(spoolId: string, { pid, start, boot, place }: Owner): string {
  return [spoolId, pid, start, boot, place].join('~');
}

/** Reads the name of a directory; undefined when it is none of ours. */
export function parseName(name: string): SpoolName | undefined {
  const parts = name.split('~');
  const [spoolId, pid, start, boot, place] = parts as [string, string, string, string, string];
  if (parts.length !== 5 || !/^[\w-]+$/.test(spoolId) || !/^\d+$/.test(pid)) return undefined;
  return { spoolId, owner: { pid: Number(pid), start, boot, place } };
}

/**
 * Whether an owner is certainly no more. `untouchedMs` is how long nothing touched the directory,
 * which is all that is known of a process in another container or on another host.
 */
export function isDead(
  owner: Owner,
  self: Owner,
  processes: Pick<Processes, 'look'>,
  untouchedMs: number,
): boolean {
  if (owner.pid === 0) return true;
  if (owner.place !== self.place) return untouchedMs > limits.agentOwnerSilenceMs;
  if (owner.boot !== self.boot) return true;
  const { state, startTime } = processes.look(owner.pid);
  if (state === 'gone' || state === 'zombie') return true;
  return startTime !== null && owner.start !== '-' && clean(startTime) !== owner.start;
}

function clean(text: string): string {
  return text.replace(/[^A-Za-z0-9.-]/g, '_');
}

/** Name of the process-id namespace, where there are such. */
function pidNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return '';
  }
}
