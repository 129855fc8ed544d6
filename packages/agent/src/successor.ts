/** The successor: an agent without a port that goes on where this one was told to stop. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { AgentConfig } from './config.ts';

/** The agent's program, which lies beside the bundle that this code ends up in. */
const ownScript = fileURLToPath(new URL('./agent.js', import.meta.url));

/**
 * Starts the successor, which outlives us and our terminal. It gets the token in its environment,
 * since others can read arguments. Throws nothing: what is on disk waits for any later agent.
 */
export function startSuccessor(
  config: Pick<AgentConfig, 'serverUrl' | 'token' | 'verifyTls'>,
  directory: string,
  script = ownScript,
): void {
  const args = [script, '--adopt', '--server', config.serverUrl, '--dir', directory];
  if (!config.verifyTls) args.push('--insecure');
  const { TACHO_TOKEN: _token, ...env } = process.env;
  const child = spawn(process.execPath, args, {
    // Not the directory of the program, which may be on a disk that somebody wants to take out.
    cwd: directory,
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
    env: config.token === undefined ? env : { ...env, TACHO_TOKEN: config.token },
  });
  child.on('error', () => {});
  child.unref();
}
