/** Runs the stand-in for a program with DataCat's client, against the real agent, one call at a time. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { type Exit, foreignEnvironment, temporaryDirectory } from '../whole/server.ts';

/** What a call gave: its reply, or the status or error with which it failed. */
interface Called {
  ok?: unknown;
  status?: number;
  error?: string;
}

/** A running program. */
export interface Program {
  pid: number;
  /** Working directory. */
  directory: string;
  /** State directory of its agents. */
  stateDirectory: string;
  exited: Promise<Exit>;
  /** Does something; rejects when the program ends before it is done. */
  call(name: string, ...args: unknown[]): Promise<Called>;
  /** The same, which has to succeed. */
  ok<T = unknown>(name: string, ...args: unknown[]): Promise<T>;
  /** Says something without waiting for an answer. */
  say(name: string, ...args: unknown[]): void;
  /** Lets it come to its end like any program: its exit hooks run. */
  finish(): Promise<Exit>;
  kill(signal: NodeJS.Signals): Promise<Exit>;
}

/** Where a program runs; everything has a default. */
export interface ProgramOptions {
  /** State directory of its agents; a fresh temporary one by default. */
  stateDirectory?: string;
  /** Environment on top of ours. */
  env?: Readonly<Record<string, string>>;
}

/** Starts the program; `datacat-daemon` is on its PATH, and nothing else of Tacho. */
export function startProgram(options: ProgramOptions = {}): Program {
  const directory = temporaryDirectory('tacho-program-');
  const stateDirectory = options.stateDirectory ?? temporaryDirectory('tacho-agent-');
  const script = fileURLToPath(new URL('program.py', import.meta.url));
  const child = spawn('python3', [script], {
    cwd: directory,
    env: {
      ...foreignEnvironment(),
      PATH: [daemonDirectory(directory), process.env.PATH].join(delimiter),
      TACHO_AGENT_DIR: stateDirectory,
      ...options.env,
    },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  child.stdin!.on('error', () => {});
  const exited = new Promise<Exit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
  });
  endWithUs(child);
  const answers = readAnswers(child, exited);
  const say = (name: string, ...args: unknown[]): void => {
    child.stdin!.write(`${JSON.stringify([name, ...args])}\n`);
  };
  const call = (name: string, ...args: unknown[]): Promise<Called> => {
    say(name, ...args);
    return answers();
  };
  return {
    pid: child.pid!,
    directory,
    stateDirectory,
    exited,
    say,
    call,
    ok: async <T>(name: string, ...args: unknown[]): Promise<T> => {
      const called = await call(name, ...args);
      if (!('ok' in called)) throw new Error(`${name} failed: ${JSON.stringify(called)}`);
      return called.ok as T;
    },
    finish: () => {
      child.stdin!.end();
      return exited;
    },
    kill: (signal) => {
      child.kill(signal);
      return exited;
    },
  };
}

const children = new Set<ChildProcess>();

/** A test that is cut short must not leave its program behind. */
function endWithUs(child: ChildProcess): void {
  if (children.size === 0) {
    process.once('exit', () => {
      for (const one of children) one.kill('SIGKILL');
    });
  }
  children.add(child);
}

/** A directory in which the daemon has the name that DataCat's client looks for. */
function daemonDirectory(directory: string): string {
  const path = join(directory, 'path');
  mkdirSync(path);
  const launcher = new URL('../../packages/server/bin/datacat-daemon.js', import.meta.url);
  symlinkSync(fileURLToPath(launcher), join(path, 'datacat-daemon'));
  return path;
}

/** The answers in their order, one per call. */
function readAnswers(child: ChildProcess, exited: Promise<Exit>): () => Promise<Called> {
  const waiting: ((called: Called | undefined) => void)[] = [];
  createInterface({ input: child.stdout! }).on('line', (line) => {
    waiting.shift()?.(JSON.parse(line) as Called);
  });
  void exited.then(() => {
    for (const take of waiting.splice(0)) take(undefined);
  });
  return async () => {
    const called = await new Promise<Called | undefined>((resolve) => waiting.push(resolve));
    if (called === undefined) throw new Error('the program ended before it answered');
    return called;
  };
}
