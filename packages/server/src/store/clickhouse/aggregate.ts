/** Aggregates over many sessions: counted in ClickHouse by group, step and bucket of values, and put together. */
import { limits, type SeriesKey } from '@tacho/protocol';
import {
  type AggregateGroup,
  type AggregateKey,
  type AggregateQuery,
  isSessionKey,
  orderedGroups,
  tagValue,
} from '../aggregate.ts';
import { meetsSeriesFilter } from '../store.ts';
import type { Shard } from './connection.ts';
import { filterSql, type Now } from './filter.ts';
import { groupedSql, shownValue } from './lists.ts';
import { keyOfText } from './said.ts';
import { floatOf, growthRowsSql, growthSql, valueSql } from './series.ts';
import { all, number, quoted, quotedList } from './sql.ts';
import {
  addValues,
  canPack,
  type Keyed,
  type PackedKey,
  packedValues,
  type ValueGroup,
  type ValueRow,
  valuesSql,
} from './values.ts';

/** A series wherever it is found: its hash is the same in all sessions. */
interface Metric {
  hash: string;
  key: SeriesKey;
}

interface CountRow {
  sessions: number;
  series_all: number;
}

interface Cell {
  group: AggregateGroup;
  /** Numbers of values by what stands for them. */
  values: Map<number, number>;
}

/** Answers `AggregateQuestions.aggregate`. */
export async function aggregate(
  shards: readonly Shard[],
  query: AggregateQuery,
  now: Now,
  signal?: AbortSignal,
): Promise<AggregateGroup[]> {
  signal?.throwIfAborted();
  const cells = new Map<string, Cell>();
  const abandoned = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  abandoned.catch(() => {});
  const work = Promise.all(shards.map((shard) => addShard(cells, shard, query, now, signal)));
  work.catch(() => {});
  await Promise.race([work, abandoned]);
  const groups = [...cells.values()].map(({ group, values }) => {
    return { ...group, quantiles: quantilesOf(group, values, query) };
  });
  return orderedGroups(groups, limits.groupsMax);
}

async function addShard(
  cells: Map<string, Cell>,
  shard: Shard,
  query: AggregateQuery,
  now: Now,
  signal: AbortSignal | undefined,
): Promise<void> {
  const [metrics, gone, texts] = await Promise.all([
    metricsOf(shard, query),
    shard.rows('SELECT 1 FROM head FINAL WHERE gone LIMIT 1'),
    textsOf(shard, query),
  ]);
  if (metrics.length === 0) return;
  const counters = metrics.filter(({ key }) => key.type === 'counter');
  const plan = planOf(query, metrics, now, gone.length > 0);
  const range = [
    ...(query.fromUs === undefined ? [] : [`at_us >= ${number(query.fromUs)}`]),
    ...(query.toUs === undefined ? [] : [`at_us < ${number(query.toUs)}`]),
  ];
  const where = all([`series IN (${hashes(metrics)})`, ...plan.among, ...range]);
  const columns = [...plan.keys.map((key, i) => `${key} AS k${i}`), `${plan.step} AS step`];
  const by = [...plan.keys.map((_, i) => `k${i}`), 'step'].join(', ');
  const ask = <T>(sql: string) => shard.rows<Keyed<T & { step: number | null }>>(sql, {}, signal);
  const source = `(SELECT *, ${valueSql} AS v FROM entry WHERE ${where}) AS e ${plan.join}`;
  const packed = canPack(query) && plan.join === '' ? plan.packed(texts) : undefined;
  const [values, counts, growths] = await Promise.all([
    packed === undefined
      ? grouped(ask<ValueRow>(valuesSql({ columns, by, source, query })))
      : packedValues(packed, where, query.quantiles.length > 0, (sql) =>
          shard.wideRows(sql, signal),
        ),
    ask<CountRow>(
      plan.isWhole
        ? `SELECT ${plan.keysOfSeries.map((key, i) => `${key} AS k${i}, `).join('')} NULL AS step, uniqExact(session) AS sessions,
             count() AS series_all
           FROM (SELECT session, gen, hash AS series FROM series WHERE hash IN (${hashes(metrics)})
             GROUP BY session, gen, hash) AS e ${plan.joinOfSeries} GROUP BY ${by}`
        : `SELECT ${columns.join(', ')}, uniqExact(session) AS sessions,
             uniqExact(session, series) AS series_all
           FROM (SELECT * FROM entry WHERE ${where}) AS e ${plan.join} GROUP BY ${by}`,
    ),
    counters.length === 0
      ? []
      : ask<{ increase: number | string; seconds: number }>(
          `SELECT ${columns.join(', ')}, sum(${growthSql}) AS increase,
             sum(at_us - p_us) / 1e6 AS seconds
           FROM (${growthRowsSql(all([`series IN (${hashes(counters)})`, ...plan.among]), ', session, gen, product, version')}) AS e
             ${plan.join} WHERE ${all(['n > 1', ...range])} GROUP BY ${by}`,
        ),
  ]);
  const cellOf = (row: Keyed<{ step: number | null }>): Cell => {
    const texts = query.by.map((key, i) => plan.shown(key, row[`k${i}`] ?? null));
    const id = JSON.stringify([texts, row.step]);
    const known = cells.get(id) ?? { group: emptyGroup(texts, row.step), values: new Map() };
    cells.set(id, known);
    return known;
  };
  for (const { keys, rows } of values) {
    const cell = cellOf(keys);
    for (const row of rows) addValues(cell.group, cell.values, row, query);
  }
  for (const { sessions, series_all: series, ...row } of counts) {
    const { group } = cellOf(row);
    group.sessions += sessions;
    group.series += series;
  }
  for (const row of growths) {
    const { group } = cellOf(row);
    group.increase += floatOf(row.increase);
    group.seconds += row.seconds;
  }
}

