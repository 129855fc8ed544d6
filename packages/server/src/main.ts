/** Runs the server: opens the store, builds the application, listens, sweeps, and drains at the end. */
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import { limits } from '@tacho/protocol';
import type { Clock } from './clock.ts';
import { type Config, isLoopback, storeOf } from './config.ts';
import { explain, Failure, reasonOf } from './failure.ts';
import type { buildApp } from './http/app.ts';
import { openOtlpPort, type SecondPort } from './http/otlp-port.ts';
import type { HttpConfig } from './http/service.ts';
import type { Log } from './log.ts';
import { type OpenStoreOptions, openStore as openStoreAt } from './store/open.ts';
import type { Store } from './store/store.ts';
import { startSweeps } from './sweep.ts';

/** What a running server needs besides its configuration. */
export interface ServeOptions {
  config: Config;
  /** A secret that may ingest and read beside the tokens; never stored. */
  apiKey?: string;
  log: Log;
  clock: Clock;
  /** Opens the engine; the one that the configuration names when absent. */
  openStore?: OpenStore;
  /** Called when the store cannot go on; the process had better end then. */
  onFatal?: (error: Error) => void;
  /** Time that `close` waits for requests in flight and for the store. */
  drainTimeoutMs?: number;
}

/** Opens a storage engine for a server. */
export type OpenStore = (options: OpenStoreOptions) => Promise<Store>;

/** A server that accepts requests. */
export interface Serving {
  /** Where it listens, with the port that was picked: `http://127.0.0.1:9090`. */
  url: string;
  /** The same for the port of OTLP; absent when there is none. */
  otlpUrl?: string;
  /**
   * Stops accepting, finishes what is in flight, makes everything durable. Resolves to false when
   * that took longer than the drain timeout and something had to be cut off; never rejects.
   */
  close(): Promise<boolean>;
}

/** Part of the drain time that is kept for the store, after the requests. */
const storeShare = 0.25;

/** How often closing looks for connections that became idle. */
const idleCheckMs = 20;

/**
 * Starts the server. Rejects with a Failure (or the engine's own error) that says in one line why it
 * cannot run; nothing is left open then.
 */
export async function serve(options: ServeOptions): Promise<Serving> {
  const { config, log, clock, apiKey } = options;
  const http = { ...httpConfigOf(config), ...(apiKey !== undefined && { apiKey }) };
  // The engine's threads start while this one loads the HTTP side: together they are the start-up time.
  const [store, { buildApp }] = await Promise.all([openStoreOf(options), import('./http/app.ts')]);
  try {
    await requireProtection(store, http, log);
    const app = buildApp({ store, config: http, clock, log });
    await app.listen({ host: config.host, port: config.port });
    const otlp = await openOtlpPort(app.server, config, log).catch(async (error: unknown) => {
      await app.close();
      throw error;
    });
    const sweeper = startSweeps({ store, config: http, clock, log });
    const { port } = app.server.address() as AddressInfo;
    const stops = { app, otlp, sweeper, store, log };
    let closing: Promise<boolean> | undefined;
    const scheme = http.tls === undefined ? 'http' : 'https';
    return {
      url: urlOf(scheme, config.host, port),
      ...(otlp !== undefined && { otlpUrl: urlOf(scheme, config.host, otlp.port) }),
      close: () => {
        closing ??= drain(stops, options.drainTimeoutMs ?? limits.drainTimeoutMs);
        return closing;
      },
    };
  } catch (error) {
    await store.close();
    throw listenFailure(error, config);
  }
}

/** The configuration as the HTTP side wants it: files read, seconds as milliseconds. */
function httpConfigOf(config: Config): HttpConfig {
  const tls = readTls(config);
  return {
    host: config.host,
    port: config.port,
    ...(tls && { tls }),
    legacyCreateReply: config.legacyCreateReply,
    allowedHosts: config.allowedHosts,
    allowedOrigins: config.allowedOrigins,
    basePath: config.basePath,
    requestsPerSecondMax: config.requestsPerSecondMax,
    heartbeatTimeoutMs: config.heartbeatTimeoutSeconds * 1000,
    lostAfterMs: config.lostAfterSeconds * 1000,
    doorSilenceMs: config.doorSilenceSeconds * 1000,
    ...statsdOf(config),
    retentionDays: config.retentionDays,
    sweepIntervalMs: config.sweepIntervalSeconds * 1000,
    expireIntervalMs: config.expireIntervalSeconds * 1000,
    insecureNoAuth: config.insecureNoAuth,
    bodyBytesMax: config.bodyBytesMax,
    expandedBodyBytesMax: config.expandedBodyBytesMax,
  };
}

/** The port that is meant by `auto` is taken only where nobody but this machine reaches it. */
function statsdOf(config: Config): Pick<HttpConfig, 'statsd'> {
  const { statsdPort, statsdSocket, statsdProduct: product, host, port } = config;
  const isUsual = port === limits.serverPort && isLoopback(host);
  const isClosed = statsdPort === 'none' || (statsdPort === 'auto' && !isUsual);
  if (isClosed && statsdSocket === null) return {};
  const isWished = statsdPort === 'auto';
  const udp = isClosed
    ? undefined
    : { port: isWished ? limits.statsdPort : (statsdPort as number), isWished };
  return {
    statsd: {
      ...(udp && { udp }),
      ...(statsdSocket !== null && { socketPath: statsdSocket }),
      product,
    },
  };
}

