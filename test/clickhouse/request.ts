/** Requests to ClickHouse's HTTP interface: statement, data and surroundings, from wherever they are put. */
import { createWriteStream } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { Readable, type Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip, createInflate } from 'node:zlib';
import type { Context } from './engine.ts';
import { ClickHouseException } from './exception.ts';
import { kindOf, refuseSeveral, splitData } from './statement.ts';

/** What is asked. */
export interface Request {
  /** The statement without data. */
  text: string;
  /** The file that holds the data of an insert; whoever has read it removes it. */
  file: string | undefined;
  context: Context;
  /** The format of the rows when the statement names none. */
  format: string;
  /** Whether nothing may be sent before all is known. */
  waits: boolean;
  /** Whether a question stops when its client goes away, even before its first row. */
  stops: boolean;
}

/** Parameters of the address that are neither settings nor values. */
const reserved = new Set([
  ...['query', 'query_id', 'database', 'default_format', 'user', 'password', 'quota_key'],
  ...['wait_end_of_query', 'buffer_size', 'stacktrace', 'add_http_cors_header', 'role'],
  ...['session_id', 'session_check', 'session_timeout', 'compress', 'decompress'],
]);

let files = 0;

/**
 * Reads a request to its end; data of an insert go to a file in the folder.
 * @throws ClickHouseException for what a server would refuse, and for what the shim does not do
 */
export async function readRequest(message: IncomingMessage, folder: string): Promise<Request> {
  const parameters = new URL(message.url ?? '/', 'http://shim').searchParams;
  refuseWhatIsMissing(parameters);
  const body = message.method === 'GET' ? Readable.from([]) : unpacked(message);
  const form = /^multipart\/form-data/i.test(message.headers['content-type'] ?? '');
  if (form) await readForm(message, body, parameters);
  const query = parameters.get('query') ?? '';
  const dataFollow = !form && query !== '' && message.method !== 'GET' && hasBody(message);
  const bytes = query !== '' ? Buffer.from(query) : await bytesOf(body);
  const { text, data } = splitData(bytes, dataFollow);
  if (text.trim() === '') throw new ClickHouseException(62, 'SYNTAX_ERROR', 'Empty query.');
  refuseSeveral(text);
  if (message.method === 'GET') refuseChanges(text);
  let file: string | undefined;
  if (data !== undefined) {
    file = join(folder, `data-${++files}`);
    await pipeline(dataOf(data, dataFollow ? body : Readable.from([])), createWriteStream(file));
  }
  return {
    text,
    file,
    context: {
      database: parameters.get('database') || headerOf(message, 'database') || 'default',
      settings: settingsOf(parameters),
      parameters: valuesOf(parameters),
    },
    format: parameters.get('default_format') || headerOf(message, 'format') || 'TabSeparated',
    waits: isOn(parameters, 'wait_end_of_query'),
    stops: isOn(parameters, 'cancel_http_readonly_queries_on_client_close'),
  };
}

function isOn(parameters: URLSearchParams, name: string): boolean {
  return ['1', 'true'].includes(parameters.get(name) ?? '');
}

async function* dataOf(first: Buffer, rest: Readable): AsyncGenerator<Buffer> {
  if (first.length > 0) yield first;
  yield* rest;
}

function headerOf(message: IncomingMessage, name: string): string | undefined {
  const value = message.headers[`x-clickhouse-${name}`];
  return typeof value === 'string' ? value : undefined;
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

async function bytesOf(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** A form carries the statement and values that would make the address too long. */
async function readForm(
  message: IncomingMessage,
  body: Readable,
  parameters: URLSearchParams,
): Promise<void> {
  const headers = { 'content-type': message.headers['content-type'] ?? '' };
  const form = await new Response(await bytesOf(body), { headers }).formData();
  for (const [name, value] of form) if (typeof value === 'string') parameters.set(name, value);
}

function unpacked(message: IncomingMessage): Readable {
  const encoding = message.headers['content-encoding'] ?? 'identity';
  const unpackers: Record<string, () => Transform> = {
    gzip: createGunzip,
    deflate: createInflate,
    br: createBrotliDecompress,
  };
  if (encoding === 'identity') return message;
  const unpacker = unpackers[encoding]?.();
  if (unpacker === undefined) {
    const problem = `Unknown compression method ${encoding}.`;
    throw new ClickHouseException(48, 'NOT_IMPLEMENTED', problem);
  }
  message.on('error', (error) => unpacker.destroy(error));
  return message.pipe(unpacker);
}

function settingsOf(parameters: URLSearchParams): Map<string, string> {
  return new Map(
    [...parameters].filter(([name]) => !reserved.has(name) && !name.startsWith('param_')),
  );
}

function valuesOf(parameters: URLSearchParams): Map<string, string> {
  const values = [...parameters].filter(([name]) => name.startsWith('param_'));
  return new Map(values.map(([name, value]) => [name.slice('param_'.length), value]));
}

/** What depends on these must not find out here that it seems to work. */
function refuseWhatIsMissing(parameters: URLSearchParams): void {
  for (const name of ['session_id', 'role', 'compress', 'decompress', 'readonly']) {
    if (!parameters.has(name) || parameters.get(name) === '0') continue;
    throw new ClickHouseException(48, 'NOT_IMPLEMENTED', `The shim has no ${name}.`);
  }
}

function refuseChanges(text: string): void {
  if (kindOf(text) === 'rows') return;
  throw new ClickHouseException(
    164,
    'READONLY',
    'Cannot execute query in readonly mode. For queries over HTTP, method GET implies readonly. You should use method POST for modifying queries.',
  );
}
