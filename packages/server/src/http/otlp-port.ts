/** The second port of a server, for exporters of OpenTelemetry, which have a port of their own. */
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { limits } from '@tacho/protocol';
import type { Config } from '../config.ts';
import { Failure, reasonOf } from '../failure.ts';
import type { Log } from '../log.ts';

/** A port that leads to a server which listens elsewhere. */
export interface SecondPort {
  port: number;
  /** Takes no more connections; resolves when the ones that came this way have ended. */
  close(): Promise<void>;
}

/** A port that is to be opened. */
interface Wanted {
  port: number;
  /** Whether somebody asked for it by number, so that the server must not start without it. */
  isRequired: boolean;
}

/** The port that a configuration asks for; undefined for none. */
export function otlpPortOf({ port, otlpPort }: Pick<Config, 'port' | 'otlpPort'>) {
  if (otlpPort === 'none') return undefined;
  if (otlpPort !== 'auto') return { port: otlpPort, isRequired: true } satisfies Wanted;
  // A server on another port is a second one, or one of a test: the usual port is not its own.
  if (port !== limits.serverPort) return undefined;
  return { port: limits.otlpPort, isRequired: false } satisfies Wanted;
}

/**
 * Opens the port and hands every connection to the server as if it had come to its own: the same
 * checks, limits and time-outs, TLS where it speaks TLS. Undefined when there is to be none, or when
 * it cannot be had and nobody asked for it; rejects with a Failure when somebody did.
 */
export async function openOtlpPort(
  to: HttpServer,
  { host, port, otlpPort }: Pick<Config, 'host' | 'port' | 'otlpPort'>,
  log: Log,
  wanted: Wanted | undefined = otlpPortOf({ port, otlpPort }),
): Promise<SecondPort | undefined> {
  if (wanted === undefined) return undefined;
  // As the HTTP server of Node opens its own.
  const options = { allowHalfOpen: true, noDelay: true };
  const server = createServer(options, (socket) => to.emit('connection', socket));
  try {
    await listening(server, host, wanted.port);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EADDRINUSE' ? 'is in use' : `cannot be had (${reasonOf(error)})`;
    const problem = `otlpPort ${wanted.port} on ${host} ${why}`;
    if (wanted.isRequired) {
      const remedy = 'choose another with --otlp-port (0 picks a free one, none does without)';
      throw new Failure(`${problem}; ${remedy}`, { cause: error });
    }
    log.warn(`${problem}; OpenTelemetry is taken on port ${port} alone`);
    return undefined;
  }
  return {
    port: (server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  };
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
