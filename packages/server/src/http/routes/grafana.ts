/** What Grafana's JSON API data source asks for: questions in PromQL, labels, and marks for ends of sessions. */
import {
  causeOf,
  filterOf,
  filterParams,
  type JsonObject,
  type JsonValue,
  limits,
  type Route,
  readParams,
  routes,
  stringifyJson,
  TachoError,
} from '@tacho/protocol';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Budget } from '../../promql/budget.ts';
import { type Asked, evaluate } from '../../promql/evaluate.ts';
import { everything, Inventory } from '../../promql/inventory.ts';
import { parse, parseMatch } from '../../promql/parser.ts';
import { type Expression, type Matcher, QueryError } from '../../promql/syntax.ts';
import { type Column, type Grid, instantMs, type Value } from '../../promql/vector.ts';
import { whileConnected } from '../connected.ts';
import {
  bad,
  bodyFields,
  filtersOf,
  rangeOf,
  stepOf,
  type Target,
  targetsOf,
  textOf,
} from '../grafana-body.ts';
import { sendText } from '../question.ts';
import type { Service } from '../service.ts';

interface Question {
  request: FastifyRequest;
  nowUs: number;
  signal: AbortSignal;
}

/** Adds the routes. */
export function addGrafanaRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;
  const add = (route: Route, answer: (question: Question) => Promise<JsonValue>): void => {
    app.route({
      method: route.method === 'GET' ? ['GET', 'HEAD'] : route.method,
      url: route.path,
      handler: async (request, reply) => {
        const nowUs = service.clock();
        const value = await whileConnected(request, (signal) => answer({ request, nowUs, signal }));
        return sendText(service, request, reply, stringifyJson(value), route.reply.status);
      },
    });
  };
  const inventoryOf = ({ nowUs, signal }: Question): Inventory => {
    const budget = new Budget(signal, limits.promqlTimeoutMs);
    return new Inventory({ store, nowUs, budget, range: {} });
  };
  const names = (question: Question): Promise<string[]> => {
    bodyFields(question.request, true);
    return inventoryOf(question).values('__name__', [everything]);
  };

  add(routes.grafanaHealth, () => Promise.resolve({ status: 'ok' }));
  add(routes.grafanaSearch, names);
  add(routes.grafanaMetrics, async (question) =>
    (await names(question)).map((name) => ({ label: name, value: name, payloads: [] })),
  );
  add(routes.grafanaPayloads, ({ request }) => {
    bodyFields(request, true);
    return Promise.resolve([]);
  });
  add(routes.grafanaTagKeys, async (question) => {
    bodyFields(question.request, true);
    const labels = await inventoryOf(question).labels([everything]);
    return labels.map((text) => ({ type: 'string', text }));
  });
  add(routes.grafanaTagValues, async (question) => {
    const key = textOf(bodyFields(question.request).key, 'key');
    const values = await asField('key', () => inventoryOf(question).values(key, [everything]));
    return values.map((text) => ({ text }));
  });
  add(routes.grafanaVariable, async (question) => {
    const { payload } = bodyFields(question.request);
    const asked = textOf((payload as JsonObject | undefined)?.target, 'payload.target');
    const values = await asField('payload.target', () => variable(inventoryOf(question), asked));
    return values.map((text) => ({ __text: text, __value: text }));
  });
  add(routes.grafanaQuery, (question) => answerPanel(service, question));
  add(routes.grafanaAnnotations, (question) => annotations(service, question));
}

/** `label`, `label_values(label)` or `label_values(selector, label)`. */
function variable(inventory: Inventory, asked: string): Promise<string[]> {
  const [, inside = asked] = /^label_values\((.*)\)$/s.exec(asked.trim()) ?? [];
  const [, selector, label = ''] = /^(?:(.*),)?\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*$/s.exec(inside) ?? [];
  if (label === '') throw new QueryError('bad_data', 'there is no name of a label at its end');
  return inventory.values(label, [
    selector === undefined ? everything : parseMatch(selector).matchers,
  ]);
}

async function answerPanel({ store }: Service, { request, nowUs, signal }: Question) {
  const fields = bodyFields(request);
  const range = rangeOf(fields);
  const filters = filtersOf(fields);
  const stepMs = stepOf(fields, range);
  // At whole steps, so that a panel that moves on asks for the same instants again.
  const startMs = Math.floor(range.startMs / stepMs) * stepMs;
  const asked = { store, nowUs, signal, lookbackMs: limits.promqlLookbackMs };
  const found: JsonObject[] = [];
  for (const target of targetsOf(fields)) {
    const grid: Grid = target.isTable
      ? { startMs: range.endMs, stepMs: 1, points: 1 }
      : { startMs, stepMs, points: Math.floor((range.endMs - startMs) / stepMs) + 1 };
    const value = await ask(target, filters, { ...asked, grid, timeoutMs: limits.promqlTimeoutMs });
    const columns = columnsOf(value, grid);
    if (target.isTable) found.push(tableOf(columns, target, grid));
    else found.push(...columns.map((column) => seriesOf(column, target, grid)));
  }
  return found;
}

