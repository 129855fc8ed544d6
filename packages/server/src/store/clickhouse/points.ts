/** Charts of a session's series: minima, maxima and sums in ClickHouse, the rest from the samples themselves. */
import type { SeriesKey } from '@tacho/protocol';
import { pointsOf } from '../memory/series.ts';
import type { PointsAnswer, PointsQuery, SeriesPoints } from '../store.ts';
import type { Shard } from './connection.ts';
import {
  chosenSeries,
  floatOf,
  type Known,
  keptSql,
  rangeSql,
  type SampleRow,
  samplesOfSeries,
  samplesSql,
  thinSql,
  valueSql,
} from './series.ts';
import type { SampledSession } from './session-series.ts';
import { number } from './sql.ts';

/** Answers `SeriesQuestions.points`. */
export async function seriesPoints(
  shard: Shard,
  session: SampledSession,
  query: PointsQuery,
): Promise<PointsAnswer> {
  const all = chosenSeries(session, query.filter);
  const chosen = all.slice(0, query.seriesMax);
  const leftOut = all.length - chosen.length;
  if (chosen.length === 0) return { series: [], leftOut };
  const isPlain = ({ key }: Known): boolean =>
    (key.type !== 'counter' || !query.rate) &&
    (key.type === 'counter' || query.quantiles.length === 0) &&
    (key.type !== 'histogram' || !query.heatmap);
  const plain = chosen.filter(isPlain);
  const special = chosen.filter((one) => !isPlain(one));
  const span = spanSql(session, chosen, query);
  const [charts, others] = await Promise.all([
    chartsOf(shard, session, plain, query, span),
    specialCharts(shard, session, special, query, span),
  ]);
  const chartOf = new Map([...charts, ...others].map((chart) => [chart.series, chart]));
  return { series: chosen.map(({ series }) => chartOf.get(series)!), leftOut };
}

/** A point as it is put together. */
interface Point {
  firstUs: number;
  lastUs: number;
  min: number;
  max: number;
  sum: number;
  count: number;
  nans: number;
  last: number;
}

/** Samples of one step that have the same number of decimals. */
interface StepRow {
  /** Series, step and scale as one number. */
  cell: number;
  first_us: number;
  last_us: number;
  least: number | string;
  most: number | string;
  total: number | string;
  n: number;
  nans: number;
  last: number | string;
  /** From the first to the last sample of all, in microseconds. */
  length?: number;
  /** Place of the last one, see `placeSql`; only when asked for. */
  at?: string;
}

/** What -1 leaves of a scale in three bits. */
const doubleScale = 7;

/** Series whose first and last samples are looked up one by one; of more, all samples are looked at. */
const lookedUpMax = 8;

/** Instants of the first and the last sample of all chosen series as `lo` and `hi`, in the question itself. */
function spanSql(session: SampledSession, chosen: readonly Known[], query: PointsQuery): string {
  const range = rangeSql(query);
  const end = (one: Known, order: string): string =>
    `SELECT at_us FROM (SELECT at_us FROM entry WHERE ${samplesSql(session, [one])} AND ${range}
       ORDER BY session ${order}, series ${order}, at_us ${order} LIMIT 1)`;
  const ends = (of: string, order: string): string =>
    chosen.length > lookedUpMax
      ? `SELECT ${of}(at_us) FROM entry WHERE ${samplesSql(session, chosen)} AND ${range}`
      : `SELECT ${of}(at_us) FROM (${chosen.map((one) => end(one, order)).join(' UNION ALL ')})`;
  return `assumeNotNull((${ends('min', 'ASC')})) AS lo, assumeNotNull((${ends('max', 'DESC')})) AS hi`;
}

