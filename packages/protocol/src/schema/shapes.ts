/** Pieces that several schemas share. */
import Type, { type TLiteral, type TSchema, type TUnion } from 'typebox';
import { errorTable } from '../errors.ts';
import { levels } from '../event.ts';
import { limits } from '../limits.ts';
import { metricTypes } from '../series.ts';

/** A field that may be absent; null means the same. */
export function maybe<T extends TSchema>(schema: T) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

/** A text of at most so many characters. */
export function text(maxLength: number, description?: string) {
  return Type.String({ maxLength, ...(description === undefined ? {} : { description }) });
}

/** A text of at least one character. */
export function fullText(maxLength: number, description?: string) {
  return Type.String({
    minLength: 1,
    maxLength,
    ...(description === undefined ? {} : { description }),
  });
}

/** A list of texts. */
export function texts(maxItems: number, maxLength: number, description: string) {
  return Type.Array(Type.String({ maxLength }), { maxItems, description });
}

/** Any object; nesting and size are bounded beyond what a schema can say. */
export function anyObject(description: string) {
  return Type.Object({}, { description });
}

/** One of these texts. */
export function oneOf<const T extends readonly string[]>(values: T, description: string) {
  const literals = values.map((value) => Type.Literal(value));
  // The compiler forgets, in the list, which literal stands where.
  return Type.Union(literals, { description }) as unknown as TUnion<{
    -readonly [K in keyof T]: TLiteral<T[K]>;
  }>;
}

/** An instant in a request. */
export const instant = Type.Union(
  [
    Type.String({ description: 'RFC 3339 with seconds and `Z` or an offset' }),
    Type.Number({ minimum: 0, description: 'Milliseconds since 1970, fractions allowed' }),
  ],
  {
    description:
      'When it happened; the time of receipt when absent. From 1970 to a year ahead of the server.',
  },
);

/** A number of a metric; what JSON has no number for is a string. */
export const sampleValue = Type.Union([
  Type.Number(),
  Type.Literal('NaN'),
  Type.Literal('Infinity'),
  Type.Literal('-Infinity'),
]);

/** A type of metric; '' is the same as none. */
export const metricType = oneOf([...metricTypes, ''], 'Type of the metric; gauge when absent');

/** A level; '' is the same as none. */
export const level = oneOf([...levels, ''], 'Severity');

/** Unit of a metric. */
export const unit = text(limits.unitLengthMax, 'Unit, when the name does not end in it');

/** Tags of a metric. */
export const tags = texts(limits.tagsMax, limits.tagLengthMax, 'Bare words or `key:value`');

/** What a UUID looks like, in either case. */
export const uuidPattern =
  '^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$';

/** A session id as our own clients mint it. */
export const uuid = Type.String({ pattern: uuidPattern, description: 'UUID of any version' });

/** A stable code of an error. */
export const errorCode = oneOf(
  Object.keys(errorTable) as (keyof typeof errorTable)[],
  'Stable identity of the error',
);
