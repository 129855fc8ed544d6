/** Values for somebody who types a filter, counted by the server under the rest of the filter. */
import { parseStateCondition } from '@tacho/protocol';
import type { Query } from '../address.ts';
import { type Answer, ask } from '../api.ts';
import { type FieldName, fieldsLike, valueLabel } from './fields.ts';
import { changed, type Filter, namesOf, withoutNames } from './filter.ts';
import {
  type Counted,
  countedOptions,
  type Draft,
  fieldOptions,
  isIdLike,
  knownOptions,
  type Option,
  stateOptions,
  textOption,
  typedOption,
  valueOption,
} from './options.ts';
import { countStatuses } from './status-counts.ts';

type Values = NonNullable<Answer<'sessionFacets'>['values']>;

/** Fields whose values the server completes by their beginnings. */
const completed: readonly FieldName[] = ['product', 'version', 'machine', 'hostname', 'event'];

/** Fields of few values with names of their own, which are searched by these names. */
const named: readonly FieldName[] = ['outcome', 'cause', 'liveness', 'lifecycle', 'hung'];

/** Fields whose values are offered before a field is chosen. */
const offered: readonly FieldName[] = ['product', 'version', 'machine', 'event'];

/** Values of one field at most: among others, and alone. */
const fewValues = 3;
const manyValues = 50;

/** What can be chosen before the server was asked. */
export function optionsAtOnce({ field, text }: Draft): Option[] {
  if (field === undefined) return fieldOptions(text, new Map());
  return field === 'state' ? stateOptions(text, []) : knownOptions(field, text);
}

/** What can be chosen, with counts. */
export function askOptions(draft: Draft, filter: Filter, signal: AbortSignal): Promise<Option[]> {
  const asking = new Asking(filter, signal);
  return draft.field === undefined ? anything(draft.text, asking) : oneField(draft, asking);
}

/** Questions under one filter. */
class Asking {
  readonly filter: Filter;
  readonly #signal: AbortSignal;

  constructor(filter: Filter, signal: AbortSignal) {
    this.filter = filter;
    this.#signal = signal;
  }

  /** Values of a field, under the filter without what it says of the field. */
  async values(
    field: FieldName,
    about: { prefix?: string; limit?: number; facet?: string },
  ): Promise<{ values: Counted[]; all: number }> {
    const { facet = field, prefix = '', limit = manyValues } = about;
    const rest = field === 'state' ? this.filter : withoutNames(this.filter, namesOf(field));
    const query: Query = { ...rest, field: facet, prefix, limit };
    const { values = [], values_left_out: more = 0 } = await ask('sessionFacets', {
      query,
      signal: this.#signal,
    });
    return { values: toCounted(field, values), all: values.length + more };
  }

