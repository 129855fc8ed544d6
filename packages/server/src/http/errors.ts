/** From anything that went wrong to one answer: `{error, details, code}`. */

import { type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { allowedMethods, TachoError } from '@tacho/protocol';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { isDashboardPath } from './dashboard/pages.ts';
import { plainPath } from './path.ts';
import { errorReply, type Reply, send } from './reply.ts';
import type { Service } from './service.ts';

/** Counts an error, logs what is our own fault, and gives what may be said about it. */
export function reportError(
  service: Pick<Service, 'counters' | 'log'>,
  error: unknown,
  what: { method?: string | undefined; url?: string | undefined },
): TachoError {
  const known = toTachoError(error);
  service.counters.failRequest(known.code);
  const { method } = what;
  // Senders of InfluxDB 1 put their password there.
  const url = what.url?.replace(/([?&]p=)[^&]*/g, '$1…');
  if (known.code === 'internal') {
    service.log.error({ err: error, method, url }, 'a request failed for no reason of its own');
  } else if (known.status >= 500) {
    service.log.warn({ code: known.code, details: known.details, method }, 'a request was refused');
  } else {
    service.log.debug({ code: known.code, details: known.details, method, url }, 'a bad request');
  }
  return known;
}

/** Fastify's error handler. */
export function makeErrorHandler(service: Pick<Service, 'counters' | 'log'>) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply =>
    send(reply, errorReply(reportError(service, error, request)));
}

/** The error that we answer with; whatever is not meant for clients becomes `internal`. */
function toTachoError(error: unknown): TachoError {
  if (error instanceof TachoError) return error;
  const { code, statusCode, message } = (error ?? {}) as {
    code?: unknown;
    statusCode?: unknown;
    message?: unknown;
  };
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') {
    return new TachoError('unsupported_media_type', 'The Content-Type header is malformed');
  }
  if (code === 'FST_ERR_MAX_PARAM_LENGTH' || statusCode === 414) {
    return new TachoError('uri_too_long', 'The session id in the path is too long');
  }
  if (typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500) {
    return new TachoError('invalid_request', String(message));
  }
  return new TachoError('internal', 'The server failed; its log says more', { cause: error });
}

/** The error for a request that no route takes: 405 with the methods of its path, or 404. */
export function noRoute(method: string, url: string): TachoError {
  const path = plainPath(url);
  const allow = isDashboardPath(path) ? ['GET', 'HEAD'] : allowedMethods(path);
  if (allow.length === 0) {
    return new TachoError('not_found', `There is nothing at ${JSON.stringify(path.slice(0, 200))}`);
  }
  const details = `${path} does not take ${method}; accepted: ${allow.join(', ')}`;
  return new TachoError('method_not_allowed', details, { extra: { allow } });
}

/**
 * Answers what is not HTTP, is too slow, or has heads that are too large; Node found that out before
 * there was a request. Requests before it in the same pipe are answered first, or the client would
 * take this answer for theirs.
 */
export function answerClientError(
  service: Pick<Service, 'counters' | 'log'>,
  error: NodeJS.ErrnoException,
  socket: Socket,
): void {
  if (refused.has(socket)) return;
  const { _httpMessage: current } = socket as { _httpMessage?: ServerResponse };
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
  } else if (current?.req.complete) {
    current.once('finish', () => answerClientError(service, error, socket));
  } else if (current?.headersSent) {
    socket.destroy();
  } else {
    refused.add(socket);
    sendRefusal(errorReply(reportError(service, clientError(error), {})), socket);
  }
}

/** Sockets that had their last answer; Node may report what comes after it again. */
const refused = new WeakSet<Socket>();

function sendRefusal({ status, body }: Reply, socket: Socket): void {
  const head = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    'x-content-type-options: nosniff',
    `content-length: ${body.length}`,
    'connection: close',
  ];
  socket.end(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]));
}

function clientError({ code, message }: NodeJS.ErrnoException): TachoError {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return new TachoError('timeout', 'The request did not arrive in time');
    case 'HPE_HEADER_OVERFLOW':
      return new TachoError('headers_too_large', 'The request line and headers are too large');
    default:
      return new TachoError('invalid_request', `This is not HTTP as we know it: ${message}`);
  }
}
