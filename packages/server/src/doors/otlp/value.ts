/** Values of any type: as JSON for states and events, as text for tags. */
import { type JsonObject, type JsonValue, stringifyJson } from '@tacho/protocol';
import type { AnyValue, KeyValue } from './messages.ts';

/** A value as JSON; what JSON has no number for is a text. */
export function jsonOf(value: AnyValue | undefined): JsonValue {
  if (value === undefined) return null;
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue } = value;
  if (stringValue !== undefined) return stringValue;
  if (boolValue !== undefined) return boolValue;
  if (intValue !== undefined) return intValue;
  if (doubleValue !== undefined) {
    return Number.isFinite(doubleValue) ? doubleValue : String(doubleValue);
  }
  if (arrayValue !== undefined) return (arrayValue.values ?? []).map(jsonOf);
  if (kvlistValue !== undefined) return objectOf(kvlistValue.values ?? []);
  return value.bytesValue ?? null;
}

/** A value as text: texts as they are, bytes as Base64, nothing as '', everything else as JSON. */
export function textOf(value: AnyValue | undefined): string {
  if (value?.stringValue !== undefined) return value.stringValue;
  const json = jsonOf(value);
  if (typeof json === 'string') return json;
  return json === null ? '' : stringifyJson(json);
}

/** Attributes as one flat object; of equal keys the last one wins. */
export function objectOf(attributes: readonly KeyValue[]): JsonObject {
  return Object.fromEntries(attributes.map(({ key = '', value }) => [key, jsonOf(value)]));
}
