/** Runs a command of `tacho` to its end. */
import { spawn } from 'node:child_process';
import { foreignEnvironment, serverCommand } from './server.ts';

/** How a command ended and what it said. */
export interface Said {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs e.g. `tacho doctor --json`; the program is the one that `startServer` starts. */
export function runTacho(args: readonly string[], timeoutMs = 60_000): Promise<Said> {
  const [program, ...leading] = serverCommand().filter((part) => part !== 'serve');
  return new Promise((resolve, reject) => {
    const child = spawn(program!, [...leading, ...args], {
      env: foreignEnvironment(),
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    });
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
