/** An agent as a process of its own, under measurement. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  foreignEnvironment,
  removeDirectory,
  temporaryDirectory,
} from '../../test/whole/server.ts';
import { sleep } from '../measure.ts';

/** A running agent. */
export interface MeasuredAgent {
  url: string;
  pid: number;
  /** From spawning to the first answer, in milliseconds. */
  readyMs: number;
  /** Processor time so far, in seconds. */
  cpuSeconds(): number;
  /** Highest resident set so far, in bytes. */
  peakRssBytes(): number;
  stop(): Promise<void>;
}

/** Starts the built agent for a server, on a free port and in a directory of its own. */
export async function startAgentProcess(serverUrl: string): Promise<MeasuredAgent> {
  const directory = temporaryDirectory('tacho-bench-agent-');
  const script = fileURLToPath(
    new URL('../../packages/server/bin/tacho-agent.js', import.meta.url),
  );
  const started = performance.now();
  const child = spawn(process.execPath, [script, '--port', '0'], {
    env: { ...foreignEnvironment(), TACHO_SERVER: serverUrl, TACHO_AGENT_DIR: directory },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = await readyUrl(child);
  await fetch(`${url}/health`);
  const readyMs = performance.now() - started;
  return {
    url,
    pid: child.pid!,
    readyMs,
    cpuSeconds: () => cpuSeconds(child.pid!),
    peakRssBytes: () => peakRssBytes(child.pid!),
    stop: async () => {
      child.kill('SIGTERM');
      await Promise.race([exited, sleep(5_000)]);
      child.kill('SIGKILL');
      removeDirectory(directory);
    },
  };
}

function readyUrl(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.setEncoding('utf8').on('data', (piece: string) => {
      text += piece;
      const url = /listening on (http:\S+)/.exec(text)?.[1];
      if (url !== undefined) resolve(url);
    });
    child.once('exit', () => reject(new Error(`the agent ended: ${text}`)));
  });
}

/** Of all its threads; `stat` counts in hundredths of a second only, which is coarse for one that rests. */
function cpuSeconds(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8');
    return Number(text.split(' ')[0]);
  });
  return nanoseconds.reduce((sum, each) => sum + each, 0) / 1e9;
}

function peakRssBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) * 1_024;
}
