/** The socket server under Fastify: what Node bounds by itself, and what it says when a bound is hit. */
import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { limits } from '@tacho/protocol';
import type { Service } from './service.ts';

/** How often Node looks for requests that are too slow. */
const connectionsCheckMs = 1_000;

/** A server with limits on heads and times; HTTPS when the configuration has certificate and key. */
export function makeServer(service: Service, listener: RequestListener): Server {
  const { tls } = service.config;
  const options = {
    maxHeaderSize: limits.headerBytesMax,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    connectionsCheckingInterval: connectionsCheckMs,
    // Node would answer a missing Host with an empty 400; the guard says what is wrong.
    requireHostHeader: false,
  };
  const server = tls
    ? (createHttpsServer({ ...options, ...tls }, listener) as Server)
    : createHttpServer(options, listener);
  // An expectation that nobody knows is no reason for an empty 417; the request says what it wants.
  server.on('checkExpectation', listener);
  return server;
}
