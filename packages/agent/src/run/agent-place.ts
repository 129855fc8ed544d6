/** The agent of a run: the one that is named, the one that is there, or one that is about to be started. */
import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ownSurroundings,
  registered,
  registrationPath,
  serverKey,
  statePlaces,
} from '@tacho/client/sending';
import { limits } from '@tacho/protocol';
import { makeStateDirectory } from '../directory.ts';
import { isAlive } from '../process.ts';

/** Where an agent is, or will be. */
export interface AgentPlace {
  serverUrl: string;
  token?: string;
  /** State directory; absent where there is none to be had. */
  directory?: string;
  /** What to tell the command; absent: there is no agent, and batches go to the server. */
  agentUrl?: string;
  /** Somebody named it: no other one will do. */
  isNamed: boolean;
  /** It is ours to start, on this port. */
  startPort?: number;
}

/** Settles where the agent is, from the environment and from files, without waiting for anybody. */
export async function placeAgent(
  env: Readonly<Record<string, string | undefined>>,
): Promise<AgentPlace> {
  const serverUrl = (env.TACHO_SERVER || `http://127.0.0.1:${limits.serverPort}`).replace(
    /\/+$/,
    '',
  );
  const place: AgentPlace = { serverUrl, isNamed: false };
  if (isDisabled(env)) return place;
  if (env.TACHO_TOKEN) place.token = env.TACHO_TOKEN;
  try {
    place.directory = makeStateDirectory(statePlaces({ ...ownSurroundings(), env }));
  } catch {
    // Nothing outlives us then; the server may still take it.
  }
  if (env.TACHO_AGENT === 'off') return { ...place, isNamed: true };
  if (env.TACHO_AGENT) {
    return { ...place, isNamed: true, agentUrl: env.TACHO_AGENT.replace(/\/+$/, '') };
  }
  if (place.directory === undefined) return place;
  const found = registered(registrationPath(place.directory, serverUrl));
  if (found !== undefined && isAlive(found.pid)) return { ...place, agentUrl: found.url };
  return { ...place, ...(await claimStart(place.directory, serverUrl)) };
}

/** Whether nothing is to be recorded, here and by clients alike. */
export function isDisabled(env: Readonly<Record<string, string | undefined>>): boolean {
  return env.TACHO_DISABLED === '1';
}

/** Starts an agent for all programs of this user; throws nothing, since it may be there already. */
export function startSharedAgent({ serverUrl, token, directory }: AgentPlace, port?: number): void {
  if (directory === undefined) return;
  const { TACHO_AGENT: _agent, TACHO_SESSION: _session, ...env } = process.env;
  const named = process.env.TACHO_AGENT_BIN || ownAgent;
  const isScript = /\.[cm]?[jt]s$/.test(named);
  const args = ['--shared', '--server', serverUrl, '--dir', directory];
  if (port !== undefined) args.push('--port', String(port));
  const child = spawn(isScript ? process.execPath : named, isScript ? [named, ...args] : args, {
    // Not the directory of the program, which may be on a disk that somebody wants to take out.
    cwd: directory,
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
    env: token === undefined ? env : { ...env, TACHO_TOKEN: token },
  });
  child.on('error', () => {});
  child.unref();
}

/** The agent's program, which lies beside the bundle that this code ends up in. */
const ownAgent = fileURLToPath(new URL('./agent.js', import.meta.url));

/**
 * Chooses the port of an agent that does not run yet, so that the command can be told before it
 * does. Of several runs that begin at once one chooses, and the others hear from it.
 */
async function claimStart(
  directory: string,
  serverUrl: string,
): Promise<Pick<AgentPlace, 'agentUrl' | 'startPort'>> {
  const path = join(directory, `start-${serverKey(serverUrl)}.json`);
  const other = claimedUrl(path);
  if (other !== undefined) return { agentUrl: other };
  try {
    const port = await freePort();
    const agentUrl = `http://127.0.0.1:${port}`;
    rmSync(path, { force: true });
    writeFileSync(path, JSON.stringify({ url: agentUrl, atMs: Date.now() }), {
      mode: 0o600,
      flag: 'wx',
    });
    return { agentUrl, startPort: port };
  } catch {
    const first = claimedUrl(path);
    return first === undefined ? {} : { agentUrl: first };
  }
}

function claimedUrl(path: string): string | undefined {
  try {
    const { url, atMs } = JSON.parse(readFileSync(path, 'utf8')) as { url: string; atMs: number };
    return Math.abs(Date.now() - atMs) < limits.runAgentStartMs ? url : undefined;
  } catch {
    return undefined;
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}
