/** How programs find an agent: a small file per server that names the agent delivering to it. */
import { createHash } from 'node:crypto';
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What the file says. */
export interface Registration {
  /** Where the agent listens, without a trailing slash. */
  url: string;
  pid: number;
  agentId: string;
  version: string;
}

/** Key of a server: the first 16 hex digits of the SHA-256 of its URL without trailing slashes. */
export function serverKey(serverUrl: string): string {
  return createHash('sha256').update(serverUrl.replace(/\/+$/, '')).digest('hex').slice(0, 16);
}

/** The file in which the agent of that server is named. */
export function registrationPath(directory: string, serverUrl: string): string {
  return join(directory, `agent-${serverKey(serverUrl)}.json`);
}

/** Names an agent in the file; whoever reads it sees the old or the new content, never half of it. */
export function register(path: string, registration: Registration): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, `${JSON.stringify(registration)}\n`, { mode: 0o600 });
  renameSync(draft, path);
}

/** Takes the file away, if it still names this agent. */
export function unregister(path: string, agentId: string): void {
  try {
    if (registered(path)?.agentId === agentId) unlinkSync(path);
  } catch {
    // It is somebody else's by now, or gone.
  }
}

/** What the file says; undefined when there is none, or when it says something else. */
export function registered(path: string): Registration | undefined {
  try {
    const read = JSON.parse(readFileSync(path, 'utf8')) as Partial<Registration> | null;
    const { url, pid, agentId, version } = read ?? {};
    if (typeof url !== 'string' || typeof agentId !== 'string') return undefined;
    return { url, agentId, pid: Number(pid), version: String(version) };
  } catch {
    return undefined;
  }
}

/**
 * The agent that the file names, if it answers as that agent does; undefined otherwise. `ask`
 * fetches a URL and gives the reply as JSON, or rejects.
 */
export async function livingAgent(
  path: string,
  ask: (url: string) => Promise<unknown>,
): Promise<Registration | undefined> {
  const found = registered(path);
  if (found === undefined) return undefined;
  try {
    const health = (await ask(`${found.url}/health`)) as { agentId?: unknown } | null;
    return health?.agentId === found.agentId ? found : undefined;
  } catch {
    return undefined;
  }
}
