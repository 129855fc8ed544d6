/** Judges a candidate by rules: what each test says, what it could have found, and what follows. */
import { valueAbove } from '../../query/normal.ts';
import { differenceInterval, type Share } from '../../query/proportion.ts';
import { quantileOf } from '../../query/quantile.ts';
import { detectableExcess, excessChance } from '../../query/share-test.ts';
import {
  detectableShift,
  type Groups,
  leastChance,
  shiftChances,
  shiftInterval,
  shiftOf,
} from '../../query/shift-test.ts';
import type { MetricRule, Rule, ShareRule } from './rule.ts';

/**
 * What a rule comes to: `broken` and `kept` are proven, `open` is neither. `unjudged` is one without
 * sessions to judge it by.
 */
export type Standing = 'broken' | 'kept' | 'open' | 'unjudged';

/** One side of a rule. */
interface Side {
  sessions: number;
  /** Median of the values of the sessions, or the share of sessions; null without any. */
  value: number | null;
}

/** A rule with all that is known of it. Changes are as in the limit of the rule: 0.05 for +5 %. */
export interface Judgement {
  rule: Rule;
  standing: Standing;
  base: Side;
  candidate: Side;
  /** The change that is most likely, and the interval that the test does not reject on either side. */
  change: number | null;
  low: number | null;
  high: number | null;
  /** Chance of what was seen or worse if the rule were just kept; null where nothing was tested. */
  chance: number | null;
  /** The change that would have been found with a chance of `power`; null when there is none. */
  detectable: number | null;
  /** Why it is unjudged, as a sentence. */
  reason?: string;
}

/** Values of the sessions by side. */
export interface MetricFacts {
  versions: { base: string; candidate: string };
  base: readonly number[];
  candidate: readonly number[];
}

/** Chance with which the change called detectable is found. */
export const power = 0.8;

/** Judges a rule about a metric; `level` is the chance of calling it broken wrongly. */
export function judgeMetric(rule: MetricRule, facts: MetricFacts, level: number): Judgement {
  const base = Float64Array.from(facts.base).sort();
  const candidate = Float64Array.from(facts.candidate).sort();
  const sides = { base: sideOf(base), candidate: sideOf(candidate) };
  const lacking = lackOf(rule, sides, facts.versions) ?? negativeOf(rule, base, candidate);
  if (lacking !== undefined) return unjudged(rule, sides, lacking);
  const { scale, change } = rule.limit;
  const groups: Groups = { base, candidate, scale };
  const toShift = (by: number): number => (scale === 'ratio' ? 1 + by : by);
  const toChange = (shift: number): number => (scale === 'ratio' ? shift - 1 : shift);
  const { above, below } = shiftChances(groups, toShift(change));
  const [broken, kept] = rule.sense === 'at most' ? [above, below] : [below, above];
  const { low, high } = shiftInterval(groups, level);
  const excess = detectableShift(groups, level, power);
  return {
    rule,
    ...sides,
    standing: standingOf(broken, kept, level),
    change: finite(toChange(shiftOf(groups))),
    low: scale === 'ratio' && low === 0 ? null : finite(toChange(low)),
    high: finite(toChange(high)),
    chance: broken,
    detectable: leastChance(groups) > level ? null : detectableOf(rule, excess),
  };
}

/** Judges a rule about a share; hits are the sessions without a crash or a hang. */
export function judgeShare(
  rule: ShareRule,
  { base, candidate }: { base: Share; candidate: Share },
  level: number,
): Judgement {
  const side = ({ hits, trials }: Share): Side => ({
    sessions: trials,
    value: trials === 0 ? null : hits / trials,
  });
  const sides = { base: side(base), candidate: side(candidate) };
  const margin = -rule.limit.change;
  const others = ({ hits, trials }: Share): Share => ({ hits: trials - hits, trials });
  // That there is more of what is bad is that there is less of what is good.
  const broken = excessChance(others(base), others(candidate), margin);
  const kept = excessChance(base, candidate, -margin);
  const interval = differenceInterval(base, candidate, valueAbove(level));
  const trials = { a: base.trials, b: candidate.trials };
  const usual = (base.trials - base.hits + 0.5) / (base.trials + 1);
  const excess = detectableExcess(trials, usual, margin, { level, power });
  return {
    rule,
    ...sides,
    standing: standingOf(broken, kept, level),
    change: candidate.hits / candidate.trials - base.hits / base.trials,
    low: interval?.low ?? null,
    high: interval?.high ?? null,
    chance: broken,
    detectable: excess === undefined ? null : rule.limit.change - excess,
  };
}

function standingOf(broken: number, kept: number, level: number): Standing {
  if (broken <= level) return 'broken';
  return kept <= level ? 'kept' : 'open';
}

/** The change that is found, from the excess over the limit. */
function detectableOf({ limit, sense }: MetricRule, excess: number | undefined): number | null {
  if (excess === undefined) return null;
  const isUp = sense === 'at most';
  if (limit.scale === 'difference') return limit.change + (isUp ? excess : -excess);
  return (1 + limit.change) * (isUp ? excess : 1 / excess) - 1;
}

function unjudged(rule: Rule, sides: Pick<Judgement, 'base' | 'candidate'>, reason: string) {
  const nothing = { change: null, low: null, high: null, chance: null, detectable: null };
  return { rule, ...sides, ...nothing, standing: 'unjudged', reason } satisfies Judgement;
}

function lackOf(
  rule: MetricRule,
  { base, candidate }: Pick<Judgement, 'base' | 'candidate'>,
  versions: { base: string; candidate: string },
): string | undefined {
  const without = [
    ...(base.sessions === 0 ? [versions.base] : []),
    ...(candidate.sessions === 0 ? [versions.candidate] : []),
  ];
  if (without.length === 0) return undefined;
  const unit = rule.unit === undefined ? '' : ` in ${rule.unit}`;
  return `no session of ${without.join(' and of ')} has a value of ${rule.fn}(${rule.metric})${unit}`;
}

function negativeOf(rule: MetricRule, ...groups: Float64Array[]): string | undefined {
  if (rule.limit.scale !== 'ratio' || groups.every((values) => values[0]! >= 0)) return undefined;
  return `${rule.metric} has values below 0, of which no percentage can be told; expected a limit in its own unit`;
}

function sideOf(sorted: Float64Array): Side {
  return { sessions: sorted.length, value: sorted.length === 0 ? null : quantileOf(sorted, 0.5) };
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
