/** Search over what many sessions recorded: events, metrics and values of states. */
import { compareTexts, levels, type MetricType, parseJson, stateText } from '@tacho/protocol';
import { compareTextPlaces, readCursor, writeCursor } from '../page-cursor.ts';
import type {
  EventSearch,
  FoundEvents,
  MetricEntry,
  MetricPage,
  MetricQuery,
  StateValue,
  StateValueQuery,
} from '../store.ts';
import type { Shard } from './connection.ts';
import { type EventColumns, eventOfRow } from './events.ts';
import { filterSql, listed, type Now, textSql } from './filter.ts';
import { all, quoted, whole } from './sql.ts';

/** The sessions that a filter means, as a question. */
export function sessionsSql(filter: EventSearch['filter'], now: Now): string {
  return `SELECT session, gen FROM head FINAL WHERE ${filterSql(filter, now)}`;
}

/** Answers `SearchQuestions.searchEvents`. */
export async function searchEvents(
  shards: readonly Shard[],
  query: EventSearch,
  now: Now,
): Promise<FoundEvents> {
  const { text, names, limit, cursor } = query;
  const conditions = [`(session, gen) IN (${sessionsSql(query.filter, now)})`];
  if (names.length > 0) conditions.push(listed('name', names));
  if (query.levels.length > 0) {
    conditions.push(`level IN (${query.levels.map((it) => levels.indexOf(it)).join(', ')})`);
  }
  if (text !== undefined) conditions.push(textSql(text));
  if (cursor !== undefined) {
    const [arrived, session, seq] = readCursor('events', cursor, ['number', 'string', 'number']);
    conditions.push(
      `(arrived, toString(session), seq) < (${whole(arrived as number)}, ${quoted(session as string)}, ${whole(seq as number)})`,
    );
  }
  const found = await Promise.all(
    shards.map(async (shard) => {
      const rows = await shard.rows<EventColumns & { session: string; arrived: number }>(
        `SELECT session, seq, at_us, received_us, arrived, body FROM event FINAL
         WHERE ${all(conditions)}
         ORDER BY arrived DESC, toString(session) DESC, seq DESC LIMIT ${limit + 1}`,
      );
      return withProducts(shard, rows);
    }),
  );
  const sorted = found
    .flat()
    .sort((a, b) => b.arrived - a.arrived || compareTexts(b.session, a.session) || b.seq - a.seq);
  const rows = sorted.slice(0, limit);
  const last = sorted.length > limit ? rows.at(-1) : undefined;
  return {
    rows: rows.map(({ session, product, version, ...row }) => {
      return { ...eventOfRow(row), session, product, version };
    }),
    ...(last && { next: writeCursor('events', [last.arrived, last.session, last.seq]) }),
  };
}

async function withProducts<T extends { session: string }>(shard: Shard, rows: readonly T[]) {
  if (rows.length === 0) return [];
  const ids = [...new Set(rows.map(({ session }) => session))].map(quoted).join(', ');
  const heads = await shard.rows<{ session: string; product: string; version: string }>(
    `SELECT session, product, version FROM head FINAL WHERE session IN (${ids}) AND NOT gone`,
  );
  const headOf = new Map(heads.map((head) => [head.session, head]));
  return rows.flatMap((row) => {
    const head = headOf.get(row.session);
    return head === undefined ? [] : [{ ...row, ...head }];
  });
}

interface MetricRow {
  n: string;
  t: MetricType;
  u: string;
  series_all: number;
  sessions: number;
  tags_all: string[];
  products: string[];
  first_us: number;
  last_us: number;
}

