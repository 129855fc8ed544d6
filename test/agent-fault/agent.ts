/** Runs the real agent as a process of its own, for tests that kill it and take its server away. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { registrationPath, serverKey } from '../../packages/client/src/registration.ts';
import { get } from '../whole/http.ts';
import { foreignEnvironment } from '../whole/server.ts';

/** How to start an agent. */
export interface AgentOptions {
  serverUrl: string;
  /** State directory. */
  directory: string;
  /** 1,000 by default. */
  flushIntervalMs?: number;
  /** Arguments of Node. */
  nodeArgs?: readonly string[];
}

/** An agent that programs can find. */
export interface RunningAgent extends AgentProcess {
  health(): Promise<AgentHealth>;
}

/** What an agent says about itself. */
interface AgentHealth {
  server: string;
  problem?: string;
  pendingEntries: number;
  dropped: Record<string, number>;
}

/** A process of an agent, which may not be ready yet. */
export interface AgentProcess {
  /** Resolves when programs can find it, with its URL. */
  ready(): Promise<string>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit status, or null after SIGKILL 15 s later. */
  stop(): Promise<number | null>;
}

/** Starts an agent and waits until programs can find it. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const agent = spawnAgent(options);
  const url = await agent.ready();
  return { ...agent, health: async () => (await get(`${url}/health`)).json as AgentHealth };
}

/** Starts an agent. */
export function spawnAgent(options: AgentOptions): AgentProcess {
  const { serverUrl, directory, flushIntervalMs = 1_000, nodeArgs = [] } = options;
  const launcher = new URL('../../packages/server/bin/tacho-agent.js', import.meta.url);
  const args = ['--shared', '--server', serverUrl, '--dir', directory];
  const child = spawn(
    process.execPath,
    [...nodeArgs, fileURLToPath(launcher), ...args, '--flush-interval', String(flushIntervalMs)],
    { env: foreignEnvironment(), stdio: ['ignore', 'ignore', 'inherit'] },
  );
  endWithUs(child);
  const exited = new Promise<number | null>((resolve) => {
    child.once('exit', (code) => {
      children.delete(child);
      resolve(code);
    });
  });
  return {
    ready: () => foundUrl(registrationPath(directory, serverUrl), child),
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
    stop: async () => {
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
      const code = await exited;
      clearTimeout(force);
      return code;
    },
  };
}

/** Kills the successor of agents in that directory, which would wait for its server for days. */
export function killSuccessor(directory: string, serverUrl: string): void {
  const path = join(directory, `adopter-${serverKey(serverUrl)}.json`);
  try {
    const { pid } = JSON.parse(readFileSync(path, 'utf8')) as { pid: number };
    // The directory belongs to one test, so nobody else's process has it among its arguments.
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(directory)) {
      process.kill(pid, 'SIGKILL');
    }
  } catch {
    // There is none, or it has ended.
  }
}

const children = new Set<ChildProcess>();
let isWatchingUs = false;

/** A test that is cut short must not leave its agent behind. */
function endWithUs(child: ChildProcess): void {
  if (!isWatchingUs) {
    process.once('exit', () => {
      for (const one of children) one.kill('SIGKILL');
    });
  }
  isWatchingUs = true;
  children.add(child);
}

async function foundUrl(path: string, child: ChildProcess): Promise<string> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const found = registeredIn(path);
    if (found?.pid === child.pid) return found?.url as string;
    if (child.exitCode !== null || child.signalCode !== null) {
      throw new Error('the agent ended before it could be found');
    }
    if (performance.now() > deadline) throw new Error('the agent cannot be found');
    await sleep(10);
  }
}

/** What the file says that names an agent; undefined when there is none. */
export function registeredIn(
  path: string,
): { url: string; pid: number; agentId: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as { url: string; pid: number; agentId: string };
  } catch {
    return undefined;
  }
}

/** What agents of that state directory have logged; '' for nothing. */
export function agentLogIn(directory: string): string {
  try {
    return readFileSync(join(directory, 'agent.log'), 'utf8');
  } catch {
    return '';
  }
}
