/** Two versions of a product side by side: what changed, and in which words to say so. */
import { humanize, unitOf, type Verdict } from '@tacho/protocol';
import type { ExceptionGroup, SessionGroup, SessionTotals } from '../store/store.ts';
import { type MetricChange, type MetricMeans, metricChanges } from './metric-change.ts';
import { causeCounts, releaseKey } from './release.ts';
import {
  type FrequencyChange,
  frequencyChanges,
  rateChange,
  type ShareChange,
} from './share-change.ts';

/** What is compared; groups are those of one product. */
export interface ComparisonFacts {
  product: string;
  /** Versions. */
  base: string;
  candidate: string;
  /** By product and version. */
  groups: readonly SessionGroup[];
  /** By product, version and cause. */
  causes: readonly SessionGroup[];
  exceptions: readonly ExceptionGroup[];
  baseMeans: readonly MetricMeans[];
  candidateMeans: readonly MetricMeans[];
}

/** A kind of cause with how its frequency changed. */
export interface CauseChange extends FrequencyChange {
  kind: string;
}

/** A group of exceptions with how its frequency changed. */
export interface ExceptionChange extends FrequencyChange {
  group: ExceptionGroup;
}

/** Something that differs for sure. */
interface Finding {
  verdict: Verdict;
  sentence: string;
}

/** What changed between two versions. */
export interface Comparison {
  base: SessionGroup | undefined;
  candidate: SessionGroup | undefined;
  crashFree: ShareChange;
  hangFree: ShareChange;
  /** The most certain first. */
  causes: CauseChange[];
  exceptions: ExceptionChange[];
  metrics: MetricChange[];
  /** What is worse first. */
  findings: Finding[];
}

/** Compares two versions. */
export function compareReleases(facts: ComparisonFacts): Comparison {
  const base = groupOf(facts, facts.base);
  const candidate = groupOf(facts, facts.candidate);
  const sessions = { base: base?.sessions ?? 0, candidate: candidate?.sessions ?? 0 };
  const share = (free: (totals: SessionTotals) => number): ShareChange =>
    rateChange(
      { hits: base === undefined ? 0 : free(base), trials: sessions.base },
      { hits: candidate === undefined ? 0 : free(candidate), trials: sessions.candidate },
    );
  const compared = {
    base,
    candidate,
    crashFree: share((totals) => totals.sessions - totals.outcomes.crashed),
    hangFree: share((totals) => totals.sessions - totals.hung),
    causes: causeChanges(facts, sessions),
    exceptions: exceptionChanges(facts, sessions),
    metrics: metricChanges(facts.baseMeans, facts.candidateMeans),
  };
  return { ...compared, findings: findingsOf(compared) };
}

function groupOf({ product, groups }: ComparisonFacts, version: string): SessionGroup | undefined {
  return groups.find(({ values }) => values[0] === product && values[1] === version);
}

type Sessions = { base: number; candidate: number };

function causeChanges(facts: ComparisonFacts, sessions: Sessions): CauseChange[] {
  const found = causeCounts(facts.causes);
  const countsOf = (version: string): Map<string, number> => {
    const all = found.get(releaseKey(facts.product, version)) ?? [];
    return new Map(all.map((cause) => [cause.kind, cause.sessions]));
  };
  const base = countsOf(facts.base);
  const candidate = countsOf(facts.candidate);
  const kinds = [...new Set([...base.keys(), ...candidate.keys()])].sort();
  const counts = kinds.map((kind) => ({
    base: base.get(kind) ?? 0,
    candidate: candidate.get(kind) ?? 0,
  }));
  return frequencyChanges(counts, sessions)
    .map((change, i) => ({ kind: kinds[i] as string, ...change }))
    .sort(byCertainty);
}

