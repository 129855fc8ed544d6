/** An engine that takes everything and knows nothing: what is in front of it is measured alone. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { type Server, startServer } from '../../test/whole/server.ts';

/** Starts it as a process of its own. */
export function startNull(): Promise<Server> {
  const path = fileURLToPath(import.meta.url);
  return startServer({ command: [process.execPath, '--import', import.meta.resolve('tsx'), path] });
}

function serve(): void {
  const server = createServer((request, response) => {
    request.resume();
    request.on('end', () => response.end());
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo;
    process.stdout.write(`tacho listening on http://127.0.0.1:${port}\n`);
  });
  process.on('SIGTERM', () => {
    server.close();
    server.closeAllConnections();
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) serve();
