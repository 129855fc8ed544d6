/** Parameters of a query string: each is declared once, for reading, for messages and for OpenAPI. */
import Type, { type TSchema } from 'typebox';
import { TachoError } from './errors.ts';
import { limits } from './limits.ts';
import { bad, shown } from './schema/fields.ts';
import { parseTimeUs } from './time.ts';

/** One parameter. */
export interface Param<T> {
  /** Schema of one value as text or number. */
  readonly schema: TSchema;
  /** What it does, one sentence. */
  readonly description: string;
  /** What is accepted, to stand after "expected". */
  readonly accepted: string;
  /** Whether it may be given several times; its value is a list then, empty when not given. */
  readonly many: boolean;
  /** Whether a question without it is refused; not so when absent. */
  readonly required?: true;
  /** What stands for a parameter that is not given. */
  readonly preset: T;
  /** Text of the preset for documents; absent when there is none. */
  readonly presetText?: string;
  /** The value that a text stands for; undefined when it is not accepted. */
  readonly read: (text: string, nowUs: number) => T | undefined;
}

/** Parameters by name. */
export type Params = Readonly<Record<string, Param<never> | Param<unknown>>>;

/** The values that declared parameters are read as. */
export type ParamsOf<P extends Params> = {
  -readonly [K in keyof P]: P[K] extends Param<infer T> ? T : never;
};

/**
 * Reads the names and values of a query (a URLSearchParams, say) by a declaration. Throws `invalid_field` for a
 * parameter that is unknown, given twice where one value is meant, or not understood. `nowUs` is
 * what relative instants count from.
 */
export function readParams<P extends Params>(
  declared: P,
  query: Iterable<readonly [string, string]>,
  nowUs: number,
): ParamsOf<P> {
  const given = new Map<string, string[]>();
  for (const [name, text] of query) {
    if (!Object.hasOwn(declared, name)) throw unknown(name, declared);
    const texts = given.get(name);
    if (texts) texts.push(text);
    else given.set(name, [text]);
  }
  const values: Record<string, unknown> = {};
  for (const [name, param] of Object.entries(declared)) {
    values[name] = readParam(name, param as Param<unknown>, given.get(name) ?? [], nowUs);
  }
  return values as ParamsOf<P>;
}

function readParam(name: string, param: Param<unknown>, texts: string[], nowUs: number): unknown {
  if (texts.length > limits.paramValuesMax) {
    throw bad(name, `is given ${texts.length} times`, `at most ${limits.paramValuesMax}`);
  }
  if (!param.many && texts.length > 1) throw bad(name, 'is given twice', 'one value');
  const values = texts.map((text) => {
    const value = text.length > limits.paramLengthMax ? undefined : param.read(text, nowUs);
    if (value === undefined) throw bad(name, shown(text), param.accepted);
    return value;
  });
  if (param.required && values.length === 0) throw bad(name, 'is missing', param.accepted);
  if (param.many) return values;
  return values.length > 0 ? values[0] : param.preset;
}

function unknown(name: string, declared: Params): TachoError {
  const names = Object.keys(declared);
  const accepted = names.length === 0 ? 'none' : names.join(', ');
  const details = `Unknown parameter "${name.slice(0, 40)}"; accepted: ${accepted}.`;
  return new TachoError('invalid_field', details);
}

/** The same parameter, several times. */
export function many<T>(param: Param<T | undefined>): Param<T[]> {
  return { ...param, many: true, preset: [], read: param.read as never };
}

/** The same parameter with a value for when it is not given, and how documents write that value. */
export function preset<T>(
  param: Param<T | undefined>,
  value: T,
  presetText = String(value),
): Param<T> {
  return { ...param, preset: value, presetText, read: param.read as never };
}

/** The same parameter, which every question must give. */
export function required<T>(param: Param<T | undefined>): Param<T> {
  return { ...param, required: true, preset: undefined as never, read: param.read as never };
}

