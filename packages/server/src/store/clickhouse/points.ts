/** Charts of a session's series: minima, maxima and sums in ClickHouse, the rest from the samples themselves. */
import type { SeriesKey } from '@tacho/protocol';
import { pointsOf } from '../memory/series.ts';
import type { PointsAnswer, PointsQuery, SeriesPoints } from '../store.ts';
import type { Shard } from './connection.ts';
import {
  chosenSeries,
  floatOf,
  type Known,
  orderSql,
  rangeSql,
  type SampledSession,
  type SampleRow,
  samplesOfSeries,
  samplesSql,
  valueSql,
} from './series.ts';
import { number, whole } from './sql.ts';

/** Answers `SeriesQuestions.points`. */
export async function seriesPoints(
  shard: Shard,
  session: SampledSession,
  query: PointsQuery,
): Promise<PointsAnswer> {
  const all = await chosenSeries(shard, session, query.filter);
  const chosen = all.slice(0, query.seriesMax);
  const leftOut = all.length - chosen.length;
  if (chosen.length === 0) return { series: [], leftOut };
  const [loUs, hiUs] = await spanOf(shard, session, chosen, query);
  const isPlain = ({ key }: Known): boolean =>
    (key.type !== 'counter' || !query.rate) &&
    (key.type === 'counter' || query.quantiles.length === 0) &&
    (key.type !== 'histogram' || !query.heatmap);
  const plain = chosen.filter(isPlain);
  const special = chosen.filter((one) => !isPlain(one));
  const [charts, others] = await Promise.all([
    chartsOf(shard, session, plain, query, [loUs, hiUs]),
    specialCharts(shard, session, special, query, [loUs, hiUs]),
  ]);
  const chartOf = new Map([...charts, ...others].map((chart) => [chart.series, chart]));
  return { series: chosen.map(({ series }) => chartOf.get(series)!), leftOut };
}

interface PointRow {
  hash: string;
  first_us: number;
  last_us: number;
  lo: number | string;
  hi: number | string;
  total: number | string;
  n: number;
  nans: number;
  last: number | string;
}

async function spanOf(
  shard: Shard,
  session: SampledSession,
  chosen: readonly Known[],
  query: PointsQuery,
): Promise<[number, number]> {
  const [row] = await shard.rows<{ lo: number; hi: number; n: number }>(
    `SELECT min(at_us) AS lo, max(at_us) AS hi, count() AS n FROM entry
     WHERE ${samplesSql(session, chosen)} AND ${rangeSql(query)}`,
  );
  return row === undefined || row.n === 0 ? [Infinity, -Infinity] : [row.lo, row.hi];
}

/** Charts of series of which only minima, maxima and sums are asked. */
async function chartsOf(
  shard: Shard,
  session: SampledSession,
  chosen: readonly Known[],
  query: PointsQuery,
  [loUs, hiUs]: [number, number],
): Promise<SeriesPoints[]> {
  if (chosen.length === 0) return [];
  if (loUs > hiUs) return chosen.map(({ series, key }) => chartOf(series, key, []));
  const where = `${samplesSql(session, chosen)} AND ${rangeSql(query)}`;
  const step = `toUInt64(floor((at_us - ${whole(loUs)}) / ${whole(hiUs - loUs + 1)} * ${query.points}))`;
  const stepped = await shard.rows<PointRow>(
    `SELECT toString(series) AS hash, min(at_us) AS first_us, max(at_us) AS last_us,
       minIf(v, NOT isNaN(v)) AS lo, maxIf(v, NOT isNaN(v)) AS hi, sumIf(v, NOT isNaN(v)) AS total,
       count() AS n, countIf(isNaN(v)) AS nans, argMax(v, ${orderSql}) AS last
     FROM (SELECT series, at_us, turn, server, place, ${valueSql} AS v, ${step} AS step
       FROM entry WHERE ${where})
     GROUP BY series, step ORDER BY series, step`,
  );
  const pointsOfHash = groupedBy(stepped, ({ hash }) => hash);
  // With no more samples than points, each sample is a point.
  const few = chosen.filter(({ hash }) => {
    const points = pointsOfHash.get(hash) ?? [];
    return points.length > 0 && points.reduce((sum, { n }) => sum + n, 0) <= query.points;
  });
  const raw = few.length === 0 ? [] : await rawPoints(shard, session, few, query);
  const rawOfHash = groupedBy(raw, ({ hash }) => hash);
  return chosen.map(({ series, key, hash }) =>
    chartOf(series, key, rawOfHash.get(hash) ?? pointsOfHash.get(hash) ?? []),
  );
}

async function rawPoints(
  shard: Shard,
  session: SampledSession,
  few: readonly Known[],
  query: PointsQuery,
): Promise<PointRow[]> {
  const rows = await shard.rows<SampleRow>(
    `SELECT toString(series) AS hash, at_us, ${valueSql} AS v, '' AS body FROM entry
     WHERE ${samplesSql(session, few)} AND ${rangeSql(query)}
     ORDER BY series, at_us, turn, server, place`,
  );
  return rows.map(({ hash, at_us, v }) => {
    const nans = Number.isNaN(floatOf(v)) ? 1 : 0;
    const at = { first_us: at_us, last_us: at_us };
    return { hash, ...at, lo: v, hi: v, total: nans ? 0 : v, n: 1, nans, last: v };
  });
}

function chartOf(series: number, key: SeriesKey, rows: readonly PointRow[]): SeriesPoints {
  const column = (of: (row: PointRow) => number | string): Float64Array =>
    Float64Array.from(rows, (row) => floatOf(of(row)));
  const extreme = (of: (row: PointRow) => number | string): Float64Array =>
    column((row) => (row.n === row.nans ? Number.NaN : of(row)));
  return {
    series,
    key,
    timesUs: column((row) => row.first_us),
    lastUs: column((row) => row.last_us),
    min: extreme((row) => row.lo),
    max: extreme((row) => row.hi),
    sum: column((row) => row.total),
    count: column((row) => row.n),
    nans: column((row) => row.nans),
    last: column((row) => row.last),
  };
}

/** Charts with rates, quantiles or heat maps, worked out from the samples themselves. */
async function specialCharts(
  shard: Shard,
  session: SampledSession,
  chosen: readonly Known[],
  query: PointsQuery,
  span: [number, number],
): Promise<SeriesPoints[]> {
  if (chosen.length === 0) return [];
  const until = query.toUs === undefined ? '1' : `at_us < ${number(query.toUs)}`;
  const rows = await samplesOfSeries(shard, session, chosen, chosen, until);
  const own: PointsQuery = { ...query, filter: {}, seriesMax: chosen.length };
  const { series } = pointsOf({ samples: () => rows }, own, span);
  const placeOf = new Map(chosen.map(({ key, series: place }) => [key, place]));
  return series.map((chart) => ({ ...chart, series: placeOf.get(chart.key)! }));
}

function groupedBy<T>(rows: readonly T[], keyOf: (row: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [row]);
    else group.push(row);
  }
  return groups;
}
