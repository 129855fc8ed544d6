/** Every endpoint of the HTTP API: method, path, what goes in, what comes out, and what can go wrong. */
import { aggregateRoutes } from './routes/aggregate.ts';
import { docsRoutes } from './routes/docs.ts';
import { grafanaRoutes } from './routes/grafana.ts';
import { historyRoutes } from './routes/history.ts';
import { influxRoutes } from './routes/influx.ts';
import { liveRoutes } from './routes/live.ts';
import { metaRoutes } from './routes/meta.ts';
import { mlflowRoutes } from './routes/mlflow.ts';
import { otlpRoutes } from './routes/otlp.ts';
import { prometheusRoutes } from './routes/prometheus.ts';
import { recordRoutes } from './routes/record.ts';
import { releaseRoutes } from './routes/releases.ts';
import { remoteWriteRoutes } from './routes/remote-write.ts';
import type { Route, RouteGroup } from './routes/route.ts';
import { searchRoutes } from './routes/search.ts';
import { seriesRoutes } from './routes/series.ts';
import { sessionRoutes } from './routes/sessions.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { transferRoutes } from './routes/transfer.ts';
import { webhookRoutes } from './routes/webhooks.ts';

export * from './routes/route.ts';

/** All endpoints by name. */
export const routes = {
  ...recordRoutes,
  ...searchRoutes,
  ...seriesRoutes,
  ...aggregateRoutes,
  ...sessionRoutes,
  ...historyRoutes,
  ...releaseRoutes,
  ...prometheusRoutes,
  ...grafanaRoutes,
  ...transferRoutes,
  ...docsRoutes,
  ...tokenRoutes,
  ...webhookRoutes,
  ...metaRoutes,
  ...liveRoutes,
  ...influxRoutes,
  ...otlpRoutes,
  ...mlflowRoutes,
  ...remoteWriteRoutes,
} as const satisfies Record<string, Route>;

const { getSession, allSessions, health, ...writeRoutes } = recordRoutes;

/** The same endpoints by what they are for, in the order in which documents show them. */
export const routeGroups: readonly RouteGroup[] = [
  {
    title: 'Recording',
    about: 'What a program says about its run.',
    routes: writeRoutes,
  },
  {
    title: 'MLflow',
    about: 'What training scripts send that log to MLflow.',
    routes: mlflowRoutes,
  },
  {
    title: 'Sessions',
    about: 'Lists of sessions, what splits them, and deletion.',
    routes: sessionRoutes,
  },
  {
    title: 'One session',
    about: 'What one session recorded, when, and how it came to its end.',
    routes: { getSession, ...historyRoutes, ...seriesRoutes },
  },
  {
    title: 'Search',
    about: 'What many sessions recorded: events, exceptions and metrics.',
    routes: searchRoutes,
  },
  {
    title: 'Aggregates',
    about: 'One metric over many sessions.',
    routes: aggregateRoutes,
  },
  {
    title: 'Releases',
    about: 'How healthy each version is, and what differs between two of them.',
    routes: releaseRoutes,
  },
  {
    title: 'Prometheus',
    about: 'The query API of Prometheus, for Grafana and everything else that speaks it.',
    routes: prometheusRoutes,
  },
  {
    title: 'Grafana',
    about: "What Grafana's JSON API data source asks for.",
    routes: grafanaRoutes,
  },
  {
    title: 'Live',
    about: 'What happens, while it happens.',
    routes: liveRoutes,
  },
  {
    title: 'Export and import',
    about: 'Whole sessions, taken from one server to another.',
    routes: { ...transferRoutes, allSessions },
  },
  {
    title: 'OpenTelemetry',
    about: 'What programs send that are instrumented already.',
    routes: otlpRoutes,
  },
  {
    title: 'Line protocol',
    about: 'Points in the dialect of InfluxDB.',
    routes: influxRoutes,
  },
  {
    title: 'Remote write',
    about: 'Samples that a Prometheus sends on.',
    routes: remoteWriteRoutes,
  },
  {
    title: 'Tokens',
    about: 'Who may deliver, ask and manage.',
    routes: tokenRoutes,
  },
  {
    title: 'Webhooks',
    about: 'Who is told of crashes, hangs, exceptions, regressions and metrics.',
    routes: webhookRoutes,
  },
  {
    title: 'The server',
    about: 'How the server itself is doing.',
    routes: { health, ...metaRoutes },
  },
  {
    title: 'Documents',
    about: 'What this server can be asked, for programs and for people.',
    routes: docsRoutes,
  },
];

/** Name of an endpoint. */
export type RouteName = keyof typeof routes;

/**
 * The methods that a path takes, for `Allow`; empty when no endpoint has it. Where GET is taken,
 * HEAD is as well. The path is that of a request, without its query.
 */
export function allowedMethods(path: string): string[] {
  const methods = Object.values<Route>(routes)
    .filter((route) => matches(route.path, path))
    .map(({ method }) => method);
  const all = methods.flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return [...new Set(all)].sort();
}

function matches(pattern: string, path: string): boolean {
  const wanted = pattern.split('/');
  const given = path.split('/');
  return (
    wanted.length === given.length &&
    wanted.every((part, i) => (part.startsWith('{') ? given[i] !== '' : part === given[i]))
  );
}
