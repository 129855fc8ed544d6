/** Registrations: a small file per server that names the agent delivering to it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
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
