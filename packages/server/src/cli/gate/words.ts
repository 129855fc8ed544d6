/** A gate's report in words: what every format has in common. */
import { humanize, unitOf } from '@tacho/protocol';
import { counted } from '../look.ts';
import type { GateReport } from './gate.ts';
import { type Judgement, power, type Standing } from './judge.ts';

/** How a report ends, in a word. */
export const outcomes: Readonly<Record<GateReport['exit'], string>> = {
  done: 'passed',
  failed: 'failed',
  unjudged: 'not judged',
};

/** What a standing means. */
export const standings: Readonly<Record<Standing, string>> = {
  broken: 'broken, proven',
  kept: 'kept, proven',
  open: 'not proven either way',
  unjudged: 'not judged',
};

/** Whether a rule lets the candidate pass. */
export function passes(
  { standing }: Judgement,
  { isStrict }: Pick<GateReport, 'isStrict'>,
): boolean {
  return standing === 'kept' || (standing === 'open' && !isStrict);
}

/** The value of a side for people. */
export function valueText({ rule }: Judgement, value: number | null): string {
  if (value === null) return '–';
  if (rule.kind !== 'metric') return `${digits(value * 100)} %`;
  const unit = rule.fn === 'count' ? undefined : unitOf(rule.metric, rule.unit);
  return humanize(value, unit) + (rule.fn === 'rate' ? '/s' : '');
}

/** A change for people, with its sign: `+1.2 %`, `-2 ms`, `-0.5 pp`. */
function changeText(judgement: Judgement, change: number | null): string {
  if (change === null) return '?';
  const { rule } = judgement;
  if (rule.kind !== 'metric') return `${signed(change * 100)} pp`;
  if (rule.limit.scale === 'ratio') return `${signed(change * 100)} %`;
  return (change < 0 ? '' : '+') + valueText(judgement, change);
}

/** The change with its interval; '' where nothing is known. */
export function changeWords(judgement: Judgement): string {
  const { change, low, high, standing } = judgement;
  if (standing === 'unjudged') return '';
  const end = (value: number | null) => (value === null ? 'any' : changeText(judgement, value));
  return `${changeText(judgement, change)} (${end(low)} … ${end(high)})`;
}

/** What the test says, and what it could have found, as one sentence. */
export function sentenceOf(judgement: Judgement): string {
  const { rule, standing, base, candidate, reason } = judgement;
  if (standing === 'unjudged') return `${rule.text} is not judged: ${reason}.`;
  const from = `from ${valueText(judgement, base.value)} to ${valueText(judgement, candidate.value)}`;
  return `${rule.text} is ${standings[standing]}: ${from}, change ${changeWords(judgement)}; ${powerWords(judgement)}.`;
}

/** What the test could have found with how many sessions. */
export function powerWords(judgement: Judgement): string {
  const { base, candidate, detectable } = judgement;
  const having = `${base.sessions.toLocaleString('en')} and ${counted(candidate.sessions, 'session')}`;
  return detectable === null
    ? `with ${having} no change is found with ${power * 100} % probability`
    : `with ${having} a change of ${changeText(judgement, detectable)} is found with ${power * 100} % probability`;
}

/** How the tests are called, and the chance of a false alarm. */
export function testWords({ alpha, level, judgements }: GateReport): string {
  const kinds = new Set(judgements.map(({ rule }) => rule.kind === 'metric'));
  const tests = [
    ...(kinds.has(true) ? ['metrics by the test of Mann and Whitney over sessions'] : []),
    ...(kinds.has(false) ? ['shares by the exact score test of Farrington and Manning'] : []),
  ];
  const share =
    judgements.length === 1 ? '' : `, ${Number(level.toPrecision(2))} for each of the rules`;
  return `One-sided tests against the limit: ${tests.join(', ')}. A false alarm has a chance of at most ${alpha}${share}.`;
}

function signed(value: number): string {
  return `${value < 0 ? '' : '+'}${digits(value)}`;
}

function digits(value: number): string {
  const rounded = Number(value.toPrecision(Math.abs(value) >= 99 ? 4 : 3));
  return String(Object.is(rounded, -0) ? 0 : rounded);
}
