/** `/api/sessions/:id/events`, `…/state`, `…/timeline` and the like: one session's history, asked for. */
import {
  formatEventCursor,
  formatRevisionCursor,
  formatTime,
  type JsonObject,
  type Moment,
  type ParamsOf,
  parseJson,
  routes,
  stateChanges,
  TachoError,
} from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { momentsOf } from '../../query/moments.ts';
import { moversOf } from '../../query/movers.ts';
import { endOf, goneSession, instantOf, sessionRow } from '../../query/session-row.ts';
import { timelineOf } from '../../query/timeline.ts';
import type { EventCountQuery, StateAt, StateQuery, Store } from '../../store/store.ts';
import { addQuestion } from '../question.ts';
import type { Service } from '../service.ts';
import {
  changeRow,
  eventCountsReply,
  eventRow,
  momentsReply,
  moversReply,
  patchRow,
  pathOf,
  timelineReply,
} from './history-reply.ts';

/** Adds the routes. */
export function addHistoryRoutes(app: FastifyInstance, service: Service): void {
  addEventRoute(app, service);
  addEventCountRoute(app, service);
  addStateRoutes(app, service);
  addEndingRoutes(app, service);

  addQuestion(app, service, routes.getTimeline, async ({ params, id, nowUs }) => {
    const { heartbeatTimeoutMs, lostAfterMs } = service.config;
    const timeline = await timelineOf(service.store, {
      ...{ id, fromUs: params.from, toUs: params.to, width: params.width },
      rules: {
        nowUs,
        suspendedAfterUs: heartbeatTimeoutMs * 1000,
        lostAfterUs: lostAfterMs * 1000,
      },
    });
    return timelineReply(timeline);
  });
}

function addEndingRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;

  addQuestion(app, service, routes.listMovers, async ({ params, id, nowUs }) => {
    const row = await sessionRow(store, id);
    const { before, window, limit } = params;
    const toUs = before ? instantOf(before, 'before', row, nowUs) : endOf(row, nowUs);
    // The instant itself is part of the window, because the last samples often have it.
    const asked = { fromUs: toUs - window, toUs: toUs + 1 };
    return moversReply(asked, await moversOf(store, { id, ...asked, limit }));
  });

  addQuestion(app, service, routes.listMoments, async ({ params, id, nowUs }) =>
    momentsReply(await momentsOf(store, id, params.pin, nowUs)),
  );
}

function addEventRoute(app: FastifyInstance, service: Service): void {
  const { store } = service;
  addQuestion(app, service, routes.listEvents, async ({ params, id }) => {
    const { order, limit, cursor, around } = params;
    if (cursor && around) {
      throw new TachoError('invalid_field', 'around is given with cursor; expected one of them.');
    }
    const isDescending = order === 'desc';
    const first = { kind: isDescending ? 'last' : 'first' } as const;
    const page = await store.events({
      id,
      ...eventsAsked(params),
      start: cursor ?? (around ? { kind: 'around', ...around } : first),
      limit,
    });
    if (!page) throw goneSession(id);
    const { rows, hasEarlier, hasLater } = page;
    const [oldest, newest] = [rows[0], rows.at(-1)];
    const earlier =
      hasEarlier && oldest ? formatEventCursor({ kind: 'before', place: oldest }) : null;
    const later = hasLater && newest ? formatEventCursor({ kind: 'after', place: newest }) : null;
    return {
      events: (isDescending ? rows.reverse() : rows).map(eventRow),
      next: isDescending ? earlier : later,
      previous: isDescending ? later : earlier,
    };
  });
}

function addEventCountRoute(app: FastifyInstance, service: Service): void {
  const { store } = service;
  addQuestion(app, service, routes.countEvents, async ({ params, id }) => {
    const counts = await store.countEvents({ id, ...eventsAsked(params) });
    if (!counts) throw goneSession(id);
    return eventCountsReply(counts, params.limit);
  });
}

