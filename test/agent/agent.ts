/** Runs agents as processes of their own, and speaks to them as our clients do. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../drop-in/session.ts';
import { post } from '../whole/http.ts';
import { type Exit, foreignEnvironment } from '../whole/server.ts';

/** A running agent. */
export interface AgentProcess {
  url: string;
  pid: number;
  exited: Promise<Exit>;
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

/** The process of an agent, which may end at once. */
export interface Launched {
  child: ChildProcess;
  exited: Promise<Exit>;
  stdout(): string;
  stderr(): string;
}

const launcher = fileURLToPath(
  new URL('../../packages/server/bin/tacho-agent.js', import.meta.url),
);
const launched = new Set<ChildProcess>();

/** Launches `tacho-agent` with these arguments. */
export function launchAgent(stateDirectory: string, ...args: string[]): Launched {
  const child = spawn(process.execPath, [launcher, '--dir', stateDirectory, ...args], {
    env: foreignEnvironment(),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (launched.size === 0) {
    process.once('exit', () => {
      for (const one of launched) one.kill('SIGKILL');
    });
  }
  launched.add(child);
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]!.setEncoding('utf8').on('data', (text: string) => {
      said[name] += text;
    });
  }
  const exited = new Promise<Exit>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  return { child, exited, stdout: () => said.stdout, stderr: () => said.stderr };
}

/** Starts an agent on a free port, and waits until it listens. */
export async function startAgent(
  stateDirectory: string,
  serverUrl: string,
  ...args: string[]
): Promise<AgentProcess> {
  const { child, exited, stdout } = launchAgent(
    stateDirectory,
    ...['--server', serverUrl, '--port', '0', '--flush-interval', '100', ...args],
  );
  const ready = /^tacho agent listening on (\S+)\n/;
  await until(() => ready.test(stdout()), stdout);
  return {
    url: ready.exec(stdout())![1]!,
    pid: child.pid!,
    exited,
    kill: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

/** What the state directory says about agents to be found. */
export function registrationsIn(
  stateDirectory: string,
): { url: string; pid: number; agentId: string }[] {
  if (!existsSync(stateDirectory)) return [];
  return readdirSync(stateDirectory)
    .filter((name) => /^agent-[0-9a-f]{16}\.json$/.test(name))
    .map((name) => JSON.parse(readFileSync(join(stateDirectory, name), 'utf8')));
}

/** A client that numbers its batches. */
export class LocalClient {
  readonly clientId = randomUUID();
  readonly session = randomUUID();
  seq = 0;

  /** The next batch, as JSON text. */
  batch(entries: object[]): string {
    const full = entries.map((entry) => ({ session: this.session, at: Date.now(), ...entry }));
    return JSON.stringify({ spoolId: this.clientId, seq: ++this.seq, entries: full });
  }

  /** Sends a batch; the reply. */
  async send(url: string, batch: string): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json' };
    return (await post(`${url}/api/ingest`, batch, { headers })).json as Record<string, unknown>;
  }

  /** The start of the session, for this very process. */
  start(): object {
    return { kind: 'start', product: 'P', version: '1', pid: process.pid };
  }
}
