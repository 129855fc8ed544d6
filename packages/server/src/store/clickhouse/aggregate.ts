/** Aggregates over many sessions: counted in ClickHouse by group, step and bucket of values, and put together. */
import { limits, type SeriesKey } from '@tacho/protocol';
import {
  type AggregateGroup,
  type AggregateKey,
  type AggregateQuery,
  orderedGroups,
  tagValue,
} from '../aggregate.ts';
import { type GroupKey, meetsSeriesFilter } from '../store.ts';
import type { Shard } from './connection.ts';
import { filterSql, type Now } from './filter.ts';
import { groupedSql, shownValue } from './lists.ts';
import { keyOfText } from './said.ts';
import { floatOf, growthRowsSql, growthSql, valueSql } from './series.ts';
import { all, number, quotedList } from './sql.ts';

/**
 * Buckets of values are a 50th wide: their middles are within 1 % of every value in them
 * (Masson, Rim, Lee: DDSketch, VLDB 2019, with α = 0.01).
 */
const gamma = 1.01 / 0.99;

/** A series wherever it is found: its hash is the same in all sessions. */
interface Metric {
  hash: string;
  key: SeriesKey;
}

interface CellRow {
  step: number | null;
  sessions: number;
  series_all: number;
  n: number;
  nans: number;
  lo: number | string;
  hi: number | string;
  total: number | string;
}

type Keyed<T> = T & Record<string, string | number | null>;

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
  const metrics = await metricsOf(shard, query);
  if (metrics.length === 0) return;
  const counters = metrics.filter(({ key }) => key.type === 'counter');
  const plan = planOf(query, metrics, now);
  const range = [
    ...(query.fromUs === undefined ? [] : [`at_us >= ${number(query.fromUs)}`]),
    ...(query.toUs === undefined ? [] : [`at_us < ${number(query.toUs)}`]),
  ];
  const where = all([`series IN (${hashes(metrics)})`, plan.among, ...range]);
  const names = [...plan.keys.map((_, i) => `k${i}`), 'step'];
  const columns = [...plan.keys.map((key, i) => `${key} AS k${i}`), `${plan.step} AS step`];
  const by = names.join(', ');
  const source = (condition: string): string =>
    `(SELECT *, ${valueSql} AS v FROM entry WHERE ${condition}) AS e ${plan.join}`;
  const [sums, growths, values] = await Promise.all([
    shard.rows<Keyed<CellRow>>(
      `SELECT ${columns.join(', ')}, uniqExact(session) AS sessions,
         uniqExact(session, series) AS series_all, count() AS n, countIf(isNaN(v)) AS nans,
         minIf(v, NOT isNaN(v)) AS lo, maxIf(v, NOT isNaN(v)) AS hi, sumIf(v, NOT isNaN(v)) AS total
       FROM ${source(where)} GROUP BY ${by}`,
      {},
      signal,
    ),
    counters.length === 0
      ? []
      : shard.rows<Keyed<{ step: number | null; increase: number | string; seconds: number }>>(
          `SELECT ${columns.join(', ')}, sum(${growthSql}) AS increase,
             sum(at_us - p_us) / 1e6 AS seconds
           FROM (${growthRowsSql(all([`series IN (${hashes(counters)})`, plan.among]), ', session, gen, product, version')}) AS e
             ${plan.join} WHERE ${all(['n > 1', ...range])} GROUP BY ${by}`,
          {},
          signal,
        ),
    query.quantiles.length === 0
      ? []
      : shard.rows<Keyed<{ step: number | null; b: number | string; n: number }>>(
          `SELECT ${columns.join(', ')}, ${query.exact ? 'v' : bucketSql} AS b, count() AS n
           FROM ${source(where)} WHERE NOT isNaN(v) GROUP BY ${by}, b`,
          {},
          signal,
        ),
  ]);
  const cellOf = (row: Keyed<{ step: number | null }>): Cell => {
    const texts = query.by.map((key, i) => plan.shown(key, row[`k${i}`] ?? null));
    const id = JSON.stringify([texts, row.step]);
    const known = cells.get(id) ?? { group: emptyGroup(texts, row.step), values: new Map() };
    cells.set(id, known);
    return known;
  };
  for (const row of sums) addSums(cellOf(row).group, row);
  for (const row of growths) {
    const { group } = cellOf(row);
    group.increase += floatOf(row.increase);
    group.seconds += row.seconds;
  }
  for (const row of values) {
    const { values: counts } = cellOf(row);
    const b = floatOf(row.b);
    counts.set(b, (counts.get(b) ?? 0) + row.n);
  }
}

