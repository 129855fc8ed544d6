/** Reads PromQL: a text becomes a checked expression, or an error that says where and why. */
import { limits } from '@tacho/protocol';
import type { Token } from './lexer.ts';
import { Reader } from './reader.ts';
import { parseSelector } from './selector-parser.ts';
import { signatures } from './signatures.ts';
import {
  type Aggregate,
  type Aggregation,
  aggregations,
  type Binary,
  type Expression,
  type ExpressionType,
  type Matching,
  type Operator,
  operatorRows,
  parseError,
  QueryError,
} from './syntax.ts';

/** The expression that a text is; throws QueryError `bad_data`. */
export function parse(text: string): Expression {
  if (text.length > limits.promqlLengthMax) {
    const most = `at most ${limits.promqlLengthMax} are accepted`;
    throw new QueryError('bad_data', `the query has ${text.length} characters; ${most}`);
  }
  const reader = new Reader(text);
  if (reader.peek().kind === 'end') throw reader.fail('no expression found in input');
  const found = readBinary(reader, 0);
  const rest = reader.peek();
  if (rest.kind !== 'end') throw reader.unexpected();
  return found;
}

/** The matchers of a text that is a selector and nothing else, as `match[]` has them. */
export function parseMatch(text: string): Expression & { kind: 'selector' } {
  const found = parse(text);
  if (found.kind === 'selector' && found.rangeMs === undefined && found.offsetMs === 0)
    return found;
  throw parseError(text, found.at, 'expected a series selector such as up{job="shop"}');
}

function readBinary(reader: Reader, row: number): Expression {
  if (row === operatorRows.length) return readUnary(reader);
  const isPower = row === operatorRows.length - 1;
  let left =
    row === operatorRows.length - 2 ? readSigned(reader, row) : readBinary(reader, row + 1);
  for (let links = 0; ; links++) {
    const operator = operatorAt(reader, row);
    if (operator === undefined) return left;
    if (links >= limits.promqlDepthMax) throw reader.fail(tooDeep);
    const { at } = reader.take();
    const options = readOptions(reader, operator);
    // Powers bind from the right: 2^3^2 is 2^9; a sign may stand before the exponent.
    const right = isPower
      ? readSigned(reader, row - 1)
      : row === operatorRows.length - 2
        ? readSigned(reader, row)
        : readBinary(reader, row + 1);
    left = checkBinary(reader, { kind: 'binary', operator, left, right, ...options, at });
  }
}

const tooDeep = `the query is nested or chained more than ${limits.promqlDepthMax} times`;

/** A sign binds weaker than a power: -2^2 is -4. */
function readSigned(reader: Reader, row: number): Expression {
  const { at, text } = reader.peek();
  if (!reader.isSign('-') && !reader.isSign('+')) return readBinary(reader, row + 1);
  reader.take();
  const body = nested(reader, () => readSigned(reader, row));
  const type = typeOf(body);
  if (type !== 'scalar' && type !== 'vector') {
    throw reader.fail(`a sign stands before a ${words[type]}; expected a scalar or a vector`, at);
  }
  return text === '+' ? body : { kind: 'negative', body, at };
}

function nested<T>(reader: Reader, read: () => T): T {
  if (++reader.depth > limits.promqlDepthMax) throw reader.fail(tooDeep);
  const found = read();
  reader.depth--;
  return found;
}

function operatorAt(reader: Reader, row: number): Operator | undefined {
  const { kind } = reader.peek();
  if (kind !== 'sign' && kind !== 'name') return undefined;
  return operatorRows[row]!.find((each) =>
    /^[a-z]/.test(each) ? reader.isWord(each) : reader.isSign(each),
  );
}

const comparisons: readonly Operator[] = ['==', '!=', '<', '<=', '>', '>='];
const setOperators: readonly Operator[] = ['and', 'or', 'unless'];

function readOptions(reader: Reader, operator: Operator): Pick<Binary, 'bool' | 'matching'> {
  const { at } = reader.peek();
  const bool = reader.isWord('bool');
  if (bool) reader.take();
  if (bool && !comparisons.includes(operator)) {
    throw reader.fail('bool stands after comparisons only', at);
  }
  if (!reader.isWord('on') && !reader.isWord('ignoring')) return { bool };
  const on = reader.isWord('on');
  reader.take();
  const matching: Matching = { on, labels: readLabels(reader), include: [] };
  const group = reader.isWord('group_left') ? 'left' : reader.isWord('group_right') ? 'right' : '';
  if (group !== '') {
    const token = reader.take();
    if (setOperators.includes(operator)) {
      throw reader.fail(`no grouping allowed for ${operator}`, token.at);
    }
    matching.many = group;
    if (reader.isSign('(')) matching.include = readLabels(reader);
  }
  return { bool, matching };
}

function checkBinary(reader: Reader, binary: Binary): Binary {
  const [left, right] = [typeOf(binary.left), typeOf(binary.right)];
  for (const [type, side] of [
    [left, binary.left],
    [right, binary.right],
  ] as const) {
    if (type === 'scalar' || type === 'vector') continue;
    const what = `an operator has a ${words[type]} beside it; expected a scalar or a vector`;
    throw reader.fail(what, side.at);
  }
  const isScalar = left === 'scalar' && right === 'scalar';
  if (isScalar && comparisons.includes(binary.operator) && !binary.bool) {
    throw reader.fail('comparisons between scalars must use bool', binary.at);
  }
  if (setOperators.includes(binary.operator) && (left === 'scalar' || right === 'scalar')) {
    throw reader.fail(`${binary.operator} stands between two vectors only`, binary.at);
  }
  if (binary.matching && (left === 'scalar' || right === 'scalar')) {
    throw reader.fail('on and ignoring stand between two vectors only', binary.at);
  }
  return binary;
}

