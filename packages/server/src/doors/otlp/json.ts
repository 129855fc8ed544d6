/** OTLP in JSON: the protobuf mapping with ids in hexadecimal digits, read into the same messages. */
import { isJsonObject, type JsonValue, TachoError } from '@tacho/protocol';
import { Budget, checkDepth } from './budget.ts';
import type { Decoded, Field, Message } from './messages.ts';

/**
 * Reads a message from a JSON value. Unknown fields are skipped, null is absent, integers of 64 bits
 * may be texts. Throws `invalid_body`, naming the field, and `too_many_items`.
 */
export function decodeJson(message: Message, value: JsonValue): Decoded {
  return readMessage(message, value, { path: 'The body', depth: 0, budget: new Budget() });
}

interface Place {
  path: string;
  depth: number;
  budget: Budget;
}

function readMessage(message: Message, value: JsonValue, place: Place): Decoded {
  checkDepth(place.depth);
  place.budget.spend();
  if (!isJsonObject(value)) throw wrong(place.path, value, 'an object');
  const into: Decoded = {};
  for (const name of Object.keys(value)) {
    const field = message.byName.get(name);
    const given = value[name];
    if (field === undefined || given === null || given === undefined) continue;
    if (!field.many) into[name] = readValue(field, given, place, name);
    else if (!Array.isArray(given)) throw wrong(pathOf(place, name), given, 'an array');
    else into[name] = given.map((each, i) => readValue(field, each, place, `${name}[${i}]`));
  }
  return into;
}

function readValue(field: Field, value: JsonValue, place: Place, name: string): unknown {
  const { kind, many } = field;
  if (kind === 'message') {
    const { budget, depth } = place;
    return readMessage(field.of(), value, { path: pathOf(place, name), depth: depth + 1, budget });
  }
  if (many) place.budget.spend();
  const read = readers[kind](value);
  if (read === undefined) throw wrong(pathOf(place, name), value, forms[kind]);
  return read;
}

/** What stands for the value of a field; undefined for what does not. */
const readers: Record<Exclude<Field['kind'], 'message'>, (value: JsonValue) => unknown> = {
  string: (value) => (typeof value === 'string' ? value : undefined),
  hex: (value) =>
    typeof value === 'string' && /^(?:[0-9a-f]{2})*$/i.test(value)
      ? value.toLowerCase()
      : undefined,
  base64: (value) =>
    typeof value === 'string' && /^[\w+/-]*={0,2}$/.test(value)
      ? Buffer.from(value, 'base64').toString('base64')
      : undefined,
  bool: (value) => (typeof value === 'boolean' ? value : undefined),
  double: readDouble,
  fixed64: (value) => numberOf(readInteger(value, 0n, 2n ** 64n)),
  sfixed64: (value) => numberOf(readInteger(value, -(2n ** 63n), 2n ** 63n)),
  int64: (value) => readInteger(value, -(2n ** 63n), 2n ** 63n),
  uint64: (value) => numberOf(readInteger(value, 0n, 2n ** 64n)),
  uint32: (value) => numberOf(readInteger(value, 0n, 2n ** 32n)),
  sint32: (value) => numberOf(readInteger(value, -(2n ** 31n), 2n ** 31n)),
  enum: (value) => numberOf(readInteger(value, -(2n ** 31n), 2n ** 31n)),
};

const integer = (bits: string) => `${bits} as a number or a text`;
const forms: typeof readers extends Record<infer K, unknown> ? Record<K & string, string> : never =
  {
    string: 'a text',
    hex: 'hexadecimal digits, two for each byte',
    base64: 'bytes as Base64',
    bool: 'true or false',
    double: 'a number, "NaN", "Infinity" or "-Infinity"',
    fixed64: integer('an integer from 0 to 2^64 - 1'),
    sfixed64: integer('an integer from -2^63 to 2^63 - 1'),
    int64: integer('an integer from -2^63 to 2^63 - 1'),
    uint64: integer('an integer from 0 to 2^64 - 1'),
    uint32: integer('an integer from 0 to 2^32 - 1'),
    sint32: integer('an integer from -2^31 to 2^31 - 1'),
    enum: 'the number of a value of the enumeration',
  };

function readDouble(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'string') return undefined;
  if (value === 'NaN') return Number.NaN;
  const isNumber = /^-?(?:Infinity|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(value);
  return isNumber ? Number(value) : undefined;
}

/** An integer from `from` up to, but not, `to`; as bigint only where a double would not be exact. */
function readInteger(value: JsonValue, from: bigint, to: bigint): number | bigint | undefined {
  if (typeof value === 'number' && Number.isSafeInteger(value)) {
    return value >= Number(from) && value < Number(to) ? value : undefined;
  }
  const isText = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (!isText && typeof value !== 'bigint' && !Number.isInteger(value)) return undefined;
  const exact = BigInt(value as string);
  if (exact < from || exact >= to) return undefined;
  const number = Number(exact);
  return Number.isSafeInteger(number) ? number : exact;
}

function numberOf(value: number | bigint | undefined): number | undefined {
  return value === undefined ? undefined : Number(value);
}

function pathOf({ path, depth }: Place, name: string): string {
  return depth === 0 ? name : `${path}.${name}`;
}

function wrong(path: string, value: JsonValue, expected: string): TachoError {
  return new TachoError('invalid_body', `${path} is ${shown(value)}; expected ${expected}`);
}

function shown(value: JsonValue): string {
  if (Array.isArray(value)) return 'an array';
  if (isJsonObject(value)) return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
