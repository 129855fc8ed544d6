/** The functions of PromQL that we speak: what each takes and gives. */
import type { ExpressionType } from './syntax.ts';

/** What a function takes, in order; the last `optional` of them may be left out. */
export interface Signature {
  takes: readonly ExpressionType[];
  optional: number;
  gives: ExpressionType;
}

/** Functions of one number, applied to each value of a vector. */
export const plainFunctions: Readonly<Record<string, (value: number) => number>> = {
  abs: Math.abs,
  ceil: Math.ceil,
  floor: Math.floor,
  exp: Math.exp,
  ln: Math.log,
  log2: Math.log2,
  log10: Math.log10,
  sqrt: Math.sqrt,
  sgn: Math.sign,
};

const overTime = [
  ...['rate', 'increase', 'irate', 'delta', 'idelta', 'changes', 'resets'],
  ...['avg', 'min', 'max', 'sum', 'count', 'last', 'present', 'stddev', 'stdvar'].map(
    (name) => `${name}_over_time`,
  ),
];

const make = (
  names: readonly string[],
  takes: ExpressionType[],
  gives: ExpressionType = 'vector',
  optional = 0,
): [string, Signature][] => names.map((name) => [name, { takes, optional, gives }]);

/** All functions by name. */
export const signatures: ReadonlyMap<string, Signature> = new Map([
  ...make(overTime, ['matrix']),
  ...make(['quantile_over_time'], ['scalar', 'matrix']),
  ...make(Object.keys(plainFunctions), ['vector']),
  ...make(['round'], ['vector', 'scalar'], 'vector', 1),
  ...make(['clamp'], ['vector', 'scalar', 'scalar']),
  ...make(['clamp_min', 'clamp_max'], ['vector', 'scalar']),
  ...make(['histogram_quantile'], ['scalar', 'vector']),
  ...make(['absent', 'sort', 'sort_desc', 'timestamp'], ['vector']),
  ...make(['label_replace'], ['vector', 'text', 'text', 'text', 'text']),
  ...make(['scalar'], ['vector'], 'scalar'),
  ...make(['vector'], ['scalar']),
  ...make(['time', 'pi'], [], 'scalar'),
]);
