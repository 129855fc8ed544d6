/** A data directory without a server: the same application over a store that is open for reading. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { limits } from '@tacho/protocol';
import type { HttpConfig } from '../http/service.ts';
import type { Place } from './exchange.ts';
import { toolOptions } from './open-tool.ts';

/** A directory that answers. */
export interface OpenDirectory {
  place: Place;
  close(): Promise<void>;
}

/**
 * Opens a directory and listens on a socket file that only this user can reach. Rejects with
 * OpenError when there is nothing to read.
 */
export async function openDirectory(dir: string): Promise<OpenDirectory> {
  const [{ openReadOnly }, { buildApp }] = await Promise.all([
    import('../store/sqlite/read-only.ts'),
    import('../http/app.ts'),
  ]);
  const options = await toolOptions();
  const { clock, log } = options;
  const store = await openReadOnly({ dir, ...options });
  const app = buildApp({ store, config, clock, log });
  const { path, remove } = socketPath();
  const forgetSignals = exitOnSignals();
  try {
    await app.listen({ path });
  } catch (error) {
    remove();
    forgetSignals();
    await store.close();
    throw error;
  }
  return {
    place: { url: new URL('http://localhost'), socketPath: path },
    close: async () => {
      app.server.closeAllConnections();
      await app.close();
      await store.close();
      remove();
      forgetSignals();
    },
  };
}

/** Ctrl-C ends the process by way of its exit, which removes what is temporary. */
function exitOnSignals(): () => void {
  const handlers = [
    ['SIGINT', () => process.exit(130)],
    ['SIGTERM', () => process.exit(143)],
  ] as const;
  for (const [signal, handler] of handlers) process.once(signal, handler);
  return () => {
    for (const [signal, handler] of handlers) process.removeListener(signal, handler);
  };
}

/** Whoever may read the files may ask anything, so nobody is asked for a token. */
const config: HttpConfig = {
  host: 'localhost',
  port: 0,
  legacyCreateReply: false,
  allowedHosts: [],
  allowedOrigins: [],
  requestsPerSecondMax: 0,
  heartbeatTimeoutMs: limits.heartbeatTimeoutMs,
  lostAfterMs: limits.lostAfterMs,
  retentionDays: limits.retentionDays,
  sweepIntervalMs: limits.sweepIntervalMs,
  expireIntervalMs: limits.expireIntervalMs,
  insecureNoAuth: false,
  isPrivate: true,
};

/** A socket in a directory of its own, which nobody else may enter; a named pipe on Windows. */
function socketPath(): { path: string; remove: () => void } {
  if (process.platform === 'win32') {
    const path = `\\\\.\\pipe\\tacho-${process.pid}-${process.hrtime.bigint()}`;
    return { path, remove: () => {} };
  }
  const dir = mkdtempSync(join(tmpdir(), 'tacho-'));
  const remove = (): void => {
    process.removeListener('exit', remove);
    rmSync(dir, { recursive: true, force: true });
  };
  process.once('exit', remove);
  return { path: join(dir, 'socket'), remove };
}
