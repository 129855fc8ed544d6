/** Runs a command of `tacho` to its end. */
import { spawn } from 'node:child_process';
import { foreignEnvironment, serverCommand } from './server.ts';

/** How a command ended and what it said. */
export interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Where and with what a command runs. */
export interface RunOptions {
  /** Longest time it may take; 60,000 by default. */
  timeoutMs?: number;
  /** Working directory; ours by default. */
  cwd?: string;
  /** Environment on top of ours without settings of Tacho. */
  env?: Readonly<Record<string, string>>;
  /** What stands on its stdin; nothing by default. */
  input?: string;
}

/** Runs e.g. `tacho doctor --json`; the program is the one that `startServer` starts. */
export function runTacho(
  args: readonly string[],
  { timeoutMs = 60_000, cwd, env, input }: RunOptions = {},
): Promise<Said> {
  const [program, ...leading] = serverCommand().filter((part) => part !== 'serve');
  return new Promise((resolve, reject) => {
    const child = spawn(program!, [...leading, ...args], {
      env: { ...foreignEnvironment(), ...env },
      ...(cwd !== undefined && { cwd }),
      stdio: ['pipe', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
    // A command that does not read its stdin may be gone before all is written.
    child.stdin.on('error', () => {});
    child.stdin.end(input ?? '');
    const said: Said = { code: null, stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ ...said, code }));
  });
}
