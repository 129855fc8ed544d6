/** The query API of Prometheus: `/api/v1/query`, `query_range`, `labels`, `series` and what goes with them. */
import { limits, type Params, type ParamsOf, type Route, routes } from '@tacho/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import {
  dataText,
  errorText,
  instantText,
  metricText,
  rangeText,
  samplesText,
} from '../../promql/answer-text.ts';
import { Budget } from '../../promql/budget.ts';
import type { TimeRange } from '../../promql/catalogue.ts';
import { type Asked, evaluate, readMatrix } from '../../promql/evaluate.ts';
import { describe, everything, Inventory } from '../../promql/inventory.ts';
import { parse, parseMatch } from '../../promql/parser.ts';
import { type Expression, type Matcher, QueryError } from '../../promql/syntax.ts';
import type { Grid } from '../../promql/vector.ts';
import { version } from '../../version.ts';
import { whileConnected } from '../connected.ts';
import { reportError } from '../errors.ts';
import { bad, readForm } from '../prometheus-form.ts';
import { sendText } from '../question.ts';
import type { Service } from '../service.ts';

/** Whose query API it is: windows without their start, as of Prometheus 3. */
const speaks = '3.0.0';

/** Adds the routes. */
export function addPrometheusRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;
  const add = makeAdd(app, service);

  for (const [route, params] of [
    [routes.promQuery, routes.promQuery.query],
    [routes.promQueryForm, routes.promQueryForm.form],
  ] as const) {
    add(route, params, async ({ params: { query, time, ...given }, nowUs, signal }) => {
      const found = parsed('query', query, parse);
      const grid = { startMs: time ?? Math.floor(nowUs / 1000), stepMs: 1, points: 1 };
      const asked = askedOf(service, { grid, nowUs, signal, ...given });
      if (found.kind === 'selector' && found.rangeMs !== undefined) {
        return samplesText(await readMatrix(found, asked));
      }
      return instantText(await evaluate(found, asked), grid);
    });
  }

  for (const [route, params] of [
    [routes.promRange, routes.promRange.query],
    [routes.promRangeForm, routes.promRangeForm.form],
  ] as const) {
    add(route, params, async ({ params: { query, start, end, step, ...given }, nowUs, signal }) => {
      const found = parsed('query', query, parse);
      requireSeries(found);
      const grid = gridOf(start, end, step);
      const value = await evaluate(found, askedOf(service, { grid, nowUs, signal, ...given }));
      const budget = new Budget(signal, limits.promqlTimeoutMs);
      return rangeText(value, grid, async (points) => {
        if (budget.work(points * 4)) await budget.pause();
      });
    });
  }

  const inventoryOf = ({ nowUs, signal, params }: Question<SpanParams>): Inventory =>
    new Inventory({
      store,
      nowUs,
      budget: new Budget(signal, limits.promqlTimeoutMs),
      range: spanOf(params),
    });
  const selectorsOf = (params: { 'match[]': string[] }): (readonly Matcher[])[] =>
    params['match[]'].map((text) => parsed('match[]', text, parseMatch).matchers);

  for (const [route, params] of [
    [routes.promLabels, routes.promLabels.query],
    [routes.promLabelsForm, routes.promLabelsForm.form],
  ] as const) {
    add(route, params, async (question) => {
      const selectors = selectorsOf(question.params);
      const names = await inventoryOf(question).labels(orEverything(selectors));
      return dataText(names.slice(0, question.params.limit || undefined));
    });
  }

  add(routes.promLabelValues, routes.promLabelValues.query, async (question) => {
    const { name = '' } = question.path;
    if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name)) {
      throw new QueryError('bad_data', `invalid label name: ${JSON.stringify(name.slice(0, 100))}`);
    }
    const selectors = selectorsOf(question.params);
    const values = await inventoryOf(question).values(name, orEverything(selectors));
    return dataText(values.slice(0, question.params.limit || undefined));
  });

  for (const [route, params] of [
    [routes.promSeries, routes.promSeries.query],
    [routes.promSeriesForm, routes.promSeriesForm.form],
  ] as const) {
    add(route, params, async (question) => {
      const { limit } = question.params;
      const found: string[] = [];
      for await (const labels of inventoryOf(question).series(selectorsOf(question.params))) {
        if (limit !== undefined && limit > 0 && found.length >= limit) break;
        found.push(metricText(labels));
      }
      return `{"status":"success","data":[${found.join(',')}]}`;
    });
  }

  add(routes.promMetadata, routes.promMetadata.query, async ({ params, nowUs, signal }) => {
    const budget = new Budget(signal, limits.promqlTimeoutMs);
    const all = await describe({ store, nowUs, budget, range: {} });
    const byName = new Map<string, { type: string; help: string; unit: string }[]>();
    for (const { name, type, unit } of all) {
      if (params.metric !== undefined && params.metric !== name) continue;
      byName.set(name, [...(byName.get(name) ?? []), { type, help: '', unit }]);
    }
    return dataText(Object.fromEntries([...byName].slice(0, params.limit || undefined)));
  });

  add(routes.promBuildinfo, {}, () =>
    Promise.resolve(
      dataText({
        application: 'Tacho',
        version: speaks,
        revision: version,
        ...{ branch: '', buildUser: '', buildDate: '', goVersion: '' },
      }),
    ),
  );
}

