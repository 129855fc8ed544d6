/** What the address says of the explorer, and how it is changed. */
import { computed, signal } from '@preact/signals';
import { type Query, query, setQuery } from '../../address.ts';
import { readFilter } from '../../filters/filter.ts';
import type { GroupValue } from './groups.ts';
import { functionsOf, type Metric } from './metric.ts';
import type { NearPoint } from './near.ts';

/** What is drawn: lines over the time of day, lines over the age of sessions, or distributions. */
export type Drawing = 'time' | 'start' | 'spread';

/** The filter of sessions, with its time. */
export const filter = computed((): Query => ({ ...readFilter(query.value) }));

/** What is drawn. */
export const drawing = computed((): Drawing => {
  const view = query.value.get('view');
  return view === 'start' || view === 'spread' ? view : 'time';
});

/** What samples are grouped by; empty for nothing. */
export const groupedBy = computed(() => {
  const by = query.value.get('by') ?? 'version';
  return by === 'none' ? '' : by;
});

/** Whether quantiles are exact. */
export const isExact = computed(() => query.value.get('exact') === 'true');

/** Groups that somebody picked. */
export const picked = computed((): GroupValue[] =>
  query.value.getAll('pick').map((text) => (text === absent ? null : text)),
);

/** Where somebody put the cursor. */
const pinnedMs = computed(() => numberIn('at'));

/** The part of the ages that is in view, where it was zoomed. */
export const ages = computed((): readonly [number, number] | undefined => {
  const [young, old] = [numberIn('young'), numberIn('old')];
  return young !== undefined && old !== undefined && young < old ? [young, old] : undefined;
});

/** Where the pointer is. */
export const hoveredMs = signal<number | undefined>(undefined);

/** The cursor: where somebody put it, or where the pointer is. */
export const cursorMs = computed(() => pinnedMs.value ?? hoveredMs.value);

/** The point of a line under the pointer. */
export const near = signal<NearPoint | undefined>(undefined);

/** The group that is brought to the fore. */
export const raised = signal<GroupValue | undefined>(undefined);

/** The function that is drawn. */
export function functionIn(metric: Metric): string {
  return query.value.get('fn') ?? (functionsOf(metric)[0] as string);
}

/** Shows another metric; the rest of the view stays where it makes sense. */
export function showMetric({ name, type, unit, tags }: Metric): void {
  const by = groupedBy.peek();
  const lostTag = by.startsWith('tag:') && !tags.some(({ key }) => by === `tag:${key}`);
  const gone = { fn: undefined, at: undefined, pick: undefined };
  setQuery(
    { metric: name, type, unit, ...gone, ...(lostTag && { by: undefined }) },
    { step: true },
  );
}

/** Changes something that Back should undo. */
export function show(changes: Query): void {
  setQuery(changes, { step: true });
}

/** Groups by something else; what was picked meant other groups. */
export function groupBy(by: string): void {
  show({ by: by === '' ? 'none' : by, pick: undefined });
}

/** Keeps a group in the fore, or no longer. */
export function togglePick(value: GroupValue): void {
  const now = picked.peek();
  const next = now.includes(value) ? now.filter((each) => each !== value) : [...now, value];
  setQuery({ pick: next.map((each) => each ?? absent) });
}

/** Puts the cursor there for good; without a time it follows the pointer again. */
export function pin(atMs: number | undefined): void {
  setQuery({ at: atMs === undefined ? undefined : Math.round(atMs) });
}

/** How a group without a value is written in the address; no value has a line break alone. */
const absent = '\n';

function numberIn(name: string): number | undefined {
  const text = query.value.get(name);
  const value = text === null || text === '' ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : undefined;
}
