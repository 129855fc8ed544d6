/** Paths into a state: dotted names, what they lead to, and conditions on it. */
import { isJsonObject, type JsonObject, type JsonValue, stringifyJson } from './json.ts';

/** How a condition compares; `=` and the like never hold where the path leads nowhere. */
export const stateOperators = ['=', '!=', '<', '<=', '>', '>=', 'exists', 'missing'] as const;

/** How a condition compares. */
export type StateOperator = (typeof stateOperators)[number];

/** A condition on the state of a session. */
export interface StateCondition {
  /** Names joined by dots: `scene.name`. A name that holds a dot itself is met by the same text. */
  path: string;
  operator: StateOperator;
  /** As text, such as `true`, `12.5` or `lobby`; absent for `exists` and `missing`. */
  value?: string;
}

const conditionForm = /^([^!=<>]+)(!=|<=|>=|=|<|>)([\s\S]*)$/;

/**
 * Reads `path=value`, `path!=value`, `path<value` …, `path` (it exists) or `!path` (it does not);
 * undefined when it is none of these.
 */
export function parseStateCondition(text: string): StateCondition | undefined {
  const match = conditionForm.exec(text);
  if (match) {
    const [, path = '', operator, value = ''] = match;
    return { path: path.trim(), operator: operator as StateOperator, value };
  }
  const isMissing = text.startsWith('!');
  const path = (isMissing ? text.slice(1) : text).trim();
  if (path === '' || /[!=<>]/.test(path)) return undefined;
  return { path, operator: isMissing ? 'missing' : 'exists' };
}

/** A condition as text; the inverse of `parseStateCondition`. */
export function formatStateCondition({ path, operator, value = '' }: StateCondition): string {
  if (operator === 'exists') return path;
  return operator === 'missing' ? `!${path}` : `${path}${operator}${value}`;
}

/** One place of a state: a value that is no object with names in it, or such an object itself. */
export interface StatePlace {
  path: string;
  /** Undefined for an object, which has places of its own and compares with nothing. */
  value: JsonValue | undefined;
}

/** All places of a state, objects before what they hold. An empty object is a place like a value. */
export function* statePlaces(state: JsonObject, prefix = ''): Generator<StatePlace> {
  for (const [name, value] of Object.entries(state)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (isJsonObject(value)) {
      yield { path, value: undefined };
      yield* statePlaces(value, path);
    } else yield { path, value };
  }
}

/**
 * Whether a state meets a condition. Numbers compare as numbers where the value reads as one (in
 * order as the nearest doubles, beyond 2^53 too; equal also by their digits), texts by their UTF-16
 * code units; true, false and null by their names; arrays by their JSON, and only for
 * being equal or not. `!=` holds where the path leads to something else.
 */
export function meetsCondition(state: JsonObject, condition: StateCondition): boolean {
  const found = [...statePlaces(state)].filter(({ path }) => path === condition.path);
  if (condition.operator === 'missing') return found.length === 0;
  if (condition.operator === 'exists') return found.length > 0;
  return found.some(({ value }) => value !== undefined && holds(value, condition));
}

/** Whether one value meets the comparison of a condition. */
export function holds(value: JsonValue, { operator, value: wanted = '' }: StateCondition): boolean {
  if (operator === '=') return equals(value, wanted);
  if (operator === '!=') return !equals(value, wanted);
  const order = orderOf(value, wanted);
  if (order === undefined) return false;
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    default:
      return order >= 0;
  }
}

/** The number that a text reads as; undefined when it is none. */
export function numberOf(text: string): number | undefined {
  if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return undefined;
  return Number(text);
}

/** A value as the text that it is compared and shown by. */
export function stateText(value: JsonValue): string {
  return typeof value === 'string' ? value : stringifyJson(value);
}

function equals(value: JsonValue, wanted: string): boolean {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const text = stateText(value);
    return text === wanted || (typeof value === 'number' && value === numberOf(wanted));
  }
  return stateText(value) === wanted;
}

function orderOf(value: JsonValue, wanted: string): number | undefined {
  if (typeof value === 'number' || typeof value === 'bigint') {
    const number = numberOf(wanted);
    return number === undefined ? undefined : compare(Number(value), number);
  }
  return typeof value === 'string' ? compare(value, wanted) : undefined;
}

function compare<T extends number | string>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
