/** Compares a reply shown in the documentation with the real one. */
import type { JsonObject, JsonValue } from '@tacho/protocol';

/** A string, an array's last element or a key of this form stands for "anything here". */
const elision = '…';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})Z$/;
const anyTime = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)/g;

/**
 * Where `real` differs from `shown`, as sentences; empty when they agree. Ids and times that the
 * page's own commands do not contain may be any id or time, because they are new on every run.
 */
export function differences(shown: JsonValue, real: JsonValue, commands: string): string[] {
  const sent = new Set([...commands.matchAll(anyTime)].map(([text]) => Date.parse(text)));
  const isFree = (text: string) =>
    uuid.test(text) ? !commands.includes(text) : time.test(text) && !sent.has(Date.parse(text));
  return compare(shown, real, 'reply', isFree);
}

type IsFree = (text: string) => boolean;

function compare(shown: JsonValue, real: JsonValue, path: string, isFree: IsFree): string[] {
  if (shown === elision) return [];
  if (typeof shown === 'string' && typeof real === 'string' && isFree(shown)) {
    return uuid.test(shown) === uuid.test(real) && time.test(shown) === time.test(real)
      ? []
      : [`${path}: ${print(real)} has not the form of ${print(shown)}`];
  }
  if (Array.isArray(shown)) {
    return Array.isArray(real)
      ? compareArrays(shown, real, path, isFree)
      : [`${path}: ${print(real)} is not an array`];
  }
  if (isObject(shown)) {
    return isObject(real)
      ? compareObjects(shown, real, path, isFree)
      : [`${path}: ${print(real)} is not an object`];
  }
  return shown === real ? [] : [`${path}: the page shows ${print(shown)}, real is ${print(real)}`];
}

function compareArrays(shown: JsonValue[], real: JsonValue[], path: string, isFree: IsFree) {
  const open = shown.at(-1) === elision;
  const expected = open ? shown.slice(0, -1) : shown;
  if (open ? real.length < expected.length : real.length !== expected.length) {
    return [`${path}: the page shows ${expected.length} items, real are ${real.length}`];
  }
  return expected.flatMap((item, index) =>
    compare(item, real[index] as JsonValue, `${path}[${index}]`, isFree),
  );
}

function compareObjects(shown: JsonObject, real: JsonObject, path: string, isFree: IsFree) {
  const expected = Object.keys(shown).filter((key) => key !== elision);
  const extra = elision in shown ? [] : Object.keys(real).filter((key) => !(key in shown));
  return [
    ...extra.map(
      (key) => `${path}.${key}: the page does not show it, real is ${print(real[key]!)}`,
    ),
    ...expected.flatMap((key) =>
      key in real
        ? compare(shown[key]!, real[key]!, `${path}.${key}`, isFree)
        : [`${path}.${key}: the page shows it, the real reply has none`],
    ),
  ];
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function print(value: JsonValue): string {
  return typeof value === 'bigint' ? String(value) : (JSON.stringify(value, bigintsAsText) ?? '');
}

function bigintsAsText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}
