/** The HTTP server: its limits, its checks, its routes, and what it says when something is wrong. */
import { limits } from '@tacho/protocol';
import { type FastifyInstance, fastify } from 'fastify';
import type { Clock } from '../clock.ts';
import { Counters } from '../counters.ts';
import { Doors } from '../doors/doors.ts';
import { StatsdListener } from '../doors/statsd/listener.ts';
import { Failure, reasonOf } from '../failure.ts';
import { Keyring } from '../keyring.ts';
import { LiveHub } from '../live/hub.ts';
import type { Log } from '../log.ts';
import { Recorder } from '../record.ts';
import type { Store } from '../store/store.ts';
import { Webhooks } from '../webhooks/webhooks.ts';
import { Access } from './access.ts';
import { makeBasePath } from './base-path.ts';
import type { BodyLimits } from './body.ts';
import { makeRequestCheck } from './check.ts';
import { addDashboardRoutes } from './dashboard/routes.ts';
import { answerClientError, makeErrorHandler, noRoute } from './errors.ts';
import { makeExpress } from './express.ts';
import { Guard } from './guard.ts';
import { InFlight } from './idempotency.ts';
import { acceptBodies } from './request-body.ts';
import { addAggregateRoute } from './routes/aggregate.ts';
import { addCompareRoutes } from './routes/compare.ts';
import { addCountsRoute } from './routes/counts.ts';
import { addDocsRoutes } from './routes/docs.ts';
import { addDoorsRoute } from './routes/doors.ts';
import { addFacetRoutes } from './routes/facets.ts';
import { addFiguresRoute } from './routes/figures.ts';
import { addGrafanaRoutes } from './routes/grafana.ts';
import { addHealthRoute } from './routes/health.ts';
import { addHistoryRoutes } from './routes/history.ts';
import { addInfluxRoutes } from './routes/influx.ts';
import { addIngestRoute } from './routes/ingest.ts';
import { addLiveRoutes } from './routes/live.ts';
import { addMlflowRoutes } from './routes/mlflow.ts';
import { addOtlpRoutes } from './routes/otlp.ts';
import { addPrometheusRoutes } from './routes/prometheus.ts';
import { addReleaseRoutes } from './routes/releases.ts';
import { addRemoteWriteRoute } from './routes/remote-write.ts';
import { addSearchRoutes } from './routes/search.ts';
import { addSeriesRoutes } from './routes/series.ts';
import { addSessionListRoutes } from './routes/session-list.ts';
import { addSessionRoutes } from './routes/sessions.ts';
import { addStorageRoute } from './routes/storage.ts';
import { addTokenRoutes } from './routes/tokens.ts';
import { addTransferRoutes } from './routes/transfer.ts';
import { addWebhookRoutes } from './routes/webhooks.ts';
import { addWriteRoutes, writes } from './routes/writes.ts';
import { makeServer } from './server.ts';
import type { HttpConfig, Service } from './service.ts';

/** What the server is made of. */
export interface AppParts {
  store: Store;
  config: HttpConfig;
  /** Epoch microseconds. */
  clock: Clock;
  log: Log;
}

/**
 * The HTTP server over a store, not yet listening: `app.listen({ host, port })`. `app.close()` lets
 * requests in flight finish; the store stays open, because it is the caller's.
 */
