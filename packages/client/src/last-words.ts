/** Last words: what a process could not deliver before its end is left in a file, or with a courier. */
import { spawn } from 'node:child_process';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ingestPath } from './destination.ts';

/** Leaves batches to the agents of this machine; true when there is a file now. */
export function leaveToAgents(
  directories: readonly string[],
  clientId: string,
  bodies: readonly string[],
): boolean {
  for (const directory of directories) {
    try {
      const folder = join(directory, 'last-words');
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const path = join(folder, `${clientId}.json`);
      // Agents read names that end in .json, so they never see half of it.
      writeFileSync(`${path}.tmp`, `${bodies.join('\n')}\n`, { mode: 0o600 });
      renameSync(`${path}.tmp`, path);
      return true;
    } catch {
      // The next place may do.
    }
  }
  return false;
}

/** What a courier needs to know. */
export interface Errand {
  serverUrl: string;
  token?: string;
  clientId: string;
}

/**
 * Leaves batches to a process of their own that posts them to the server and ends: for programs
 * without an agent, which must not wait at their own end. The numbers of the batches see to it that
 * none counts twice, whether or not it had arrived before.
 */
export function sendCourier(
  { serverUrl, token, clientId }: Errand,
  bodies: readonly string[],
): void {
  // In other programs that embed Node, the executable is not Node.
  if (process.versions.electron !== undefined || process.versions.bun !== undefined) return;
  const path = join(tmpdir(), `tacho-${clientId}.json`);
  writeFileSync(path, bodies.join('\n'), { mode: 0o600 });
  const { NODE_OPTIONS: _options, NODE_CHANNEL_FD: _fd, ...env } = process.env;
  const courier = spawn(process.execPath, ['-e', courierCode, path, serverUrl + ingestPath], {
    detached: true,
    stdio: 'ignore',
    windowsHide: true,
    cwd: tmpdir(),
    env: { ...env, TACHO_TOKEN: token ?? '' },
  });
  courier.on('error', () => undefined);
  courier.unref();
}

/** Three attempts for each batch, in order; what a server refuses is not worth more. */
const courierCode = `
const { readFileSync, unlinkSync } = require('node:fs');
const [path, url] = process.argv.slice(1);
const headers = { 'content-type': 'application/json' };
if (process.env.TACHO_TOKEN) headers.authorization = 'Bearer ' + process.env.TACHO_TOKEN;
const post = async (body, left) => {
  try {
    const reply = await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(10000) });
    if (reply.status < 500 && reply.status !== 429) return true;
  } catch {}
  if (left === 0) return false;
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return post(body, left - 1);
};
(async () => {
  for (const body of readFileSync(path, 'utf8').split('\\n')) if (!(await post(body, 2))) break;
  unlinkSync(path);
})();
`;
