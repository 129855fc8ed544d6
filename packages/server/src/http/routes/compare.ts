/** Two versions of a product side by side. */
import {
  filterOf,
  type JsonObject,
  limits,
  routes,
  type SessionFilter,
  TachoError,
} from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import {
  type CauseChange,
  type Comparison,
  compareReleases,
  type ExceptionChange,
} from '../../query/comparison.ts';
import { hasMoved, type MetricChange, type MetricSide } from '../../query/metric-change.ts';
import { sampledMeans } from '../../query/metric-means.ts';
import { crashFreeRate, hangFreeRate, type Rate } from '../../query/release.ts';
import type { FrequencyChange, ShareChange } from '../../query/share-change.ts';
import type { ExceptionGroup, GroupKey, SessionGroup, Store } from '../../store/store.ts';
import { addQuestion, wireNumber } from '../question.ts';
import type { Service } from '../service.ts';
import { rateJson, releaseJson } from './releases.ts';

/** Pages of exceptions that are compared at most. */
const exceptionPagesMax = 10;

/** Adds the route. */
export function addCompareRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;
  addQuestion(app, service, routes.compareReleases, async ({ params, nowUs }) => {
    const { product, base, candidate, sessions: sessionsMax, limit } = params;
    if (base === candidate) throw sameVersion();
    const others = filterOf({ ...params, product: [product], version: [] });
    const filter: SessionFilter = { ...others, versions: [base, candidate] };
    const by: GroupKey[] = [{ by: 'product' }, { by: 'version' }];
    const meansOf = (version: string) =>
      sampledMeans(store, { filter: { ...others, versions: [version] }, sessionsMax, nowUs });
    const [groups, causes, exceptions, before, after] = await Promise.all([
      store.groups({ filter, by, nowUs }),
      store.groups({ filter, by: [...by, { by: 'cause' }], nowUs }),
      allExceptions(store, filter, nowUs),
      meansOf(base),
      meansOf(candidate),
    ]);
    const compared = compareReleases({
      ...{ product, base, candidate, groups, causes, exceptions },
      baseMeans: before.metrics,
      candidateMeans: after.metrics,
    });
    return {
      product,
      base: sideJson(base, compared.base),
      candidate: sideJson(candidate, compared.candidate),
      ...comparisonJson(compared, limit),
      sessions_sampled: { base: before.sessions, candidate: after.sessions },
    };
  });
}

async function allExceptions(
  store: Store,
  filter: SessionFilter,
  nowUs: number,
): Promise<ExceptionGroup[]> {
  const query = { filter, sort: 'sessions', descending: true, limit: limits.pageRowsMax } as const;
  const found: ExceptionGroup[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < exceptionPagesMax; page++) {
    const { rows, next } = await store.exceptions({ ...query, ...(cursor && { cursor }), nowUs });
    found.push(...rows);
    cursor = next;
    if (cursor === undefined) break;
  }
  return found;
}

function sideJson(version: string, group: SessionGroup | undefined): JsonObject | null {
  if (group === undefined) return null;
  const rates = { crashFree: crashFreeRate(group), hangFree: hangFreeRate(group) };
  return { version, ...releaseJson({ ...group, ...rates }) };
}

function comparisonJson(compared: Comparison, limit: number): JsonObject {
  const { base, candidate, exceptions, metrics, findings } = compared;
  const some = (meets: (change: ExceptionChange) => boolean): JsonObject[] =>
    exceptions.filter(meets).slice(0, limit).map(exceptionJson);
  return {
    crash_free_rate: rateChangeJson(
      compared.crashFree,
      base ? crashFreeRate(base) : null,
      candidate ? crashFreeRate(candidate) : null,
    ),
    hang_free_rate: rateChangeJson(
      compared.hangFree,
      base ? hangFreeRate(base) : null,
      candidate ? hangFreeRate(candidate) : null,
    ),
    causes: compared.causes.map(causeJson),
    exceptions: {
      new: some((change) => change.base === 0),
      gone: some((change) => change.candidate === 0),
      changed: some((change) => change.base > 0 && change.candidate > 0 && isProven(change)),
    },
    metrics: metrics.slice(0, limit).map(metricJson),
    metrics_compared: metrics.length,
    metrics_moved: metrics.filter(hasMoved).length,
    findings: findings.map((finding) => ({ ...finding })),
    worse: findings.some(({ verdict }) => verdict === 'worse'),
  };
}

function isProven({ verdict }: FrequencyChange): boolean {
  return verdict === 'better' || verdict === 'worse';
}

function rateChangeJson(
  { difference, chance, verdict }: ShareChange,
  base: Rate | null,
  candidate: Rate | null,
): JsonObject {
  return {
    base: rateJson(base),
    candidate: rateJson(candidate),
    difference: difference?.value ?? null,
    low: difference?.low ?? null,
    high: difference?.high ?? null,
    p_value: chance,
    verdict,
  };
}

function causeJson({ kind, ...change }: CauseChange): JsonObject {
  return { kind, ...frequencyJson(change) };
}

function exceptionJson({ group, ...change }: ExceptionChange): JsonObject {
  return { id: group.id, type: group.type, message: group.message, ...frequencyJson(change) };
}

function frequencyJson(change: FrequencyChange): JsonObject {
  return {
    base_sessions: change.base,
    candidate_sessions: change.candidate,
    difference: change.difference,
    p_value: change.chance,
    q_value: change.adjusted,
    verdict: change.verdict,
  };
}

function metricJson(change: MetricChange): JsonObject {
  const { name, type, unit, ratio, delta, chance, adjusted, direction, verdict } = change;
  return {
    ...{ name, type, unit },
    base: metricSideJson(change.base),
    candidate: metricSideJson(change.candidate),
    ratio,
    cliffs_delta: delta,
    p_value: chance,
    q_value: adjusted,
    better: direction ?? null,
    verdict,
  };
}

function metricSideJson({ sessions, median }: MetricSide): JsonObject {
  return { sessions, median: wireNumber(median) };
}

function sameVersion(): TachoError {
  return new TachoError(
    'invalid_field',
    'candidate is the same version as base; expected another.',
  );
}