/** How rows of samples get their groups. */
function planOf(query: AggregateQuery, metrics: readonly Metric[], now: Now) {
  const where = filterSql(query.filter, now);
  const sessionKeys = query.by.filter((key): key is GroupKey => key.by !== 'tag');
  const { from, keys } = groupedSql(sessionKeys, where, now);
  const isOnRows = sessionKeys.every(({ by }) => by === 'product' || by === 'version');
  const isEverybody = where === filterSql({}, now);
  const needsJoin = !isOnRows || query.steps?.since === 'start';
  const values = keys.map((key, i) => `${key} AS g${i}`);
  const join = needsJoin
    ? `INNER JOIN (SELECT session, gen, created_us AS born ${values.map((one) => `, ${one}`).join('')} FROM ${from}) AS h USING (session, gen)`
    : '';
  // Nearly no session is deleted, so those are excluded rather than all others listed.
  const among = isEverybody
    ? '(session, gen) NOT IN (SELECT session, gen FROM head FINAL WHERE gone)'
    : `(session, gen) IN (SELECT session, gen FROM head FINAL WHERE ${where})`;
  const tags: { key: string; texts: (string | null)[] }[] = [];
  const keySql = query.by.map((key) => {
    if (key.by !== 'tag') {
      return needsJoin ? `g${sessionKeys.indexOf(key)}` : `e.${key.by}`;
    }
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
    if (key.by !== 'tag') return shownValue(key, value);
    return tags.find((one) => one.key === key.key)?.texts[Number(value)] ?? null;
  };
  return { join, among, keys: keySql, step, shown };
}

/** The bucket of a value: the power of gamma next above its magnitude, with its sign; 0 for nothing. */
const bucketSql = `if(isInfinite(v), v, if(v = 0, 0,
  sign(v) * (ceil(log(abs(v)) / ${Math.log(gamma)}) + ${bucketOffset()})))`;

/** Makes numbers of buckets positive: that of the smallest magnitude is 1. */
function bucketOffset(): number {
  return Math.ceil(330 * Math.LN10) * 60;
}

/** The value that stands for a bucket. */
function valueOfBucket(bucket: number): number {
  if (bucket === 0 || !Number.isFinite(bucket)) return bucket;
  const power = Math.abs(bucket) - bucketOffset();
  return (Math.sign(bucket) * 2 * Math.exp(power * Math.log(gamma))) / (gamma + 1);
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

function addSums(group: AggregateGroup, row: CellRow): void {
  group.sessions += row.sessions;
  group.series += row.series_all;
  group.count += row.n;
  group.nans += row.nans;
  group.sum += floatOf(row.total);
  if (row.n === row.nans) return;
  group.min = Number.isNaN(group.min) ? floatOf(row.lo) : Math.min(group.min, floatOf(row.lo));
  group.max = Number.isNaN(group.max) ? floatOf(row.hi) : Math.max(group.max, floatOf(row.hi));
}

/** Values of the ranks that are asked for; the extremes are exact. */
function quantilesOf(
  { count, nans, min, max }: AggregateGroup,
  values: ReadonlyMap<number, number>,
  { quantiles, exact }: AggregateQuery,
): number[] {
  const n = count - nans;
  const sorted = [...values].sort(([a], [b]) => a - b);
  return quantiles.map((q) => {
    const rank = Math.floor(q * (n - 1));
    let before = 0;
    for (const [value, times] of sorted) {
      before += times;
      if (rank >= before) continue;
      const shown = exact ? value : valueOfBucket(value);
      return Math.min(max, Math.max(min, shown));
    }
    return Number.NaN;
  });
}