/** What the parameters of both questions about events say of which ones are meant. */
function eventsAsked(
  params: Pick<
    ParamsOf<typeof routes.listEvents.query>,
    'level' | 'name' | 'category' | 'group' | 'label' | 'text' | 'from' | 'to'
  >,
): Omit<EventCountQuery, 'id'> {
  const { from, to } = params;
  return {
    filter: {
      ...(params.level.length > 0 && { levels: params.level }),
      ...(params.name.length > 0 && { names: params.name }),
      ...(params.category.length > 0 && { categories: params.category }),
      ...(params.group.length > 0 && { groups: params.group }),
      ...(params.label.length > 0 && { labels: params.label }),
      ...(params.text !== undefined && { text: params.text }),
    },
    ...(from !== undefined && { fromUs: from }),
    ...(to !== undefined && { toUs: to }),
  };
}

function addStateRoutes(app: FastifyInstance, service: Service): void {
  const { store } = service;

  addQuestion(app, service, routes.getState, async ({ params, id, nowUs }) => {
    const { at, revision } = params;
    if (at && revision !== undefined) {
      throw new TachoError('invalid_field', 'revision is given with at; expected one of them.');
    }
    const moment: Moment =
      revision === undefined ? (at ?? { kind: 'now' }) : { kind: 'revision', revision };
    const param = revision === undefined ? 'at' : 'revision';
    const { state, atUs } = await stateOf(store, id, moment, param, nowUs);
    return {
      at: atUs === null ? null : formatTime(atUs),
      revision: state.revision,
      timestamp: formatTime(state.atUs),
      changed: state.changes.map(({ names }) => pathOf(names)),
      state: parseJson(state.state),
    };
  });

  addQuestion(app, service, routes.listStateHistory, async ({ params, id }) => {
    const { path, from, to, order, limit, cursor } = params;
    const isDescending = order === 'desc';
    const page = await store.patches({
      id,
      ...(path !== undefined && { path }),
      ...(from !== undefined && { fromUs: from }),
      ...(to !== undefined && { toUs: to }),
      start: cursor ?? { kind: isDescending ? 'last' : 'first' },
      limit,
    });
    if (!page) throw goneSession(id);
    const { rows, hasEarlier, hasLater } = page;
    const [oldest, newest] = [rows[0]?.revision, rows.at(-1)?.revision];
    const earlier =
      hasEarlier && oldest !== undefined
        ? formatRevisionCursor({ kind: 'before', revision: oldest })
        : null;
    const later =
      hasLater && newest !== undefined
        ? formatRevisionCursor({ kind: 'after', revision: newest })
        : null;
    return {
      revisions: (isDescending ? rows.reverse() : rows).map(patchRow),
      next: isDescending ? earlier : later,
      previous: isDescending ? later : earlier,
    };
  });

  addQuestion(app, service, routes.diffState, async ({ params, id, nowUs }) => {
    const { from: first = { kind: 'start' }, to: second = { kind: 'now' } } = params;
    const from = await stateOf(store, id, first, 'from', nowUs);
    const to = await stateOf(store, id, second, 'to', nowUs);
    const [before, after] = [from, to].map(({ state }) => parseJson(state.state) as JsonObject);
    return {
      from: { revision: from.state.revision, timestamp: formatTime(from.state.atUs) },
      to: { revision: to.state.revision, timestamp: formatTime(to.state.atUs) },
      changes: stateChanges(before as JsonObject, after as JsonObject).map(changeRow),
    };
  });
}

/** The state of a moment, and the instant that this is; null for a revision. */
async function stateOf(
  store: Store,
  id: string,
  moment: Moment,
  param: string,
  nowUs: number,
): Promise<{ state: StateAt; atUs: number | null }> {
  const row = await sessionRow(store, id);
  const atUs = moment.kind === 'revision' ? null : instantOf(moment, param, row, nowUs);
  if (moment.kind === 'revision' && moment.revision > row.patches) {
    throw new TachoError(
      'invalid_field',
      `${param} names revision ${moment.revision}; expected 0 to ${row.patches}.`,
    );
  }
  const state = await store.stateAt(queryOf(id, moment, atUs));
  if (!state) throw goneSession(id);
  return { state, atUs };
}

/** Now, all that was recorded counts, also where a sender's clock is ahead; at the start, nothing else. */
function queryOf(id: string, moment: Moment, atUs: number | null): StateQuery {
  if (moment.kind === 'revision') return { id, revision: moment.revision };
  if (moment.kind === 'now') return { id, revision: Number.MAX_SAFE_INTEGER - 1 };
  return moment.kind === 'start' ? { id, revision: 0 } : { id, atUs: atUs ?? 0 };
}
