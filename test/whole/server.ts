/** Runs a Tacho server as a process of its own, for tests and benchmarks that need the real thing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** How to start a server; everything has a default. */
export interface ServerOptions {
  /** Data directory; a fresh temporary one by default. */
  dataDir?: string;
  /** Further command line arguments of `serve`. */
  args?: readonly string[];
  /** Environment on top of ours. */
  env?: Readonly<Record<string, string>>;
  /** Program and leading arguments instead of the built `tacho serve`, see `serverCommand`. */
  command?: readonly string[];
  /** Longest wait for the ready line; 20,000 by default. */
  readyTimeoutMs?: number;
}

/** How a process ended. */
export interface Exit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A running server. */
export interface Server {
  readonly url: string;
  readonly port: number;
  readonly pid: number;
  readonly dataDir: string;
  /** From spawning to the ready line, in milliseconds. */
  readonly readyMs: number;
  readonly exited: Promise<Exit>;
  /** What it wrote so far (the last MiB of it). */
  stdout(): string;
  stderr(): string;
  running(): boolean;
  /** SIGKILL, at once; resolves when the process is gone. */
  kill(): Promise<Exit>;
  /** SIGTERM; resolves when the process is gone, SIGKILL after 15 s. */
  stop(): Promise<Exit>;
  /** Present and highest resident set so far, in bytes; 0 where /proc does not tell. */
  memory(): { rssBytes: number; peakRssBytes: number };
}

/** Thrown when a server ends or stays silent instead of getting ready. */
export class StartError extends Error {
  readonly exit: Exit | undefined;
  readonly output: string;

  constructor(message: string, exit: Exit | undefined, output: string) {
    super(`${message}\n${output}`);
    this.name = 'StartError';
    this.exit = exit;
    this.output = output;
  }
}

/**
 * Starts a server on a free port of 127.0.0.1 and waits for its ready line.
 * @throws StartError when it ends, or prints no ready line in time
 */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const dataDir = options.dataDir ?? temporaryDirectory();
  const command = options.command ?? serverCommand();
  const args = [...command.slice(1), '--port', '0', '--data', dataDir, ...(options.args ?? [])];
  const started = performance.now();
  const child = spawn(command[0]!, args, {
    env: { ...foreignEnvironment(), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stdout = collect(child.stdout!);
  const stderr = collect(child.stderr!);
  const exited = exitOf(child);
  endWithUs(child);
  const url = await readyUrl(child, exited, options.readyTimeoutMs ?? 20_000, () => {
    return `${stdout()}${stderr()}`;
  });
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid!,
    dataDir,
    readyMs: performance.now() - started,
    exited,
    stdout,
    stderr,
    running: () => child.exitCode === null && child.signalCode === null,
    kill: () => end(child, exited, 'SIGKILL'),
    stop: () => end(child, exited, 'SIGTERM'),
    memory: () => memoryOf(child.pid!),
  };
}

/**
 * The program that stands for the server: TACHO_SERVER_COMMAND (a JSON array of strings) or the
 * built command line of this checkout.
 */
export function serverCommand(): readonly string[] {
  const own = process.env.TACHO_SERVER_COMMAND;
  if (own !== undefined) return JSON.parse(own) as string[];
  return [process.execPath, launcher(), 'serve'];
}

/** The checked-in launcher of the command line. */
export function launcher(): string {
  const path = fileURLToPath(new URL('../../packages/server/bin/tacho.js', import.meta.url));
  if (!existsSync(path)) throw new Error(`${path} is missing`);
  return path;
}

/** A fresh directory that is removed when this process ends. */
export function temporaryDirectory(prefix = 'tacho-test-'): string {
  const path = mkdtempSync(join(tmpdir(), prefix));
  if (directories.size === 0) process.once('exit', removeDirectories);
  directories.add(path);
  return path;
}

/** Removes a directory of `temporaryDirectory` early. */
export function removeDirectory(path: string): void {
  rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  directories.delete(path);
}

const directories = new Set<string>();

function removeDirectories(): void {
  for (const path of directories) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
}

/** Our own environment without settings of Tacho: those would configure, or stop, the server under test. */
export function foreignEnvironment(): Record<string, string | undefined> {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TACHO_'));
  return Object.fromEntries(kept);
}

/** The text of a stream so far, bounded so that a talkative server cannot fill our memory. */
function collect(stream: NodeJS.ReadableStream): () => string {
  const lengthMax = 1024 * 1024;
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text = (text + chunk).slice(-lengthMax);
  });
  return () => text;
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', () => resolve({ code: -1, signal: null }));
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
}

const children = new Set<ChildProcess>();

/** A test that is cut short must not leave its server behind. */
function endWithUs(child: ChildProcess): void {
  if (children.size === 0) process.once('exit', killAll);
  children.add(child);
  child.once('close', () => {
    children.delete(child);
    if (children.size === 0) process.removeListener('exit', killAll);
  });
}

function killAll(): void {
  for (const child of children) child.kill('SIGKILL');
}

async function readyUrl(
  child: ChildProcess,
  exited: Promise<Exit>,
  timeoutMs: number,
  output: () => string,
): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), timeoutMs);
  });
  const ready = new Promise<string>((resolve) => {
    let text = '';
    child.stdout!.on('data', (chunk: string) => {
      text += chunk;
      const match = /^[^\n]* listening on (https?:\/\/\S+)\r?\n/.exec(text);
      if (match) resolve(match[1]!);
    });
  });
  try {
    const first = await Promise.race([ready, exited, late]);
    if (typeof first === 'string' && first !== 'late') return first;
    if (first !== 'late') {
      const how = first.signal ?? `status ${first.code}`;
      throw new StartError(`the server ended with ${how} before it was ready`, first, output());
    }
    child.kill('SIGKILL');
    throw new StartError(`no ready line within ${timeoutMs} ms`, undefined, output());
  } finally {
    clearTimeout(timer);
  }
}

async function end(
  child: ChildProcess,
  exited: Promise<Exit>,
  signal: NodeJS.Signals,
): Promise<Exit> {
  child.kill(signal);
  const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
  try {
    return await exited;
  } finally {
    clearTimeout(force);
  }
}

/** Present and highest resident set of a process, in bytes; 0 where /proc does not tell. */
export function memoryOf(pid: number): { rssBytes: number; peakRssBytes: number } {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const kib = (key: string): number =>
      Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
    return { rssBytes: kib('VmRSS') * 1024, peakRssBytes: kib('VmHWM') * 1024 };
  } catch {
    return { rssBytes: 0, peakRssBytes: 0 };
  }
}
