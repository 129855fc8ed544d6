/** Runs the real agent as a process of its own, for tests that kill it and take its server away. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { registrationPath } from '../../packages/agent/src/discovery.ts';
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

/** A running agent. */
export interface RunningAgent {
  pid: number;
  url: string;
  /** Whether it has not ended. */
  running(): boolean;
  health(): Promise<AgentHealth>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** SIGTERM; resolves with the exit status, or null after SIGKILL 15 s later. */
  stop(): Promise<number | null>;
}

/** What an agent says about itself. */
export interface AgentHealth {
  server: string;
  problem?: string;
  pendingEntries: number;
  dropped: Record<string, number>;
}

/** Starts an agent and waits until programs can find it. */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
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
    child.once('exit', (code) => resolve(code));
  });
  const running = () => child.exitCode === null && child.signalCode === null;
  const url = await foundUrl(registrationPath(directory, serverUrl), child.pid!, running);
  return {
    pid: child.pid!,
    url,
    running,
    health: async () => (await get(`${url}/health`)).json as AgentHealth,
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

const children = new Set<ChildProcess>();

/** A test that is cut short must not leave its agent behind. */
function endWithUs(child: ChildProcess): void {
  if (children.size === 0) {
    process.once('exit', () => {
      for (const one of children) one.kill('SIGKILL');
    });
  }
  children.add(child);
}

async function foundUrl(path: string, pid: number, running: () => boolean): Promise<string> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const found = registeredIn(path);
    if (found?.pid === pid) return found.url;
    if (!running()) throw new Error('the agent ended before it could be found');
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
