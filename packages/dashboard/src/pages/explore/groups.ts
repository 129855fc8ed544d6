/** Groups of an aggregate as lines: named, ranked by how far they depart, and led back to their sessions. */
import type { Query } from '../../address.ts';
import type { Answer } from '../../api.ts';
import type { Column, Table } from '../../chart/join.ts';
import { type Tick, valueRange } from '../../chart/ticks.ts';
import { numberOf } from '../../format/number.ts';
import type { Range } from './range.ts';

/** A group, or a step of one, as the API tells it. */
export type Group = Answer<'aggregate'>['groups'][number];

/** What a group is recognised by; null where the sessions have nothing in common there. */
export type GroupValue = string | null;

/** What a step of a group has. */
interface Point {
  value: number | undefined;
  sessions: number;
}

/** A group over time. */
export interface Line {
  value: GroupValue;
  column: Column;
  /** The same by time, with how many sessions had samples in that step. */
  points: ReadonlyMap<number, Point>;
}

/** What is drawn of an answer. */
export interface Picture {
  lines: readonly Line[];
  /** All lines over the same times. */
  table: Table;
  /** The groups in the fore, in the order of their hues. */
  loud: readonly GroupValue[];
  /** The values at the lower and the upper edge. */
  low: number;
  high: number;
  ticks: readonly Tick[];
  /** Where a value stands, as a share of the height from the top. */
  topOf(value: number): number;
  /** A value with its unit. */
  form(value: unknown): string;
  by: string;
  stepMs: number;
  title: string;
}

/** From so many groups on, only some of them stand out. */
const loudMax = 4;

/** How many of more groups stand out by themselves. */
const loudOfMany = 3;

/** What a group has in common, by what was grouped by. */
export function groupValue(group: Pick<Group, 'by'>, by: string): GroupValue {
  return by === '' ? '' : (group.by[by] ?? null);
}

/** What a group is called. */
export function groupName(value: GroupValue, by: string): string {
  if (value === null) return by.startsWith('tag:') ? 'without the tag' : 'none';
  return value === '' ? (by === '' ? 'all' : '(empty)') : value;
}

/** The groups over time, in their order; a point stands in the middle of its step. */
export function linesOf(groups: readonly Group[], by: string, fn: string, stepMs: number): Line[] {
  const found = new Map<GroupValue, ReturnType<typeof emptyLine>>();
  for (const group of groups) {
    const startMs = group.offset_ms ?? Date.parse(group.time ?? '');
    if (Number.isNaN(startMs)) continue;
    const value = groupValue(group, by);
    const line = found.get(value) ?? emptyLine();
    const at = startMs + stepMs / 2;
    line.t.push(at);
    const reading = finite(group.results[fn]);
    line.values.push(reading);
    line.points.set(at, { value: reading ?? undefined, sessions: group.sessions });
    found.set(value, line);
  }
  return [...found].map(([value, { t, values, points }]) => ({
    value,
    column: { t, values },
    points,
  }));
}

/**
 * Values of the groups that stand out: all of a few; of many those that are farthest from the median
 * of all groups, step by step, with those that somebody picked.
 */
export function loudOf(lines: readonly Line[], picked: readonly GroupValue[]): GroupValue[] {
  if (lines.length <= loudMax) return lines.map(({ value }) => value);
  const medians = mediansOf(lines);
  const ranked = lines
    .map(({ value, column }) => ({ value, distance: departure(column, medians) }))
    .sort((a, b) => b.distance - a.distance);
  const own = ranked.slice(0, loudOfMany).filter(({ value }) => !picked.includes(value));
  const known = picked.filter((value) => lines.some((line) => line.value === value));
  return [...known, ...own.map(({ value }) => value)].slice(0, 8);
}

/** What lies between the 5th and the 95th of a hundred groups at each time. */
export function bandOf(
  lines: readonly Line[],
  t: readonly number[],
): { low: (number | null)[]; high: (number | null)[] } {
  const byTime = valuesByTime(lines);
  const at = (q: number) =>
    t.map((time) => {
      const values = byTime.get(time);
      return values === undefined ? null : (values[Math.floor(q * (values.length - 1))] ?? null);
    });
  return { low: at(0.05), high: at(0.95) };
}

/** The values at the edges of a picture of this stretch, with room. */
export function rangeOf(lines: readonly Line[], [from, to]: Range): [number, number] {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const { column } of lines) {
    column.t.forEach((at, i) => {
      const value = column.values[i];
      if (typeof value !== 'number' || at < from || at > to) return;
      least = Math.min(least, value);
      greatest = Math.max(greatest, value);
    });
  }
  const [low, high] = valueRange(least, greatest);
  // A line that lies on the edge would lose half of its width.
  return [low === 0 ? -high * 0.015 : low, high];
}

/** The sessions behind a group, or behind one step of it, as a filter of the list of sessions. */
export function sessionsOf(
  filter: Query,
  by: string,
  value: GroupValue,
  step?: { fromMs: number; toMs: number },
): Query {
  const time = step && {
    from: new Date(step.fromMs).toISOString(),
    to: new Date(step.toMs).toISOString(),
  };
  const narrowed = { ...filter, ...time };
  if (by.startsWith('state:')) {
    const path = by.slice('state:'.length);
    const condition = value === null ? `!${path}` : `${path}=${value}`;
    return { ...narrowed, state: [...listOf(filter.state), condition] };
  }
  // Tags belong to series, not to sessions: no filter of sessions says it.
  if (by === '' || by.startsWith('tag:') || value === null) return narrowed;
  return { ...narrowed, [by]: value };
}

function emptyLine() {
  return {
    ...{ t: [] as number[], values: [] as (number | null)[] },
    points: new Map<number, Point>(),
  };
}

function valuesByTime(lines: readonly Line[]): Map<number, number[]> {
  const byTime = new Map<number, number[]>();
  for (const { column } of lines) {
    column.t.forEach((at, i) => {
      const value = column.values[i];
      if (typeof value !== 'number') return;
      const values = byTime.get(at);
      if (values === undefined) byTime.set(at, [value]);
      else values.push(value);
    });
  }
  for (const values of byTime.values()) values.sort((a, b) => a - b);
  return byTime;
}

function mediansOf(lines: readonly Line[]): Map<number, number> {
  return new Map(
    [...valuesByTime(lines)].map(([at, values]) => [at, values[values.length >> 1] as number]),
  );
}

/** The mean distance from the medians. */
function departure({ t, values }: Column, medians: ReadonlyMap<number, number>): number {
  let sum = 0;
  let count = 0;
  t.forEach((at, i) => {
    const value = values[i];
    if (typeof value !== 'number') return;
    sum += Math.abs(value - (medians.get(at) ?? value));
    count++;
  });
  return count === 0 ? -1 : sum / count;
}

function finite(value: unknown): number | null {
  const number = numberOf(value);
  return number !== undefined && Number.isFinite(number) ? number : null;
}

function listOf(value: Query[string]): (string | number)[] {
  if (Array.isArray(value)) return [...value];
  return value === undefined || value === null || typeof value === 'boolean'
    ? []
    : [value as string | number];
}