/** Rows that each tell their keys. */
async function grouped(
  rows: Promise<Keyed<ValueRow & { step: number | null }>[]>,
): Promise<ValueGroup[]> {
  return (await rows).map((row) => ({ keys: row, rows: [row] }));
}

/** How rows of samples get their groups; `hasGone` tells whether there are rows of deleted sessions. */
function planOf(query: AggregateQuery, metrics: readonly Metric[], now: Now, hasGone: boolean) {
  const where = filterSql(query.filter, now);
  const sessionKeys = query.by.filter(isSessionKey);
  const { from, keys } = groupedSql(sessionKeys, where, now);
  const isOnRows = sessionKeys.every(({ by }) => by === 'product' || by === 'version');
  const isEverybody = where === filterSql({}, now);
  const needsJoin = !isOnRows || query.steps?.since === 'start';
  const values = keys.map((key, i) => `, ${key} AS g${i}`).join('');
  const joined = `INNER JOIN (SELECT session, gen, created_us AS born ${values} FROM ${from}) AS h USING (session, gen)`;
  const tags: { key: string; texts: (string | null)[] }[] = [];
  const keysSql = (isJoined: boolean): string[] =>
    query.by.map((key) => {
      if (key.by === 'session') return 'toString(e.session)';
      if (key.by !== 'tag') return isJoined ? `g${sessionKeys.indexOf(key)}` : `e.${key.by}`;
      const texts = [...new Set(metrics.map((one) => tagValue(one.key.tags, key.key)))];
      tags.push({ key: key.key, texts });
      const codes = metrics.map((one) => texts.indexOf(tagValue(one.key.tags, key.key)));
      return `transform(series, [${hashes(metrics)}], [${codes.join(', ')}], -1)`;
    });
  const { steps } = query;
  const zero = steps?.since === 'start' ? 'born' : '0';
  const step =
    steps === undefined
      ? 'NULL'
      : `(at_us - ${zero}) - positiveModulo(at_us - ${zero}, ${number(steps.widthUs)})`;
  const shown = (key: AggregateKey, value: string | number | null): string | number | null => {
    if (key.by === 'session') return value;
    if (key.by !== 'tag') return shownValue(key, value);
    return tags.find((one) => one.key === key.key)?.texts[Number(value)] ?? null;
  };
  return {
    ...{ step, shown, among: amongSql(where, isEverybody, hasGone) },
    ...{ join: needsJoin ? joined : '', keys: keysSql(needsJoin) },
    ...{ joinOfSeries: joined, keysOfSeries: keysSql(true) },
    packed: (texts: Record<string, string[]>) => packedKeys(query, metrics, texts),
    /** All samples of the series count, so that who has series is who has samples. */
    isWhole: steps === undefined && query.fromUs === undefined && query.toUs === undefined,
  };
}