function readUnary(reader: Reader): Expression {
  const token = reader.peek();
  if (token.kind === 'number') {
    reader.take();
    return { kind: 'number', value: Number(token.text), at: token.at };
  }
  if (token.kind === 'text') {
    reader.take();
    return { kind: 'text', text: token.text, at: token.at };
  }
  if (reader.takeIf('(')) {
    const body = nested(reader, () => readBinary(reader, 0));
    reader.expect(')');
    if (reader.isSign('[')) throw reader.fail('subqueries are not part of what is answered here');
    return body;
  }
  if (token.kind === 'name' || reader.isSign('{')) return readNamed(reader, token);
  throw reader.unexpected();
}

function readNamed(reader: Reader, token: Token): Expression {
  const lower = token.text.toLowerCase();
  const isCall = token.kind === 'name' && reader.isSign('(', 1);
  const isGrouped = reader.isWord('by', 1) || reader.isWord('without', 1);
  const aggregation = aggregations.find((each) => each === lower);
  if (aggregation !== undefined && (isCall || isGrouped)) return readAggregate(reader, aggregation);
  if (isCall) return readCall(reader);
  if (token.kind === 'name' && (lower === 'inf' || lower === 'nan')) {
    reader.take();
    return { kind: 'number', value: lower === 'inf' ? Infinity : Number.NaN, at: token.at };
  }
  return parseSelector(reader);
}

function readAggregate(reader: Reader, name: Aggregation): Aggregate {
  const { at } = reader.take();
  const before = readGrouping(reader);
  const args = readArguments(reader);
  const after = before === undefined ? readGrouping(reader) : undefined;
  const takes = ['quantile', 'topk', 'bottomk', 'count_values'].includes(name) ? 2 : 1;
  if (args.length !== takes) {
    throw reader.fail(`${name} takes ${takes} argument(s), not ${args.length}`, at);
  }
  const body = args.at(-1)!;
  requireType(reader, body, 'vector', name);
  if (takes === 2) requireType(reader, args[0]!, name === 'count_values' ? 'text' : 'scalar', name);
  const grouping = before ?? after ?? { labels: [], without: false };
  return {
    kind: 'aggregate',
    name,
    body,
    ...(takes === 2 && { parameter: args[0]! }),
    ...grouping,
    at,
  };
}

function readGrouping(reader: Reader): { labels: string[]; without: boolean } | undefined {
  if (!reader.isWord('by') && !reader.isWord('without')) return undefined;
  const without = reader.isWord('without');
  reader.take();
  return { labels: readLabels(reader), without };
}

function readLabels(reader: Reader): string[] {
  reader.expect('(');
  const labels: string[] = [];
  while (!reader.isSign(')')) {
    const token = reader.take();
    if (token.kind !== 'name' || token.text.includes(':')) {
      throw reader.fail('expected the name of a label', token.at);
    }
    labels.push(token.text);
    if (!reader.takeIf(',')) break;
  }
  reader.expect(')');
  return labels;
}

function readArguments(reader: Reader): Expression[] {
  reader.expect('(');
  const args: Expression[] = [];
  if (reader.takeIf(')')) return args;
  do args.push(nested(reader, () => readBinary(reader, 0)));
  while (reader.takeIf(','));
  reader.expect(')');
  return args;
}

function readCall(reader: Reader): Expression {
  const { text: name, at } = reader.take();
  const signature = signatures.get(name);
  if (signature === undefined) {
    throw reader.fail(`unknown function ${JSON.stringify(name.slice(0, 100))}`, at);
  }
  const args = readArguments(reader);
  const { takes, optional } = signature;
  if (args.length > takes.length || args.length < takes.length - optional) {
    const wanted =
      optional === 0 ? `${takes.length}` : `${takes.length - optional} to ${takes.length}`;
    throw reader.fail(`${name} takes ${wanted} argument(s), not ${args.length}`, at);
  }
  args.forEach((arg, i) => {
    requireType(reader, arg, takes[i]!, name);
  });
  return { kind: 'call', name, args, at };
}

const words = {
  scalar: 'scalar',
  vector: 'vector',
  matrix: 'range vector',
  text: 'string',
} as const;

function requireType(reader: Reader, found: Expression, wanted: ExpressionType, by: string): void {
  const type = typeOf(found);
  if (type === wanted) return;
  const hint = wanted === 'matrix' && type === 'vector' ? ', such as name[5m]' : '';
  throw reader.fail(`${by} expects a ${words[wanted]}${hint}, not a ${words[type]}`, found.at);
}

/** What an expression gives. */
function typeOf(found: Expression): ExpressionType {
  switch (found.kind) {
    case 'number':
      return 'scalar';
    case 'text':
      return 'text';
    case 'negative':
      return typeOf(found.body);
    case 'selector':
      return found.rangeMs === undefined ? 'vector' : 'matrix';
    case 'aggregate':
      return 'vector';
    case 'call':
      return signatures.get(found.name)!.gives;
    case 'binary':
      return typeOf(found.left) === 'scalar' && typeOf(found.right) === 'scalar'
        ? 'scalar'
        : 'vector';
  }
}