/** Answers `SearchQuestions.metrics`. */
export async function metricPage(
  shards: readonly Shard[],
  query: MetricQuery,
  now: Now,
): Promise<MetricPage> {
  const { name: part = '', limit, cursor } = query;
  const rows = await Promise.all(
    shards.map((shard) =>
      shard.rows<MetricRow>(
        `SELECT n, t, u, count() AS series_all, uniqExact(session) AS sessions,
           groupUniqArrayArray(g) AS tags_all, groupUniqArray(toString(product)) AS products,
           min(created_us) AS first_us, max(created_us) AS last_us
         FROM (SELECT session, gen, hash, any(name) AS n, any(type) AS t, any(unit) AS u,
             any(tags) AS g FROM series GROUP BY session, gen, hash) AS s
         INNER JOIN (SELECT session, gen, product, created_us FROM head FINAL
           WHERE ${filterSql(query.filter, now)}) AS h USING (session, gen)
         GROUP BY n, t, u`,
      ),
    ),
  );
  const found = new Map<string, MetricRow>();
  for (const row of rows.flat()) {
    if (!row.n.toLowerCase().includes(part.toLowerCase())) continue;
    const key = JSON.stringify([row.n, row.t, row.u]);
    const known = found.get(key);
    found.set(key, known === undefined ? row : sumOf(known, row));
  }
  const after =
    cursor === undefined
      ? undefined
      : readCursor('metrics', cursor, ['string', 'string', 'string']);
  const place = ({ name, type, unit }: MetricEntry): string[] => [name, type, unit];
  const rest = [...found.values()]
    .map(metricOf)
    .sort((a, b) => compareTextPlaces(place(a), place(b)))
    .filter(
      (entry) => after === undefined || compareTextPlaces(place(entry), after as string[]) > 0,
    );
  const page = rest.slice(0, limit);
  const last = rest.length > limit ? page.at(-1) : undefined;
  return { rows: page, ...(last && { next: writeCursor('metrics', place(last)) }) };
}

function sumOf(a: MetricRow, b: MetricRow): MetricRow {
  return {
    ...a,
    series_all: a.series_all + b.series_all,
    sessions: a.sessions + b.sessions,
    tags_all: [...a.tags_all, ...b.tags_all],
    products: [...a.products, ...b.products],
    first_us: Math.min(a.first_us, b.first_us),
    last_us: Math.max(a.last_us, b.last_us),
  };
}

function metricOf(row: MetricRow): MetricEntry {
  const tags = new Map<string, Set<string>>();
  for (const tag of row.tags_all) {
    const colon = tag.indexOf(':');
    const key = colon < 0 ? tag : tag.slice(0, colon);
    tags.set(key, (tags.get(key) ?? new Set()).add(tag));
  }
  return {
    ...{ name: row.n, type: row.t, unit: row.u },
    ...{ series: row.series_all, sessions: row.sessions },
    tags: [...tags]
      .map(([key, values]) => ({ key, values: values.size }))
      .sort((a, b) => compareTexts(a.key, b.key)),
    products: [...new Set(row.products)].sort(compareTexts),
    ...{ firstUs: row.first_us, lastUs: row.last_us },
  };
}

/** Answers `SearchQuestions.stateValues`. */
export async function stateValues(
  shards: readonly Shard[],
  query: StateValueQuery,
  now: Now,
): Promise<StateValue[]> {
  const prefix = query.prefix?.toLowerCase() ?? '';
  const at = query.path === undefined ? '' : `AND p = ${quoted(query.path)}`;
  const rows = await Promise.all(
    shards.map((shard) =>
      shard.rows<{ path: string; json: string; sessions: number }>(
        `SELECT pair.1 AS path, pair.2 AS json, count() AS sessions FROM (
           SELECT arrayJoin(arrayDistinct(arrayFilter((x, p, j) -> j != '' ${at},
             arrayZip(paths, jsons), paths, jsons))) AS pair
           FROM state FINAL WHERE (session, gen) IN (${sessionsSql(query.filter, now)}))
         GROUP BY path, json`,
      ),
    ),
  );
  const counts = new Map<string, { path: string; json: string; sessions: number }>();
  for (const { path, json, sessions } of rows.flat()) {
    const key = JSON.stringify([path, json]);
    counts.set(key, { path, json, sessions: sessions + (counts.get(key)?.sessions ?? 0) });
  }
  return [...counts.values()]
    .map((one) => ({ ...one, value: parseJson(one.json) }))
    .filter(({ value }) => prefix === '' || stateText(value).toLowerCase().startsWith(prefix))
    .sort(
      (a, b) =>
        b.sessions - a.sessions || compareTexts(a.path, b.path) || compareTexts(a.json, b.json),
    )
    .slice(0, query.limit)
    .map(({ path, value, sessions }) => ({ path, value, sessions }));
}