function ask({ text, field }: Target, filters: readonly Matcher[], asked: Asked): Promise<Value> {
  return asField(field, async () => {
    const found = parse(text);
    if (found.kind === 'text' || (found.kind === 'selector' && found.rangeMs !== undefined)) {
      throw new QueryError('bad_data', 'the question gives no numbers over time');
    }
    narrow(found, filters);
    return evaluate(found, asked);
  });
}

/** Makes all selectors of an expression meet further conditions. */
function narrow(found: Expression, filters: readonly Matcher[]): void {
  switch (found.kind) {
    case 'selector':
      found.matchers.push(...filters);
      break;
    case 'negative':
    case 'aggregate':
      narrow(found.body, filters);
      if (found.kind === 'aggregate' && found.parameter) narrow(found.parameter, filters);
      break;
    case 'binary':
      narrow(found.left, filters);
      narrow(found.right, filters);
      break;
    case 'call':
      for (const arg of found.args) narrow(arg, filters);
      break;
    default:
  }
}

/** Runs a body whose bad questions are told of by the field that they stand in. */
async function asField<T>(field: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    if (error.kind === 'timeout') throw new TachoError('overloaded', `${field}: ${error.message}.`);
    throw bad(field, `is not answered: ${error.message}`, 'a question in PromQL');
  }
}

function columnsOf(value: Value, { points }: Grid): Column[] {
  if (value.kind === 'vector') return value.columns;
  if (value.kind === 'text') return [];
  return [{ labels: new Map(), values: value.values, has: new Uint8Array(points).fill(1) }];
}

function seriesOf(
  { labels, values, has }: Column,
  { refId, text }: Target,
  grid: Grid,
): JsonObject {
  const datapoints: JsonValue[] = [];
  for (let i = 0; i < values.length; i++) {
    if (has[i] === 1) datapoints.push([numberOf(values[i]!), instantMs(grid, i)]);
  }
  const name = labels.get('__name__') ?? '';
  const rest = [...labels].filter(([label]) => label !== '__name__').sort();
  const inside = rest.map(([label, value]) => `${label}=${JSON.stringify(value)}`).join(', ');
  const target = `${name}${inside === '' ? '' : `{${inside}}`}`;
  return { target: target === '' ? text : target, refId, datapoints };
}

function tableOf(columns: readonly Column[], { refId }: Target, grid: Grid): JsonObject {
  const labels = [...new Set(columns.flatMap((column) => [...column.labels.keys()]))].sort();
  const rows = columns
    .filter(({ has }) => has[0] === 1)
    .map((column) => [
      grid.startMs,
      ...labels.map((label) => column.labels.get(label) ?? ''),
      numberOf(column.values[0]!),
    ]);
  return {
    type: 'table',
    refId,
    columns: [
      { text: 'Time', type: 'time' },
      ...labels.map((text) => ({ text, type: 'string' })),
      { text: 'Value', type: 'number' },
    ],
    rows,
  };
}

/** JSON has no NaN, and Grafana draws a gap for null. */
function numberOf(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

async function annotations({ store }: Service, { request, nowUs }: Question): Promise<JsonValue> {
  const fields = bodyFields(request);
  const { startMs, endMs } = rangeOf(fields);
  const annotation = fields.annotation as JsonObject | undefined;
  const asked = typeof annotation?.query === 'string' ? annotation.query : '';
  const query = new URLSearchParams(asked || 'outcome=crashed');
  const filter = filterOf(readParams(filterParams, query, nowUs));
  const page = await store.sessions({
    filter: { ...filter, fromUs: startMs * 1000, toUs: endMs * 1000 },
    sort: 'created',
    descending: true,
    limit: limits.pageRowsMax,
    totals: false,
    nowUs,
  });
  return page.rows.flatMap(({ summary }) => {
    const { product, version, hostname, status, createdUs, exception } = summary;
    const { endedUs } = status;
    if (endedUs === null || endedUs < startMs * 1000 || endedUs > endMs * 1000) return [];
    return [
      {
        time: endedUs / 1000,
        title: `${product} ${version} ${status.lifecycle}`,
        text: causeOf({ status, createdUs, ...(exception && { exception }) })?.sentence ?? '',
        tags: [product, version, ...(hostname === undefined ? [] : [hostname])],
      },
    ];
  });
}
