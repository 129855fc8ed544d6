/** Questions about many sessions: pages, totals and groups, asked of every shard and put together. */
import { causeKinds, compareTexts, compareVersions, limits, outcomes } from '@tacho/protocol';
import { compareValues } from '../memory/questions.ts';
import { readCursor, writeCursor } from '../page-cursor.ts';
import { textSorts } from '../session-cursor.ts';
import type {
  GroupKey,
  GroupQuery,
  SessionGroup,
  SessionPage,
  SessionProfile,
  SessionQuery,
  SessionSort,
  SessionSummary,
  SessionTotals,
} from '../store.ts';
import { sumOfGroups, sumOfTotals } from '../sums.ts';
import type { Shard } from './connection.ts';
import { filterSql, livenessSql, type Now } from './filter.ts';
import { profilesOf } from './profiles.ts';
import { number, quoted } from './sql.ts';
import { type HeadRow, headColumns, summaryOfRow } from './tables.ts';

/** A place in a list: the value that it is sorted by, the order of creation, and the id. */
type Place = [value: number | string, no: number, session: string];

/** Answers `SessionQuestions.sessions`. */
export async function sessionPage(
  shards: readonly Shard[],
  query: SessionQuery,
  now: Now,
): Promise<SessionPage> {
  const { sort, descending, limit } = query;
  const after = query.cursor === undefined ? undefined : placeOf(query, query.cursor);
  const clockUs = after?.nowUs ?? query.nowUs;
  const where = filterSql(query.filter, now);
  const versions = sort === 'version' ? await versionsOf(shards) : [];
  const value = sortSql(sort, clockUs, versions);
  const order = descending ? 'DESC' : 'ASC';
  const rest = after === undefined ? '1' : afterSql(value, after.place, sort, descending, versions);
  const pages = shards.map(async (shard) => {
    const rows = await shard.rows<HeadRow & { place: number | string }>(
      `SELECT ${headColumns}, ${shownSql(sort, value)} AS place FROM head FINAL
       WHERE ${where} AND (${rest})
       ORDER BY ${value} ${order}, no ${order}, toString(session) ${order} LIMIT ${limit + 1}`,
    );
    return rows.map((row) => ({ shard, row }));
  });
  const [found, totals] = await Promise.all([
    Promise.all(pages),
    query.totals ? totalsOf(shards, where, now) : undefined,
  ]);
  const sign = descending ? -1 : 1;
  const sorted = found
    .flat()
    .map((one) => ({ ...one, at: [one.row.place, one.row.no, one.row.session] as Place }))
    .sort((a, b) => sign * comparePlaces(a.at, b.at, sort));
  const rows = sorted.slice(0, limit);
  const profiles = await profilesOf(rows);
  const last = sorted.length > limit ? rows.at(-1) : undefined;
  return {
    rows: rows.map(({ row }) => {
      return { summary: summaryOfRow(row), profile: profiles.get(row.session)! };
    }),
    ...(last && { next: writeCursor(nameOf(query), [...last.at, clockUs]) }),
    ...(totals && { totals }),
  };
}

/** Answers `SessionQuestions.summary`. */
export async function sessionSummary(
  shard: Shard,
  id: string,
): Promise<{ summary: SessionSummary; profile: SessionProfile } | undefined> {
  const [row] = await shard.rows<HeadRow>(
    `SELECT ${headColumns} FROM head FINAL WHERE session = ${quoted(id)} AND NOT gone`,
  );
  if (row === undefined) return undefined;
  const profiles = await profilesOf([{ shard, row }]);
  return { summary: summaryOfRow(row), profile: profiles.get(id)! };
}

/** Answers `SessionQuestions.groups`. */
export async function sessionGroups(
  shards: readonly Shard[],
  { filter, by }: GroupQuery,
  now: Now,
): Promise<SessionGroup[]> {
  const { from, keys } = groupedSql(by, filterSql(filter, now), now);
  const names = keys.map((_, i) => `k${i}`);
  const columns = [...keys.map((key, i) => `${key} AS k${i}`), countsSql(now)].join(', ');
  const all = await Promise.all(
    shards.map((shard) =>
      shard.rows<Record<string, string | number | null> & CountRow & GroupRow>(
        `SELECT ${columns}, sum(errors) AS errors_all, min(created_us) AS first_us,
           max(updated_us) AS last_us
         FROM ${from} ${names.length === 0 ? 'HAVING sessions > 0' : `GROUP BY ${names.join(', ')}`}`,
      ),
    ),
  );
  const groups = new Map<string, SessionGroup>();
  for (const row of all.flat()) {
    const values = names.map((name, i) => shownValue(by[i]!, row[name] ?? null));
    const group = {
      values,
      ...totalsOfRow(row),
      ...{ errors: row.errors_all, firstUs: row.first_us, lastUs: row.last_us },
    };
    const key = JSON.stringify(values);
    const known = groups.get(key);
    groups.set(key, known === undefined ? group : sumOfGroups(known, group));
  }
  return [...groups.values()]
    .sort((a, b) => b.sessions - a.sessions || compareValues(a.values, b.values))
    .slice(0, limits.groupsMax);
}

