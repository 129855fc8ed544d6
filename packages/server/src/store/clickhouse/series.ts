/** Questions about the series of one session: what they are, and their samples. */
import type { SeriesKey } from '@tacho/protocol';
import { compareSamples } from '../memory/series.ts';
import {
  compareSeries,
  meetsSeriesFilter,
  type SampleDetail,
  type SampleRows,
  type SamplesPage,
  type SamplesQuery,
  type SeriesFilter,
  type SeriesInfo,
} from '../store.ts';
import type { Shard } from './connection.ts';
import { EntryLog } from './log.ts';
import { detailOf } from './said.ts';
import type { SampledSession } from './session-series.ts';
import { number, quoted, whole } from './sql.ts';

/** A series of a session: its place among all of them is its number. */
export interface Known {
  series: number;
  key: SeriesKey;
  hash: string;
}

/** The value of a sample. */
export const valueSql =
  'multiIf(scale = 0, toFloat64(mantissa), scale = 1, mantissa / 10, scale = 2, mantissa / 100, scale = 3, mantissa / 1000, value)';

/** Whole numbers as they are kept, and what says by how much they are to be divided. */
export const keptSql = { value: 'mantissa', scale: 'bitAnd(scale, 7)' };

/**
 * Whole numbers with three decimals each, so that groups are not told apart by decimals; one that
 * was kept without has at most 53 bits, and finds room in 64 so. The scale of what is none is 7.
 */
export const thinSql = {
  value: 'mantissa * multiIf(scale = 2, 10, scale = 1, 100, scale = 0, 1000, 1)',
  scale: 'if(scale < 0, 7, 3)',
};

/** The order of the samples of a series. */
const orderSql = '(at_us, turn, server, place)';

/** The order of a counter's readings and how one grew since the one before, see `increaseOf`. */
export const growthSql = 'if(v > pv, v - pv, if(v < pv, greatest(0, v), 0))';

/** Answers `SeriesQuestions.series`. */
export async function seriesInfos(
  shard: Shard,
  session: SampledSession,
  filter: SeriesFilter,
): Promise<SeriesInfo[]> {
  const chosen = chosenSeries(session, filter);
  if (chosen.length === 0) return [];
  const where = samplesSql(session, chosen);
  const counters = chosen.filter(({ key }) => key.type === 'counter');
  const [rows, growths] = await Promise.all([
    shard.rows<InfoRow>(
      `SELECT toString(series) AS hash, count() AS n, countIf(isNaN(v)) AS nans,
         min(at_us) AS first_us, max(at_us) AS last_us,
         argMin(v, ${orderSql}) AS first, argMax(v, ${orderSql}) AS last,
         minIf(v, NOT isNaN(v)) AS lo, maxIf(v, NOT isNaN(v)) AS hi, sumIf(v, NOT isNaN(v)) AS total
       FROM (SELECT *, ${valueSql} AS v FROM entry WHERE ${where}) GROUP BY series`,
    ),
    counters.length === 0
      ? []
      : shard.rows<{ hash: string; increase: number; seconds: number }>(
          `SELECT toString(series) AS hash, sumIf(${growthSql}, n > 1) AS increase,
             (max(at_us) - min(at_us)) / 1e6 AS seconds
           FROM (${growthRowsSql(samplesSql(session, counters))}) GROUP BY series`,
        ),
  ]);
  const infoOf = new Map(rows.map((row) => [row.hash, row]));
  const growthOf = new Map(growths.map((row) => [row.hash, row]));
  return chosen.flatMap(({ series, key, hash }) => {
    const row = infoOf.get(hash);
    if (row === undefined) return [];
    const isEmpty = row.n === row.nans;
    const info = {
      ...{ series, key, count: row.n, nans: row.nans, sum: floatOf(row.total) },
      min: isEmpty ? Number.NaN : floatOf(row.lo),
      max: isEmpty ? Number.NaN : floatOf(row.hi),
      ...{ firstUs: row.first_us, lastUs: row.last_us },
      ...{ first: floatOf(row.first), last: floatOf(row.last) },
    };
    if (key.type !== 'counter') return info;
    const { increase = 0, seconds = 0 } = growthOf.get(hash) ?? {};
    return { ...info, rate: seconds > 0 ? floatOf(increase) / seconds : Number.NaN };
  });
}

/** Answers `SeriesQuestions.samples`. */
export async function samplePage(
  shard: Shard,
  session: SampledSession,
  query: SamplesQuery,
): Promise<SamplesPage> {
  const { after, descending, limit } = query;
  const chosen = chosenSeries(session, query.filter);
  if (chosen.length === 0) return samplesFrom([], chosen, query);
  const conditions = [samplesSql(session, chosen), rangeSql(query)];
  // All of the instant where the page before ended: how many come before it is counted there.
  if (after !== undefined) {
    conditions.push(`at_us ${descending ? '<=' : '>='} ${whole(after.atUs)}`);
  }
  const where = conditions.join(' AND ');
  const order = descending ? 'DESC' : 'ASC';
  const rows = await shard.rows<SampleRow>(
    `SELECT at_us, toString(series) AS hash, turn, toString(server) AS by, place, ${valueSql} AS v, body
     FROM entry WHERE ${where} AND at_us ${descending ? '>=' : '<='} (
       SELECT ${descending ? 'min' : 'max'}(at_us) FROM (SELECT at_us FROM entry WHERE ${where}
         ORDER BY at_us ${order} LIMIT ${limit + 1 + (after === undefined ? 0 : sameInstantMax)}))
     ORDER BY at_us, turn, server, place`,
  );
  return samplesFrom(rows, chosen, query);
}

/** Samples of one instant that a page passes over at most. */
const sameInstantMax = 10_000;

