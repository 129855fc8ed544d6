/** A proxy that puts the server below a path, as people do with nginx: takes `/tacho` away and passes the rest on. */
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A running proxy. */
export interface Prefix {
  /** Where the server's root is now, without a slash at the end. */
  url: string;
  close(): void;
}

/** Starts one on a free port. Everything outside of the prefix is a 404. */
export async function startPrefix(serverUrl: string, prefix = '/tacho'): Promise<Prefix> {
  const target = new URL(serverUrl);
  const proxy = createServer((incoming, response) => {
    const path = incoming.url ?? '/';
    if (!path.startsWith(`${prefix}/`)) {
      response.writeHead(404).end();
      return;
    }
    const outgoing = request(
      {
        ...{ host: target.hostname, port: target.port, method: incoming.method },
        path: path.slice(prefix.length),
        // With the Host that the client used, as docs/operations.md says.
        headers: incoming.headers,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    outgoing.on('error', () => response.destroy());
    response.on('close', () => outgoing.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    close: () => {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}
