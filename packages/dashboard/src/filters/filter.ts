/** Filters of sessions as the address has them: read, told as chips, and changed. */
import { parseStateCondition, type StateOperator } from '@tacho/protocol';
import { causesOf, type ShownOutcome } from '../outcome.ts';
import { type FieldName, type FilterName, fieldOf, filterNames, valueLabel } from './fields.ts';
import { rangeText } from './range.ts';

/** Parameters with their values, in the order in which they came into the address. */
export type Filter = { readonly [N in FilterName]?: readonly string[] };

/** Parameters to be set; those with no values are to be taken away. */
export type FilterChange = { [N in FilterName]?: readonly string[] };

/** One part of a filter as it is shown. */
export interface Chip {
  /** What it is recognised by. */
  key: string;
  field: FieldName;
  label: string;
  /** What its values are called: `2.4.0`, `2.3.9 or 2.4.0`, `last 24 h`. */
  text: string;
  /** Its values; of a condition on the state the condition, of a time `from` and `to`. */
  values: readonly string[];
  /** What takes it away. */
  removal: FilterChange;
}

/** Outcomes that a list can be narrowed down to, beside those that run. */
const endedOutcomes = ['clean', 'failed', 'crashed', 'hung', 'oom', 'lost'] as const;

/** What the totals of a list isolate. */
export const statuses: readonly ShownOutcome[] = ['live', ...endedOutcomes];

/** The filter in an address; other parameters are left out. */
export function readFilter(query: URLSearchParams): Filter {
  const filter: { [N in FilterName]?: string[] } = {};
  for (const [name, value] of query) {
    if (value === '' || !(filterNames as readonly string[]).includes(name)) continue;
    const values = filter[name as FilterName] ?? [];
    filter[name as FilterName] = values.includes(value) ? values : [...values, value];
  }
  return filter;
}

/** The filter without these parameters. */
export function withoutNames(filter: Filter, names: readonly FilterName[]): Filter {
  return Object.fromEntries(
    Object.entries(filter).filter(([name]) => !names.includes(name as FilterName)),
  );
}

/** The filter with a change made. */
export function changed(filter: Filter, change: FilterChange): Filter {
  const rest = withoutNames(filter, Object.keys(change) as FilterName[]);
  const added = Object.entries(change).filter(([, values]) => (values?.length ?? 0) > 0);
  return { ...rest, ...Object.fromEntries(added) };
}

/** What takes all of it away. */
export function clearing(filter: Filter): FilterChange {
  return Object.fromEntries(Object.keys(filter).map((name) => [name, []]));
}

/** The one kind of sessions that a filter isolates; undefined when it isolates none, or something else. */
export function statusOf({ lifecycle, cause }: Filter): ShownOutcome | undefined {
  if (lifecycle !== undefined) {
    return cause === undefined && lifecycle.join() === 'active' ? 'live' : undefined;
  }
  if (cause === undefined) return undefined;
  return endedOutcomes.find((outcome) => isSame(cause, causesOf(outcome)));
}

/** What isolates one kind of sessions; none brings all back. */
export function statusChange(status: ShownOutcome | undefined): FilterChange {
  if (status === undefined) return { lifecycle: [], cause: [] };
  if (status === 'live') return { cause: [], lifecycle: ['active'] };
  return { lifecycle: [], cause: causesOf(status) };
}

/** The parts of a filter, the last added last. */
export function chipsOf(filter: Filter): Chip[] {
  const status = statusOf(filter);
  const chips: Chip[] = [];
  for (const [parameter, values = []] of Object.entries(filter)) {
    const name = parameter as FilterName;
    if (name === 'from' || name === 'to') {
      if (!chips.some(({ field }) => field === 'time')) chips.push(timeChip(filter));
    } else if (name === 'state') {
      chips.push(...values.map((value) => stateChip(values, value)));
    } else if (status !== undefined && (name === 'cause' || name === 'lifecycle')) {
      chips.push({
        ...plainChip('status', [status]),
        removal: statusChange(undefined),
      });
    } else {
      chips.push(plainChip(name, values));
    }
  }
  return chips;
}

/** The values of a field that a filter asks for. */
export function valuesOf(filter: Filter, field: FieldName): readonly string[] {
  if (field === 'time') return [filter.from?.[0] ?? '', filter.to?.[0] ?? ''];
  if (field !== 'status') return filter[field] ?? [];
  const status = statusOf(filter);
  return status === undefined ? [] : [status];
}

/** Parameters that a field stands for. */
export function namesOf(field: FieldName): FilterName[] {
  if (field === 'time') return ['from', 'to'];
  return field === 'status' ? ['lifecycle', 'cause'] : [field];
}

/** Asks for a value too; of a field with one value, for it instead. */
export function adding(filter: Filter, field: FieldName, value: string): FilterChange {
  switch (field) {
    case 'status':
      return statusChange(value as ShownOutcome);
    case 'time':
      return { from: [value], to: [] };
    case 'hung':
    case 'text':
      return { [field]: [value] };
    default: {
      const values = filter[field] ?? [];
      return { [field]: values.includes(value) ? values : [...values, value] };
    }
  }
}

/** Asks for a value, or no longer where it was asked for. */
export function toggling(filter: Filter, field: FieldName, value: string): FilterChange {
  const values = valuesOf(filter, field);
  if (!values.includes(value)) return adding(filter, field, value);
  if (field === 'status') return statusChange(undefined);
  if (field === 'time') return { from: [], to: [] };
  return { [field]: values.filter((each) => each !== value) };
}

/** Asks for a value in the place of another one. */
export function replacing(
  filter: Filter,
  field: FieldName,
  old: string,
  value: string,
): FilterChange {
  if (field === 'status' || field === 'time') return adding(filter, field, value);
  const values = (filter[field] ?? []).map((each) => (each === old ? value : each));
  return { [field]: [...new Set(values)] };
}

const operatorWords: Record<StateOperator, string> = {
  '=': 'is',
  '!=': 'is not',
  '<': 'below',
  '<=': 'at most',
  '>': 'above',
  '>=': 'at least',
  exists: 'is there',
  missing: 'is not there',
};

/** A condition on the state as people say it: path and the rest. */
export function conditionWords(text: string): [path: string, rest: string] {
  const condition = parseStateCondition(text);
  if (condition === undefined) return ['state', text];
  const { path, operator, value = '' } = condition;
  if (operator === '=') return [path, value === '' ? 'is empty' : value];
  return [path, `${operatorWords[operator]} ${value}`.trim()];
}

function plainChip(field: FieldName, values: readonly string[]): Chip {
  const { label } = fieldOf(field);
  const names = values.map((value) => valueLabel(field, value));
  return {
    key: field,
    field,
    label,
    text:
      names.length > 3
        ? `${names.slice(0, 2).join(', ')} or ${names.length - 2} others`
        : orOf(names),
    values,
    removal: Object.fromEntries(namesOf(field).map((name) => [name, []])),
  };
}

function stateChip(all: readonly string[], value: string): Chip {
  const [label, text] = conditionWords(value);
  const removal = { state: all.filter((each) => each !== value) };
  return { key: `state ${value}`, field: 'state', label, text, values: [value], removal };
}

function timeChip({ from = [], to = [] }: Filter): Chip {
  const values = [from[0] ?? '', to[0] ?? ''];
  return {
    key: 'time',
    field: 'time',
    label: fieldOf('time').label,
    text: rangeText(values[0] ?? '', values[1] ?? ''),
    values,
    removal: { from: [], to: [] },
  };
}

function orOf(names: readonly string[]): string {
  if (names.length < 2) return names.join();
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value) => b.includes(value));
}
