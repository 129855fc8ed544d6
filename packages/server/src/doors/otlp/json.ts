/** OTLP in JSON: the protobuf mapping with ids in hexadecimal digits, read into the same messages. */
import { isJsonObject, type JsonValue, TachoError } from '@tacho/protocol';
import { Budget, checkDepth } from './budget.ts';
import type { Decoded, Field, Message } from './messages.ts';

/**
 * Reads a message from a JSON value. Unknown fields are skipped, null is absent, integers of 64 bits
 * may be texts. Throws `invalid_body`, naming the field, and `too_many_items`.
 */
export function decodeJson(message: Message, value: JsonValue): Decoded {
  return readMessage(message, value, { path: [], budget: new Budget() });
}

/** Where the reader stands: names of fields and indexes, put together only for an error. */
interface Place {
  path: (string | number)[];
  budget: Budget;
}

function readMessage(message: Message, value: JsonValue, place: Place): Decoded {
  const { path, budget } = place;
  checkDepth(path.length / 2);
  budget.spend();
  if (!isJsonObject(value)) throw wrong(path, value, 'an object');
  const into: Decoded = {};
  for (const name of Object.keys(value)) {
    const field = message.byName.get(name);
    const given = value[name];
    if (field === undefined || given === null || given === undefined) continue;
    path.push(name);
    into[name] = field.many ? readList(field, given, place) : readValue(field, given, place);
    path.pop();
  }
  return into;
}

function readList(field: Field, value: JsonValue, place: Place): unknown[] {
  const { path, budget } = place;
  if (!Array.isArray(value)) throw wrong(path, value, 'an array');
  if (field.kind !== 'message') budget.spend(value.length);
  return value.map((each, i) => {
    path.push(i);
    const read = readValue(field, each, place);
    path.pop();
    return read;
  });
}

function readValue(field: Field, value: JsonValue, place: Place): unknown {
  const { kind } = field;
  if (kind === 'message') return readMessage(field.of(), value, place);
  const read = readers[kind](value);
  if (read === undefined) throw wrong(place.path, value, forms[kind]);
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
  fixed64: (value) => readInteger(value, 0, 2 ** 64),
  sfixed64: (value) => readInteger(value, -(2 ** 63), 2 ** 63),
  int64: (value) => {
    const number = readInteger(value, -(2 ** 63), 2 ** 63);
    return number === undefined || Number.isSafeInteger(number) ? number : BigInt(value as string);
  },
  uint64: (value) => readInteger(value, 0, 2 ** 64),
  uint32: (value) => readInteger(value, 0, 2 ** 32 - 1),
  sint32: (value) => readInteger(value, -(2 ** 31), 2 ** 31 - 1),
  enum: (value) => readInteger(value, -(2 ** 31), 2 ** 31 - 1),
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

/** An integer from `from` to `to`, as a double. */
function readInteger(value: JsonValue, from: number, to: number): number | undefined {
  const isText = typeof value === 'string' && /^-?\d{1,20}$/.test(value);
  if (!isText && typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  const number = Number(value);
  return Number.isInteger(number) && number >= from && number <= to ? number : undefined;
}

function wrong(path: Place['path'], value: JsonValue, expected: string): TachoError {
  const steps = path.map((step, i) => {
    if (typeof step === 'number') return `[${step}]`;
    return i === 0 ? step : `.${step}`;
  });
  const where = steps.join('') || 'The body';
  return new TachoError('invalid_body', `${where} is ${shown(value)}; expected ${expected}`);
}

function shown(value: JsonValue): string {
  if (Array.isArray(value)) return 'an array';
  if (isJsonObject(value)) return 'an object';
  if (typeof value !== 'string') return String(value);
  return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
}
