/** The opening sentence: the worst regression that is proven, and nothing but what the data says. */
import { percent } from '../format/number.ts';
import { causeLabels } from '../outcome.ts';
import type { Comparison } from './change.ts';

/** A part of a sentence: joints are grey, facts bold, what is bad is red as well. */
export interface Part {
  text: string;
  tone?: 'fact' | 'worse';
}

/** What is known of all products. */
export interface SentenceFacts {
  /** `7 days`. */
  range: string;
  /** All products that ran. */
  products: readonly string[];
  /** Newest version against the one before, of the products that have two. */
  comparisons: readonly Comparison[];
  /** Products whose newest version could not be looked at, since there are so many. */
  unknown: number;
  /** Products whose crash-free rate fell for sure against the range before: shares of runs that died. */
  falls: readonly { product: string; before: number; after: number }[];
}

interface Regression {
  product: string;
  /** The worse the higher. */
  weight: number;
  parts: Part[];
}

/** The sentence in parts. */
export function openingSentence(facts: SentenceFacts): Part[] {
  const regressions = facts.comparisons.flatMap((comparison) => worstOf(comparison) ?? []);
  const known = new Set(regressions.map(({ product }) => product));
  for (const fall of facts.falls) {
    if (!known.has(fall.product)) regressions.push(fallOf(fall, facts.range));
  }
  regressions.sort((a, b) => b.weight - a.weight);
  const worst = regressions[0];
  if (worst === undefined) return [nothingWorse(facts)];
  return [...worst.parts, ...others(facts, regressions)];
}

/** What is worst in one comparison, in parts; undefined where nothing is proven to be worse. */
export function regressionSentence(comparison: Comparison): Part[] | undefined {
  return worstOf(comparison)?.parts;
}

function nothingWorse({ range, unknown, products }: SentenceFacts): Part {
  if (unknown === 0) return { text: `Nothing got worse in ${range}.`, tone: 'fact' };
  return {
    text: `Nothing got worse in ${range} in ${products.length - unknown} of ${products.length} products.`,
    tone: 'fact',
  };
}

function others({ products, unknown }: SentenceFacts, regressions: readonly Regression[]): Part[] {
  const [worst, ...also] = regressions;
  const rest = products.filter((product) => product !== worst?.product);
  if (rest.length === 0) return [];
  if (also.length === 1) return [{ text: ` ${also[0]?.product} got worse, too.` }];
  if (also.length > 1) return [{ text: ` ${also.length} other products got worse, too.` }];
  if (unknown > 0) return [];
  if (rest.length === 1) return [{ text: ` ${rest[0]} is steady.` }];
  return [{ text: ' The other products are steady.' }];
}

/** Deaths outweigh hangs, these causes, these exceptions, and these metrics, however large. */
function worstOf(comparison: Comparison): Regression | undefined {
  const { product, base, candidate, crash_free_rate: crash, hang_free_rate: hang } = comparison;
  if (base === null || candidate === null) return undefined;
  const subject: Part = { text: `${product} ${candidate.version}`, tone: 'fact' };
  const found = (weight: number, parts: Part[]): Regression => ({ product, weight, parts });
  for (const [rate, tier, verb] of [
    [crash, 5, 'dies'],
    [hang, 4, 'hangs'],
  ] as const) {
    if (rate.verdict !== 'worse' || rate.base === null || rate.candidate === null) continue;
    const shares = { before: 1 - rate.base.value, after: 1 - rate.candidate.value };
    const parts = oftener(subject, verb, shares, base.version);
    return found(tier + shares.after - shares.before, parts);
  }
  const cause = comparison.causes.find(({ verdict }) => verdict === 'worse');
  if (cause !== undefined) {
    return found(3 + (cause.difference ?? 0), [
      subject,
      { text: ': ' },
      { text: causeLabels[cause.kind].toLowerCase(), tone: 'worse' },
      { text: ` more often than in ${base.version}.` },
    ]);
  }
  return exceptionOf(comparison, subject) ?? metricOf(comparison, subject);
}

function exceptionOf(comparison: Comparison, subject: Part): Regression | undefined {
  const { product, candidate, exceptions } = comparison;
  const worse = [...exceptions.new, ...exceptions.changed]
    .filter(({ verdict }) => verdict === 'worse')
    .sort((a, b) => (b.difference ?? 0) - (a.difference ?? 0))[0];
  if (worse === undefined || candidate === null) return undefined;
  const share = percent(worse.candidate_sessions / candidate.sessions, 1);
  return {
    product,
    weight: 2 + (worse.difference ?? 0),
    parts: [
      subject,
      { text: worse.base_sessions === 0 ? ' has a new exception, ' : ' more often throws ' },
      { text: worse.type, tone: 'worse' },
      { text: `, in ${share} % of its runs.` },
    ],
  };
}

function metricOf(comparison: Comparison, subject: Part): Regression | undefined {
  const metric = comparison.metrics.find(({ verdict }) => verdict === 'worse');
  if (metric === undefined || comparison.base === null) return undefined;
  const isUp = metric.cliffs_delta > 0;
  const by = metric.ratio === null ? '' : `${Math.round(Math.abs(metric.ratio - 1) * 100)} % `;
  return {
    product: comparison.product,
    weight: 1 + Math.abs(metric.cliffs_delta),
    parts: [
      subject,
      { text: ' has ' },
      { text: metric.name, tone: 'fact' },
      { text: ' ' },
      { text: `${by}${isUp ? 'higher' : 'lower'}`, tone: 'worse' },
      { text: ` than ${comparison.base.version}.` },
    ],
  };
}

function fallOf(
  { product, before, after }: SentenceFacts['falls'][number],
  range: string,
): Regression {
  return {
    product,
    weight: 3.5 + after - before,
    parts: [
      { text: product, tone: 'fact' },
      { text: ' died in ' },
      { text: `${percent(after)} %`, tone: 'worse' },
      { text: ` of its runs, ${percent(before)} % in the ${range} before.` },
    ],
  };
}

/** `dies 6 times as often as 2.3.9.`; without a ratio where it never happened before. */
function oftener(
  subject: Part,
  verb: string,
  { before, after }: { before: number; after: number },
  base: string,
): Part[] {
  if (before === 0) {
    return [
      subject,
      { text: ` ${verb} in ` },
      { text: `${percent(after)} %`, tone: 'worse' },
      { text: ` of its runs, which ${base} never did.` },
    ];
  }
  return [
    subject,
    { text: ` ${verb} ` },
    { text: `${times(after / before)} times`, tone: 'worse' },
    { text: ` as often as ${base}.` },
  ];
}

function times(ratio: number): string {
  return ratio < 10 ? ratio.toFixed(1).replace(/\.0$/, '') : String(Math.round(ratio));
}
