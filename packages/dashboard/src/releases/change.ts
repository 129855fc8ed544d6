/** What changed between two versions, as rows of text: before, after, and by how much. */
import type { Answer } from '../api.ts';
import { nothing, percent, readingParts } from '../format/number.ts';
import { causeLabels } from '../outcome.ts';

/** Two versions side by side, as the API tells it. */
export type Comparison = Answer<'compareReleases'>;

/** What a difference means. */
export type Verdict = Comparison['crash_free_rate']['verdict'];

/** Whether a difference is for the better; quiet where it is not proven or nobody knows. */
export type Tone = 'worse' | 'better' | 'quiet';

/** One thing that changed. */
export interface ChangeRow {
  key: string;
  label: string;
  before: string;
  /** With the unit. */
  after: string;
  /** By how much, with an arrow: `▼ 3.06 pt`, `▲ ×5.4`. */
  change: string;
  tone: Tone;
  /** What proves it, for a title. */
  proof: string;
  /** What the row leads to. */
  about: { metric: string } | { cause: string } | { outcome: string } | { hung: true };
}

/** Rows for what is always told, then for everything that is proven. */
export function changeRows(comparison: Comparison): ChangeRow[] {
  const { causes, metrics } = comparison;
  return [
    rateRow('Crash-free sessions', comparison.crash_free_rate, { outcome: 'crashed' }),
    rateRow('Hang-free sessions', comparison.hang_free_rate, { hung: true }),
    ...causes.filter(isProven).map((change) => causeRow(change, comparison)),
    ...metrics.filter(isProven).map(metricRow),
  ];
}

/** Colour and word of a verdict. */
export function toneOf(verdict: Verdict): Tone {
  return verdict === 'worse' || verdict === 'better' ? verdict : 'quiet';
}

/** How much of the sessions of a side had something, per 1 000. */
export function perThousand(sessions: number, all: number): string {
  if (all === 0) return nothing;
  const value = (sessions / all) * 1_000;
  return value === 0 ? '0' : value < 10 ? value.toFixed(1) : String(Math.round(value));
}

/** A ratio as people say it: `×5.4` from twice on, `62 %` below. */
export function ratioText(ratio: number): string {
  const factor = ratio < 1 ? 1 / ratio : ratio;
  if (factor >= 2) return `${ratio < 1 ? '÷' : '×'}${factor.toFixed(factor < 10 ? 1 : 0)}`;
  const share = Math.abs(ratio - 1) * 100;
  return `${share.toFixed(share < 10 ? 1 : 0)} %`;
}

/** A chance: `p = 0.03`, `p < 0.001`. */
export function chanceText(name: 'p' | 'q', chance: number | null): string {
  if (chance === null) return '';
  return chance < 0.001 ? `${name} < 0.001` : `${name} = ${chance.toFixed(chance < 0.1 ? 3 : 2)}`;
}

/** An effect, Cliff's delta: `−0.42`. */
export function effectText(delta: number): string {
  return delta.toFixed(2).replace('-', '−');
}

/** Both medians with one unit where they share it. */
export function medians(metric: Comparison['metrics'][number]): [string, string] {
  const each = metric.type === 'counter' ? '/s' : '';
  const parts = (side: 'base' | 'candidate') =>
    readingParts(metric[side].median, metric.name, metric.unit);
  const [before, beforeUnit] = parts('base');
  const [after, afterUnit] = parts('candidate');
  const unit = (text: string): string => (text === '' ? each : `\u2009${text}${each}`);
  return [
    beforeUnit === afterUnit ? before : `${before}${unit(beforeUnit)}`,
    `${after}${unit(afterUnit)}`,
  ];
}

function isProven({ verdict }: { verdict: Verdict }): boolean {
  return verdict === 'worse' || verdict === 'better' || verdict === 'changed';
}

function rateRow(
  label: string,
  rate: Comparison['crash_free_rate'],
  about: ChangeRow['about'],
): ChangeRow {
  const difference = rate.difference ?? 0;
  const text = Math.abs(difference * 100).toFixed(2);
  const isSame = rate.difference === null || Number(text) === 0;
  return {
    key: label,
    label,
    before: rate.base === null ? nothing : percent(rate.base.value),
    after: rate.candidate === null ? nothing : `${percent(rate.candidate.value)} %`,
    change: isSame ? '·' : `${difference < 0 ? '▼' : '▲'} ${text} pt`,
    tone: toneOf(rate.verdict),
    proof: `${rate.verdict === 'same' ? 'not proven: ' : ''}Fisher’s exact test ${chanceText('p', rate.p_value)}`,
    about,
  };
}

function causeRow(
  change: Comparison['causes'][number],
  { base, candidate }: Comparison,
): ChangeRow {
  const { base_sessions: before, candidate_sessions: after } = change;
  const baseShare = before / (base?.sessions ?? 1);
  const ratio = after / (candidate?.sessions ?? 1) / baseShare;
  const arrow = (change.difference ?? 0) < 0 ? '▼' : '▲';
  const isCountable = before > 0 && after > 0;
  return {
    key: change.kind,
    label: `${causeLabels[change.kind]}, per 1\u2009000`,
    before: perThousand(before, base?.sessions ?? 0),
    after: perThousand(after, candidate?.sessions ?? 0),
    change: isCountable
      ? `${arrow} ${ratioText(ratio)}`
      : `${arrow} ${before === 0 ? 'new' : 'gone'}`,
    tone: toneOf(change.verdict),
    proof: `Fisher’s exact test ${chanceText('q', change.q_value)}`,
    about: { cause: change.kind },
  };
}

function metricRow(metric: Comparison['metrics'][number]): ChangeRow {
  const [before, after] = medians(metric);
  const arrow = metric.cliffs_delta < 0 ? '▼' : '▲';
  return {
    key: `${metric.name} ${metric.type} ${metric.unit}`,
    label: metric.name,
    before,
    after,
    change: metric.ratio === null ? arrow : `${arrow} ${ratioText(metric.ratio)}`,
    tone: toneOf(metric.verdict),
    proof: `Median of the sessions; Mann–Whitney ${chanceText('q', metric.q_value)}, Cliff’s delta ${effectText(metric.cliffs_delta)}`,
    about: { metric: metric.name },
  };
}
