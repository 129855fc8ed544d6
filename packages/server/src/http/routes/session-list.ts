/** Many sessions: the list, single rows of it, and deletion. */
import { filterOf, formatTime, type JsonObject, routes, stringifyJson } from '@tacho/protocol';
import type { FastifyInstance } from 'fastify';
import { alikeSentence, byVersion, likenessOf, othersOf } from '../../query/alike.ts';
import { missingSession } from '../../record/session.ts';
import type { SessionSummary } from '../../store/store.ts';
import { addQuestion, JsonText } from '../question.ts';
import type { Service } from '../service.ts';
import { type RowOptions, sessionRow, sessionRowText, totalsJson } from '../session-row.ts';

/** Adds the routes. */
export function addSessionListRoutes(app: FastifyInstance, service: Service): void {
  addQuestion(app, service, routes.listSessions, async ({ params, nowUs }) => {
    const { sort, order, limit, cursor, totals, profile } = params;
    const page = await service.store.sessions({
      filter: filterOf(params),
      sort,
      descending: order === 'desc',
      limit,
      ...(cursor === undefined ? {} : { cursor }),
      totals,
      nowUs,
    });
    const options = rowOptions(service, nowUs);
    const rows = page.rows.map((row) =>
      sessionRowText(row.summary, profile ? row.profile : undefined, options),
    );
    const rest = stringifyJson({
      next: page.next ?? null,
      ...(page.totals === undefined ? {} : { totals: totalsJson(page.totals) }),
    });
    return new JsonText(`{"sessions":[${rows.join()}],${rest.slice(1)}`);
  });
  addQuestion(app, service, routes.sessionSummary, async ({ id, nowUs }) => {
    const found = await service.store.summary(id);
    if (found === undefined) throw missingSession(id);
    return {
      session: sessionRow(found.summary, found.profile, rowOptions(service, nowUs)),
      alike: await alikeJson(service, found.summary, nowUs),
    };
  });
  addQuestion(app, service, routes.deleteSession, async ({ id }) => {
    if (!(await service.store.remove(id))) throw missingSession(id);
    return { success: true };
  });
}

function rowOptions({ config }: Service, nowUs: number): RowOptions {
  return { nowUs, suspendedAfterUs: config.heartbeatTimeoutMs * 1000 };
}

async function alikeJson(
  { store }: Service,
  session: SessionSummary,
  nowUs: number,
): Promise<JsonObject | null> {
  const likeness = likenessOf(session);
  if (likeness === undefined) return null;
  const { filter, cause, exceptionType } = likeness;
  const groups = await store.groups({ filter, by: [{ by: 'version' }], nowUs });
  const versions = byVersion(
    groups.map((group) => ({ ...group, version: String(group.values[0]) })),
  );
  return {
    sentence: alikeSentence(session, cause, versions),
    others: othersOf(versions),
    ...(exceptionType === undefined ? {} : { exception_type: exceptionType }),
    versions: versions.map(({ version, sessions, firstUs, lastUs }) => ({
      version,
      sessions,
      first_seen: formatTime(firstUs),
      last_seen: formatTime(lastUs),
    })),
  };
}
