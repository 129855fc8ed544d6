/** Who this is: the machine by a random id that stays, the boot, and this very agent. */
import { createHash, randomUUID } from 'node:crypto';
import { linkSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { limits } from '@tacho/protocol';

/** What an agent says about itself and its machine with every session. */
export interface Identity {
  /** Random, made once per state directory: no hardware address that changes, or tells who it is. */
  machineId: string;
  hostname: string;
  /** Identity of this boot of the machine; absent where the system does not tell. */
  bootId?: string;
  /** Random, new with every agent process. */
  agentId: string;
}

/**
 * The identity of an agent with this state directory. A machine id that cannot be kept is replaced
 * by one derived from host name and directory, so that it is at least the same next time.
 */
export function makeIdentity(directory: string, bootId: string | undefined): Identity {
  return {
    machineId: keptMachineId(join(directory, 'machine-id')) ?? derivedMachineId(directory),
    hostname: hostname().slice(0, limits.hostnameLengthMax),
    ...(bootId !== undefined && bootId !== '' && { bootId }),
    agentId: randomUUID(),
  };
}

const idForm = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** The id in the file, which is made when it is missing or damaged; undefined when that fails. */
function keptMachineId(path: string): string | undefined {
  for (let attempt = 0; attempt < 3; attempt++) {
    const known = readId(path);
    if (known !== undefined) return known;
    try {
      makeId(path);
    } catch (error) {
      // Another agent was quicker: its id is the one to take.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return undefined;
      removeDamaged(path);
    }
  }
  return undefined;
}

/** Written in full under another name first, so that nobody ever reads half an id. */
function makeId(path: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${randomUUID()}\n`, { mode: 0o600 });
  try {
    linkSync(draft, path);
  } finally {
    unlinkSync(draft);
  }
}

function readId(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return idForm.test(text) ? text : undefined;
  } catch {
    return undefined;
  }
}

function removeDamaged(path: string): void {
  try {
    if (readId(path) === undefined) unlinkSync(path);
  } catch {
    // Somebody else removed it.
  }
}

function derivedMachineId(directory: string): string {
  const digest = createHash('sha256').update(`${hostname()}\0${directory}`).digest('hex');
  return `derived-${digest.slice(0, 32)}`;
}