/** All samples of a session, as they are read. */
export async function allSamples(shard: Shard, session: SampledSession): Promise<SampleRows> {
  const known = knownSeries(session);
  return samplesOfSeries(shard, session, known, known, '1');
}

interface InfoRow {
  hash: string;
  n: number;
  nans: number;
  first_us: number;
  last_us: number;
  first: number | string;
  last: number | string;
  lo: number | string;
  hi: number | string;
  total: number | string;
}

/** A sample as a row of an answer. */
export interface SampleRow {
  at_us: number;
  hash: string;
  v: number | string;
  body: string;
}

/** Numbers come as texts where JSON has none for them. */
export function floatOf(value: number | string): number {
  if (typeof value === 'number') return value;
  if (value === 'inf') return Number.POSITIVE_INFINITY;
  return value === '-inf' ? Number.NEGATIVE_INFINITY : Number(value);
}

/** All series, by their numbers. */
function knownSeries({ series }: SampledSession): Known[] {
  return series.map((one, at) => ({ ...one, series: at }));
}

/** The series that a filter lets through, in the order of answers. */
export function chosenSeries(session: SampledSession, filter: SeriesFilter): Known[] {
  return knownSeries(session)
    .filter(({ key }) => meetsSeriesFilter(key, filter))
    .sort((a, b) => compareSeries(a.key, b.key));
}

/** The samples of some series, as a condition on the log. */
export function samplesSql({ id, gen }: SampledSession, chosen: readonly Known[]): string {
  const hashes = chosen.map(({ hash }) => hash).join(', ');
  // Before the first deletion there is nothing else, and most ids never have one.
  const among = gen === 0 ? '' : ` AND gen = ${gen}`;
  const which = chosen.length === 1 ? `= ${hashes}` : `IN (${hashes})`;
  return `session = ${quoted(id)} AND series ${which}${among}`;
}

/** The samples of a range. */
export function rangeSql({ fromUs, toUs }: { fromUs?: number; toUs?: number }): string {
  const from = fromUs === undefined ? '1' : `at_us >= ${number(fromUs)}`;
  return `${from} AND ${toUs === undefined ? '1' : `at_us < ${number(toUs)}`}`;
}

/** Readings of counters with the one before; NaN counts for nothing. */
export function growthRowsSql(where: string, columns = ''): string {
  return `SELECT series, at_us, v, lagInFrame(v) OVER w AS pv, lagInFrame(at_us) OVER w AS p_us,
      row_number() OVER w AS n ${columns}
    FROM (SELECT *, ${valueSql} AS v FROM entry WHERE ${where}) WHERE NOT isNaN(v)
    WINDOW w AS (PARTITION BY session, series ORDER BY at_us, turn, server, place
      ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
}

/** Samples of some series; they are numbered by `numbered`. */
export async function samplesOfSeries(
  shard: Shard,
  session: SampledSession,
  chosen: readonly Known[],
  numbered: readonly Known[],
  condition: string,
): Promise<SampleRows> {
  const numbers = new Map(numbered.map(({ hash }, at) => [BigInt(hash), at]));
  const [series, times, values]: [number[], number[], number[]] = [[], [], []];
  const details = new Map<number, SampleDetail>();
  if (chosen.length > 0) {
    const where = `${samplesSql(session, chosen)} AND ${condition}`;
    const found: { at: number; atUs: number; value: number; body: string }[] = [];
    for await (const row of new EntryLog(shard).rows(where, 'at_us, turn, server, place')) {
      const { atUs, value, body } = row;
      found.push({ at: numbers.get(row.series)!, atUs, value, body });
    }
    found.sort((a, b) => a.atUs - b.atUs || a.at - b.at);
    for (const { at, atUs, value, body } of found) {
      const detail = detailOf(body);
      if (detail !== undefined) details.set(series.length, detail);
      series.push(at);
      times.push(atUs);
      values.push(value);
    }
  }
  return {
    keys: numbered.map(({ key }) => key),
    series: Uint32Array.from(series),
    timesUs: Float64Array.from(times),
    values: Float64Array.from(values),
    ...(details.size > 0 && { details }),
  };
}

function samplesFrom(
  rows: readonly SampleRow[],
  chosen: readonly Known[],
  query: SamplesQuery,
): SamplesPage {
  const numbered = [...chosen].sort((a, b) => a.series - b.series);
  const placeOf = new Map(numbered.map((one, at) => [one.hash, { series: one.series, at }]));
  const { after, descending, limit } = query;
  const sorted = rows
    .map((row) => ({ ...row, ...placeOf.get(row.hash)!, atUs: row.at_us, nth: 0 }))
    .sort((a, b) => a.atUs - b.atUs || a.series - b.series);
  sorted.forEach((row, i) => {
    const before = sorted[i - 1];
    const isSame = before?.atUs === row.atUs && before.series === row.series;
    row.nth = isSame ? before.nth + 1 : 0;
  });
  if (descending) sorted.reverse();
  const sign = descending ? -1 : 1;
  const left = sorted.filter((row) => after === undefined || sign * compareSamples(row, after) > 0);
  const page = left.slice(0, limit);
  const last = left.length > page.length ? page.at(-1) : undefined;
  const details = new Map<number, SampleDetail>();
  page.forEach(({ body }, at) => {
    const detail = detailOf(body);
    if (detail !== undefined) details.set(at, detail);
  });
  return {
    keys: numbered.map(({ key }) => key),
    series: Uint32Array.from(page, ({ at }) => at),
    timesUs: Float64Array.from(page, ({ atUs }) => atUs),
    values: Float64Array.from(page, ({ v }) => floatOf(v)),
    details,
    ...(last && { next: { atUs: last.atUs, series: last.series, nth: last.nth } }),
  };
}
