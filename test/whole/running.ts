/** Runs commands under `tacho run`, with an agent of their own and a server, and finds what was recorded of them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject } from '@tacho/protocol';
import { get } from './http.ts';
import {
  type Exit,
  foreignEnvironment,
  launcher,
  type Server,
  temporaryDirectory,
} from './server.ts';

/** A command that runs, or ran. */
export interface Running {
  child: ChildProcess;
  /** Process id of `tacho run`. */
  pid: number;
  /** How `tacho run` ended, with all that came out. */
  ended: Promise<Exit & { stdout: Buffer; stderr: string }>;
  /** Resolves when this came out on stdout. */
  said(text: string): Promise<void>;
}

/** What a command gets. */
export interface RunningOptions {
  env?: Readonly<Record<string, string>>;
  cwd?: string;
  input?: Buffer;
}

/** A place where commands run: a state directory of its own, and a server to report to. */
export class RunningPlace {
  readonly directory = temporaryDirectory('tacho-run-');
  readonly #serverUrl: string;

  constructor(server: Pick<Server, 'url'>) {
    this.#serverUrl = server.url;
  }

  /** Our environment for anything that is to use this place. */
  env(): Record<string, string | undefined> {
    return {
      ...foreignEnvironment(),
      TACHO_SERVER: this.#serverUrl,
      TACHO_AGENT_DIR: this.directory,
    };
  }

  /** Starts `tacho run` with these arguments. */
  start(args: readonly string[], { env, cwd, input }: RunningOptions = {}): Running {
    const child = spawn(process.execPath, [launcher(), 'run', ...args], {
      env: { ...this.env(), ...env },
      ...(cwd !== undefined && { cwd }),
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
    const pieces: Buffer[] = [];
    let stderr = '';
    child.stdout!.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<Exit & { stdout: Buffer; stderr: string }>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        resolve({ code, signal, stdout: Buffer.concat(pieces), stderr });
      });
    });
    return {
      child,
      pid: child.pid!,
      ended,
      said: async (text) => {
        while (!Buffer.concat(pieces).includes(text)) {
          if (child.exitCode !== null) throw new Error(`it ended without saying ${text}`);
          await sleep(20);
        }
      },
    };
  }

  /** Runs it to its end. */
  run(args: readonly string[], options?: RunningOptions) {
    return this.start(args, options).ended;
  }

  /** The one session of a product, once `isDone` says that it is as expected. */
  async session(
    product: string,
    isDone: (session: Recorded) => boolean = isOver,
  ): Promise<Recorded> {
    let last: unknown;
    for (let i = 0; i < 300; i++) {
      const list = await this.#json<{ sessions: { id: string }[] }>(
        `/api/sessions?product=${encodeURIComponent(product)}`,
      );
      const [found, other] = list.sessions;
      if (other !== undefined) throw new Error(`there are several sessions of ${product}`);
      if (found !== undefined) {
        const session = await this.#json<Recorded>(`/api/sessions/${found.id}`);
        last = session;
        if (isDone(session)) return session;
      }
      await sleep(100);
    }
    throw new Error(`no such session of ${product}: ${JSON.stringify(last)?.slice(0, 2_000)}`);
  }

  /** Ends the agents of this place. */
  close(): void {
    for (const pid of this.agentPids()) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It is gone already.
      }
    }
  }

  /** Process ids of the agents of this place. */
  agentPids(): number[] {
    return readdirSync(this.directory)
      .filter((name) => /^(agent|adopter)-.*\.json$/.test(name))
      .map((name) => JSON.parse(readFileSync(join(this.directory, name), 'utf8')).pid as number);
  }

  async #json<T>(path: string): Promise<T> {
    const answer = await get(this.#serverUrl + path);
    return JSON.parse(answer.text) as T;
  }
}

/** A session as the server shows it. */
export interface Recorded {
  id: string;
  state: JsonObject;
  events: { name: string; level: string; message: string; data: JsonObject | null }[];
  metrics: { name: string; value: number; type: string; unit?: string; tags?: string[] }[];
  crashed: boolean;
  ended: boolean;
  cause: { kind: string; sentence: string; exit_code?: number; signal?: string } | null;
}

/** Whether a session has come to its end. */
function isOver({ cause }: Recorded): boolean {
  return cause !== null && cause !== undefined;
}
