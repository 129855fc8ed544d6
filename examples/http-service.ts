/**
 * An HTTP service that records itself: time and status of every request, errors with their stacks.
 *
 *   npm run build && npx tsx examples/http-service.ts [PORT]
 *
 *   PORT          port on 127.0.0.1, default 8000; 0 takes a free one
 *   TACHO_SERVER  address of the server, default http://127.0.0.1:9090
 *
 * Try /users, /slow and /broken; Ctrl-C ends it.
 */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@tacho/client';

const session = connect({ product: 'user-service', version: '2.0.1', tags: ['region:eu'] });

const routes: Record<string, () => Promise<unknown>> = {
  '/users': async () => [{ id: 1, name: 'Ada' }],
  '/slow': async () => {
    await sleep(300);
    return { slow: true };
  },
  '/broken': async () => {
    throw new Error('the database is away');
  },
};

const server = createServer(async ({ method = 'GET', url = '/' }, response) => {
  const path = new URL(url, 'http://localhost').pathname;
  const timer = session.timer('http_request_duration_ms', {
    tags: [`endpoint:${path in routes ? path : 'other'}`, `method:${method}`],
  });
  const status = await answer(path, response);
  timer.stop();
  session.counter('http_requests', 1, [`status:${status}`]);
});

server.listen(Number(process.argv[2] ?? 8000), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  session.updateState({ status: 'listening', port });
  console.log(`listening on http://127.0.0.1:${port}`);
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, async () => {
    server.close();
    session.updateState({ status: 'stopped' });
    await session.end();
    process.exit();
  });
}

async function answer(path: string, response: ServerResponse): Promise<number> {
  let status = 200;
  let body: unknown = { error: 'not found' };
  try {
    const route = routes[path];
    if (route === undefined) status = 404;
    else body = await route();
  } catch (error) {
    session.logException(error, { path });
    status = 500;
    body = { error: 'internal error' };
  }
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  return status;
}
