/** Finds an agent for a program, or starts one; without any, batches go to the server itself. */
import { spawn } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { limits } from '@tacho/protocol';
import { namedAgent } from './agent-place.ts';
import type { Destination } from './destination.ts';
import { fetchJson, httpDestination } from './http.ts';

/** What is looked for. */
export interface AgentSearch {
  env: Readonly<Record<string, string | undefined>>;
  /** Server that the agent is to deliver to, without a trailing slash. */
  serverUrl: string;
  token?: string;
  /** URL of an agent that is to be used and no other; `off` for none. */
  agent?: string;
}

/** How long to wait before looking for a started agent again. */
const lookIntervalMs = 25;

/**
 * The search, to be called whenever there is nobody to send to. Once it has found an agent it finds
 * nothing but agents, and once the server, only that: totals must not be counted in two places.
 */
export function agentSearch(search: AgentSearch): () => Promise<Destination> {
  const { serverUrl, token, agent } = search;
  const server = () =>
    httpDestination({
      receiver: 'server',
      url: serverUrl,
      isCompressed: true,
      ...(token !== undefined && { token }),
    });
  if (agent === 'off') return async () => server();
  if (agent !== undefined) return async () => agentAt(agent);
  let isAgentSeen = false;
  return async () => {
    const found = (await livingAgent(search)) ?? (await startedAgent(search));
    if (found !== undefined) {
      isAgentSeen = true;
      return agentAt(found);
    }
    if (isAgentSeen) throw new Error('the agent is away');
    return server();
  };
}

/** Starts an agent and does not wait for it; false when there is no program to start. */
export function startAgent({ env, serverUrl, token }: AgentSearch): boolean {
  const command = agentCommand(env);
  if (command === undefined) return false;
  const { NODE_OPTIONS: _options, TACHO_SESSION: _session, NODE_CHANNEL_FD: _fd, ...rest } = env;
  try {
    const child = spawn(command.file, [...command.args, '--shared'], {
      detached: true,
      stdio: 'ignore',
      windowsHide: true,
      shell: command.isScript,
      env: { ...rest, TACHO_SERVER: serverUrl, ...(token !== undefined && { TACHO_TOKEN: token }) },
    });
    child.on('error', () => undefined);
    child.unref();
    return true;
  } catch {
    return false;
  }
}

function agentAt(url: string): Destination {
  return httpDestination({ receiver: 'agent', url, isCompressed: false });
}

async function livingAgent({ env, serverUrl }: AgentSearch): Promise<string | undefined> {
  const named = namedAgent(env, serverUrl);
  if (named === undefined) return undefined;
  try {
    const health = (await fetchJson(`${named.url}/health`)) as { agentId?: unknown } | null;
    return health?.agentId === named.agentId ? named.url : undefined;
  } catch {
    return undefined;
  }
}

async function startedAgent(search: AgentSearch): Promise<string | undefined> {
  if (!startAgent(search)) return undefined;
  const untilMs = performance.now() + limits.clientAgentStartMs;
  while (performance.now() < untilMs) {
    await sleep(lookIntervalMs);
    const found = await livingAgent(search);
    if (found !== undefined) return found;
  }
  return undefined;
}

interface AgentCommand {
  file: string;
  args: string[];
  /** It needs a shell, as launchers on Windows do. */
  isScript: boolean;
}

function agentCommand(env: AgentSearch['env']): AgentCommand | undefined {
  const file = env.TACHO_AGENT_BIN ?? resolvedAgent() ?? onPath(env);
  if (file === undefined || !existsSync(file)) return undefined;
  if (/\.[cm]?js$/.test(file)) return { file: process.execPath, args: [file], isScript: false };
  return { file, args: [], isScript: /\.(cmd|bat)$/i.test(file) };
}

/** The agent of the `tacho` package, when that is installed beside the client. */
function resolvedAgent(): string | undefined {
  try {
    const path = fileURLToPath(import.meta.resolve('tacho/agent'));
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function onPath(env: AgentSearch['env']): string | undefined {
  const isWindows = process.platform === 'win32';
  const names = isWindows ? ['tacho-agent.exe', 'tacho-agent.cmd'] : ['tacho-agent'];
  const folders = (env.PATH ?? env.Path ?? '').split(delimiter).filter((folder) => folder !== '');
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => statSync(path, { throwIfNoEntry: false })?.isFile());
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
