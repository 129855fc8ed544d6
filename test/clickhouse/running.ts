/** Runs ClickHouse as a process of its own, for tests and benchmarks: killed, stopped, paused and started again. */
import { fileURLToPath } from 'node:url';
import { type Exit, type Server, startServer } from '../whole/server.ts';

/** How to start ClickHouse; everything has a default. */
export interface ClickHouseOptions {
  /** Data directory; a fresh temporary one by default. One process at a time has it. */
  dataDir?: string;
  /** The only user there is, with password; by default anybody comes in. */
  user?: { name: string; password: string };
  /** Name of a cluster of one shard, this one, for `Distributed` tables and the macros of DDL. */
  cluster?: string;
  /** Statements that run at the same time; 6 by default. */
  lanes?: number;
}

/** A ClickHouse that can be killed and started again under the same address. */
export interface ClickHouse {
  readonly url: string;
  readonly dataDir: string;
  /** The present process; another one after `start`. */
  readonly server: Server;
  /** SIGKILL, at once; resolves when the process is gone. */
  kill(): Promise<Exit>;
  /** SIGTERM; resolves when what ran has ended and the process is gone. */
  stop(): Promise<Exit>;
  /** Starts again on the same directory and port, after `kill` or `stop`. */
  start(): Promise<void>;
  /** From now on nothing is answered, and connections stay open: like a machine that hangs. */
  pause(): void;
  resume(): void;
}

/**
 * Starts ClickHouse on a free port of 127.0.0.1.
 * @throws StartError when it ends or is not ready in time; the engine has to be installed
 */
export async function startClickHouse(options: ClickHouseOptions = {}): Promise<ClickHouse> {
  let server = await startShim(options);
  const { url, port, dataDir } = server;
  return {
    url,
    dataDir,
    get server() {
      return server;
    },
    kill: () => server.kill(),
    stop: () => server.stop(),
    async start() {
      server = await startShim({ ...options, dataDir }, port);
    },
    pause: () => void process.kill(server.pid, 'SIGSTOP'),
    resume: () => void process.kill(server.pid, 'SIGCONT'),
  };
}

function startShim(options: ClickHouseOptions, port = 0): Promise<Server> {
  const { user, cluster, lanes = 6 } = options;
  const shim = fileURLToPath(new URL('shim.ts', import.meta.url));
  const tsx = import.meta.resolve('tsx');
  return startServer({
    command: [process.execPath, '--import', tsx, shim],
    args: [
      ...['--port', String(port), '--lanes', String(lanes)],
      ...(cluster === undefined ? [] : ['--cluster', cluster]),
      ...(user === undefined ? [] : ['--user', user.name, '--password', user.password]),
    ],
    env: { UV_THREADPOOL_SIZE: String(lanes + 3) },
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
  });
}
