/** What can be chosen while somebody types into a filter, made from the text and from what the server counted. */
import { parseStateCondition } from '@tacho/protocol';
import {
  type Field,
  type FieldName,
  fieldNamed,
  fieldOf,
  fieldsLike,
  valueLabel,
} from './fields.ts';
import { conditionWords, statuses } from './filter.ts';
import { lengthText, presets, readLength } from './range.ts';

/** What somebody is typing. */
export interface Draft {
  /** The field that was chosen before; undefined at the beginning. */
  field: FieldName | undefined;
  text: string;
  /** The value that is edited, when it is one that is there. */
  editing?: string;
}

/** Before anything is typed. */
export const nothingTyped: Draft = { field: undefined, text: '' };

/** One line of the list. */
export interface Option {
  group: 'Fields' | 'Values' | 'In events' | 'Times' | 'Conditions';
  field: FieldName;
  /** What stands before the value. */
  label: string;
  /** What is chosen: a value of the field. Absent when it is the field itself. */
  value?: string;
  /** What the value is called. */
  text: string;
  /** Sessions that have it, or what is there to choose from. */
  count?: number | string;
  /** Text that goes on being typed, instead of a value that is taken. */
  continues?: string;
}

/** A value that the server counted. */
export interface Counted {
  field: FieldName;
  value: string;
  sessions: number;
}

/** Fields that are offered at most while somebody types. */
const likeMax = 3;

/** A draft after somebody typed; a name with a colon or an equals sign behind it chooses the field. */
export function typed(draft: Draft, text: string): Draft {
  if (draft.field !== undefined) return { ...draft, text };
  const [, name = '', rest = ''] = /^\s*([a-z ]+?)\s*[:=]\s*(.*)$/is.exec(text) ?? [];
  const found = name === '' ? undefined : fieldNamed(name);
  return found === undefined ? { ...draft, text } : { field: found.name, text: rest };
}

/** The fields that a text may be the beginning of; all of them when it is empty. */
export function fieldOptions(text: string, counts: ReadonlyMap<FieldName, string>): Option[] {
  const found = text === '' ? fieldsLike('') : fieldsLike(text).slice(0, likeMax);
  return found.map((field) => fieldOption(field, counts.get(field.name)));
}

/** What can be said of a field without asking the server. */
export function knownOptions(field: FieldName, text: string): Option[] {
  if (field === 'time') return timeOptions(text);
  if (field === 'status') {
    const start = text.toLowerCase();
    return statuses
      .map((value) => valueOption(field, value))
      .filter((option) => option.text.toLowerCase().startsWith(start));
  }
  if (field === 'hung') return ['true', 'false'].map((value) => valueOption(field, value));
  return [];
}

/** Values that the server counted as options; those that the text is not the beginning of stay out. */
export function countedOptions(counted: readonly Counted[]): Option[] {
  return counted.map(({ field, value, sessions }) => ({
    ...valueOption(field, value),
    count: sessions,
  }));
}

/** Ways to go on with a condition on the state: its path, how it compares, the value as it is typed. */
export function stateOptions(text: string, paths: readonly string[]): Option[] {
  const condition = parseStateCondition(text);
  const path = condition?.path ?? text.trim();
  const isWhole = condition !== undefined && /[!=<>]/.test(text.slice(1));
  if (isWhole) {
    if (condition.value === '') return [];
    return [conditionOption(text)];
  }
  const start = path.toLowerCase();
  const found = paths.filter((each) => each.toLowerCase().includes(start) && each !== path);
  const going = found.slice(0, 8).map((each): Option => pathOption(each));
  if (path === '' || (!paths.includes(path) && going.length > 0)) return going;
  const comparing = (['=', '!=', '<', '>'] as const).map((operator): Option => {
    const [, words] = conditionWords(`${path}${operator}…`);
    return {
      group: 'Conditions',
      field: 'state',
      label: path,
      text: operator === '=' ? `is ${words}` : words,
      continues: `${path}${operator}`,
    };
  });
  return [
    ...comparing,
    { ...conditionOption(path), group: 'Conditions' },
    { ...conditionOption(`!${path}`), group: 'Conditions' },
    ...going.slice(0, 3),
  ];
}

/** The text as a search in events. */
export function textOption(text: string, count: number | undefined): Option {
  return {
    group: 'In events',
    field: 'text',
    label: '',
    value: text,
    text: `“${text}” in names and messages`,
    ...(count !== undefined && { count }),
  };
}

/** Whether a text can be the beginning of an id. */
export function isIdLike(text: string): boolean {
  return /^(?=.*\d)[0-9a-f-]{4,36}$/i.test(text);
}

/** A value as it was typed, for fields that take any. */
export function typedOption(field: FieldName, text: string): Option | undefined {
  const value = text.trim();
  const takesAny = ['product', 'version', 'machine', 'hostname', 'event', 'exception', 'id'];
  if (field === 'text') return value === '' ? undefined : textOption(value, undefined);
  if (value === '' || !takesAny.includes(field)) return undefined;
  return { ...valueOption(field, value), text: `“${value}”` };
}

/** An option for a value. */
export function valueOption(field: FieldName, value: string): Option {
  if (field === 'state') return conditionOption(value);
  const { label } = fieldOf(field);
  return { group: 'Values', field, label, value, text: valueLabel(field, value) };
}

function fieldOption({ name, label, hint }: Field, count: string | undefined): Option {
  return { group: 'Fields', field: name, label, text: hint, ...(count !== undefined && { count }) };
}

function pathOption(path: string): Option {
  return { group: 'Conditions', field: 'state', label: path, text: '', continues: path };
}

function conditionOption(condition: string): Option {
  const [label, text] = conditionWords(condition);
  return { group: 'Values', field: 'state', label, value: condition, text };
}

function timeOptions(text: string): Option[] {
  const length = readLength(text);
  const values: readonly string[] = length === undefined ? presets : [length];
  return values.map((value) => ({
    group: 'Times',
    field: 'time',
    label: '',
    value,
    text: `last ${lengthText(value)}`,
  }));
}