/** A text of 1 to `max` characters. */
export function textParam(
  description: string,
  max: number = limits.paramLengthMax,
): Param<string | undefined> {
  return {
    schema: Type.String({ minLength: 1, maxLength: max }),
    description,
    accepted: `a text of 1 to ${max} characters`,
    many: false,
    preset: undefined,
    read: (text) => (text !== '' && text.length <= max ? text : undefined),
  };
}

/** One of some words. */
export function wordParam<const W extends readonly string[]>(
  words: W,
  description: string,
): Param<W[number] | undefined> {
  return {
    schema: Type.Enum([...words]),
    description,
    accepted: `one of ${words.join(', ')}`,
    many: false,
    preset: undefined,
    read: (text) => words.find((word) => word === text),
  };
}

/** A whole number. */
export function wholeParam(
  min: number,
  max: number,
  description: string,
): Param<number | undefined> {
  return {
    schema: Type.Integer({ minimum: min, maximum: max }),
    description,
    accepted: `a whole number from ${min} to ${max}`,
    many: false,
    preset: undefined,
    read: (text) => {
      if (!/^-?\d{1,16}$/.test(text)) return undefined;
      const value = Number(text);
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** A number within bounds, fractions allowed. */
export function numberParam(
  min: number,
  max: number,
  description: string,
): Param<number | undefined> {
  return {
    schema: Type.Number({ minimum: min, maximum: max }),
    description,
    accepted: `a number from ${min} to ${max}`,
    many: false,
    preset: undefined,
    read: (text) => {
      if (!/^-?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text)) return undefined;
      const value = Number(text);
      return value >= min && value <= max ? value : undefined;
    },
  };
}

/** Yes or no. */
export function flagParam(description: string): Param<boolean | undefined> {
  return {
    schema: Type.Boolean(),
    description,
    accepted: 'true or false',
    many: false,
    preset: undefined,
    read: (text) => (text === 'true' ? true : text === 'false' ? false : undefined),
  };
}

const relativeForm = /^-(\d{1,6})(s|m|h|d|w)$/;
const relativeSeconds = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

/** An instant in epoch microseconds. */
export function instantParam(description: string): Param<number | undefined> {
  return {
    schema: Type.String({
      description: 'RFC 3339, milliseconds since 1970, `now`, or so long ago (`-90s`, `-24h`)',
      examples: ['-24h', '2026-03-01T12:00:00Z', '1772366400250'],
    }),
    description,
    accepted:
      'an RFC 3339 time such as 2025-01-31T12:00:00.000Z, a number of milliseconds since 1970, ' +
      '"now", or so long ago as "-90s", "-15m", "-24h", "-7d" or "-2w"',
    many: false,
    preset: undefined,
    read: readInstant,
  };
}

/** An instant as people name it; undefined when it is not understood or before 1970. */
export function readInstant(text: string, nowUs: number): number | undefined {
  if (text === 'now') return nowUs;
  const ago = relativeForm.exec(text);
  const us = ago
    ? nowUs - Number(ago[1]) * relativeSeconds[ago[2] as keyof typeof relativeSeconds] * 1e6
    : parseTimeUs(/^\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : text);
  return us !== undefined && us >= 0 ? us : undefined;
}

const durationForm = /^(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d|w)$/;
const durationUs = { ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10, w: 6.048e11 } as const;

/** A duration in microseconds, longer than none. */
export function durationParam(description: string): Param<number | undefined> {
  return {
    schema: Type.String({ pattern: durationForm.source, examples: ['30s', '15m', '1h'] }),
    description,
    accepted: 'a duration such as "500ms", "30s", "15m", "1h" or "7d"',
    many: false,
    preset: undefined,
    read: (text) => {
      const match = durationForm.exec(text);
      if (!match) return undefined;
      const us = Math.round(Number(match[1]) * durationUs[match[2] as keyof typeof durationUs]);
      return us > 0 && us <= Number.MAX_SAFE_INTEGER ? us : undefined;
    },
  };
}
