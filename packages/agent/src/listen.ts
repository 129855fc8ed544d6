/** Listening on the loopback addresses alone, with one port for both kinds of address. */
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limits } from '@tacho/protocol';

/** What listens. */
export interface Listening {
  port: number;
  /** Reached by both `127.0.0.1` and, where the machine has it, `::1`. */
  url: string;
  /** Whether it is reached as `::1` too. */
  hasIpv6: boolean;
  /** Accepts nobody any more; resolves when the last answer is out, after `graceMs` in any case. */
  close(graceMs: number): Promise<void>;
}

/** Free ports that are tried until one is free for both kinds of address. */
const attemptsMax = 8;

/**
 * Listens on 127.0.0.1 and on ::1, since `localhost` may mean either. Port 0 takes a free one.
 * @throws the error of the system when 127.0.0.1 cannot be listened on
 */
export async function listen(port: number, answer: RequestListener): Promise<Listening> {
  for (let attempt = 1; ; attempt++) {
    const first = await open('127.0.0.1', port, answer);
    const taken = (first.address() as AddressInfo).port;
    try {
      return listening(taken, [first, await open('::1', taken, answer)]);
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE';
      // Another program's ::1 behind our port would get what is meant for us.
      if (!isTaken || port !== 0 || attempt === attemptsMax) return listening(taken, [first]);
      first.close();
    }
  }
}

function open(host: string, port: number, answer: RequestListener): Promise<Server> {
  const server = createServer(
    {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      noDelay: true,
    },
    answer,
  );
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host === '::1' }, () => {
      server.removeListener('error', reject);
      server.on('error', () => {});
      resolve(server);
    });
  });
}

function listening(port: number, servers: readonly Server[]): Listening {
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    hasIpv6: servers.length > 1,
    close: async (graceMs) => {
      const force = setTimeout(() => {
        for (const server of servers) server.closeAllConnections();
      }, graceMs);
      await Promise.all(servers.map(closed));
      clearTimeout(force);
    },
  };
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}
