/** Fields of filters as people know them: their names, what else they are called, and what their values mean. */
import type { CauseKind } from '@tacho/protocol';
import { causeLabels, outcomeLabels, type ShownOutcome } from '../outcome.ts';

/** Parameters of the API that choose sessions. */
export const filterNames = [
  'id',
  'product',
  'version',
  'machine',
  'hostname',
  'lifecycle',
  'liveness',
  'outcome',
  'cause',
  'hung',
  'from',
  'to',
  'state',
  'event',
  'exception',
  'text',
] as const;

/** A parameter that chooses sessions. */
export type FilterName = (typeof filterNames)[number];

/** What a chip is about: a parameter, or what several of them say together. */
export type FieldName = Exclude<FilterName, 'from' | 'to'> | 'status' | 'time';

/** A field that can be chosen. */
export interface Field {
  name: FieldName;
  /** What its chips begin with. */
  label: string;
  /** Several of its values: `31 machines`. */
  plural: string;
  /** Other words that people type for it. */
  aliases: readonly string[];
  /** What stands beside it in the list of fields. */
  hint: string;
}

/** All fields, in the order in which they are offered. */
const fields: readonly Field[] = [
  field('product', 'product', 'products', 'is …'),
  field('version', 'version', 'versions', 'is …', ['release']),
  field('machine', 'machine', 'machines', 'is …'),
  field('hostname', 'host', 'hosts', 'is …', ['hostname']),
  field('status', 'status', 'statuses', 'live, crashed, lost …'),
  field('time', 'time', 'times', 'last 24 h, from … to …', [
    'started',
    'last',
    'since',
    'from',
    'to',
    'range',
  ]),
  field('outcome', 'outcome', 'outcomes', 'healthy, errored, abnormal, crashed', ['health']),
  field('cause', 'cause', 'causes', 'is …', ['died', 'ended']),
  field('hung', 'hang', '', 'had one, or never', ['had a hang', 'hung', 'frozen']),
  field('state', 'state', 'paths', 'path is, is not, above, below …', ['path']),
  field('event', 'event', 'events', 'has recorded …', ['name']),
  field('exception', 'exception', 'types', 'has recorded …', ['error']),
  field('text', 'text', '', 'in names and messages of events', ['message', 'search']),
  field('id', 'id', '', 'begins with …', ['session']),
  field('liveness', 'liveness', 'states', 'responsive, hung, suspended', ['asleep']),
  field('lifecycle', 'lifecycle', 'states', 'active, ended, crashed, lost'),
];

/** Fields of one value: choosing another replaces it. */
export const singleFields: readonly FieldName[] = ['status', 'time', 'hung', 'text'];

/** What a value is called. */
export function valueLabel(name: FieldName, value: string): string {
  switch (name) {
    case 'cause':
      return causeLabels[value as CauseKind] ?? value;
    case 'status':
      return outcomeLabels[value as ShownOutcome] ?? value;
    case 'hung':
      return value === 'true' ? 'had one' : 'never had one';
    default:
      return value;
  }
}

/** The field of that name. */
export function fieldOf(name: FieldName): Field {
  return fields.find((each) => each.name === name) as Field;
}

/** The field that a typed name means, in any case; undefined when it is none. */
export function fieldNamed(text: string): Field | undefined {
  const name = text.toLowerCase();
  return fields.find(
    (each) => each.label === name || each.name === name || each.aliases.includes(name),
  );
}

/** Fields whose name or another word for it begins so, those by their own names first. */
export function fieldsLike(text: string): Field[] {
  const start = text.toLowerCase();
  const named = fields.filter(({ label }) => label.startsWith(start));
  const called = fields.filter(
    (each) =>
      !named.includes(each) &&
      [each.name, ...each.aliases].some((alias) => alias.startsWith(start)),
  );
  return [...named, ...called];
}

function field(
  name: FieldName,
  label: string,
  plural: string,
  hint: string,
  aliases: readonly string[] = [],
): Field {
  return { name, label, plural, hint, aliases };
}
