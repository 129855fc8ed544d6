/** The bars of the overview: sessions by step and outcome, stacked, and as few shapes as there are outcomes. */
import { outcomeOfCause, type ShownOutcome, troubles } from '../../outcome.ts';
import type { CountGroup } from './health.ts';
import type { Window } from './range.ts';

/** Outcomes from the baseline upwards: trouble first, or one crash in ninety would be invisible. */
export const stacked = [...troubles, 'clean', 'live'] as const;

/** One of them. */
export type Stacked = (typeof stacked)[number];

/** Sessions that started in one step. */
export interface Bar {
  fromMs: number;
  sessions: number;
  counts: Record<Stacked, number>;
}

/** A box to draw into, in pixels. */
export interface Box {
  left: number;
  right: number;
  /** Where the greatest value ends. */
  top: number;
  /** Where zero is. */
  bottom: number;
}

/** One bar for each step of the window, also for those without a session. */
export function barsOf(groups: readonly CountGroup[], window: Window, barMs: number): Bar[] {
  const length = Math.round((window.toMs - window.fromMs) / barMs);
  const bars = Array.from({ length }, (_, i): Bar => {
    const counts = Object.fromEntries(stacked.map((outcome) => [outcome, 0]));
    return {
      fromMs: window.fromMs + i * barMs,
      sessions: 0,
      counts: counts as Bar['counts'],
    };
  });
  for (const { by, time, sessions } of groups) {
    const bar = bars[Math.floor((Date.parse(time ?? '') - window.fromMs) / barMs)];
    if (bar === undefined) continue;
    bar.sessions += sessions;
    bar.counts[stackedOf(outcomeOfCause(by.cause ?? null))] += sessions;
  }
  return bars;
}

/** How many there are of each outcome in all bars. */
export function totalsOf(bars: readonly Bar[]): Record<Stacked, number> {
  const totals = Object.fromEntries(
    stacked.map((outcome) => [outcome, bars.reduce((all, bar) => all + bar.counts[outcome], 0)]),
  );
  return totals as Record<Stacked, number>;
}

/** One path for each outcome, stacked in this order; outcomes without a session have none. */
export function stackPaths(
  bars: readonly Bar[],
  outcomes: readonly Stacked[],
  greatest: number,
  box: Box,
): { outcome: Stacked; d: string }[] {
  const pitch = (box.right - box.left) / bars.length;
  const width = round(pitch > 3 ? pitch - 1 : Math.max(0.5, pitch * 0.85));
  const paths = new Map<Stacked, string>();
  for (const [i, bar] of bars.entries()) {
    const x = round(box.left + i * pitch);
    let below = 0;
    for (const outcome of outcomes) {
      const sessions = bar.counts[outcome];
      if (sessions === 0) continue;
      const bottom = yOf(below, greatest, box);
      below += sessions;
      // A single session must be seen, however many there are in other bars.
      const top = Math.min(yOf(below, greatest, box), bottom - 1);
      const d = `M${x} ${round(bottom)}h${width}V${round(top)}h${-width}z`;
      paths.set(outcome, (paths.get(outcome) ?? '') + d);
    }
  }
  return outcomes.flatMap((outcome) => {
    const d = paths.get(outcome);
    return d === undefined ? [] : [{ outcome, d }];
  });
}

/** The greatest sum of these outcomes in one bar. */
export function greatestOf(bars: readonly Bar[], outcomes: readonly Stacked[]): number {
  return Math.max(
    0,
    ...bars.map(({ counts }) => outcomes.reduce((all, outcome) => all + counts[outcome], 0)),
  );
}

/** Two round numbers at most, the greater not above the greatest: what an axis of counts says. */
export function countTicks(greatest: number): number[] {
  if (greatest < 1) return [];
  const steps = [1, 2, 5].flatMap((digit) =>
    Array.from({ length: 9 }, (_, power) => digit * 10 ** power),
  );
  const step = steps.filter((each) => each * 2 <= greatest).sort((a, b) => b - a)[0];
  return step === undefined ? [1] : [step, step * 2];
}

/** Where a value is drawn. */
export function yOf(value: number, greatest: number, { top, bottom }: Box): number {
  return bottom - (value / Math.max(1, greatest)) * (bottom - top);
}

function stackedOf(outcome: ShownOutcome): Stacked {
  return outcome === 'suspended' ? 'live' : outcome;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
