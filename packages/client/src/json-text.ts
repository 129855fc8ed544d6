/** Whatever a program hands over as JSON text: cycles, throwing getters and big integers included. */
import { limits } from '@tacho/protocol';

/** Values of one object that are looked at; what comes after them is left out. */
const valuesMax = 20_000;

/** Arrays and objects in each other; a little less than what a server takes, for what stands around. */
const depthMax = limits.jsonDepthMax - 4;

/** Digits of an integer that a server reads. */
const digitsMax = limits.jsonIntegerDigitsMax;

/** A text that says what stood there, where nothing better can be said. */
const marks = {
  circular: '"[circular]"',
  deep: '"[too deep]"',
  unreadable: '"[unreadable]"',
} as const;

/**
 * JSON text of an object; undefined when the value is none. Never throws. NaN and infinities become
 * their names, integers keep their digits, Map and Set become object and array, functions, symbols
 * and undefined are left out, what throws is marked `[unreadable]`.
 */
export function objectText(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const text = new Writer().write(value);
  return text?.startsWith('{') ? text : undefined;
}

/** A number as it is sent: what JSON has no number for is named. */
export function numberText(value: number): string {
  return Number.isFinite(value) ? `${value}` : `"${value}"`;
}

/** One pass over one value. */
class Writer {
  readonly #around: object[] = [];
  #left = valuesMax;

  /** Undefined for what JSON leaves out. */
  write(value: unknown): string | undefined {
    switch (typeof value) {
      case 'string':
        return JSON.stringify(value);
      case 'number':
        return numberText(value);
      case 'boolean':
        return value ? 'true' : 'false';
      case 'bigint':
        return bigintText(value);
      case 'object':
        return value === null ? 'null' : this.#writeObject(value);
      default:
        return undefined;
    }
  }

  #writeObject(value: object): string | undefined {
    if (this.#around.includes(value)) return marks.circular;
    if (this.#around.length >= depthMax) return marks.deep;
    this.#around.push(value);
    try {
      return this.#writeFields(value);
    } catch {
      return marks.unreadable;
    } finally {
      this.#around.pop();
    }
  }

  #writeFields(value: object): string | undefined {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === 'function') {
      const replaced: unknown = toJSON.call(value, '');
      if (replaced !== value) return this.write(replaced);
    }
    if (Array.isArray(value)) return this.#list(value);
    if (value instanceof Map) return this.#fields(value);
    if (value instanceof Set) return this.#list(value);
    if (value instanceof Error) return this.#fields(errorFields(value));
    if (value instanceof RegExp) return JSON.stringify(String(value));
    if (ArrayBuffer.isView(value)) return JSON.stringify(`[${value.byteLength} bytes]`);
    return this.#fields(ownFields(value));
  }

  #list(values: Iterable<unknown>): string {
    const texts: string[] = [];
    for (const value of values) {
      if (this.#left-- <= 0) break;
      texts.push(this.write(value) ?? 'null');
    }
    return `[${texts.join()}]`;
  }

  #fields(fields: Iterable<readonly [unknown, unknown]>): string {
    const texts: string[] = [];
    for (const [key, value] of fields) {
      if (this.#left-- <= 0) break;
      const text = value === unreadable ? marks.unreadable : this.write(value);
      if (text !== undefined) texts.push(`${JSON.stringify(String(key))}:${text}`);
    }
    return `{${texts.join()}}`;
  }
}

const unreadable = Symbol('unreadable');

function* ownFields(object: object): Generator<readonly [string, unknown]> {
  for (const key of Object.keys(object)) yield [key, read(object, key)];
}

function* errorFields(error: Error): Generator<readonly [string, unknown]> {
  for (const key of ['name', 'message']) yield [key, read(error, key)];
  yield* ownFields(error);
}

function read(object: object, key: string): unknown {
  try {
    return (object as Record<string, unknown>)[key];
  } catch {
    return unreadable;
  }
}

function bigintText(value: bigint): string {
  const digits = String(value);
  return digits.length <= digitsMax ? digits : `"[${digits.length} digits]"`;
}
