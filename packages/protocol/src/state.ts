/** State: applying JSON merge patches, and composing them correctly by lifting them first. */
import { isJsonObject, type JsonObject, type JsonValue, setJsonKey } from './json.ts';

/**
 * Applies a JSON merge patch (RFC 7386) to a state. Null deletes, also inside an object that is
 * newly inserted, so an object of a state never holds a null; arrays are replaced whole and keep
 * their nulls. Neither argument is changed; the result shares what did not change with the state,
 * and is the state itself when nothing did.
 */
export function applyPatch(state: JsonObject, patch: JsonObject): JsonObject {
  let result: JsonObject | undefined;
  for (const key of Object.keys(patch)) {
    const value = patch[key] as JsonValue;
    const known = Object.hasOwn(state, key);
    if (value === null) {
      if (!known) continue;
      result ??= { ...state };
      delete result[key];
      continue;
    }
    const old = known ? (state[key] as JsonValue) : undefined;
    const merged = isJsonObject(value) ? applyPatch(isJsonObject(old) ? old : {}, value) : value;
    if (merged === old) continue;
    result ??= { ...state };
    setJsonKey(result, key, merged);
  }
  return result ?? state;
}

/**
 * What a patch does to one place, lifted so that patches compose: plain merge patches do not,
 * because `{a: null}` followed by `{a: {c: 1}}` must not let old children of `a` live on.
 */
export type PatchNode =
  /** Becomes this value, which is not an object. */
  | { readonly kind: 'set'; readonly value: JsonValue }
  /** Goes away. */
  | { readonly kind: 'del' }
  | Patch;

/**
 * Becomes an object: the one that is there, or an empty one if `reset` or if there is none, and
 * then each field changes. Within `reset` there are no `del` nodes, and all fields below reset too.
 */
export interface Patch {
  readonly kind: 'fields';
  readonly reset: boolean;
  readonly fields: ReadonlyMap<string, PatchNode>;
}

/** The patch that changes nothing. */
export const emptyPatch: Patch = { kind: 'fields', reset: false, fields: new Map() };

/** Lifts a merge patch. */
export function liftPatch(patch: JsonObject): Patch {
  const fields = new Map<string, PatchNode>();
  for (const key of Object.keys(patch)) fields.set(key, lift(patch[key] as JsonValue));
  return { kind: 'fields', reset: false, fields };
}

/** Applies a lifted patch; `applyLifted(s, liftPatch(p))` equals `applyPatch(s, p)`. */
export function applyLifted(state: JsonObject, patch: Patch): JsonObject {
  const result: JsonObject = patch.reset ? {} : { ...state };
  for (const [key, node] of patch.fields) {
    const old = Object.hasOwn(result, key) ? (result[key] as JsonValue) : undefined;
    if (node.kind === 'del') delete result[key];
    else if (node.kind === 'set') setJsonKey(result, key, node.value);
    else setJsonKey(result, key, applyLifted(isJsonObject(old) ? old : {}, node));
  }
  return result;
}

/**
 * The patch that does what `first` and then `second` do. Associative, with `emptyPatch` as
 * identity; applying the result equals applying both in order.
 */
export function composePatches(first: Patch, second: Patch): Patch {
  if (second.reset) return second;
  const fields = new Map(first.fields);
  for (const [key, node] of second.fields) {
    const composed = composeNodes(fields.get(key), node, first.reset);
    if (composed === undefined) fields.delete(key);
    else fields.set(key, composed);
  }
  return { kind: 'fields', reset: first.reset, fields };
}

/**
 * The merge patch that a lifted patch stands for; undefined where it resets an object, which no
 * single merge patch can say (then the patches it was composed of have to be sent in order).
 */
export function lowerPatch(patch: Patch): JsonObject | undefined {
  if (patch.reset) return undefined;
  const lowered: JsonObject = {};
  for (const [key, node] of patch.fields) {
    const value = node.kind === 'del' ? null : node.kind === 'set' ? node.value : lowerPatch(node);
    if (value === undefined) return undefined;
    setJsonKey(lowered, key, value);
  }
  return lowered;
}

/**
 * The smallest merge patch that turns one state into another. Neither may hold a null directly in
 * an object, which no state does.
 */
export function diffState(from: JsonObject, to: JsonObject): JsonObject {
  const patch: JsonObject = {};
  for (const key of Object.keys(from)) if (!Object.hasOwn(to, key)) setJsonKey(patch, key, null);
  for (const key of Object.keys(to)) {
    const after = to[key] as JsonValue;
    const before = Object.hasOwn(from, key) ? (from[key] as JsonValue) : undefined;
    if (before !== undefined && jsonEqual(before, after)) continue;
    const both = isJsonObject(before) && isJsonObject(after);
    setJsonKey(patch, key, both ? diffState(before, after) : after);
  }
  return patch;
}

/** Whether two JSON values are the same value; the order of keys does not matter. */
export function jsonEqual(a: JsonValue, b: JsonValue): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => jsonEqual(item, b[i] as JsonValue));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) => Object.hasOwn(b, key) && jsonEqual(a[key] as JsonValue, b[key] as JsonValue),
  );
}

function lift(value: JsonValue): PatchNode {
  if (value === null) return { kind: 'del' };
  return isJsonObject(value) ? liftPatch(value) : { kind: 'set', value };
}

/** What happens to a field: `first` (nothing when undefined), then `second`; undefined for nothing. */
function composeNodes(
  first: PatchNode | undefined,
  second: PatchNode,
  inReset: boolean,
): PatchNode | undefined {
  if (second.kind === 'del') return inReset ? undefined : second;
  if (second.kind === 'set') return second;
  if (first?.kind === 'fields') return composePatches(first, second);
  const startsEmpty = first !== undefined || inReset;
  return startsEmpty ? reset(second) : second;
}

/** The same patch where it is known that it starts from nothing. */
function reset(patch: Patch): Patch {
  const fields = new Map<string, PatchNode>();
  for (const [key, node] of patch.fields) {
    if (node.kind === 'del') continue;
    fields.set(key, node.kind === 'fields' ? reset(node) : node);
  }
  return { kind: 'fields', reset: true, fields };
}
