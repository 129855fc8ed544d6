/** `GET /api/events`, `/api/exceptions` and `/api/metrics`: what many sessions recorded. */
import {
  filterOf,
  formatTime,
  type JsonObject,
  namingAdvice,
  routes,
  TachoError,
  unitOf,
} from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import type { ExceptionGroup, FoundEvent, MetricEntry, StateCommon } from '../../store/store.ts';
import { addQuestion } from '../question.ts';
import type { Service } from '../service.ts';

/** Adds the routes. */
export function addSearchRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;

  addQuestion(app, service, routes.searchEvents, async ({ params, nowUs }) => {
    const { text, event, level, limit, cursor, ...sessions } = params;
    // Of the sessions neither name nor text of an event is asked for.
    const filter = filterOf({ ...sessions, event: [], text: undefined });
    const { rows, next = null } = await store.searchEvents({
      filter,
      names: event,
      levels: level,
      limit,
      nowUs,
      ...(text !== undefined && { text }),
      ...(cursor !== undefined && { cursor }),
    });
    return { events: rows.map(eventRow), next };
  });

  addQuestion(app, service, routes.listExceptions, async ({ params, nowUs }) => {
    const { sort, order, limit, cursor } = params;
    const { rows, next = null } = await store.exceptions({
      filter: filterOf(params),
      sort,
      descending: order === 'desc',
      limit,
      nowUs,
      ...(cursor !== undefined && { cursor }),
    });
    return { exceptions: rows.map(exceptionRow), next };
  });

  addQuestion(app, service, routes.getException, async ({ params, path, nowUs }) => {
    const id = (path.group ?? '').toLowerCase();
    const detail = await store.exception({ id, filter: filterOf(params), nowUs });
    if (detail === undefined) {
      throw new TachoError('not_found', 'No session of the filter has an exception of this group.');
    }
    return { ...exceptionRow(detail.group), commons: detail.commons.map(commonRow) };
  });

  addQuestion(app, service, routes.listMetrics, async ({ params, nowUs }) => {
    const { name, limit, cursor } = params;
    const { rows, next = null } = await store.metrics({
      filter: filterOf(params),
      limit,
      nowUs,
      ...(name !== undefined && { name }),
      ...(cursor !== undefined && { cursor }),
    });
    return { metrics: rows.map(metricRow), next };
  });
}

function eventRow({ session, product, version, seq, atUs, receivedUs, event }: FoundEvent) {
  return {
    session,
    product,
    version,
    seq,
    timestamp: formatTime(atUs),
    received_at: formatTime(receivedUs),
    ...(event as unknown as JsonObject),
  };
}

function exceptionRow(group: ExceptionGroup): JsonObject {
  const { firstUs, lastUs, latest, frames, versions, ...others } = group;
  return {
    ...others,
    frames: frames.map((frame) => ({ ...frame })),
    versions: versions.map((version) => ({ ...version })),
    first_seen: formatTime(firstUs),
    last_seen: formatTime(lastUs),
    latest: { session: latest.session, seq: latest.seq, timestamp: formatTime(latest.atUs) },
  };
}

function commonRow({ othersShare, ...others }: StateCommon): JsonObject {
  return { ...others, others_share: othersShare };
}

function metricRow({ firstUs, lastUs, tags, ...entry }: MetricEntry): JsonObject {
  const unit = unitOf(entry.name, entry.unit);
  return {
    ...entry,
    canonical_unit: unit?.id ?? null,
    dimension: unit?.dimension ?? null,
    tags: tags.map((tag) => ({ ...tag })),
    first_seen: formatTime(firstUs),
    last_seen: formatTime(lastUs),
    advice: namingAdvice(entry.name, entry.unit).map((advice) => ({ ...advice })),
  };
}