/** Sessions of a filter with the values of their keys: what to select from, and the expressions. */
export function groupedSql(by: readonly GroupKey[], where: string, now: Now) {
  const states = by.flatMap((key) => (key.by === 'state' ? [key.path] : []));
  const keys = by.map((key) =>
    key.by === 'state' ? `p${states.indexOf(key.path)}` : keySql(key, now),
  );
  const heads = `(SELECT * FROM head FINAL WHERE ${where}) AS head`;
  if (states.length === 0) return { from: heads, keys };
  const columns = states.map((path, i) => {
    const at = `arrayFirstIndex((p, k) -> p = ${quoted(path)} AND k != 0, paths, kinds)`;
    return `if(${at} = 0, NULL, texts[${at}]) AS p${i}`;
  });
  const values = `(SELECT session, gen, ${columns.join(', ')} FROM state FINAL) AS states`;
  return { from: `${heads} INNER JOIN ${values} USING (session, gen)`, keys };
}

/** A group's value as answers have it. */
export function shownValue(key: GroupKey, value: string | number | null): string | number | null {
  if (key.by === 'outcome') return outcomes[Number(value)] ?? null;
  if (key.by === 'cause') return causeKinds[Number(value)] ?? null;
  return value;
}

function keySql(key: Exclude<GroupKey, { by: 'state' }>, now: Now): string {
  switch (key.by) {
    case 'product':
    case 'version':
    case 'machine':
    case 'hostname':
    case 'lifecycle':
    case 'outcome':
    case 'cause':
      return `head.${key.by}`;
    case 'liveness':
      return livenessSql(now);
    case 'hung':
      return "if(hangs > 0, 'true', 'false')";
    case 'time': {
      const width = number(key.widthUs);
      return `created_us - positiveModulo(created_us, ${width})`;
    }
  }
}

interface CountRow {
  sessions: number;
  active: number;
  suspended: number;
  ever_hung: number;
  healthy: number;
  errored: number;
  abnormal: number;
  crashed: number;
}

interface GroupRow {
  errors_all: number;
  first_us: number;
  last_us: number;
}

function countsSql(now: Now): string {
  const each = outcomes.map((it, i) => `countIf(outcome = ${i}) AS ${it}`).join(', ');
  return `count() AS sessions, countIf(lifecycle = 'active') AS active,
    countIf(ifNull(${livenessSql(now)} = 'suspended', 0)) AS suspended,
    countIf(hangs > 0) AS ever_hung, ${each}`;
}

async function totalsOf(shards: readonly Shard[], where: string, now: Now): Promise<SessionTotals> {
  const rows = await Promise.all(
    shards.map((shard) =>
      shard.rows<CountRow>(`SELECT ${countsSql(now)} FROM head FINAL WHERE ${where}`),
    ),
  );
  return rows.flat().map(totalsOfRow).reduce(sumOfTotals);
}

function totalsOfRow(row: CountRow): SessionTotals {
  const { sessions, active, suspended, ever_hung: hung, ...outcomes } = row;
  const { healthy, errored, abnormal, crashed } = outcomes;
  return { sessions, active, suspended, hung, outcomes: { healthy, errored, abnormal, crashed } };
}

async function versionsOf(shards: readonly Shard[]): Promise<string[]> {
  const all = await Promise.all(
    shards.map((shard) => shard.rows<{ v: string }>('SELECT DISTINCT version AS v FROM head')),
  );
  return [...new Set(all.flat().map(({ v }) => v))].sort(compareVersions);
}

function sortSql(sort: SessionSort, nowUs: number, versions: readonly string[]): string {
  switch (sort) {
    case 'created':
      return 'created_us';
    case 'updated':
      return 'updated_us';
    case 'duration':
      return `greatest(0, ifNull(ended_us, ${number(nowUs)}) - created_us)`;
    case 'version':
      return `indexOf([${versions.map(quoted).join(', ')}]::Array(String), toString(version))`;
    case 'product':
      return 'toString(product)';
    case 'machine':
      return "ifNull(machine, '')";
    default:
      return sort;
  }
}

function shownSql(sort: SessionSort, value: string): string {
  return sort === 'version' ? 'toString(version)' : value;
}

function afterSql(
  value: string,
  [at, no, session]: Place,
  sort: SessionSort,
  descending: boolean,
  versions: readonly string[],
): string {
  const text = typeof at === 'string' ? quoted(at) : number(at);
  const here = sort === 'version' ? String(versionRank(String(at), versions)) : text;
  return `(${value}, no, toString(session)) ${descending ? '<' : '>'} (${here}, ${number(no)}, ${quoted(session)})`;
}

/** The number of a version in their order from 1 on; one that is gone lies between its neighbours. */
function versionRank(version: string, versions: readonly string[]): number {
  const index = versions.indexOf(version);
  if (index >= 0) return index + 1;
  return versions.filter((one) => compareVersions(one, version) < 0).length + 0.5;
}

function placeOf(query: SessionQuery, cursor: string): { place: Place; nowUs: number } {
  const kind = textSorts.includes(query.sort) ? 'string' : 'number';
  const parts = readCursor(nameOf(query), cursor, [kind, 'number', 'string', 'number']);
  const [value, no, session, nowUs] = parts as [number | string, number, string, number];
  return { place: [value, no, session], nowUs };
}

function nameOf({ sort, descending }: Pick<SessionQuery, 'sort' | 'descending'>): string {
  return `sessions ${sort} ${descending ? 'desc' : 'asc'}`;
}

function comparePlaces(a: Place, b: Place, sort: SessionSort): number {
  const [left, right] = [a[0], b[0]];
  const order =
    typeof left === 'number' || typeof right === 'number'
      ? Number(left) - Number(right)
      : sort === 'version'
        ? compareVersions(left, right)
        : compareTexts(left, right);
  return order || a[1] - b[1] || compareTexts(a[2], b[2]);
}
