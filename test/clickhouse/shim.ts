/**
 * ClickHouse's HTTP interface before the engine of the package `chdb`, as a process of its own:
 * `node --import tsx shim.ts --port 0 --data DIR`. It speaks what the official client speaks.
 *
 * Requests run at the same time, as many as there are lanes; further ones wait, without a bound.
 */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { Engine } from './engine.ts';
import { ClickHouseException } from './exception.ts';
import { Reply } from './reply.ts';
import { type Request, readRequest } from './request.ts';
import { formatOf, kindOf, withDataFrom } from './statement.ts';

const { values: options } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    data: { type: 'string' },
    lanes: { type: 'string' },
    cluster: { type: 'string' },
    user: { type: 'string' },
    password: { type: 'string', default: '' },
  },
});
if (options.data === undefined) throw new Error('--data says where the data directory is');

// Every lane holds a thread of the pool while its statement runs; files and compression need some too.
const threads = Number(process.env.UV_THREADPOOL_SIZE ?? 4);
const lanesMax = Number(options.lanes ?? Math.max(1, threads - 3));
const engine = new Engine(options.data, { lanesMax, cluster: options.cluster });

// As a server does, it takes addresses of a mebibyte and waits for bodies as long as they last.
const server = createServer(
  { keepAliveTimeout: 30_000, requestTimeout: 0, maxHeaderSize: 1024 * 1024 + 16_384 },
  (message, response) => void answer(message, response),
);
server.listen(Number(options.port), '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`clickhouse ${engine.version} listening on http://127.0.0.1:${port}\n`);
});
process.once('SIGTERM', () => {
  server.close(async () => {
    await engine.close();
    process.exit(0);
  });
  server.closeIdleConnections();
});

async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://shim');
  if (pathname === '/ping' || (message.method === 'GET' && searchParams.size === 0)) {
    response.end('Ok.\n');
    return;
  }
  const queryId = searchParams.get('query_id') || randomUUID();
  const reply = new Reply(message, response, { queryId, version: engine.version });
  let file: string | undefined;
  try {
    refuseStrangers(message, searchParams);
    const request = await readRequest(message, engine.folder);
    file = request.file;
    await execute(request, reply);
  } catch (error) {
    await reply.fail(error);
  } finally {
    if (file !== undefined) rmSync(file, { force: true });
  }
}

async function execute(request: Request, reply: Reply): Promise<void> {
  const { context, file, text } = request;
  const kind = kindOf(text);
  if (kind === 'insert') {
    const full = file === undefined ? text : withDataFrom(text, file);
    const figures = await engine.insert(context, full);
    return reply.whole('', Buffer.alloc(0), figures);
  }
  if (kind === 'other') {
    const { bytes, figures } = await engine.run(context, text, request.format);
    return reply.whole(request.format, bytes, figures);
  }
  const rows = engine.rows(context, text, request.format, reply.gone(request.stops));
  return reply.stream(formatOf(text) ?? request.format, rows, request.waits);
}

/** @throws ClickHouseException for others than the one user, when there is one */
function refuseStrangers({ headers }: IncomingMessage, parameters: URLSearchParams): void {
  if (options.user === undefined) return;
  const [, basic = ''] = /^Basic (.*)$/i.exec(headers.authorization ?? '') ?? [];
  const told = [
    Buffer.from(basic, 'base64').toString(),
    `${headers['x-clickhouse-user']}:${headers['x-clickhouse-key']}`,
    `${parameters.get('user')}:${parameters.get('password')}`,
  ];
  if (told.includes(`${options.user}:${options.password}`)) return;
  throw new ClickHouseException(
    516,
    'AUTHENTICATION_FAILED',
    'Authentication failed: password is incorrect, or there is no user with such name.',
  );
}