  /** How many sessions there would be with a change of the filter. */
  async sessions(change: Filter): Promise<number> {
    const query: Query = { ...changed(this.filter, change), limit: 1, profile: false };
    const { totals } = await ask('listSessions', { query, signal: this.#signal });
    return totals?.sessions ?? 0;
  }

  async exceptions(text: string): Promise<Counted[]> {
    const rest = withoutNames(this.filter, ['exception']);
    const query: Query = { ...rest, sort: 'sessions', limit: 200 };
    const { exceptions } = await ask('listExceptions', { query, signal: this.#signal });
    const byType = new Map<string, number>();
    for (const { type, sessions } of exceptions) {
      // Groups of one type may share sessions, so that their sum would be too much.
      byType.set(type, Math.max(byType.get(type) ?? 0, sessions));
    }
    return [...byType]
      .filter(([type]) => type.toLowerCase().includes(text.toLowerCase()))
      .map(([value, sessions]) => ({ field: 'exception', value, sessions }));
  }

  /** Paths that the states of the first sessions have. */
  async paths(): Promise<string[]> {
    const query: Query = { ...this.filter, limit: 3, profile: false, totals: false };
    const { sessions } = await ask('listSessions', { query, signal: this.#signal });
    const states = await Promise.all(
      sessions.map(({ id }) => ask('getState', { id, signal: this.#signal })),
    );
    return [...new Set(states.flatMap(({ state }) => pathsOf(state)))];
  }
}

async function anything(text: string, asking: Asking): Promise<Option[]> {
  if (text.trim() === '') return fieldOptions('', new Map());
  const meant = fieldsLike(text)[0]?.name;
  const [counts, ...found] = await Promise.all([
    meant === undefined ? undefined : countOf(meant, asking),
    ...offered
      .filter((field) => field !== 'event' || asking.filter.event === undefined)
      .map((field) => asking.values(field, { prefix: text, limit: fewValues })),
    isIdLike(text) ? idOf(text, asking) : undefined,
  ]);
  const inEvents = await asking.sessions({ text: [text] });
  const values = found.flatMap((each) => each?.values ?? []);
  const all = new Map<FieldName, string>();
  if (meant !== undefined && counts !== undefined) all.set(meant, counts.text);
  return [
    ...fieldOptions(text, all),
    ...countedOptions([...(counts?.values ?? []), ...values]),
    textOption(text, inEvents),
  ];
}

/** The most frequent values of a field that is meant, and how many there are. */
async function countOf(
  field: FieldName,
  asking: Asking,
): Promise<{ text: string; values: Counted[] } | undefined> {
  if (!completed.includes(field) && !named.includes(field)) return undefined;
  if (field === 'event' && asking.filter.event !== undefined) return undefined;
  const { values, all } = await asking.values(field, { limit: fewValues });
  return { text: named.includes(field) ? '' : pluralOf(field, all), values };
}

async function idOf(text: string, asking: Asking): Promise<{ values: Counted[] }> {
  const sessions = await asking.sessions({ id: [text] });
  return { values: sessions === 0 ? [] : [{ field: 'id', value: text, sessions }] };
}

async function oneField(draft: Draft, asking: Asking): Promise<Option[]> {
  const { text } = draft;
  const field = draft.field as FieldName;
  if (field === 'state') return stateField(text, asking);
  if (field === 'time') return knownOptions(field, text);
  if (field === 'text' || field === 'id') {
    const option = typedOption(field, text);
    return option === undefined
      ? []
      : [{ ...option, count: await asking.sessions({ [field]: [text] }) }];
  }
  if (field === 'status') {
    const { values } = await asking.values('status', { facet: 'cause' });
    const counts = countStatuses(values.map(({ value, sessions }) => ({ value, sessions })));
    return knownOptions(field, text).map((option) => ({
      ...option,
      count: counts.get(option.value as never) ?? 0,
    }));
  }
  const values = await valuesLike(field, text, asking);
  const found = countedOptions(values);
  const asTyped = values.some(({ value }) => value === text) ? undefined : typedOption(field, text);
  return asTyped === undefined ? found : [...found, asTyped];
}

async function valuesLike(field: FieldName, text: string, asking: Asking): Promise<Counted[]> {
  if (field === 'exception') return asking.exceptions(text);
  if (completed.includes(field)) return (await asking.values(field, { prefix: text })).values;
  const start = text.toLowerCase();
  const { values } = await asking.values(field, {});
  return values.filter(({ value }) =>
    [value, valueLabel(field, value)].some((name) => name.toLowerCase().includes(start)),
  );
}

async function stateField(text: string, asking: Asking): Promise<Option[]> {
  const condition = parseStateCondition(text);
  const { path = '', operator, value = '' } = condition ?? {};
  if (operator !== '=' && operator !== '!=') return stateOptions(text, await asking.paths());
  const { values } = await asking.values('state', { facet: `state:${path}`, prefix: value });
  const found = values.map((each): Option => {
    const option = valueOption('state', `${path}${operator}${each.value}`);
    return operator === '=' ? { ...option, count: each.sessions } : option;
  });
  const own = stateOptions(text, []).filter((each) =>
    found.every((one) => one.value !== each.value),
  );
  return [...found, ...own];
}

function toCounted(field: FieldName, values: Values): Counted[] {
  return values.flatMap(({ value, sessions }) =>
    value === null ? [] : [{ field, value, sessions }],
  );
}

function pathsOf(state: object, prefix = ''): string[] {
  return Object.entries(state).flatMap(([name, value]) => {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (/[!=<>]/.test(path)) return [];
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? pathsOf(value, path) : [path];
  });
}

function pluralOf(field: FieldName, all: number): string {
  const { plural, label } = fieldsLike('').find(({ name }) => name === field) ?? {
    plural: '',
    label: '',
  };
  return `${all} ${all === 1 ? label : plural}`;
}
