/** Values of samples by bucket, for quantiles: counted in ClickHouse, told apart by the upper bits of doubles. */
import type { AggregateGroup, AggregateQuery } from '../aggregate.ts';
import { floatOf } from './series.ts';

/** A row with the values of its keys as `k0`, `k1` and so on. */
export type Keyed<T> = T & Record<string, string | number | null>;

/** Values of one bucket. */
export interface ValueRow {
  /** Its number, or the value itself; without quantiles, whether it is NaN. */
  b: number | string;
  /** What the values of the bucket are divided by; 1 when absent. */
  power?: number;
  n: number;
  lo: number | string;
  hi: number | string;
  total: number | string;
}

/** The values of a group: of its keys, and by bucket. */
export interface ValueGroup {
  keys: Keyed<{ step: number | null }>;
  rows: ValueRow[];
}

/** A key as a number in SQL. */
export interface PackedKey {
  sql: string;
  /** By number. */
  values: (string | null)[];
}

/** How often values are in each bucket, by group and step. */
export function valuesSql(parts: {
  columns: readonly string[];
  by: string;
  source: string;
  query: AggregateQuery;
}): string {
  const { columns, by, source, query } = parts;
  const isSorted = query.quantiles.length > 0;
  const bucket = !isSorted ? 'isNaN(v)' : query.exact ? 'v' : bucketSql('v');
  return `SELECT ${columns.join(', ')}, ${bucket} AS b, count() AS n, min(v) AS lo, max(v) AS hi,
      sum(v) AS total
    FROM ${source} GROUP BY ${by}, b`;
}

/** Whether group, bucket and scale can be one number: grouping by it takes a third of the time. */
export function canPack({ exact, steps, by }: AggregateQuery): boolean {
  return !exact && steps === undefined && by.every((key) => key.by !== 'session');
}

/** The same counts as of `valuesSql`, by one number; values are looked at as they are kept. */
export async function packedValues(
  keys: readonly PackedKey[],
  where: string,
  isSorted: boolean,
  ask: (sql: string) => Promise<PackedRow[]>,
): Promise<ValueGroup[]> {
  let code = '0';
  for (const { sql, values } of keys) code = `(${code}) * ${Math.max(1, values.length)} + ${sql}`;
  const group = `toUInt64(${code}) * ${groupUnit}`;
  const rows = await ask(
    `SELECT ${group} + ${isSorted ? bucketSql('toFloat64(mantissa)') : '0'} * 8 + bitAnd(scale, 7) AS c,
       count() AS n, min(mantissa) AS lo, max(mantissa) AS hi, sum(mantissa) AS total
     FROM entry WHERE ${where} GROUP BY c`,
  );
  const wholes = rows.filter(({ c }) => c % 8 !== doubleScale);
  const doubles =
    wholes.length === rows.length
      ? []
      : await ask(
          `SELECT ${group} + ${isSorted ? bucketSql('value') : 'isNaN(value)'} * 8 + ${doubleScale} AS c, count() AS n,
             min(value) AS lo, max(value) AS hi, sum(value) AS total
           FROM entry WHERE (${where}) AND scale < 0 GROUP BY c`,
        );
  return unpacked(keys, [...wholes, ...doubles]);
}

/** Room for a bucket and a scale below the number of the group. */
const groupUnit = 2 ** 22;

/** What -1 leaves of a scale. */
const doubleScale = 7;

interface PackedRow {
  c: number;
  n: number;
  lo: number | string;
  hi: number | string;
  total: number | string;
}

function unpacked(keys: readonly PackedKey[], rows: readonly PackedRow[]): ValueGroup[] {
  const groups = new Map<number, ValueGroup>();
  for (const { c, n, lo, hi, total } of rows) {
    const scale = c % 8;
    const power = scale === doubleScale ? 1 : 10 ** scale;
    const code = Math.floor(c / groupUnit);
    let group = groups.get(code);
    if (group === undefined) {
      group = { keys: { step: null, ...keysOfCode(keys, code) }, rows: [] };
      groups.set(code, group);
    }
    group.rows.push({
      ...{ power, b: Math.floor((c % groupUnit) / 8), n, lo: floatOf(lo) / power },
      ...{ hi: floatOf(hi) / power, total: floatOf(total) / power },
    });
  }
  return [...groups.values()];
}

function keysOfCode(keys: readonly PackedKey[], code: number): Record<string, string | null> {
  const found: Record<string, string | null> = {};
  let rest = code;
  for (let i = keys.length - 1; i >= 0; i -= 1) {
    const { values } = keys[i]!;
    const length = Math.max(1, values.length);
    found[`k${i}`] = values[rest % length] ?? null;
    rest = Math.floor(rest / length);
  }
  return found;
}

/** Adds what a row tells to its group, and to how often values are there. */
export function addValues(
  group: AggregateGroup,
  values: Map<number, number>,
  row: ValueRow,
  query: AggregateQuery,
): void {
  group.count += row.n;
  const isSorted = query.quantiles.length > 0;
  const b = floatOf(row.b);
  const stands = query.exact ? b : valueOfBucket(b) / (row.power ?? 1);
  if (isSorted ? Number.isNaN(stands) : b === 1) {
    group.nans += row.n;
    return;
  }
  if (isSorted) values.set(stands, (values.get(stands) ?? 0) + row.n);
  group.sum += floatOf(row.total);
  group.min = Number.isNaN(group.min) ? floatOf(row.lo) : Math.min(group.min, floatOf(row.lo));
  group.max = Number.isNaN(group.max) ? floatOf(row.hi) : Math.max(group.max, floatOf(row.hi));
}

/** The bucket of a value: the upper 18 bits of the double, which are sign, exponent and six bits of its fraction. */
function bucketSql(value: string): string {
  return `toUInt32(bitShiftRight(reinterpretAsUInt64(${value}), 46))`;
}

/** Buckets from here on have the greatest exponent: the infinities and NaN. */
const infinityBucket = 0x7ff << 6;
const signBucket = 1 << 17;

const bits = new DataView(new ArrayBuffer(8));

/** The value in the middle of a bucket; NaN for the buckets of those. */
function valueOfBucket(bucket: number): number {
  const sign = bucket >= signBucket ? -1 : 1;
  const magnitude = bucket % signBucket;
  if (magnitude === 0) return 0;
  if (magnitude >= infinityBucket) {
    return magnitude === infinityBucket ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  }
  // The first bit that the bucket leaves open is the half of it.
  bits.setUint32(0, magnitude * 2 ** 14 + 2 ** 13);
  return sign * bits.getFloat64(0);
}
