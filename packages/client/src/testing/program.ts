/** Real programs that use the client as it is published: bundled once, run by Node in processes of their own. */
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleClient } from '../../../../scripts/bundle-client.ts';

/** How a program ended, and what it printed. */
interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** A folder with the bundled client, in which programs are run. */
export interface Workshop {
  directory: string;
  /** State directory for agents, for this test alone. */
  agentDirectory: string;
  /** Runs the text of a module, after a first line that imports `connect` and `pinoStream`. */
  run(
    text: string,
    env?: Record<string, string>,
    options?: { args?: string[]; started?: (pid: number) => void },
  ): Promise<Ended>;
}

/** Makes one in a temporary directory. */
export async function makeWorkshop(): Promise<Workshop> {
  const directory = mkdtempSync(join(tmpdir(), 'tacho-client-'));
  await bundleClient(directory);
  const client = pathToFileURL(join(directory, 'index.js')).href;
  const agentDirectory = join(directory, 'state');
  let count = 0;
  return {
    directory,
    agentDirectory,
    run: (text, env = {}, { args = [], started } = {}) => {
      const path = join(directory, `program-${count++}.mjs`);
      writeFileSync(path, `import { connect, pinoStream } from '${client}';\n${text}`);
      const child = spawn(process.execPath, [...args, path], {
        env: { ...ownEnvironment(), TACHO_AGENT_DIR: agentDirectory, ...env },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      started?.(child.pid as number);
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (piece) => {
        stdout += piece;
      });
      child.stderr.on('data', (piece) => {
        stderr += piece;
      });
      return new Promise((resolve) => {
        child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
      });
    },
  };
}

/** Nothing of the test's own environment may change what a program does. */
function ownEnvironment(): Record<string, string> {
  const names = Object.keys(process.env).filter((name) => !/^(TACHO_|NODE_|VITEST)/.test(name));
  return Object.fromEntries(names.map((name) => [name, process.env[name] ?? '']));
}
