/** The syntax tree of PromQL as far as we speak it, and what is said of a text that is none. */

/** How a matcher compares. */
export type MatchOperator = '=' | '!=' | '=~' | '!~';

/** A condition on a label. */
export interface Matcher {
  label: string;
  operator: MatchOperator;
  value: string;
}

/** What an expression gives: one number per instant, many with labels, samples, or a text. */
export type ExpressionType = 'scalar' | 'vector' | 'matrix' | 'text';

/** Which series are meant. */
export interface Selector {
  kind: 'selector';
  matchers: Matcher[];
  /** Samples of so long before each instant; the last value at each instant when absent. */
  rangeMs?: number;
  offsetMs: number;
  /** Where it begins in the text. */
  at: number;
}

/** Which labels two sides of an operator share. */
export interface Matching {
  on: boolean;
  labels: string[];
  /** The side that may have many for one of the other, and labels that it takes from that one. */
  many?: 'left' | 'right';
  include: string[];
}

/** Operators between two expressions, weakest first; those of one row bind equally. */
export const operatorRows = [
  ['or'],
  ['and', 'unless'],
  ['==', '!=', '<=', '<', '>=', '>'],
  ['+', '-'],
  ['*', '/', '%', 'atan2'],
  ['^'],
] as const;

/** An operator between two expressions. */
export type Operator = (typeof operatorRows)[number][number];

/** Aggregations; the last four take a parameter or keep labels. */
export const aggregations = [
  ...(['sum', 'avg', 'min', 'max', 'count', 'group', 'stddev', 'stdvar'] as const),
  ...(['quantile', 'topk', 'bottomk', 'count_values'] as const),
] as const;

/** An aggregation. */
export type Aggregation = (typeof aggregations)[number];

/** An aggregation with what it is over. */
export interface Aggregate {
  kind: 'aggregate';
  name: Aggregation;
  parameter?: Expression;
  body: Expression;
  labels: string[];
  without: boolean;
  at: number;
}

/** Two expressions with an operator between them. */
export interface Binary {
  kind: 'binary';
  operator: Operator;
  left: Expression;
  right: Expression;
  /** Comparisons: 0 and 1 instead of leaving out. */
  bool: boolean;
  matching?: Matching;
  at: number;
}

/** A function with what it is given. */
interface Call {
  kind: 'call';
  name: string;
  args: Expression[];
  at: number;
}

/** An expression. */
export type Expression =
  | { kind: 'number'; value: number; at: number }
  | { kind: 'text'; text: string; at: number }
  | { kind: 'negative'; body: Expression; at: number }
  | Selector
  | Aggregate
  | Binary
  | Call;

/** A question that is not understood, or asks for what we do not do; `message` is one sentence. */
export class QueryError extends Error {
  override readonly name = 'QueryError';
  readonly kind: 'bad_data' | 'execution' | 'timeout';

  constructor(kind: 'bad_data' | 'execution' | 'timeout', message: string) {
    super(message);
    this.kind = kind;
  }
}

/** The error at a place of a text, as Prometheus words it: line and column, then what is wrong. */
export function parseError(text: string, at: number, message: string): QueryError {
  const before = text.slice(0, at).split('\n');
  const place = `${before.length}:${before.at(-1)!.length + 1}`;
  return new QueryError('bad_data', `${place}: parse error: ${message}`);
}
