/** Rules of `tacho compare`: what a candidate may be worse by, as people write it. */
import { aggregateNames, functionParam, limits, unitOf } from '@tacho/protocol';
import { Failure } from '../../failure.ts';

/** A change that a rule allows: by a factor, or by so much in the unit of the metric or in shares. */
type Limit = { scale: 'ratio'; change: number } | { scale: 'difference'; change: number };

/** A rule about a function of the samples of each session. */
export interface MetricRule {
  kind: 'metric';
  /** As it was written, without spaces. */
  text: string;
  /** As `/api/aggregate` has it. */
  fn: string;
  metric: string;
  /** Unit of the limit, and then that of the samples (see `ruleInUnit`). */
  unit?: string;
  /** Whether the change may be at most the limit, or must be at least that. */
  sense: 'at most' | 'at least';
  limit: Limit;
}

/** A rule about the share of sessions without a crash or a hang. */
export interface ShareRule {
  kind: 'crash-free' | 'hang-free';
  text: string;
  sense: 'at least';
  /** In shares: -0.005 for half a percentage point. */
  limit: Limit & { scale: 'difference' };
}

/** What a candidate is judged by. */
export type Rule = MetricRule | ShareRule;

/** A rule that cannot be understood; the message says why, in one sentence. */
export class RuleError extends Failure {
  override name = 'RuleError';
}

const example = 'such as p95(frame_time_ms)<=+5%';

/** Reads a rule about a metric; throws RuleError. */
export function parseMetricRule(text: string): MetricRule {
  const found = /^\s*([^()\s]*)\s*\((.*)\)([^)]*)$/s.exec(text);
  if (found === null) {
    throw new RuleError(`Expected a function of a metric and a limit, ${example}.`);
  }
  const [fn = '', metric = '', rest = ''] = [found[1], found[2]?.trim(), found[3]];
  if (functionParam.read(fn, 0) === undefined) {
    throw new RuleError(`${shown(fn)} is no function; expected ${functionParam.accepted}.`);
  }
  if (metric === '') throw new RuleError(`The name of the metric is missing, ${example}.`);
  if (metric.length > limits.metricNameLengthMax) {
    throw new RuleError(
      `The name of the metric has ${metric.length} characters; expected at most ${limits.metricNameLengthMax}.`,
    );
  }
  const { sense, change, unit, number } = readLimit(rest);
  const limitText = `${sense === 'at most' ? '<=' : '>='}${number}${unit}`;
  const base = { kind: 'metric', text: `${fn}(${metric})${limitText}`, fn, metric, sense } as const;
  if (unit === '%') return { ...base, limit: { scale: 'ratio', change: relative(change) } };
  checkUnit(fn, metric, unit);
  return { ...base, limit: { scale: 'difference', change }, ...(unit !== '' && { unit }) };
}

/** Reads the limit of a rule about a share; throws RuleError. */
export function parseShareRule(kind: ShareRule['kind'], text: string): ShareRule {
  const found = /^\s*(<=|>=)\s*([+-]?\d{1,15}(?:\.\d{1,15})?)\s*pp\s*$/.exec(text);
  const points = Number(found?.[2]);
  if (found === null || found[1] !== '>=') {
    throw new RuleError('Expected >= and a change in percentage points, such as >=-0.5pp.');
  }
  if (!/^[+-]/.test(found[2]!) && points !== 0) throw new RuleError(unsignedText(`${points}pp`));
  if (Math.abs(points) >= 100) {
    throw new RuleError(`${points}pp is no change of a share; expected one below 100pp.`);
  }
  const limit = { scale: 'difference', change: points / 100 } as const;
  return { kind, text: `${kind}>=${signedText(found[2]!)}pp`, sense: 'at least', limit };
}

interface ReadLimit {
  sense: MetricRule['sense'];
  change: number;
  unit: string;
  /** The change as it was written, with its sign. */
  number: string;
}

