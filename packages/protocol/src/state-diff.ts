/** What differs between two states, place by place, and what a path leads to. */
import { isJsonObject, type JsonObject, type JsonValue, setJsonKey } from './json.ts';
import { jsonEqual } from './state.ts';

/** How a place of a state changed. */
export const changeKinds = ['added', 'removed', 'changed'] as const;

/** How a place of a state changed. */
export type ChangeKind = (typeof changeKinds)[number];

/** One place that differs. */
export interface StateChange {
  /** Names on the way to the place. */
  names: string[];
  kind: ChangeKind;
  /** Value before; absent when added. */
  from?: JsonValue;
  /** Value after; absent when removed. */
  to?: JsonValue;
}

/**
 * What turns one state into another, places that went before places that came or changed, otherwise
 * in the order of the states' keys. Two objects are compared name by name; anything else is one
 * change with its whole value, also an object that is new, gone, or takes the place of a value.
 * Setting and deleting what the changes say, one after the other, gives the other state.
 */
export function stateChanges(from: JsonObject, to: JsonObject): StateChange[] {
  const changes: StateChange[] = [];
  collect(from, to, [], changes);
  return changes;
}

function collect(from: JsonObject, to: JsonObject, at: string[], changes: StateChange[]): void {
  // States share what a patch did not touch, so that most of a large state costs nothing here.
  if (from === to) return;
  for (const name of Object.keys(from)) {
    if (Object.hasOwn(to, name)) continue;
    changes.push({ names: [...at, name], kind: 'removed', from: from[name] as JsonValue });
  }
  for (const name of Object.keys(to)) {
    const after = to[name] as JsonValue;
    if (!Object.hasOwn(from, name)) {
      changes.push({ names: [...at, name], kind: 'added', to: after });
      continue;
    }
    const before = from[name] as JsonValue;
    if (before === after) continue;
    if (isJsonObject(before) && isJsonObject(after)) collect(before, after, [...at, name], changes);
    else if (!jsonEqual(before, after)) {
      changes.push({ names: [...at, name], kind: 'changed', from: before, to: after });
    }
  }
}

/**
 * The value that a dotted path leads to; undefined when it leads nowhere. A name that holds a dot is
 * met by the same text; where several ways spell the same path, the one with the longest first name
 * that leads somewhere counts.
 */
export function valueAt(state: JsonObject, path: string): JsonValue | undefined {
  if (Object.hasOwn(state, path)) return state[path];
  for (let dot = path.lastIndexOf('.'); dot >= 0; dot = path.lastIndexOf('.', dot - 1)) {
    const name = path.slice(0, dot);
    const inner = Object.hasOwn(state, name) ? state[name] : undefined;
    if (isJsonObject(inner)) {
      const found = valueAt(inner, path.slice(dot + 1));
      if (found !== undefined) return found;
    }
    if (dot === 0) break;
  }
  return undefined;
}

/**
 * The part of a state, or of a merge patch, that bears on a path: `valueAt` finds in it what it finds
 * in the whole, and since patches act on each name by itself, applying the parts of patches to the
 * part of a state gives the part of the result.
 */
export function partAt(whole: JsonObject, path: string): JsonObject {
  const part: JsonObject = {};
  for (const name of Object.keys(whole)) {
    const value = whole[name] as JsonValue;
    if (name === path) setJsonKey(part, name, value);
    else if (path.startsWith(`${name}.`)) {
      const rest = path.slice(name.length + 1);
      setJsonKey(part, name, isJsonObject(value) ? partAt(value, rest) : value);
    }
  }
  return part;
}

/** The name that every first name on a path begins with: the path up to its first dot. */
export function firstNameOf(path: string): string {
  const dot = path.indexOf('.');
  return dot < 0 ? path : path.slice(0, dot);
}
