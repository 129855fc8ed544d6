/** Functions of vectors and scalars, instant by instant. */
import { type Bucket, bucketQuantile, readEdge } from './buckets.ts';
import { type Labels, labelsKey, nameLabel, pickLabels } from './labels.ts';
import { compilePattern } from './matcher.ts';
import { plainFunctions } from './signatures.ts';
import { type Expression, QueryError } from './syntax.ts';
import { type Column, emptyColumn, type Grid, hasAny, instantMs, type Value } from './vector.ts';

/** What a function gives; `args` are the expressions behind the values. */
export function call(
  name: string,
  values: readonly Value[],
  grid: Grid,
  args: readonly Expression[],
): Value {
  const plain = plainFunctions[name];
  if (plain) return mapped(values[0], (value) => plain(value));
  switch (name) {
    case 'time':
      return scalar(grid, (i) => instantMs(grid, i) / 1000);
    case 'pi':
      return scalar(grid, () => Math.PI);
    case 'scalar':
      return { kind: 'scalar', values: onlyValues(columnsOf(values[0]), grid) };
    case 'vector': {
      const has = new Uint8Array(grid.points).fill(1);
      return vector([{ labels: new Map(), values: numbersOf(values[0]), has }]);
    }
    case 'round':
      return rounded(values[0], values[1]);
    case 'clamp':
      return clamped(values[0], numbersOf(values[1]), numbersOf(values[2]));
    case 'clamp_min':
      return clamped(values[0], numbersOf(values[1]), undefined);
    case 'clamp_max':
      return clamped(values[0], undefined, numbersOf(values[1]));
    case 'histogram_quantile':
      return vector(histogramQuantiles(numbersOf(values[0]), columnsOf(values[1]), grid));
    case 'absent':
      return vector(absent(columnsOf(values[0]), args[0]!, grid));
    case 'sort':
    case 'sort_desc':
      return vector(sorted(columnsOf(values[0]), name === 'sort', grid));
    case 'label_replace':
      return vector(replaced(columnsOf(values[0]), values.slice(1).map(textOf)));
    case 'timestamp':
      return mapped(values[0], (_, i) => instantMs(grid, i) / 1000);
    default:
      throw new Error(`${name} is a function of range vectors`);
  }
}

function vector(columns: Column[]): Value {
  return { kind: 'vector', columns };
}

function scalar({ points }: Grid, of: (point: number) => number): Value {
  return { kind: 'scalar', values: Float64Array.from({ length: points }, (_, i) => of(i)) };
}

function mapped(value: Value | undefined, of: (value: number, point: number) => number): Value {
  const columns = columnsOf(value).map(({ labels, values, has }) => ({
    labels: nameless(labels),
    values: values.map(of),
    has,
  }));
  return vector(columns);
}

function nameless(labels: Labels): Labels {
  return pickLabels(labels, (name) => name !== nameLabel);
}

function rounded(value: Value | undefined, to: Value | undefined): Value {
  const steps = to && numbersOf(to);
  return mapped(value, (one, i) => {
    // By the inverse, as Prometheus has it: 0.1 has no exact double, 10 has.
    const inverse = 1 / (steps?.[i] ?? 1);
    return Math.floor(one * inverse + 0.5) / inverse;
  });
}

function clamped(
  value: Value | undefined,
  min: Float64Array | undefined,
  max: Float64Array | undefined,
): Value {
  const made = mapped(value, (one, i) =>
    Math.max(min?.[i] ?? -Infinity, Math.min(max?.[i] ?? Infinity, one)),
  );
  if (min === undefined || max === undefined) return made;
  // Between bounds the wrong way round there is nothing.
  const columns = columnsOf(made).map((column) => ({
    ...column,
    has: column.has.map((one, i) => one & Number(!(min[i]! > max[i]!))),
  }));
  return vector(columns.filter(hasAny));
}

function onlyValues(columns: readonly Column[], { points }: Grid): Float64Array {
  return Float64Array.from({ length: points }, (_, i) => {
    const present = columns.filter(({ has }) => has[i] === 1);
    return present.length === 1 ? present[0]!.values[i]! : Number.NaN;
  });
}

