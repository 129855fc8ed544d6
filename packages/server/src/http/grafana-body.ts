/** Reads what Grafana's JSON API data source sends; what is wrong is named by its field. */
import { isJsonObject, limits, parseTimeUs, TachoError } from '@tacho/protocol';
import type { FastifyRequest } from 'fastify';
import type { Matcher, MatchOperator } from '../promql/syntax.ts';
import { parseBody } from './body.ts';
import { bodyOf } from './request-body.ts';
import { requireMediaType } from './write.ts';

type Fields = Readonly<Record<string, unknown>>;

/** The body as an object; none is one without fields where it may be left out. */
export function bodyFields(request: FastifyRequest, isOptional = false): Fields {
  const body = bodyOf(request);
  if (isOptional && body.bytes === undefined) return {};
  requireMediaType(body, false);
  const value = parseBody(body.bytes);
  if (isJsonObject(value)) return value;
  throw new TachoError('invalid_body', 'The body is no JSON object; expected a JSON object.');
}

/** The range in milliseconds. */
export function rangeOf({ range }: Fields): { startMs: number; endMs: number } {
  if (!isJsonObject(range)) throw bad('range', 'is no object', 'an object with from and to');
  const [startMs, endMs] = [momentOf(range.from, 'range.from'), momentOf(range.to, 'range.to')];
  if (endMs < startMs) throw bad('range.to', 'is before range.from', 'a later time');
  return { startMs, endMs };
}

function momentOf(value: unknown, field: string): number {
  const us =
    typeof value === 'string' || typeof value === 'number' ? parseTimeUs(value) : undefined;
  if (us === undefined || us < 0) throw bad(field, 'is no time', 'an RFC 3339 time');
  return Math.round(us / 1000);
}

/** A question of a panel. */
export interface Target {
  text: string;
  refId: string;
  isTable: boolean;
  /** Where it stands in the body. */
  field: string;
}

/** The questions that are not hidden. */
export function targetsOf({ targets }: Fields): Target[] {
  const max = limits.paramValuesMax;
  if (!Array.isArray(targets) || targets.length > max) {
    throw bad('targets', 'is no array of them', `an array of at most ${max} objects`);
  }
  return targets.flatMap((target: unknown, i) => {
    const field = `targets[${i}].target`;
    if (!isJsonObject(target)) throw bad(`targets[${i}]`, 'is no object', 'an object with target');
    if (target.hide === true) return [];
    const { target: text, refId, type } = target;
    if (typeof text !== 'string') throw bad(field, 'is no string', 'a question in PromQL');
    const id = typeof refId === 'string' ? refId : '';
    return [{ text, refId: id, isTable: type === 'table', field }];
  });
}

const operators: readonly unknown[] = ['=', '!=', '=~', '!~'];

/** What all selectors must meet in addition. */
export function filtersOf({ adhocFilters = [] }: Fields): Matcher[] {
  if (!Array.isArray(adhocFilters)) throw bad('adhocFilters', 'is no array', 'an array of objects');
  return adhocFilters.map((filter: unknown, i) => {
    const { key, operator, value } = isJsonObject(filter) ? filter : {};
    if (typeof key === 'string' && operators.includes(operator) && typeof value === 'string') {
      return { label: key, operator: operator as MatchOperator, value };
    }
    const accepted = 'key and value as strings and one of =, !=, =~ and !~ as operator';
    throw bad(`adhocFilters[${i}]`, 'is no filter', accepted);
  });
}

/** Time from one point to the next: what Grafana asks for, with no more points than it draws. */
export function stepOf(
  fields: Fields,
  { startMs, endMs }: { startMs: number; endMs: number },
): number {
  const points = positive(fields.maxDataPoints, 'maxDataPoints') ?? limits.promqlPointsMax;
  const most = Math.max(1, Math.min(points, limits.promqlPointsMax - 1));
  const least = Math.ceil((endMs - startMs) / most);
  return Math.max(1, least, Math.round(positive(fields.intervalMs, 'intervalMs') ?? 1000));
}

function positive(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' && value >= 1 && value <= 1e14) return value;
  throw bad(field, 'is no such number', 'a number from 1 on');
}

/** A text at a field. */
export function textOf(value: unknown, field: string): string {
  if (typeof value === 'string' && value !== '') return value;
  throw bad(field, 'is no text', 'a string that is not empty');
}

/** The error of a field. */
export function bad(field: string, problem: string, accepted: string): TachoError {
  return new TachoError('invalid_field', `${field} ${problem}; expected ${accepted}.`);
}
