/** How programs find an agent: a small file per server that names the agent delivering to it. */
import { renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { type Registration, registered } from '@tacho/client/sending';

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
