/** `GET /api/aggregate`: one metric over many sessions. */
import {
  type AggregateBy,
  type AggregateFunction,
  filterOf,
  formatTime,
  type JsonObject,
  limits,
  routes,
} from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import type { AggregateGroup, AggregateKey, AggregateQuery } from '../../store/store.ts';
import { whileConnected } from '../connected.ts';
import { addQuestion, wireNumber } from '../question.ts';
import type { Service } from '../service.ts';

/** Of sketches (see `AggregateQuestions`). */
const sketchError = 0.01;

/** Asked when no function is named. */
const usual: AggregateFunction[] = [{ name: 'count' }, { name: 'avg' }];

/** Adds the route. */
export function addAggregateRoute(app: FastifyInstance, service: Service): void {
  addQuestion(app, service, routes.aggregate, async ({ params, nowUs, request }) => {
    const { metric, type, unit, tag, fn, by, every, since, exact, from, to } = params;
    const functions = fn.length > 0 ? fn : usual;
    const quantiles = functions.flatMap(({ quantile }) => quantile ?? []);
    const query: AggregateQuery = {
      filter: filterOf(params),
      nowUs,
      metric: {
        names: [metric],
        ...(type !== undefined && { types: [type] }),
        ...(unit !== undefined && { unit }),
        ...(tag.length > 0 && { tags: tag }),
      },
      by: by.map(keyOf),
      quantiles,
      exact,
      ...(every !== undefined && { steps: { widthUs: every, since } }),
      ...(from !== undefined && { fromUs: from }),
      ...(to !== undefined && { toUs: to }),
    };
    const groups = await whileConnected(request, (signal) =>
      service.store.aggregate(query, signal),
    );
    return {
      metric,
      quantile_error: exact ? 0 : sketchError,
      groups: groups.map((group) => ({
        by: Object.fromEntries(by.map(({ text }, i) => [text, textOf(group.values[i])])),
        ...stepOf(group, query),
        sessions: group.sessions,
        series: group.series,
        results: resultsOf(group, functions),
      })),
      complete: groups.length < limits.groupsMax,
    };
  });
}

function keyOf(by: AggregateBy): AggregateKey {
  if (by.by === 'tag') return { by: 'tag', key: by.key };
  return by.by === 'state' ? { by: 'state', path: by.path } : { by: by.by };
}

function textOf(value: string | number | null | undefined): string | null {
  return value === null || value === undefined ? null : String(value);
}

function stepOf({ stepUs }: AggregateGroup, { steps }: AggregateQuery): JsonObject {
  if (stepUs === null || steps === undefined) return {};
  return steps.since === 'start' ? { offset_ms: stepUs / 1000 } : { time: formatTime(stepUs) };
}

function resultsOf(group: AggregateGroup, functions: readonly AggregateFunction[]): JsonObject {
  let quantile = 0;
  return Object.fromEntries(
    functions.map((fn) => {
      const value =
        fn.quantile === undefined ? plainResult(group, fn.name) : group.quantiles[quantile++]!;
      return [fn.name, Number.isNaN(value) ? null : wireNumber(value)];
    }),
  );
}

function plainResult(group: AggregateGroup, name: string): number {
  const { count, nans, min, max, sum, increase, seconds } = group;
  switch (name) {
    case 'count':
      return count - nans;
    case 'avg':
      return count === nans ? Number.NaN : sum / (count - nans);
    case 'min':
      return min;
    case 'max':
      return max;
    case 'sum':
      return sum;
    default:
      return seconds > 0 ? increase / seconds : Number.NaN;
  }
}
