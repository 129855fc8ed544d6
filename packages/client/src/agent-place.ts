/** Where agents keep their files, and how programs find the one that delivers to their server. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/** State directories of agents, the best first; which one is used is for the agent to find out. */
export function agentDirectories(env: Environment): string[] {
  if (env.TACHO_AGENT_DIR) return [env.TACHO_AGENT_DIR];
  const places: string[] = [];
  const home = quietly(homedir) ?? '';
  if (process.platform === 'win32') {
    if (env.LOCALAPPDATA) places.push(join(env.LOCALAPPDATA, 'tacho'));
  } else if (env.XDG_STATE_HOME) {
    places.push(join(env.XDG_STATE_HOME, 'tacho'));
  } else if (home !== '') {
    const isMac = process.platform === 'darwin';
    const parts = isMac ? ['Library', 'Application Support'] : ['.local', 'state'];
    places.push(join(home, ...parts, 'tacho'));
  }
  const user = process.getuid?.() ?? quietly(() => userInfo().username) ?? 'user';
  return [...places, join(tmpdir(), `tacho-${user}`)];
}

/** An agent as its file names it. */
export interface NamedAgent {
  /** Without a trailing slash. */
  url: string;
  agentId: string;
  /** The directory that the file is in. */
  directory: string;
}

/** The agent that delivers to this server, as far as files tell; undefined when none does. */
export function namedAgent(env: Environment, serverUrl: string): NamedAgent | undefined {
  const key = createHash('sha256').update(serverUrl.replace(/\/+$/, '')).digest('hex');
  for (const directory of agentDirectories(env)) {
    try {
      const path = join(directory, `agent-${key.slice(0, 16)}.json`);
      const { url, agentId } = JSON.parse(readFileSync(path, 'utf8')) as Partial<NamedAgent>;
      if (typeof url === 'string' && typeof agentId === 'string')
        return { url, agentId, directory };
    } catch {
      // Not there, or half of it: no agent.
    }
  }
  return undefined;
}

/** The machine's id, if an agent has ever made one. */
export function keptMachineId(env: Environment): string | undefined {
  for (const directory of agentDirectories(env)) {
    const id = quietly(() => readFileSync(join(directory, 'machine-id'), 'utf8').trim());
    if (id) return id;
  }
  return undefined;
}

function quietly<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}