/** Charts of series of which only minima, maxima and sums are asked. */
async function chartsOf(
  shard: Shard,
  session: SampledSession,
  chosen: readonly Known[],
  query: PointsQuery,
  span: string,
): Promise<SeriesPoints[]> {
  if (chosen.length === 0) return [];
  const where = `${samplesSql(session, chosen)} AND ${rangeSql(query)}`;
  // One number groups a third faster than series, step and scale do.
  const places = chosen.map((_, i) => i).join(', ');
  const hashes = chosen.map(({ hash }) => hash).join(', ');
  const place = chosen.length === 1 ? '0' : `transform(series, [${hashes}], [${places}], 0)`;
  const step = `toUInt32(floor((at_us - lo) / (hi - lo + 1) * ${query.points}))`;
  const cell = (scale: string) =>
    `toUInt32((${place} * ${query.points} + ${step}) * 8 + ${scale}) AS cell`;
  const ask = async (bits: 128 | 256, hasPlaces: boolean, isThin = true): Promise<StepRow[]> => {
    const at = hasPlaces ? `, toString(max(${placeSql(bits)})) AS at` : '';
    const { value, scale } = isThin ? thinSql : keptSql;
    // Whole numbers are compared and summed as such.
    const steps = await shard.wideRows<StepRow>(
      `WITH ${span}, ${value} AS m SELECT ${cell(scale)}, min(at_us) AS first_us, max(at_us) AS last_us ${at},
         min(m) AS least, max(m) AS most, sum(toFloat64(m)) AS total, count() AS n,
         0 AS nans, argMax(m, ${placeSql(bits)}) AS last, any(hi - lo) AS length
       FROM entry WHERE ${where} GROUP BY cell`,
    );
    if (isThin && !steps.every(isExact)) return ask(bits, hasPlaces, false);
    const wholes = steps.filter((row) => row.cell % 8 !== doubleScale);
    if (wholes.length === steps.length) return wholes;
    const doubles = await shard.wideRows<StepRow>(
      `WITH ${span} SELECT ${cell('bitAnd(scale, 7)')}, min(at_us) AS first_us, max(at_us) AS last_us ${at},
         minIf(value, NOT isNaN(value)) AS least, maxIf(value, NOT isNaN(value)) AS most,
         sumIf(value, NOT isNaN(value)) AS total, count() AS n, countIf(isNaN(value)) AS nans,
         argMax(value, ${placeSql(bits)}) AS last, any(hi - lo) AS length
       FROM entry WHERE ${where} AND scale < 0 GROUP BY cell`,
    );
    return [...wholes, ...doubles];
  };
  let steps = await ask(128, false);
  const isLong = (steps[0]?.length ?? 0) >= shortSpanUs;
  // Of equal instants with different decimals, the place says which is the last.
  if (isLong || hasTies(steps)) steps = await ask(isLong ? 256 : 128, true);
  const points = pointsOfSteps(steps, chosen, query.points);
  // With no more samples than points, each sample is a point.
  const few = chosen.filter(({ hash }) => {
    const counts = (points.get(hash) ?? []).map(({ count }) => count);
    const count = counts.reduce((sum, one) => sum + one, 0);
    return count > 0 && count <= query.points;
  });
  const raw = few.length === 0 ? undefined : await rawPoints(shard, session, few, query);
  return chosen.map(({ series, key, hash }) =>
    chartOf(series, key, raw?.get(hash) ?? points.get(hash) ?? []),
  );
}

/** Whether JSON has the extremes of a step digit by digit. */
function isExact({ least, most }: StepRow): boolean {
  return Number.isSafeInteger(floatOf(least)) && Number.isSafeInteger(floatOf(most));
}

/** Spans from here on, 35 years, do not leave room for turns in 128 bits. */
const shortSpanUs = 2 ** 50;

/** What a sample is ordered by, as one number: 128 bits are much faster than a tuple. */
function placeSql(bits: 128 | 256): string {
  const [high, middle] = bits === 128 ? [77, 26] : [192, 64];
  return `bitShiftLeft(toUInt${bits}(at_us - lo), ${high})
    + bitShiftLeft(toUInt${bits}(turn), ${middle}) + place`;
}

/** Whether samples with different decimals are the last ones of a step at the same instant. */
function hasTies(rows: readonly StepRow[]): boolean {
  const lastOf = new Map<number, Set<number>>();
  for (const { cell, last_us: lastUs } of rows) {
    const step = Math.floor(cell / 8);
    const known = lastOf.get(step);
    if (known === undefined) lastOf.set(step, new Set([lastUs]));
    else if (known.has(lastUs)) return true;
    else known.add(lastUs);
  }
  return false;
}

