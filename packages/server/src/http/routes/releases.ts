/** Releases: health and adoption by version, with the causes and exceptions that matter most. */
import {
  filterOf,
  formatTime,
  type JsonObject,
  limits,
  routes,
  type SessionFilter,
  TachoError,
} from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import {
  type AdoptionStep,
  adoptionSteps,
  causeCounts,
  foldedGroups,
  type Rate,
  type Release,
  type ReleaseException,
  releaseExceptions,
  releaseKey,
  releasesOf,
  withoutVersions,
} from '../../query/release.ts';
import type { GroupKey, SessionGroup, Store } from '../../store/store.ts';
import { addQuestion } from '../question.ts';
import type { Service } from '../service.ts';
import { totalsJson } from '../session-row.ts';

/** Causes and exceptions named for one release. */
const namedMax = 5;

const byRelease: readonly GroupKey[] = [{ by: 'product' }, { by: 'version' }];

/** Adds the route. */
export function addReleaseRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;
  addQuestion(app, service, routes.listReleases, async ({ params, nowUs }) => {
    const filter = filterOf(params);
    const { every, limit } = params;
    const [{ groups, causeGroups }, exceptions, steps] = await Promise.all([
      releaseGroups(store, filter, nowUs),
      store.exceptions({
        filter,
        sort: 'sessions',
        descending: true,
        limit: limits.pageRowsMax,
        nowUs,
      }),
      every === undefined
        ? undefined
        : store.groups({
            filter: withoutVersions(filter),
            by: [...byRelease, { by: 'time', widthUs: every }],
            nowUs,
          }),
    ]);
    if (steps !== undefined && steps.length >= limits.groupsMax)
      throw tooManySteps('fewer products');
    const wanted = releasesOf(groups).filter(
      ({ version }) => filter.versions === undefined || filter.versions.includes(version),
    );
    const causes = causeCounts(causeGroups);
    const found = releaseExceptions(exceptions.rows);
    const adoption = steps === undefined ? undefined : adoptionSteps(steps);
    return {
      releases: wanted.slice(0, limit).map((release) => {
        const key = releaseKey(release.product, release.version);
        return {
          product: release.product,
          version: release.version,
          ...releaseJson(release),
          adoption: release.adoption,
          ...(adoption && { adoption_over_time: (adoption.get(key) ?? []).map(stepJson) }),
          causes: (causes.get(key) ?? []).slice(0, namedMax).map((cause) => ({ ...cause })),
          exceptions: (found.get(key) ?? []).slice(0, namedMax).map(exceptionJson),
        };
      }),
      left_out: Math.max(0, wanted.length - limit),
    };
  });
}

/**
 * Groups by release, of all versions so that adoption is a share of all of them, and groups by
 * release and cause. The latter hold the former, unless they are too many to be complete.
 */
async function releaseGroups(
  store: Store,
  filter: SessionFilter,
  nowUs: number,
): Promise<{ groups: SessionGroup[]; causeGroups: SessionGroup[] }> {
  const all = withoutVersions(filter);
  const causeGroups = await store.groups({
    filter: all,
    by: [...byRelease, { by: 'cause' }],
    nowUs,
  });
  const groups =
    causeGroups.length < limits.groupsMax
      ? foldedGroups(causeGroups, byRelease.length)
      : await store.groups({ filter: all, by: byRelease, nowUs });
  return { groups, causeGroups };
}

/** The counts and rates of a release. */
export function releaseJson(
  release: Omit<Release, 'product' | 'version' | 'adoption'>,
): JsonObject {
  return {
    ...totalsJson(release),
    crash_free_rate: rateJson(release.crashFree),
    hang_free_rate: rateJson(release.hangFree),
    first_seen: formatTime(release.firstUs),
    last_seen: formatTime(release.lastUs),
  };
}

/** A share with its interval. */
export function rateJson(rate: Rate | null): JsonObject | null {
  return rate && { value: rate.value, low: rate.low, high: rate.high };
}

function stepJson({ fromUs, sessions, share }: AdoptionStep): JsonObject {
  return { from: formatTime(fromUs), sessions, share };
}

function exceptionJson({ group, sessions }: ReleaseException): JsonObject {
  return { id: group.id, type: group.type, message: group.message, sessions };
}

/** The refusal of steps that do not fit into one answer; `fewer` is what else would make fewer of them. */
export function tooManySteps(fewer: string): TachoError {
  return new TachoError(
    'invalid_field',
    `every makes more than ${limits.groupsMax} steps; expected wider ones, a shorter range of time or ${fewer}.`,
  );
}
