/** Where agents keep their files, and how programs find the one that delivers to their server. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Registration, registered, registrationPath } from './registration.ts';
import { ownSurroundings, statePlaces } from './state-places.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** State directories of agents, the best first; which one is used is for the agent to find out. */
export function agentDirectories(env: Environment): string[] {
  return statePlaces({ ...ownSurroundings(), env });
}

/** An agent as its file names it. */
export interface NamedAgent extends Registration {
  /** The directory that the file is in. */
  directory: string;
}

/** The agent that delivers to this server, as far as files tell; undefined when none does. */
export function namedAgent(env: Environment, serverUrl: string): NamedAgent | undefined {
  for (const directory of agentDirectories(env)) {
    const found = registered(registrationPath(directory, serverUrl));
    if (found !== undefined) return { ...found, directory };
  }
  return undefined;
}

/** The machine's id, if an agent has ever made one. */
export function keptMachineId(env: Environment): string | undefined {
  for (const directory of agentDirectories(env)) {
    try {
      const id = readFileSync(join(directory, 'machine-id'), 'utf8').trim();
      if (id) return id;
    } catch {
      // No agent has been there.
    }
  }
  return undefined;
}