/** Puts steps together whose samples have different numbers of decimals. */
function pointsOfSteps(
  rows: readonly StepRow[],
  chosen: readonly Known[],
  perSeries: number,
): Map<string, Point[]> {
  const found = new Map<string, Map<number, Point & { at: bigint }>>();
  for (const row of rows) {
    const scale = row.cell % 8;
    const power = scale === doubleScale ? 1 : 10 ** scale;
    const at = Math.floor(row.cell / 8);
    const { hash } = chosen[Math.floor(at / perSeries)]!;
    const step = at % perSeries;
    const isEmpty = row.n === row.nans;
    const value = (number: number | string): number => floatOf(number) / power;
    const point = {
      ...{ firstUs: row.first_us, lastUs: row.last_us, at: BigInt(row.at ?? row.last_us) },
      ...{ sum: value(row.total), count: row.n, nans: row.nans, last: value(row.last) },
      min: isEmpty ? Number.NaN : value(row.least),
      max: isEmpty ? Number.NaN : value(row.most),
    };
    const steps = found.get(hash) ?? new Map();
    const known = steps.get(step);
    found.set(hash, steps.set(step, known === undefined ? point : joined(known, point)));
  }
  return new Map(
    [...found].map(([hash, steps]) => {
      return [hash, [...steps].sort(([a], [b]) => a - b).map(([, point]) => point)];
    }),
  );
}

function joined(a: Point & { at: bigint }, b: Point & { at: bigint }): Point & { at: bigint } {
  const { at, last, lastUs } = a.at > b.at ? a : b;
  return {
    ...{ at, last, lastUs, firstUs: Math.min(a.firstUs, b.firstUs) },
    min: lesser(a.min, b.min),
    max: -lesser(-a.max, -b.max),
    ...{ sum: a.sum + b.sum, count: a.count + b.count, nans: a.nans + b.nans },
  };
}

/** The lesser of two values; NaN is none. */
function lesser(a: number, b: number): number {
  if (Number.isNaN(a)) return b;
  return Number.isNaN(b) ? a : Math.min(a, b);
}

async function rawPoints(
  shard: Shard,
  session: SampledSession,
  few: readonly Known[],
  query: PointsQuery,
): Promise<Map<string, Point[]>> {
  const rows = await shard.rows<SampleRow>(
    `SELECT toString(series) AS hash, at_us, ${valueSql} AS v, '' AS body FROM entry
     WHERE ${samplesSql(session, few)} AND ${rangeSql(query)}
     ORDER BY series, at_us, turn, server, place`,
  );
  const found = new Map<string, Point[]>();
  for (const { hash, at_us: atUs, v } of rows) {
    const value = floatOf(v);
    const nans = Number.isNaN(value) ? 1 : 0;
    const ends = { firstUs: atUs, lastUs: atUs, min: value, max: value, last: value };
    const points = found.get(hash) ?? [];
    points.push({ ...ends, sum: nans ? 0 : value, count: 1, nans });
    found.set(hash, points);
  }
  return found;
}

function chartOf(series: number, key: SeriesKey, points: readonly Point[]): SeriesPoints {
  const column = (of: (point: Point) => number): Float64Array => Float64Array.from(points, of);
  return {
    series,
    key,
    timesUs: column(({ firstUs }) => firstUs),
    lastUs: column(({ lastUs }) => lastUs),
    min: column(({ min }) => min),
    max: column(({ max }) => max),
    sum: column(({ sum }) => sum),
    count: column(({ count }) => count),
    nans: column(({ nans }) => nans),
    last: column(({ last }) => last),
  };
}

/** Charts with rates, quantiles or heat maps, worked out from the samples themselves. */
async function specialCharts(
  shard: Shard,
  session: SampledSession,
  chosen: readonly Known[],
  query: PointsQuery,
  span: string,
): Promise<SeriesPoints[]> {
  if (chosen.length === 0) return [];
  const until = query.toUs === undefined ? '1' : `at_us < ${number(query.toUs)}`;
  const [rows, [ends]] = await Promise.all([
    samplesOfSeries(shard, session, chosen, chosen, until),
    shard.rows<{ lo: number; hi: number }>(`SELECT ${span}`),
  ]);
  const { lo = 0, hi = 0 } = ends ?? {};
  const own: PointsQuery = { ...query, filter: {}, seriesMax: chosen.length };
  const { series } = pointsOf({ samples: () => rows }, own, [lo, hi]);
  const placeOf = new Map(chosen.map(({ key, series: place }) => [key, place]));
  return series.map((chart) => ({ ...chart, series: placeOf.get(chart.key)! }));
}
