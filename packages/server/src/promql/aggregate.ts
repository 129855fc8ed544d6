/** Aggregations: many columns become one for each group of labels. */
import { labelsKey, nameLabel, pickLabels } from './labels.ts';
import { type Aggregate, QueryError } from './syntax.ts';
import { type Column, emptyColumn, type Grid, type Value } from './vector.ts';
import { quantileOf, sumOf, varianceOfValues } from './window.ts';

/** The columns of an aggregation; throws QueryError for a parameter that makes no sense. */
export function aggregate(
  { name, labels, without }: Aggregate,
  columns: readonly Column[],
  parameter: Value | undefined,
  { points }: Grid,
): Column[] {
  const keeps = keeperOf(labels, without);
  const groups = new Map<string, { labels: Map<string, string>; members: Column[] }>();
  for (const column of columns) {
    const key = labelsKey(column.labels, keeps);
    const known = groups.get(key);
    if (known) known.members.push(column);
    else groups.set(key, { labels: pickLabels(column.labels, keeps), members: [column] });
  }
  return [...groups.values()].flatMap((group) => {
    if (name === 'topk' || name === 'bottomk') {
      return extremes(group.members, scalarOf(parameter), name === 'topk', points);
    }
    if (name === 'count_values') return countValues(group, textOf(parameter), points);
    const made = emptyColumn(group.labels, points);
    const fold = name === 'quantile' ? undefined : folds[name];
    const q = name === 'quantile' ? scalarOf(parameter) : undefined;
    for (let point = 0; point < points; point++) {
      const values = valuesAt(group.members, point);
      if (values.length === 0) continue;
      made.values[point] = fold ? fold(values) : quantileOf(values, q![point]!);
      made.has[point] = 1;
    }
    return [made];
  });
}

/** Which labels a grouping keeps. */
function keeperOf(labels: readonly string[], without: boolean): (name: string) => boolean {
  const named = new Set(labels);
  if (without) return (name) => name !== nameLabel && !named.has(name);
  return (name) => named.has(name);
}

const folds = {
  sum: (values: number[]) => sumOf(values),
  avg: (values: number[]) => sumOf(values) / values.length,
  min: (values: number[]) => values.reduce((a, b) => (b < a || Number.isNaN(a) ? b : a)),
  max: (values: number[]) => values.reduce((a, b) => (b > a || Number.isNaN(a) ? b : a)),
  count: (values: number[]) => values.length,
  group: () => 1,
  stddev: (values: number[]) => Math.sqrt(varianceOfValues(values)),
  stdvar: (values: number[]) => varianceOfValues(values),
} as const;

function valuesAt(columns: readonly Column[], point: number): number[] {
  const values: number[] = [];
  for (const { has, values: own } of columns) if (has[point] === 1) values.push(own[point]!);
  return values;
}

/** Each column keeps its values where they are among the k largest or smallest; NaN comes last. */
function extremes(
  members: readonly Column[],
  k: Float64Array,
  isTop: boolean,
  points: number,
): Column[] {
  const made = members.map(({ labels, values }) => ({
    labels,
    values,
    has: new Uint8Array(points),
  }));
  for (let point = 0; point < points; point++) {
    const size = Math.trunc(k[point]!);
    if (!(size > 0)) continue;
    const present = members.map((_, i) => i).filter((i) => members[i]!.has[point] === 1);
    const numberAt = (i: number): number => members[i]!.values[point]!;
    present.sort((a, b) => compareLast(numberAt(a), numberAt(b), isTop));
    for (const i of present.slice(0, size)) made[i]!.has[point] = 1;
  }
  return made.filter(({ has }) => has.includes(1));
}

function compareLast(a: number, b: number, isTop: boolean): number {
  if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return a === b ? 0 : a > b === isTop ? -1 : 1;
}

function countValues(
  { labels, members }: { labels: Map<string, string>; members: readonly Column[] },
  label: string,
  points: number,
): Column[] {
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) {
    throw new QueryError(
      'execution',
      `invalid label name ${JSON.stringify(label)} for count_values`,
    );
  }
  const made = new Map<string, Column>();
  for (let point = 0; point < points; point++) {
    for (const value of valuesAt(members, point)) {
      const text = numberText(value);
      const column = made.get(text) ?? emptyColumn(new Map(labels).set(label, text), points);
      made.set(text, column);
      column.values[point]!++;
      column.has[point] = 1;
    }
  }
  return [...made.values()];
}

/** A number as Prometheus writes it. */
export function numberText(value: number): string {
  if (value === Infinity) return '+Inf';
  if (value === -Infinity) return '-Inf';
  return Object.is(value, -0) ? '-0' : String(value);
}

function scalarOf(value: Value | undefined): Float64Array {
  if (value?.kind === 'scalar') return value.values;
  throw new Error('a parameter is missing');
}

function textOf(value: Value | undefined): string {
  if (value?.kind === 'text') return value.text;
  throw new Error('a parameter is missing');
}
