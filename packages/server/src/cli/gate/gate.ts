/** The gate: asks for what the rules need, judges each, and says whether the candidate passes. */
import type { Share } from '../../query/proportion.ts';
import type { Asker, Query } from '../ask.ts';
import type { ExitName } from '../exit.ts';
import { type Sessions, sessionsOf, unitsOf, type Versions, valuesOf } from './facts.ts';
import { type Judgement, judgeMetric, judgeShare } from './judge.ts';
import { type Rule, ruleInUnit } from './rule.ts';

/** What a gate is asked. */
export interface GateQuestion extends Versions {
  product: string;
  filter: Query;
  rules: readonly Rule[];
  /** Chance, at most, that anything is called broken wrongly. */
  alpha: number;
  /** Whether a rule has to be proven to be kept. */
  isStrict: boolean;
}

/** What a gate says. */
export interface GateReport extends Omit<GateQuestion, 'filter' | 'rules'> {
  sessions: { base: number; candidate: number };
  /** Chance of each rule: `alpha` is shared among them, after C. E. Bonferroni (1936). */
  level: number;
  judgements: readonly Judgement[];
  /** How the command ends. */
  exit: Extract<ExitName, 'done' | 'failed' | 'unjudged'>;
}

/** Judges a candidate. */
export async function judge(asker: Asker, question: GateQuestion): Promise<GateReport> {
  const { filter, rules, ...asked } = question;
  const { product, base, candidate, alpha, isStrict } = asked;
  const about = { ...filter, product };
  const found = await sessionsOf(asker, about, { base, candidate });
  const lack = lackOf(question, found);
  const level = alpha / rules.length;
  const judgements: Judgement[] = [];
  for (const rule of rules) {
    if (lack !== undefined) {
      judgements.push(unjudged(rule, found, lack));
    } else if (rule.kind === 'metric') {
      const units = await unitsOf(asker, about, rule, { base, candidate });
      const asked = ruleInUnit(rule, units);
      if (typeof asked === 'string') {
        judgements.push(unjudged(rule, found, asked));
        continue;
      }
      const facts = await valuesOf(asker, about, asked, { base, candidate });
      judgements.push(judgeMetric(asked, facts, level));
    } else {
      const without = ({ sessions, crashed, hung }: Sessions): Share => ({
        hits: sessions - (rule.kind === 'crash-free' ? crashed : hung),
        trials: sessions,
      });
      const shares = { base: without(found.base), candidate: without(found.candidate) };
      judgements.push(judgeShare(rule, shares, level));
    }
  }
  const sessions = { base: found.base.sessions, candidate: found.candidate.sessions };
  return { ...asked, sessions, level, judgements, exit: exitOf(judgements, isStrict) };
}

function exitOf(judgements: readonly Judgement[], isStrict: boolean): GateReport['exit'] {
  const some = (wanted: Judgement['standing']): boolean =>
    judgements.some(({ standing }) => standing === wanted);
  if (some('broken')) return 'failed';
  if (some('unjudged')) return 'unjudged';
  return isStrict && some('open') ? 'failed' : 'done';
}

function unjudged(
  rule: Rule,
  found: { base: Sessions; candidate: Sessions },
  reason: string,
): Judgement {
  const nothing = { change: null, low: null, high: null, chance: null, detectable: null };
  return {
    ...nothing,
    rule,
    standing: 'unjudged',
    base: { sessions: found.base.sessions, value: null },
    candidate: { sessions: found.candidate.sessions, value: null },
    reason,
  };
}

function lackOf(
  { product, base, candidate }: GateQuestion,
  found: { base: Sessions; candidate: Sessions },
): string | undefined {
  const versions = [
    ...(found.base.sessions === 0 ? [base] : []),
    ...(found.candidate.sessions === 0 ? [candidate] : []),
  ];
  if (versions.length === 0) return undefined;
  return `no session of ${product} has the version ${versions.join(' or ')}`;
}