/** Other machines are served only when there is something that lets the right ones in. */
async function requireProtection(store: Store, http: HttpConfig, log: Log): Promise<void> {
  const { host, insecureNoAuth, apiKey } = http;
  if (isLoopback(host) || apiKey !== undefined || (await store.tokens()).length > 0) return;
  if (insecureNoAuth) {
    log.warn(
      'listening beyond loopback without access control: whoever reaches the port can read and write',
    );
    return;
  }
  throw new Failure(
    `host is ${JSON.stringify(host)}, which other machines can reach, and there is no token: make ` +
      'one first (tacho token create --name NAME --scope SCOPE), listen on 127.0.0.1, or accept ' +
      'that whoever reaches the port can read and write everything with --insecure-no-auth',
  );
}

/** PEM texts of certificate and key, tried out together, so that a mix-up shows now. */
function readTls(config: Config): { cert: string; key: string } | undefined {
  const { tlsCertFile, tlsKeyFile } = config;
  if (tlsCertFile === null || tlsKeyFile === null) return undefined;
  const cert = explain(`tlsCertFile ${tlsCertFile} cannot be read`, () =>
    readFileSync(tlsCertFile, 'utf8'),
  );
  const key = explain(`tlsKeyFile ${tlsKeyFile} cannot be read`, () =>
    readFileSync(tlsKeyFile, 'utf8'),
  );
  explain(`tlsCertFile ${tlsCertFile} and tlsKeyFile ${tlsKeyFile} do not work together`, () =>
    createSecureContext({ cert, key }),
  );
  return { cert, key };
}

async function openStoreOf({
  config,
  log,
  clock,
  openStore,
  onFatal,
}: ServeOptions): Promise<Store> {
  const timeoutUs = config.heartbeatTimeoutSeconds * 1e6;
  const open = openStore ?? ((options) => openStoreAt(storeOf(config), options));
  return await open({
    clock,
    log,
    suspendedAfterUs: timeoutUs,
    // While the server was away nobody could beat: silence is no sign of death until they had time to.
    returnGraceUntilUs: clock() + timeoutUs,
    ...(onFatal && { onFatal }),
  });
}

/** The error in words that name the remedy; one that we do not know is passed on as it is. */
function listenFailure(error: unknown, { host, port }: Config): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const why: Record<string, string> = {
    EADDRINUSE: `port ${port} on ${host} is in use; stop what listens there, or choose another with --port (0 picks a free one)`,
    EACCES: `no permission to listen on port ${port}; choose one above 1023 with --port`,
    EADDRNOTAVAIL: `${host} is not an address of this machine; choose another with --host`,
    EAFNOSUPPORT: `this machine does not speak the protocol of ${host}; choose another with --host`,
    ENOTFOUND: `${host} is not a known name; choose an address with --host`,
  };
  const reason = why[code];
  return reason === undefined ? error : new Failure(reason, { cause: error });
}

function urlOf(scheme: string, host: string, port: number): string {
  return `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

interface Stops {
  app: ReturnType<typeof buildApp>;
  otlp: SecondPort | undefined;
  sweeper: ReturnType<typeof startSweeps>;
  store: Store;
  log: Log;
}

async function drain(
  { app, otlp, sweeper, store, log }: Stops,
  timeoutMs: number,
): Promise<boolean> {
  const storeMs = timeoutMs * storeShare;
  const steps: [string, () => Promise<unknown>, number][] = [
    ['requests in flight', () => closeApp(app, otlp), timeoutMs - storeMs],
    ['the store', () => Promise.resolve(sweeper.stop()).then(() => store.close()), storeMs],
  ];
  let isClean = true;
  for (const [what, close, ms] of steps) {
    const outcome = await within(ms, close);
    if (outcome === 'done') continue;
    isClean = false;
    log.error({ timeoutMs: ms }, `closing ${what}: ${outcome}`);
    app.server.closeAllConnections();
  }
  return isClean;
}

/**
 * Closing ends idle connections once; one that becomes idle when its request is answered would keep
 * the server open until the keep-alive timeout, so they are looked for until all are gone.
 */
async function closeApp(app: Stops['app'], otlp: SecondPort | undefined): Promise<void> {
  const timer = setInterval(() => app.server.closeIdleConnections(), idleCheckMs);
  try {
    await Promise.all([app.close(), otlp?.close()]);
  } finally {
    clearInterval(timer);
  }
}

/** `done`, or why not. */
async function within(ms: number, close: () => Promise<unknown>): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('took too long and was cut off'), ms);
  });
  const closed = close().then(
    () => 'done',
    (error: unknown) => reasonOf(error),
  );
  const outcome = await Promise.race([closed, timeout]);
  clearTimeout(timer);
  return outcome;
}