function exceptionChanges(facts: ComparisonFacts, sessions: Sessions): ExceptionChange[] {
  const countOf = (group: ExceptionGroup, version: string): number =>
    group.versions.find((one) => one.product === facts.product && one.version === version)
      ?.sessions ?? 0;
  const counts = facts.exceptions.map((group) => ({
    base: countOf(group, facts.base),
    candidate: countOf(group, facts.candidate),
  }));
  return frequencyChanges(counts, sessions)
    .map((change, i) => ({ group: facts.exceptions[i] as ExceptionGroup, ...change }))
    .sort(byCertainty);
}

function byCertainty(a: FrequencyChange, b: FrequencyChange): number {
  return (
    a.adjusted - b.adjusted ||
    a.chance - b.chance ||
    Math.abs(b.difference ?? 0) - Math.abs(a.difference ?? 0)
  );
}

/** Verdicts that are findings, in the order in which they are told. */
const told: readonly Verdict[] = ['worse', 'changed', 'better'];

function findingsOf(compared: Omit<Comparison, 'findings'>): Finding[] {
  const { crashFree, hangFree, causes, exceptions, metrics } = compared;
  return [
    { verdict: crashFree.verdict, sentence: rateSentence('Sessions without a crash', crashFree) },
    { verdict: hangFree.verdict, sentence: rateSentence('Sessions without a hang', hangFree) },
    ...causes.map((change) => ({
      verdict: change.verdict,
      sentence: frequencyWords(`Cause “${change.kind.replaceAll('_', ' ')}”`, change, compared),
    })),
    ...exceptions.map((change) => ({
      verdict: change.verdict,
      sentence: frequencyWords(exceptionWords(change), change, compared),
    })),
    ...metrics.map((change) => ({ verdict: change.verdict, sentence: metricSentence(change) })),
  ]
    .filter(({ verdict }) => told.includes(verdict))
    .sort((a, b) => told.indexOf(a.verdict) - told.indexOf(b.verdict));
}

function rateSentence(what: string, { base, candidate, difference }: ShareChange): string {
  const verb = (difference?.value ?? 0) < 0 ? 'fell' : 'rose';
  return `${what} ${verb} from ${percent(base.hits / base.trials)} to ${percent(candidate.hits / candidate.trials)}`;
}

function exceptionWords({ group, base, candidate }: ExceptionChange): string {
  const name = [group.type, group.message.split('\n')[0]?.slice(0, 100)].filter(Boolean).join(': ');
  if (base === 0) return `New exception ${name}`;
  return candidate === 0 ? `Gone exception ${name}` : `Exception ${name}`;
}

function frequencyWords(
  what: string,
  { base, candidate }: FrequencyChange,
  compared: Pick<Comparison, 'base' | 'candidate'>,
): string {
  const before = percent(base / (compared.base?.sessions ?? 1));
  const after = percent(candidate / (compared.candidate?.sessions ?? 1));
  return `${what} in ${after} of the sessions, ${before} before`;
}

function metricSentence({ name, type, unit, base, candidate, ratio, delta }: MetricChange): string {
  const shown = unitOf(name, unit);
  const each = type === 'counter' ? '/s' : '';
  const verb = delta < 0 ? 'fell' : 'rose';
  const by = ratio === null || ratio === 1 ? '' : ` by ${percent(Math.abs(ratio - 1))}`;
  const from = `${humanize(base.median, shown)}${each}`;
  const to = `${humanize(candidate.median, shown)}${each}`;
  return `${name} ${verb}${by}: from ${from} to ${to}, median of the sessions`;
}

/** A share as people read it: `99.8 %`, and never 100 % or 0 % for what is only nearly so. */
function percent(share: number): string {
  const value = share * 100;
  const digits = value > 99 && value < 100 ? 2 : value !== 0 && value < 1 ? 2 : 1;
  const text = value.toFixed(digits).replace(/\.?0+$/, '');
  if (text.startsWith('100') && share < 1) return 'over 99.99 %';
  return text === '0' && share > 0 ? 'under 0.01 %' : `${text} %`;
}