export function buildApp(parts: AppParts): FastifyInstance {
  const counters = new Counters();
  const live = new LiveHub(parts.store);
  const recorder = new Recorder({ store: parts.store, counters, live });
  const { config, clock } = parts;
  const { insecureNoAuth, apiKey, isPrivate = false } = config;
  const guard = new Guard(config, clock);
  const keyring = new Keyring({ ...parts, ...(apiKey !== undefined && { apiKey }) });
  const access = new Access({ keyring, guard, clock, insecureNoAuth, isPrivate });
  const inFlight = new InFlight();
  const startedUs = clock();
  const doorSilenceMs = config.doorSilenceMs ?? limits.doorSilenceMs;
  const doors = new Doors({ ...parts, recorder, doorSilenceMs });
  const webhooks = new Webhooks({ ...parts, lookIntervalMs: config.sweepIntervalMs });
  live.onTrouble(() => webhooks.wake());
  const made = { counters, recorder, live, inFlight, keyring, access, doors, webhooks };
  const service: Service = { ...parts, ...made, startedUs };
  const bodyLimits: BodyLimits = {
    bodyBytesMax: config.bodyBytesMax ?? limits.bodyBytesMax,
    expandedBodyBytesMax: config.expandedBodyBytesMax ?? limits.expandedBodyBytesMax,
  };
  const express = makeExpress({ service, guard, access, bodyLimits, writes });
  const takeBasePath = makeBasePath(config.basePath ?? '');
  const handleError = makeErrorHandler(service);
  let closing = false;

  const app = fastify({
    serverFactory: (handle) =>
      makeServer(service, (request, response) => {
        if (takeBasePath(request, response)) return;
        // A server that closes leaves it to Fastify to end the connections.
        if (closing || !express(request, response)) handle(request, response);
      }),
    clientErrorHandler: (error, socket) => answerClientError(service, error, socket),
    frameworkErrors: handleError,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    bodyLimit: bodyLimits.bodyBytesMax,
    routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
  });
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  if (!isPrivate) {
    app.addHook('onReady', () => keyring.load());
    app.addHook('onReady', () => webhooks.start());
  }
  app.addHook('onClose', () => keyring.close());
  app.addHook('onClose', () => webhooks.stop());
  if (config.statsd !== undefined) addStatsd(app, service, config.statsd);
  app.addHook('onClose', () => doors.close());
  app.setErrorHandler(handleError);
  app.addHook('onRequest', makeRequestCheck(guard, access));
  app.addHook('onRequest', (request, reply, done) => {
    // Taken before the answer is looked up: what the answer lacks comes after this place in a live stream.
    if (request.method === 'GET') reply.header('tacho-live-position', live.mark);
    done();
  });
  acceptBodies(app, bodyLimits);
  app.setNotFoundHandler((request) => {
    throw noRoute(request.method, request.url);
  });
  addRoutes(app, service);
  return app;
}

/** Opens port and socket of StatsD with the server, and closes them before the doors. */
function addStatsd(
  app: FastifyInstance,
  { doors, clock, log, config: { host } }: Service,
  {
    udp,
    socketPath,
    product,
    flushIntervalMs = limits.statsdFlushIntervalMs,
  }: NonNullable<HttpConfig['statsd']>,
): void {
  const statsd = new StatsdListener({
    door: doors.get('statsd'),
    clock,
    log,
    product,
    flushIntervalMs,
  });
  app.addHook('onReady', async () => {
    if (udp === undefined) return;
    const { port, isWished } = udp;
    try {
      log.info({ host, port: await statsd.open(host, port) }, 'StatsD is taken by UDP');
    } catch (error) {
      if (!isWished) throw new Failure(`statsdPort ${port} cannot be taken`, { cause: error });
      log.warn({ err: error, port }, 'StatsD is not taken: its port is in use');
    }
  });
  app.addHook('onReady', async () => {
    if (socketPath === undefined) return;
    try {
      await statsd.openSocket(socketPath);
      log.info({ path: socketPath }, 'StatsD is taken by a Unix socket');
    } catch (error) {
      const why = `statsdSocket ${socketPath} cannot be taken: ${reasonOf(error)}`;
      throw new Failure(why, { cause: error });
    }
  });
  app.addHook('onClose', () => statsd.close());
}

function addRoutes(app: FastifyInstance, service: Service): void {
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (reply.statusCode < 400) service.counters.requestsSucceeded++;
    done(null, payload);
  });
  addHealthRoute(app, service);
  addSessionRoutes(app, service);
  addSearchRoutes(app, service);
  addSeriesRoutes(app, service);
  addAggregateRoute(app, service);
  addSessionListRoutes(app, service);
  addHistoryRoutes(app, service);
  addFacetRoutes(app, service);
  addCountsRoute(app, service);
  addReleaseRoutes(app, service);
  addCompareRoutes(app, service);
  addPrometheusRoutes(app, service);
  addGrafanaRoutes(app, service);
  addWriteRoutes(app, service);
  addIngestRoute(app, service);
  addDocsRoutes(app, service);
  addDashboardRoutes(app, service);
  addTransferRoutes(app, service);
  addTokenRoutes(app, service);
  addWebhookRoutes(app, service);
  addFiguresRoute(app, service);
  addStorageRoute(app, service);
  addDoorsRoute(app, service);
  addInfluxRoutes(app, service);
  addMlflowRoutes(app, service);
  addRemoteWriteRoute(app, service);
  addLiveRoutes(app, service);
  addOtlpRoutes(app, service);
}