/** The sessions that count, as conditions; pairs cost many times what single columns do. */
function amongSql(where: string, isEverybody: boolean, hasGone: boolean): string[] {
  if (!hasGone) {
    return isEverybody ? [] : [`session IN (SELECT session FROM head FINAL WHERE ${where})`];
  }
  if (isEverybody)
    return ['(session, gen) NOT IN (SELECT session, gen FROM head FINAL WHERE gone)'];
  return [`(session, gen) IN (SELECT session, gen FROM head FINAL WHERE ${where})`];
}

/** The products and versions that samples may be of, where they are grouped by them. */
async function textsOf(shard: Shard, { by }: AggregateQuery): Promise<Record<string, string[]>> {
  const names = (['product', 'version'] as const).filter((name) =>
    by.some((key) => key.by === name),
  );
  const lists = names.map(async (name) => {
    const rows = await shard.rows<{ text: string }>(
      `SELECT DISTINCT toString(${name}) AS text FROM head`,
    );
    return [name, rows.map(({ text }) => text)] as const;
  });
  return Object.fromEntries(await Promise.all(lists));
}

/** The keys as numbers, each with the values of its numbers. */
function packedKeys(
  { by }: AggregateQuery,
  metrics: readonly Metric[],
  texts: Record<string, string[]>,
): PackedKey[] {
  return by.map((key) => {
    if (key.by === 'tag') {
      const found = [...new Set(metrics.map((one) => tagValue(one.key.tags, key.key)))];
      const codes = metrics.map((one) => found.indexOf(tagValue(one.key.tags, key.key)));
      // Numbers, as in the plan, which knows the texts.
      const values = found.map((_, i) => String(i));
      return { sql: `transform(series, [${hashes(metrics)}], [${codes.join(', ')}], 0)`, values };
    }
    const values = texts[key.by] ?? [];
    const codes = values.map((_, i) => i).join(', ');
    const list = values.map(quoted).join(', ');
    return { sql: `transform(${key.by}, [${list}], [${codes}], 0)`, values };
  });
}

async function metricsOf(shard: Shard, { metric }: AggregateQuery): Promise<Metric[]> {
  const named = metric.names === undefined ? '1' : `name IN ${quotedList(metric.names)}`;
  const where = metric.names?.length === 0 ? '0' : named;
  const rows = await shard.rows<{ id: string; text: string }>(
    `SELECT toString(hash) AS id, min(key) AS text FROM series WHERE ${where} GROUP BY hash`,
  );
  return rows
    .map(({ id, text }) => ({ hash: id, key: keyOfText(text) }))
    .filter(({ key }) => meetsSeriesFilter(key, metric));
}

function hashes(metrics: readonly Metric[]): string {
  return metrics.map(({ hash }) => hash).join(', ');
}

function emptyGroup(values: AggregateGroup['values'], stepUs: number | null): AggregateGroup {
  return {
    ...{ values, stepUs, sessions: 0, series: 0, count: 0, nans: 0 },
    ...{ min: Number.NaN, max: Number.NaN, sum: 0, increase: 0, seconds: 0, quantiles: [] },
  };
}

/** Values of the ranks that are asked for; the extremes are exact. */
function quantilesOf(
  { count, nans, min, max }: AggregateGroup,
  values: ReadonlyMap<number, number>,
  { quantiles }: AggregateQuery,
): number[] {
  const n = count - nans;
  const sorted = [...values].sort(([a], [b]) => a - b);
  return quantiles.map((q) => {
    const rank = Math.floor(q * (n - 1));
    let before = 0;
    for (const [value, times] of sorted) {
      before += times;
      if (rank >= before) continue;
      return Math.min(max, Math.max(min, value));
    }
    return Number.NaN;
  });
}
