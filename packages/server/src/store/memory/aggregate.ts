/** Questions about a metric over many sessions of the in-memory store, answered sample by sample. */
import { increaseOf, limits } from '@tacho/protocol';
import { type AggregateGroup, type AggregateQuery, orderedGroups, tagValue } from '../aggregate.ts';
import { meetsSeriesFilter } from '../series.ts';
import type { SessionFacts } from './filter.ts';
import { type Asked, groupValue, matching } from './questions.ts';

interface Cell {
  values: AggregateGroup['values'];
  stepUs: number | null;
  sessions: Set<string>;
  series: Set<string>;
  samples: number[];
  increase: number;
  seconds: number;
}

/** See `AggregateQuestions`. */
export function aggregateOf(asked: Asked, query: AggregateQuery): AggregateGroup[] {
  const cells = new Map<string, Cell>();
  for (const facts of matching(asked, query.filter, query.nowUs)) addSession(cells, facts, query);
  return orderedGroups(
    [...cells.values()].map((cell) => groupOf(cell, query)),
    limits.groupsMax,
  );
}

function addSession(cells: Map<string, Cell>, facts: SessionFacts, query: AggregateQuery): void {
  const { keys, series, timesUs, values } = facts.session.samples();
  const { fromUs = -Infinity, toUs = Infinity, steps } = query;
  const before = new Map<number, { value: number; atUs: number }>();
  series.forEach((index, row) => {
    const key = keys[index]!;
    if (!meetsSeriesFilter(key, query.metric)) return;
    const [value, atUs] = [values[row]!, timesUs[row]!];
    const previous = before.get(index);
    if (!Number.isNaN(value)) before.set(index, { value, atUs });
    if (atUs < fromUs || atUs >= toUs) return;
    const group = query.by.map((by) => {
      if (by.by === 'session') return facts.row.id;
      return by.by === 'tag' ? tagValue(key.tags, by.key) : groupValue(facts, by);
    });
    const zeroUs = steps?.since === 'start' ? facts.row.createdUs : 0;
    const stepUs = steps ? Math.floor((atUs - zeroUs) / steps.widthUs) * steps.widthUs : null;
    const cell = cellOf(cells, group, stepUs);
    cell.sessions.add(facts.row.id);
    cell.series.add(`${facts.row.id} ${index}`);
    cell.samples.push(value);
    if (key.type !== 'counter' || previous === undefined || Number.isNaN(value)) return;
    cell.increase += increaseOf(previous.value, value);
    cell.seconds += (atUs - previous.atUs) / 1e6;
  });
}

function cellOf(cells: Map<string, Cell>, values: Cell['values'], stepUs: number | null): Cell {
  const id = JSON.stringify([values, stepUs]);
  const known = cells.get(id);
  if (known) return known;
  const empty = { sessions: new Set<string>(), series: new Set<string>(), samples: [] };
  const cell: Cell = { values, stepUs, ...empty, increase: 0, seconds: 0 };
  cells.set(id, cell);
  return cell;
}

function groupOf(
  { values, stepUs, sessions, series, samples, increase, seconds }: Cell,
  { quantiles }: AggregateQuery,
): AggregateGroup {
  const sorted = Float64Array.from(samples.filter((value) => !Number.isNaN(value))).sort();
  const at = (rank: number): number => sorted[rank] ?? Number.NaN;
  return {
    values,
    stepUs,
    sessions: sessions.size,
    series: series.size,
    count: samples.length,
    nans: samples.length - sorted.length,
    min: at(0),
    max: at(sorted.length - 1),
    sum: samples.reduce((sum, value) => (Number.isNaN(value) ? sum : sum + value), 0),
    increase,
    seconds,
    quantiles: quantiles.map((q) => at(Math.floor(q * (sorted.length - 1)))),
  };
}
