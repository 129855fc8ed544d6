/** What the address says of a comparison, and how it is changed. */
import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { query, setQuery } from '../../address.ts';
import {
  type Align,
  alignOf,
  limitsOf,
  originOf,
  type Run,
  runsMax,
  type Stretch,
  spanOf,
  windowOf,
} from './runs.ts';

/** The window of runs that are laid over each other at their ends. */
const endWindow = '2m';

/** Lengths that a window can have, by their names in the address. */
export const windows: Readonly<Record<string, number | undefined>> = {
  '2m': 2 * 60_000,
  '15m': 15 * 60_000,
  '1h': 60 * 60_000,
  '6h': 6 * 60 * 60_000,
  all: undefined,
};

/** What all parts of the page share. */
export interface Comparison {
  runs: readonly Run[];
  /** Those that were not hidden. */
  shown: readonly Run[];
  align: Align;
  /** The stretch of the shared axis that holds all runs, and the part of it in view. */
  span: Stretch;
  view: Stretch;
  /** Name of the window in view; undefined when the view was zoomed. */
  window: string | undefined;
  /** The cursor on the shared axis; undefined when there is none. */
  cursorMs: ReadonlySignal<number | undefined>;
  /** Where the pointer is. */
  hoveredMs: Signal<number | undefined>;
  /** Letter of the run that is brought to the fore. */
  raised: Signal<string | undefined>;
}

/** The comparison that a part of the page is about. */
export const ComparisonContext = createContext<Comparison | undefined>(undefined);

/** The same for those parts. */
export function useComparison(): Comparison {
  const comparison = useContext(ComparisonContext);
  if (comparison === undefined) throw new Error('This part stands outside of a comparison');
  return comparison;
}

/** Ids of the runs, as the address has them. */
export const chosenIds = computed(() => [...new Set(query.value.getAll('id'))].slice(0, runsMax));

/** Texts of the series that were chosen to be shown; empty when nobody chose. */
export const chosenMetrics = computed(() => query.value.getAll('metric'));

/** Paths of the state that have a lane of their own. */
export const chosenKeys = computed(() => query.value.getAll('key'));

/** Whether the table of states shows only what differs. */
export const onlyDifferences = computed(() => query.value.get('state') !== 'all');

/** Where somebody put the cursor. */
const pinnedMs = computed(() => numberIn('at'));
const hoveredMs = signal<number | undefined>(undefined);
const raised = signal<string | undefined>(undefined);
const cursorMs = computed(() => pinnedMs.value ?? hoveredMs.value);

/** The comparison of these runs as the address shows it. */
export function comparisonOf(runs: readonly Run[]): Comparison {
  const hidden = query.value.getAll('hide');
  const left = runs.filter(({ letter }) => !hidden.includes(letter));
  const shown = left.length === 0 ? runs : left;
  const align = alignIn() ?? alignOf(runs);
  const span = spanOf(shown, align);
  const [from, to] = [numberIn('from'), numberIn('to')];
  const isZoomed = from !== undefined && to !== undefined && from < to;
  const chosen = query.value.get('window') ?? (align === 'death' ? endWindow : 'all');
  const window = chosen in windows ? chosen : 'all';
  return {
    runs,
    shown,
    align,
    span,
    view: isZoomed ? [from, to] : windowOf(span, align, windows[window]),
    window: isZoomed ? undefined : window,
    cursorMs,
    hoveredMs,
    raised,
  };
}

/** Shows these runs, and nothing of what was special to others. */
export function showRuns(ids: readonly string[]): void {
  setQuery({ id: ids, hide: undefined, from: undefined, to: undefined, at: undefined }, step);
}

/** Lays the runs over each other at another place; the view and the cursor meant the old one. */
export function setAlign(align: Align): void {
  setQuery({ align, from: undefined, to: undefined, window: undefined, at: undefined }, step);
}

/** Shows a window by its name. */
export function setWindow(window: string): void {
  setQuery({ window, from: undefined, to: undefined }, step);
}

/** Back to the first window, with the cursor at the pointer. */
export function resetView(): void {
  setQuery({ window: undefined, from: undefined, to: undefined, at: undefined }, step);
}

/** Shows a stretch of the axis; `isStep` when Back should undo it. */
export function setView([fromMs, toMs]: Stretch, isStep: boolean): void {
  setQuery({ from: Math.round(fromMs), to: Math.ceil(toMs) }, { step: isStep });
}

/** Zooms at the cursor, or at the middle. */
export function zoom({ view: [from, to], span, cursorMs }: Comparison, factor: number): void {
  const at = cursorMs.peek() ?? (from + to) / 2;
  const [least, most] = limitsOf(span);
  const left = Math.max(least, at - (at - from) * factor);
  setView([left, Math.max(left + 20, Math.min(most, at + (to - at) * factor))], false);
}

/** Puts the cursor there for good; without a time it follows the pointer again. */
export function pin(atMs: number | undefined): void {
  setQuery({ at: atMs === undefined ? undefined : Math.round(atMs) });
}

/** Moves the cursor by a share of the view. */
export function stepCursor(comparison: Comparison, share: number): void {
  const { view, cursorMs, runs, align } = comparison;
  const [from, to] = view;
  const end = Math.max(...runs.map((run) => run.endMs - originOf(run, align)));
  const at = cursorMs.peek() ?? Math.min(to, end);
  pin(Math.min(Math.max(at + (to - from) * share, from), Math.min(to, end)));
}

/** Hides a run, or shows it again. */
export function toggleRun(letter: string): void {
  const hidden = query.peek().getAll('hide');
  const rest = hidden.filter((each) => each !== letter);
  setQuery({ hide: rest.length < hidden.length ? rest : [...hidden, letter] }, step);
}

/** Shows these series; none stands for those that differ most. */
export function setMetrics(texts: readonly string[]): void {
  setQuery({ metric: texts }, step);
}

/** Gives a key of the state a lane, or takes it away. */
export function toggleKey(path: string): void {
  const keys = query.peek().getAll('key');
  const rest = keys.filter((each) => each !== path);
  setQuery({ key: rest.length < keys.length ? rest : [...keys, path] }, step);
}

/** Shows all of the states, or only what differs. */
export function setOnlyDifferences(isOnly: boolean): void {
  setQuery({ state: isOnly ? undefined : 'all' });
}

const step = { step: true };

function alignIn(): Align | undefined {
  const align = query.value.get('align');
  return align === 'start' || align === 'death' || align === 'clock' ? align : undefined;
}

function numberIn(name: string): number | undefined {
  const text = query.value.get(name);
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