function readLimit(text: string): ReadLimit {
  const found = /^\s*(<=|>=)\s*(.*?)\s*$/s.exec(text);
  if (found === null) {
    throw new RuleError('Expected <= or >= and a limit after the metric, such as <=+5% or >=-2ms.');
  }
  const limit = /^([+-]?)(\d{1,15}(?:\.\d{1,15})?)\s*(\D?.{0,50})$/s.exec(found[2]!);
  const change = Number(`${limit?.[1]}${limit?.[2]}`);
  if (limit === null || !Number.isFinite(change) || /[\s\d.]/.test(limit[3]!.charAt(0))) {
    throw new RuleError(
      `${shown(found[2]!)} is no limit; expected a change such as +5%, -5% or +2ms.`,
    );
  }
  if (limit[1] === '' && change !== 0) throw new RuleError(unsignedText(found[2]!));
  const number = signedText(`${limit[1]}${limit[2]}`);
  return { sense: found[1] === '<=' ? 'at most' : 'at least', change, unit: limit[3]!, number };
}

function relative(percent: number): number {
  if (percent > -100) return percent / 100;
  throw new RuleError(`${percent}% leaves nothing of a value; expected a change above -100%.`);
}

/** Refuses a unit that cannot be that of the metric, where its name tells it. */
function checkUnit(fn: string, metric: string, text: string): void {
  if (fn === 'count' && text !== '') {
    throw new RuleError(
      `count has no unit; expected a plain number or % instead of ${shown(text)}.`,
    );
  }
  const own = unitOf(metric);
  const given = unitOf('', unitText(fn, text));
  if (own === undefined || own.dimension === 'count' || given === undefined) return;
  if (given.dimension === own.dimension) return;
  throw new RuleError(
    `The limit is in ${shown(text)} and ${shown(metric)} in ${own.id}; expected one unit of ${own.dimension} for both.`,
  );
}

/** The unit of samples in that of a limit: percentage points are %, and rates are per second anyway. */
function unitText(fn: string, text: string): string {
  if (text === 'pp') return '%';
  return fn === 'rate' ? text.replace(/\/s$/, '') : text;
}

/**
 * A rule for the unit in which its metric was sent, of all those that it was sent in: with the limit in
 * that unit. A text says why there is no such unit.
 */
export function ruleInUnit(rule: MetricRule, sent: readonly string[]): MetricRule | string {
  const { fn, metric, limit } = rule;
  if (fn === 'count' || sent.length === 0) return rule;
  const given = unitOf('', unitText(fn, rule.unit ?? ''));
  const fitting = sent.filter(
    (unit) => given === undefined || unitOf(metric, unit)?.dimension === given.dimension,
  );
  const names = sent.map((unit) => (unit === '' ? 'no unit' : unit)).join(', ');
  if (fitting.length > 1) return `${metric} was sent in several units: ${names}`;
  const [unit] = fitting;
  if (unit === undefined) return `${metric} was sent in ${names}, and the limit is in ${rule.unit}`;
  const factor = given === undefined ? 1 : given.factor / unitOf(metric, unit)!.factor;
  const { unit: _, ...others } = rule;
  return {
    ...others,
    ...(unit !== '' && { unit }),
    limit: { scale: limit.scale, change: limit.change * factor },
  };
}

function signedText(number: string): string {
  return /^[+-]/.test(number) ? number : `+${number}`;
}

function unsignedText(limit: string): string {
  return `${shown(limit)} has no sign; a limit is a change from the base, such as +5% or -5%.`;
}

/** What was written, short enough for a sentence. */
function shown(text: string): string {
  const short = text.length > 40 ? `${text.slice(0, 40)}…` : text;
  return short === '' ? 'nothing' : JSON.stringify(short);
}

/** The functions that rules know, for the help. */
export const ruleFunctions = [...aggregateNames, 'p50', 'p95', 'p99.9'].join(', ');