interface Question<P> {
  params: P;
  path: Readonly<Record<string, string>>;
  nowUs: number;
  signal: AbortSignal;
}

/** Makes the function that adds an endpoint whose errors are those of Prometheus. */
function makeAdd(app: FastifyInstance, service: Service) {
  return <P extends Params>(
    route: Route,
    declared: P,
    answer: (question: Question<ParamsOf<P>>) => Promise<string>,
  ): void => {
    app.route<{ Params: Record<string, string> }>({
      method: route.method === 'GET' ? ['GET', 'HEAD'] : route.method,
      url: route.path.replace(/\{(\w+)\}/g, ':$1'),
      handler: async (request, reply) => {
        const startedMs = performance.now();
        const nowUs = service.clock();
        try {
          const text = await whileConnected(request, (signal) => {
            const params = readForm(request, declared, nowUs);
            return answer({ params, path: request.params, nowUs, signal });
          });
          const tookMs = performance.now() - startedMs;
          reply.header('server-timing', `answer;dur=${tookMs.toFixed(3)}`);
          return await sendText(service, request, reply, text, route.reply.status);
        } catch (error) {
          const { status, kind, message } = failureOf(service, error, request);
          if (status === 503) reply.header('retry-after', '5');
          return sendText(service, request, reply, errorText(kind, message), status);
        }
      },
    });
  };
}

const statuses = { bad_data: 400, execution: 422, timeout: 503 } as const;

function failureOf(service: Service, error: unknown, request: FastifyRequest) {
  if (error instanceof QueryError) {
    return { status: statuses[error.kind], kind: error.kind as string, message: error.message };
  }
  const { status, details } = reportError(service, error, request);
  const kind = status < 500 ? 'bad_data' : status === 500 ? 'internal' : 'unavailable';
  return { status, kind, message: details };
}

/** Reads a parameter that is PromQL. */
function parsed<T>(name: string, text: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw error instanceof QueryError ? bad(name, error.message) : error;
  }
}

function requireSeries(found: Expression): void {
  const type =
    found.kind === 'text'
      ? 'string'
      : found.kind === 'selector' && found.rangeMs
        ? 'range vector'
        : '';
  if (type === '') return;
  throw bad(
    'query',
    `invalid expression type "${type}" for range query, must be scalar or instant vector`,
  );
}

function gridOf(startMs: number, endMs: number, stepMs: number): Grid {
  if (endMs < startMs) throw bad('end', 'end timestamp must not be before start time');
  const points = Math.floor((endMs - startMs) / stepMs) + 1;
  if (points > limits.promqlPointsMax) {
    const message = `exceeded maximum resolution of ${limits.promqlPointsMax.toLocaleString('en')} points per timeseries; take a longer step or ask for less time`;
    throw new QueryError('bad_data', message);
  }
  return { startMs, stepMs, points };
}

interface AskedParts {
  grid: Grid;
  nowUs: number;
  signal: AbortSignal;
  lookback_delta: number;
  timeout: number | undefined;
}

function askedOf({ store }: Service, parts: AskedParts): Asked {
  const { lookback_delta: lookbackMs, timeout, ...rest } = parts;
  const timeoutMs = Math.min(timeout ?? Infinity, limits.promqlTimeoutMs);
  return { store, lookbackMs, timeoutMs, ...rest };
}

type SpanParams = { start: number | undefined; end: number | undefined };

function spanOf({ start, end }: SpanParams): TimeRange {
  return {
    ...(start !== undefined && { fromUs: start * 1000 }),
    ...(end !== undefined && { toUs: end * 1000 }),
  };
}

function orEverything(selectors: (readonly Matcher[])[]): (readonly Matcher[])[] {
  return selectors.length > 0 ? selectors : [everything];
}