function histogramQuantiles(
  q: Float64Array,
  columns: readonly Column[],
  { points }: Grid,
): Column[] {
  const isKept = (name: string): boolean => name !== nameLabel && name !== 'le';
  const groups = new Map<string, { labels: Labels; members: { edge: number; column: Column }[] }>();
  for (const column of columns) {
    const edge = readEdge(column.labels.get('le'));
    // What has no edge is no bucket.
    if (Number.isNaN(edge)) continue;
    const key = labelsKey(column.labels, isKept);
    const known = groups.get(key);
    if (known) known.members.push({ edge, column });
    else
      groups.set(key, { labels: pickLabels(column.labels, isKept), members: [{ edge, column }] });
  }
  return [...groups.values()].map(({ labels, members }) => {
    const made = emptyColumn(labels, points);
    for (let i = 0; i < points; i++) {
      const buckets: Bucket[] = [];
      for (const { edge, column } of members) {
        if (column.has[i] === 1) buckets.push({ edge, count: column.values[i]! });
      }
      if (buckets.length === 0) continue;
      made.values[i] = bucketQuantile(q[i]!, buckets);
      made.has[i] = 1;
    }
    return made;
  });
}

/** 1 where there is nothing, with the labels that the selector asks for by `=`. */
function absent(columns: readonly Column[], arg: Expression, { points }: Grid): Column[] {
  const labels = new Map<string, string>();
  const twice = new Set<string>();
  for (const { label, operator, value } of arg.kind === 'selector' ? arg.matchers : []) {
    if (label === nameLabel) continue;
    if (operator !== '=' || labels.has(label)) twice.add(label);
    else if (value !== '') labels.set(label, value);
  }
  for (const label of twice) labels.delete(label);
  const made = emptyColumn(labels, points);
  for (let i = 0; i < points; i++) {
    if (columns.some(({ has }) => has[i] === 1)) continue;
    made.values[i] = 1;
    made.has[i] = 1;
  }
  return hasAny(made) ? [made] : [];
}

/** Only at one instant is there an order; over many, series keep theirs. */
function sorted(columns: Column[], isAscending: boolean, { points }: Grid): Column[] {
  if (points > 1) return columns;
  const isNaNLast = (a: number, b: number): number =>
    Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  return [...columns].sort(({ values: [a = 0] }, { values: [b = 0] }) => {
    if (Number.isNaN(a) || Number.isNaN(b)) return isNaNLast(a, b);
    return isAscending ? a - b : b - a;
  });
}

function replaced(columns: readonly Column[], texts: readonly string[]): Column[] {
  const [target = '', replacement = '', source = '', pattern = ''] = texts;
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(target)) {
    throw new QueryError(
      'execution',
      `invalid destination label name in label_replace: ${JSON.stringify(target)}`,
    );
  }
  let compiled: ReturnType<typeof compilePattern>;
  try {
    compiled = compilePattern(`^(?:${pattern})$`);
  } catch (error) {
    if (!(error instanceof QueryError)) throw error;
    throw new QueryError(
      'execution',
      `invalid regular expression in label_replace(): ${JSON.stringify(pattern)}`,
    );
  }
  return columns.map((column) => {
    const matcher = compiled.matcher(column.labels.get(source) ?? '');
    if (!matcher.find()) return column;
    const groups = Array.from(
      { length: matcher.groupCount() + 1 },
      (_, i) => matcher.group(i) ?? '',
    );
    const named = compiled.namedGroups() as Readonly<Record<string, number>>;
    const value = replacement.replaceAll(
      /\$(?:\$|(\w+)|\{(\w+)\})/g,
      (all, bare?: string, braced?: string) => {
        const name = bare ?? braced;
        if (name === undefined) return all === '$$' ? '$' : all;
        return groups[/^\d+$/.test(name) ? Number(name) : (named[name] ?? -1)] ?? '';
      },
    );
    const labels = new Map(column.labels);
    if (value === '') labels.delete(target);
    else labels.set(target, value);
    return { ...column, labels };
  });
}

function columnsOf(value: Value | undefined): Column[] {
  if (value?.kind === 'vector') return value.columns;
  throw new Error('expected a vector');
}

function numbersOf(value: Value | undefined): Float64Array {
  if (value?.kind === 'scalar') return value.values;
  throw new Error('expected a scalar');
}

function textOf(value: Value): string {
  if (value.kind === 'text') return value.text;
  throw new Error('expected a text');
}
