/** Operators between scalars and vectors: arithmetic, comparisons, and, or, unless. */
import { labelsKey, nameLabel, pickLabels } from './labels.ts';
import { type Binary, type Matching, type Operator, QueryError } from './syntax.ts';
import { type Column, emptyColumn, type Grid, hasAny, type Value } from './vector.ts';

/** What an operator gives; throws QueryError where sides cannot be matched. */
export function binary(found: Binary, left: Value, right: Value, grid: Grid): Value {
  if (left.kind === 'text' || right.kind === 'text') throw new Error('a text beside an operator');
  if (left.kind === 'scalar' && right.kind === 'scalar') {
    const work = numberWork(found.operator);
    return {
      kind: 'scalar',
      values: left.values.map((one, i) => Number(work(one, right.values[i]!))),
    };
  }
  if (left.kind === 'vector' && right.kind === 'vector') {
    return { kind: 'vector', columns: twoVectors(found, left.columns, right.columns, grid) };
  }
  const columns = left.kind === 'vector' ? left.columns : (right as { columns: Column[] }).columns;
  const made = columns.map((column) => withScalar(found, column, left, right));
  return { kind: 'vector', columns: made.filter(hasAny) };
}

const arithmetic: Readonly<Record<string, (a: number, b: number) => number>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '/': (a, b) => a / b,
  '%': (a, b) => a % b,
  '^': power,
  atan2: Math.atan2,
};

const comparing: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

/** As IEEE has it: 1 to any power is 1, and so is -1 to an infinite one. */
function power(a: number, b: number): number {
  return a === 1 || (a === -1 && !Number.isFinite(b) && !Number.isNaN(b)) ? 1 : a ** b;
}

function numberWork(operator: Operator): (a: number, b: number) => number | boolean {
  return (arithmetic[operator] ?? comparing[operator])!;
}

/** Whether the result is another thing than what went in, and so has no name. */
function losesName({ operator, bool }: Binary): boolean {
  return operator in arithmetic || bool;
}

function resultLabels(found: Binary, labels: Column['labels']): Column['labels'] {
  return losesName(found) ? pickLabels(labels, (name) => name !== nameLabel) : labels;
}

function withScalar(found: Binary, column: Column, left: Value, right: Value): Column {
  const scalar = left.kind === 'scalar' ? left.values : (right as { values: Float64Array }).values;
  const isLeft = left.kind === 'scalar';
  const made = emptyColumn(resultLabels(found, column.labels), column.values.length);
  column.has.forEach((has, i) => {
    if (has === 0) return;
    const own = column.values[i]!;
    put(made, i, found, isLeft ? [scalar[i]!, own] : [own, scalar[i]!], own);
  });
  return made;
}

/** Writes the result of two numbers; a comparison without bool keeps the value or leaves it out. */
function put(made: Column, i: number, found: Binary, [a, b]: [number, number], kept: number): void {
  const compare = comparing[found.operator];
  if (compare === undefined) made.values[i] = arithmetic[found.operator]!(a, b);
  else if (found.bool) made.values[i] = Number(compare(a, b));
  else if (compare(a, b)) made.values[i] = kept;
  else return;
  made.has[i] = 1;
}

function twoVectors(found: Binary, left: Column[], right: Column[], grid: Grid): Column[] {
  const keeps = keeperOf(found.matching);
  switch (found.operator) {
    case 'and':
      return masked(left, presence(right, keeps, grid), keeps, true);
    case 'unless':
      return masked(left, presence(right, keeps, grid), keeps, false);
    case 'or':
      return [...left, ...masked(right, presence(left, keeps, grid), keeps, false)];
    default:
      return matched(found, left, right, keeps);
  }
}

function keeperOf(matching: Matching | undefined): (name: string) => boolean {
  const named = new Set(matching?.labels ?? []);
  if (matching?.on) return (name) => named.has(name);
  return (name) => name !== nameLabel && !named.has(name);
}

function presence(columns: readonly Column[], keeps: (name: string) => boolean, { points }: Grid) {
  const found = new Map<string, Uint8Array>();
  for (const { labels, has } of columns) {
    const key = labelsKey(labels, keeps);
    const known = found.get(key) ?? new Uint8Array(points);
    found.set(key, known);
    has.forEach((one, i) => {
      known[i]! |= one;
    });
  }
  return found;
}

function masked(
  columns: readonly Column[],
  others: ReadonlyMap<string, Uint8Array>,
  keeps: (name: string) => boolean,
  wanted: boolean,
): Column[] {
  return columns
    .map(({ labels, values, has }) => {
      const other = others.get(labelsKey(labels, keeps));
      return {
        labels,
        values,
        has: has.map((one, i) => one & Number((other?.[i] === 1) === wanted)),
      };
    })
    .filter(hasAny);
}

function matched(
  found: Binary,
  left: Column[],
  right: Column[],
  keeps: (name: string) => boolean,
): Column[] {
  const many = found.matching?.many;
  const [ones, manies] = many === 'right' ? [left, right] : [right, left];
  const oneByKey = groupsOf(ones, keeps);
  const made: Column[] = [];
  for (const [key, members] of groupsOf(manies, keeps)) {
    const partners = oneByKey.get(key) ?? [];
    requireOne(partners, found);
    if (many === undefined) requireOne(members, found);
    for (const column of members) {
      for (const partner of partners) made.push(joined(found, column, partner, keeps));
    }
  }
  return made.filter(hasAny);
}

function groupsOf(columns: readonly Column[], keeps: (name: string) => boolean) {
  const groups = new Map<string, Column[]>();
  for (const column of columns) {
    const key = labelsKey(column.labels, keeps);
    const known = groups.get(key);
    if (known) known.push(column);
    else groups.set(key, [column]);
  }
  return groups;
}

/** Of series that match the same, only one may have a value at an instant. */
function requireOne(columns: readonly Column[], { operator }: Binary): void {
  if (columns.length < 2) return;
  const taken = new Uint8Array(columns[0]!.has.length);
  for (const { has } of columns) {
    has.forEach((one, i) => {
      if (one === 1 && taken[i] === 1) {
        throw new QueryError(
          'execution',
          `several series of one side of "${operator}" match the same one of the other; add on(…) or ignoring(…), or group_left or group_right`,
        );
      }
      taken[i]! |= one;
    });
  }
}

function joined(
  found: Binary,
  column: Column,
  partner: Column,
  keeps: (name: string) => boolean,
): Column {
  const { matching } = found;
  const isSwapped = matching?.many === 'right';
  const made = emptyColumn(joinedLabels(found, column, partner, keeps), column.values.length);
  column.has.forEach((has, i) => {
    if (has === 0 || partner.has[i] === 0) return;
    const [own, other] = [column.values[i]!, partner.values[i]!];
    const [a, b] = isSwapped ? [other, own] : [own, other];
    put(made, i, found, [a, b], a);
  });
  return made;
}

function joinedLabels(
  found: Binary,
  column: Column,
  partner: Column,
  keeps: (name: string) => boolean,
): Column['labels'] {
  const { matching } = found;
  const own = resultLabels(found, column.labels);
  if (matching?.many === undefined) {
    if (matching === undefined) return own;
    const named = new Set(matching.labels);
    // A comparison keeps the name unless the matching leaves it out.
    return pickLabels(own, (name) =>
      matching.on ? named.has(name) : name === nameLabel || keeps(name),
    );
  }
  const labels = new Map(own);
  for (const name of matching.include) {
    const value = partner.labels.get(name);
    if (value === undefined) labels.delete(name);
    else labels.set(name, value);
  }
  return labels;
}
