/** Compares what two servers answer, and tells where they differ. */
import { type Answer, get } from '../whole/http.ts';

/** Numbers of these fields depend on when one asks, as long as the session runs. */
const untilNow = new Set(['duration_ms', 'hung_ms']);

/** Fields whose text means something to the server that gave it, and to no other. */
const own = new Set(['next', 'previous']);

/** Estimates of two sketches, each of which is off by 1 % at most. */
const quantile = /^p\d+(\.\d+)?$/;

/** What one question may be answered differently in; nothing beyond the last digits by default. */
export interface Allowance {
  /** Fields that are not compared. */
  except?: readonly string[];
  /** Share by which quantiles may differ. */
  quantiles?: number;
  /** Share by which any number may differ. */
  numbers?: number;
  /** Only lines of text that do not start like one of these are compared. */
  linesBut?: readonly string[];
}

/** Numbers that are equal up to the order in which floats were summed. */
const sumShare = 1e-9;

/** Least share of a profile that has to lie in the same buckets: sealed samples lie evenly over their chunks. */
const profileShareMin = 0.7;

/** Asks both servers, page by page to the end; where their answers differ, as lines of text. */
export async function differingAnswers(
  urls: readonly [string, string],
  path: string,
  allowance: Allowance = {},
): Promise<string[]> {
  const found: string[] = [];
  const cursors: [string, string] = ['', ''];
  for (let page = 1; ; page += 1) {
    const [a, b] = await Promise.all([
      get(`${urls[0]}${path}${cursors[0]}`),
      get(`${urls[1]}${path}${cursors[1]}`),
    ]);
    const about = `${path} (page ${page})`;
    if (a.status !== b.status) return [...found, `${about}: ${a.status} or ${b.status} ${b.text}`];
    const lines = differences(contentOf(a, allowance), contentOf(b, allowance), allowance);
    found.push(...lines.slice(0, 5).map((line) => `${about}: ${line}`));
    const [next, other] = [nextOf(a.json), nextOf(b.json)];
    if (next === undefined || other === undefined || found.length > 0) return found;
    const joint = path.includes('?') ? '&' : '?';
    cursors[0] = `${joint}cursor=${encodeURIComponent(next)}`;
    cursors[1] = `${joint}cursor=${encodeURIComponent(other)}`;
  }
}

function contentOf({ json, text }: Answer, { linesBut }: Allowance): unknown {
  if (linesBut === undefined) return json ?? text;
  return text.split('\n').filter((line) => !linesBut.some((start) => line.startsWith(start)));
}

function nextOf(answer: unknown): string | undefined {
  const next = (answer as { next?: unknown } | undefined)?.next;
  return typeof next === 'string' ? next : undefined;
}

/** Where two values of JSON differ, each place with both. */
export function differences(
  a: unknown,
  b: unknown,
  allowance: Allowance = {},
  place = '',
): string[] {
  // Names of quantiles have a point in them.
  const field = /(p\d+\.\d+|[^.]*)$/.exec(place.replace(/\[\d+\]/g, ''))?.[0] ?? '';
  if (allowance.except?.includes(field)) return [];
  if (typeof a === 'number' && typeof b === 'number') {
    const share = quantile.test(field)
      ? (allowance.quantiles ?? allowance.numbers)
      : allowance.numbers;
    return isNear(a, b, share ?? sumShare) ? [] : [told(place, a, b)];
  }
  if (own.has(field) && typeof a === 'string' && typeof b === 'string') return [];
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length)
      return [`${place}: ${a.length} or ${b.length} items: ${short(a)} or ${short(b)}`];
    return a.flatMap((item, i) => differences(item, b[i], allowance, `${place}[${i}]`));
  }
  if (isObject(a) && isObject(b)) return fieldDifferences(a, b, allowance, place);
  return a === b ? [] : [told(place, a, b)];
}

function fieldDifferences(a: Fields, b: Fields, allowance: Allowance, place: string): string[] {
  if (isChart(a) && isChart(b) && !isSame(a.t, b.t)) {
    return differences(chartSum(a), chartSum(b), allowance, `${place} (sum of the chart)`);
  }
  const isRunning = a.lifecycle === 'active';
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...names].flatMap((name) => {
    if (isRunning && untilNow.has(name)) return [];
    if (name === 'profile') return profileDifferences(a[name], b[name], `${place}.${name}`);
    return differences(a[name], b[name], allowance, `${place}.${name}`);
  });
}

/** Points may be cut elsewhere, since one engine leaves whole what it has summed up; what they hold is the same. */
function chartSum({ t, min, max, last, count, increase, name, type, tags }: Chart): unknown {
  const numbers = (column: unknown): number[] =>
    (column as unknown[]).map(Number).filter((n) => !Number.isNaN(n));
  const sum = (column: unknown): number => numbers(column).reduce((all, n) => all + n, 0);
  return {
    ...{ name, type, tags, from: t[0], count: sum(count) },
    ...(min !== undefined && { least: Math.min(...numbers(min)) }),
    ...(max !== undefined && { greatest: Math.max(...numbers(max)) }),
    ...(last !== undefined && { last: (last as unknown[]).at(-1) }),
    ...(increase !== undefined && { increase: sum(increase) }),
  };
}

function profileDifferences(a: unknown, b: unknown, place: string): string[] {
  if (!isObject(a) || !isObject(b)) return differences(a, b, {}, place);
  const { entries, ...rest } = a;
  const { entries: others, ...otherRest } = b;
  const [left, right] = [entries as number[], others as number[]];
  const sum = left.reduce((all, n) => all + n, 0);
  const same = left.reduce((all, n, i) => all + Math.min(n, right[i]!), 0);
  const isClose = same >= profileShareMin * sum && right.reduce((all, n) => all + n, 0) === sum;
  return [
    ...differences(rest, otherRest, {}, place),
    ...(isClose ? [] : [told(`${place}.entries`, left, right)]),
  ];
}

interface Chart extends Fields {
  t: number[];
  count: number[];
}

function isChart(value: Fields): value is Chart {
  return Array.isArray(value.t) && Array.isArray(value.count);
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function isNear(a: number, b: number, share: number): boolean {
  return Math.abs(a - b) <= share * Math.max(Math.abs(a), Math.abs(b));
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function told(place: string, a: unknown, b: unknown): string {
  return `${place}: ${short(a)} or ${short(b)}`;
}

function short(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, 160);
}
