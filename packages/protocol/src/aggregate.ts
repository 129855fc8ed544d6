/** Aggregates as they are asked for: functions of samples, and what samples are grouped by. */
import Type from 'typebox';
import type { Param } from './params.ts';

/** Functions other than quantiles. */
export const aggregateNames = ['count', 'avg', 'min', 'max', 'sum', 'rate'] as const;

/** A function of samples. */
export type AggregateFunction =
  | { name: (typeof aggregateNames)[number]; quantile?: undefined }
  /** `name` is that of the question, such as `p99.9`; `quantile` is 0 … 1. */
  | { name: string; quantile: number };

/** Fields of a session that its samples can be grouped by; `session` is its id. */
export const aggregateFields = [
  'session',
  'product',
  'version',
  'machine',
  'hostname',
  'lifecycle',
  'liveness',
  'outcome',
  'cause',
  'hung',
] as const;

/** What samples are grouped by. */
export type AggregateBy =
  | { text: string; by: (typeof aggregateFields)[number] }
  | { text: string; by: 'state'; path: string }
  | { text: string; by: 'tag'; key: string };

/** One function of the samples. */
export const functionParam: Param<AggregateFunction | undefined> = {
  schema: Type.String({
    pattern: '^(count|avg|min|max|sum|rate|p\\d{1,2}(\\.\\d{1,6})?|p100)$',
    examples: ['p95', 'avg', 'rate', 'p99.9'],
  }),
  description:
    '`count`, `avg`, `min`, `max`, `sum`, `rate` (growth of counters per second) or a quantile: `p50`, `p99.9`',
  accepted: 'one of count, avg, min, max, sum, rate, or p0 to p100 such as p50, p95 or p99.9',
  many: false,
  preset: undefined,
  read: (text) => {
    const known = aggregateNames.find((name) => name === text);
    if (known) return { name: known };
    const percent = /^p(\d{1,2}(?:\.\d{1,6})?|100)$/.exec(text)?.[1];
    return percent === undefined ? undefined : { name: text, quantile: Number(percent) / 100 };
  },
};

/** One thing that samples are grouped by. */
export const byParam: Param<AggregateBy | undefined> = {
  schema: Type.String({
    pattern: `^(${aggregateFields.join('|')}|state:.+|tag:.+)$`,
    examples: ['version', 'tag:endpoint', 'state:scene.name'],
  }),
  description: `${aggregateFields.map((field) => `\`${field}\``).join(', ')}, \`tag:key\` (what stands after \`key:\` in a tag) or \`state:path\``,
  accepted: `one of ${aggregateFields.join(', ')}, tag:key or state:path`,
  many: false,
  preset: undefined,
  read: (text) => {
    const field = aggregateFields.find((name) => name === text);
    if (field) return { text, by: field };
    const rest = /^(state|tag):(.+)$/s.exec(text);
    if (!rest) return undefined;
    const what = rest[2] as string;
    return rest[1] === 'tag' ? { text, by: 'tag', key: what } : { text, by: 'state', path: what };
  },
};
