/** Which events are shown, as the address says it; and whether one that just came is among them. */
import { type Level, levels } from '@tacho/protocol';
import type { Query } from '../../../address.ts';

/** Fields that a click on a value filters by. */
export const fields = ['group', 'label', 'category', 'name'] as const;

/** What is shown. */
export interface EventFilter {
  levels: readonly Level[];
  text: string;
  group: readonly string[];
  label: readonly string[];
  category: readonly string[];
  name: readonly string[];
  /** Whether only what lies in the view of the recorder is shown. */
  isInView: boolean;
}

/** Levels that are shown when nobody chose: debug is for those who ask for it. */
const usualLevels: readonly Level[] = levels.filter((level) => level !== 'debug');

/** The change of the address that shows all events. */
export const everything: Query = {
  ...{ level: levels, text: undefined, inview: undefined },
  ...Object.fromEntries(fields.map((field) => [field, undefined])),
};

/** Severest first, as the chips stand. */
export const levelsDown: readonly Level[] = [...levels].reverse();

/** The filter that the parameters of the page hold. */
export function filterOf(query: URLSearchParams): EventFilter {
  const chosen = levels.filter((level) => query.getAll('level').includes(level));
  return {
    levels: chosen.length > 0 ? chosen : usualLevels,
    text: query.get('text') ?? '',
    group: query.getAll('group'),
    label: query.getAll('label'),
    category: query.getAll('category'),
    name: query.getAll('name'),
    isInView: query.get('inview') === '1',
  };
}

/** The change of the address that shows a level, or does not; at least one is always shown. */
export function withLevel({ levels: shown }: EventFilter, level: Level): Query {
  const next = shown.includes(level)
    ? shown.filter((each) => each !== level)
    : levels.filter((each) => each === level || shown.includes(each));
  if (next.length === 0) return {};
  return { level: isUsual(next) ? undefined : [...next] };
}

/** The parameters of a question for events. */
export function questionOf(filter: EventFilter): Query {
  const { levels: shown, text, group, label, category, name } = filter;
  return {
    ...{ level: shown.length === levels.length ? undefined : [...shown] },
    ...{ text: text.trim(), group, label, category, name },
  };
}

/** Whether anything beside levels and time narrows the events. */
export function isNarrowed(filter: EventFilter): boolean {
  return filter.text.trim() !== '' || fields.some((field) => filter[field].length > 0);
}

/** What an event has that filters look at. */
interface Shown {
  [field: string]: unknown;
  level?: unknown;
  name?: unknown;
  message?: unknown;
  group?: unknown;
  category?: unknown;
  labels?: unknown;
}

/** Whether an event passes; about text only roughly, as the server knows words better. */
export function passes(filter: EventFilter, event: Shown): boolean {
  if (!(filter.levels as readonly unknown[]).includes(event.level)) return false;
  const has = (wanted: readonly string[], value: unknown): boolean =>
    wanted.length === 0 || wanted.includes(String(value));
  const labels = Array.isArray(event.labels) ? event.labels : [];
  if (!has(filter.group, event.group) || !has(filter.name, event.name)) return false;
  if (!has(filter.category, event.category)) return false;
  if (filter.label.length > 0 && !filter.label.some((each) => labels.includes(each))) return false;
  const said = `${event.name} ${event.message}`.toLowerCase();
  return filter.text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => said.includes(word));
}

function isUsual(shown: readonly Level[]): boolean {
  return shown.length === usualLevels.length && usualLevels.every((each) => shown.includes(each));
}
