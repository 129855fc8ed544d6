/** Replies: JSON in one piece, errors, and streams that never hold more than a few pieces. */
import type { ServerResponse } from 'node:http';
import { pipeline, Readable } from 'node:stream';
import zlib from 'node:zlib';
import { type JsonValue, limits, stringifyJson, type TachoError } from '@tacho/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Log } from '../log.ts';

/** An answer in one piece. */
export interface Reply {
  status: number;
  /** JSON text. */
  body: Buffer;
  /** Beyond those of every reply. */
  headers?: Readonly<Record<string, string>>;
}

/** The answer to a write of one thing; made once, because it is the most frequent one. */
export const success: Reply = { status: 200, body: Buffer.from('{"success":true}\n') };

const successText = String(success.body);

/** Headers of every reply: what we say is data, for the one who asked, at this moment. */
export const commonHeaders = {
  'x-content-type-options': 'nosniff',
  'cache-control': 'no-store',
} as const;

/** An answer from a JSON value. Bodies end with a newline, so that a terminal's prompt has its own line. */
export function jsonReply(value: JsonValue, status = 200): Reply {
  return { status, body: Buffer.from(`${stringifyJson(value)}\n`) };
}

/** The answer that an error stands for. */
export function errorReply(error: TachoError): Reply {
  const reply = jsonReply(error.toReply(), error.status);
  const headers: Record<string, string> = {};
  if (error.retryAfterSeconds !== undefined) {
    headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfterSeconds)));
  } else if (error.status === 503 || error.status === 507) headers['retry-after'] = '5';
  if (error.code === 'unauthorized') headers['www-authenticate'] = 'Bearer';
  const allow = error.extra?.allow;
  if (Array.isArray(allow)) headers.allow = allow.join(', ');
  return { ...reply, headers };
}

/** Sends an answer through Fastify. */
export function send(reply: FastifyReply, { status, body, headers }: Reply): FastifyReply {
  reply.code(status).header('content-type', 'application/json');
  if (headers !== undefined) reply.headers(headers);
  return reply.send(body);
}

const successHeaders = [
  ...['content-type', 'application/json'],
  ...['content-length', String(success.body.length)],
  ...Object.entries(commonHeaders).flat(),
];

/** Sends an answer past Fastify; the usual one with headers that are made already. */
export function sendRaw(response: ServerResponse, reply: Reply): void {
  if (reply === success) {
    sendSuccess(response);
    return;
  }
  const { status, body, headers } = reply;
  const type = { 'content-type': 'application/json', 'content-length': body.length };
  response.writeHead(status, { ...type, ...commonHeaders, ...headers });
  response.end(body);
}

/**
 * Node sends head and body of a reply as two buffers with `writev`, and a reply without a body as
 * one string with `write`, which is faster: 38 instead of 44 µs of CPU for a whole request here. So
 * the body goes out as the end of the head, through a field that all versions of Node have had; if
 * one ever lacks it, the reply goes the usual way.
 */
function sendSuccess(response: ServerResponse & { _header?: unknown }): void {
  response.writeHead(200, successHeaders);
  if (typeof response._header === 'string') {
    response._header += successText;
    response.end();
  } else response.end(success.body);
}

/** What a streamed answer is, and what ends it. */
export interface StreamForm {
  type: string;
  end: string;
  /** Name of the file that browsers save it as; they show it when absent. */
  file?: string;
  /** Whether it is compressed inside already. */
  isCompressed?: boolean;
}

/** One JSON document; the newline gives a terminal's prompt its own line. */
const jsonForm: StreamForm = { type: 'application/json', end: '\n' };

/** Pieces after which the event loop gets a turn, so that a long answer does not hold up the others. */
const piecesPerTurn = 16;

/**
 * Sends text or bytes as they come, compressed when the client accepts that. The first piece is awaited
 * before the head is sent, so that what fails at once gets an honest status; what fails later cuts
 * the connection, because half an answer must not look like a whole one.
 */
export async function sendStream(
  request: FastifyRequest,
  reply: FastifyReply,
  source: AsyncGenerator<string | Buffer>,
  log: Log,
  form: StreamForm = jsonForm,
): Promise<FastifyReply> {
  const first = await source.next();
  const accepted = form.isCompressed ? undefined : request.headers['accept-encoding'];
  const encoding = chooseEncoding(accepted);
  addVary(reply, 'Accept-Encoding');
  reply.header('content-type', form.type);
  if (form.file !== undefined) {
    reply.header('content-disposition', `attachment; filename="${form.file}"`);
  }
  if (encoding !== undefined) reply.header('content-encoding', encoding);
  if (request.method === 'HEAD') {
    await source.return(undefined);
    return reply.send();
  }
  // A reader that stands still for this long has gone.
  reply.raw.setTimeout(limits.requestTimeoutMs, () => reply.raw.destroy());
  const text = Readable.from(turns(first, source, log, form.end), { objectMode: false });
  if (encoding === undefined) return reply.send(text);
  return reply.send(pipeline(text, compressors[encoding](), () => undefined));
}

async function* turns(
  first: IteratorResult<string | Buffer, unknown>,
  source: AsyncGenerator<string | Buffer>,
  log: Log,
  end: string,
): AsyncGenerator<Buffer> {
  try {
    let pieces = 0;
    for (let next = first; !next.done; next = await source.next()) {
      yield typeof next.value === 'string' ? Buffer.from(next.value) : next.value;
      if (++pieces % piecesPerTurn === 0) await new Promise(setImmediate);
    }
    if (end !== '') yield Buffer.from(end);
  } catch (error) {
    // A reader that leaves before the end is none of our errors.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') {
      log.error({ err: error }, 'an answer broke off');
    }
    throw error;
  } finally {
    await source.return(undefined);
  }
}

/** Quality 1 of Brotli takes a third of the time of 4, and of gzip, for a quarter more bytes: answers are waited for. */
const compressors = {
  br: () =>
    zlib.createBrotliCompress({
      params: { [zlib.constants.BROTLI_PARAM_QUALITY]: 1, [zlib.constants.BROTLI_PARAM_LGWIN]: 19 },
    }),
  gzip: () => zlib.createGzip({ level: 5 }),
};

/** Says that the answer depends on a header of the request, beside those it depends on already. */
export function addVary(reply: FastifyReply, header: string): void {
  const vary = reply.getHeader('vary');
  reply.header('vary', vary === undefined ? header : `${vary}, ${header}`);
}

/** The encoding that the client likes best, Brotli before gzip; undefined for none. */
export function chooseEncoding(header: string | string[] | undefined): 'br' | 'gzip' | undefined {
  if (header === undefined) return undefined;
  const weights = new Map<string, number>();
  for (const part of String(header).toLowerCase().split(',')) {
    const [name = '', ...parameters] = part.split(';').map((word) => word.trim());
    const weight = parameters.find((word) => word.startsWith('q='))?.slice(2);
    weights.set(name, weight === undefined ? 1 : Number(weight) || 0);
  }
  const weightOf = (name: string): number => weights.get(name) ?? weights.get('*') ?? 0;
  const [br, gzip] = [weightOf('br'), weightOf('gzip')];
  if (br === 0 && gzip === 0) return undefined;
  return br >= gzip ? 'br' : 'gzip';
}
