/** Session filters as conditions on the table `head`. */
import {
  causeKinds,
  numberOf,
  outcomes,
  type SessionFilter,
  type StateCondition,
  searchWords,
} from '@tacho/protocol';
import { placeKinds } from './places.ts';
import { all, number, quoted, quotedList } from './sql.ts';

/** The clock by which silence is judged. */
export interface Now {
  nowUs: number;
  suspendedAfterUs: number;
}

/** How an active session is doing; null for others. */
export function livenessSql({ nowUs, suspendedAfterUs }: Now): string {
  const silent = `heartbeat_us IS NOT NULL AND ${number(nowUs)} - assumeNotNull(heartbeat_us) > ${number(suspendedAfterUs)}`;
  return `if(lifecycle != 'active', NULL, multiIf(${silent}, 'suspended', hung, 'hung', 'responsive'))`;
}

/** The sessions that a filter means, as a condition on rows of `head FINAL`. */
export function filterSql(filter: SessionFilter, now: Now): string {
  const conditions = ['NOT gone'];
  const oneOf = (list: readonly string[] | undefined, column: string): void => {
    if (list !== undefined)
      conditions.push(list.length === 0 ? '0' : `${column} IN ${quotedList(list)}`);
  };
  if (filter.ids !== undefined) {
    conditions.push(any(filter.ids.map((id) => `startsWith(toString(session), ${quoted(id)})`)));
  }
  oneOf(filter.products, 'product');
  oneOf(filter.versions, 'version');
  oneOf(filter.machines, "ifNull(machine, '')");
  oneOf(filter.hostnames, "ifNull(hostname, '')");
  oneOf(filter.lifecycles, 'lifecycle');
  oneOf(filter.livenesses, `ifNull(${livenessSql(now)}, '')`);
  if (filter.outcomes !== undefined) {
    conditions.push(any(filter.outcomes.map((it) => `outcome = ${outcomes.indexOf(it)}`)));
  }
  if (filter.causes !== undefined) {
    conditions.push(any(filter.causes.map((it) => `cause = ${causeKinds.indexOf(it)}`)));
  }
  if (filter.hadHang !== undefined) conditions.push(filter.hadHang ? 'hangs > 0' : 'hangs = 0');
  if (filter.toUs !== undefined) conditions.push(`created_us < ${number(filter.toUs)}`);
  if (filter.fromUs !== undefined) {
    conditions.push(`ended_us IS NULL OR assumeNotNull(ended_us) >= ${number(filter.fromUs)}`);
  }
  if (filter.state !== undefined && filter.state.length > 0) {
    conditions.push(isAmong('state', all(filter.state.map(conditionSql))));
  }
  if (filter.events !== undefined) {
    conditions.push(isAmong('event', listed('name', filter.events)));
  }
  if (filter.exceptions !== undefined) {
    const { exceptions } = filter;
    const kinds = any([listed('exception_type', exceptions), listed('exception', exceptions)]);
    conditions.push(isAmong('event', `exception != '' AND (${kinds})`));
  }
  if (filter.text !== undefined) conditions.push(isAmong('event', textSql(filter.text)));
  return all(conditions);
}

/** Events that a text is found in, see `matchesText`, as a condition on rows of `event`. */
export function textSql(text: string): string {
  const words = searchWords(text);
  const last = words.pop();
  if (last === undefined) return '0';
  const whole = words.map((word) => `position(words, ${quoted(` ${word} `)}) > 0`);
  return all([...whole, `position(words, ${quoted(` ${last}`)}) > 0`]);
}

/** Any of these conditions. */
function any(conditions: readonly string[]): string {
  return conditions.length === 0 ? '0' : conditions.map((one) => `(${one})`).join(' OR ');
}

/** One of these texts; none is met by nothing. */
export function listed(column: string, texts: readonly string[]): string {
  return texts.length === 0 ? '0' : `${column} IN ${quotedList(texts)}`;
}

function isAmong(table: string, condition: string): string {
  return `(session, gen) IN (SELECT session, gen FROM ${table} FINAL WHERE ${condition})`;
}

/** A condition on a state, see `meetsCondition`, as one on a row of the table `state`. */
function conditionSql({ path, operator, value = '' }: StateCondition): string {
  const at = quoted(path);
  if (operator === 'exists') return `has(paths, ${at})`;
  if (operator === 'missing') return `NOT has(paths, ${at})`;
  const holds = comparisonSql(operator, value);
  return `arrayExists((p, t, k, n) -> p = ${at} AND k != ${placeKinds.object} AND (${holds}), paths, texts, kinds, numbers)`;
}

function comparisonSql(operator: string, value: string): string {
  const wanted = numberOf(value);
  const equal = any([
    `t = ${quoted(value)}`,
    ...(wanted === undefined ? [] : [`k = ${placeKinds.number} AND n = ${number(wanted)}`]),
  ]);
  if (operator === '=') return equal;
  if (operator === '!=') return `NOT (${equal})`;
  const numeric = `k IN (${placeKinds.number}, ${placeKinds.bigint})`;
  // Texts compare by UTF-16 code units, as JavaScript does.
  const units = (text: string): string => `convertCharset(${text}, 'UTF-8', 'UTF-16BE')`;
  return any([
    ...(wanted === undefined ? [] : [`${numeric} AND n ${operator} ${number(wanted)}`]),
    `k = ${placeKinds.text} AND ${units('t')} ${operator} ${units(quoted(value))}`,
  ]);
}
