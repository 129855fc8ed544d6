/** What a key of the state was over time, from the revisions that changed it. */

/** A revision that changed the key. */
export interface KeyChange {
  atMs: number;
  /** The values before and after; undefined where the key was not there. */
  from: unknown;
  to: unknown;
}

/** A time in which the key had one value. */
export interface Stretch {
  fromMs: number;
  toMs: number;
  value: unknown;
}

/** The values of a key from the start of a run to its end; `last` is its value where nothing changed it. */
export function stretchesOf(
  startMs: number,
  endMs: number,
  changes: readonly KeyChange[],
  last: unknown,
): Stretch[] {
  const ordered = [...changes].sort((a, b) => a.atMs - b.atMs);
  const [first] = ordered;
  let value = first === undefined ? last : first.from;
  let fromMs = startMs;
  const stretches: Stretch[] = [];
  for (const { atMs, to } of ordered) {
    const at = Math.min(Math.max(atMs, startMs), endMs);
    if (at > fromMs) stretches.push({ fromMs, toMs: at, value });
    fromMs = Math.max(at, fromMs);
    value = to;
  }
  if (endMs > fromMs) stretches.push({ fromMs, toMs: endMs, value });
  return stretches;
}

/** What a state has at a path of names joined by dots; undefined where it has nothing. */
export function valueAtPath(state: unknown, path: string): unknown {
  if (typeof state !== 'object' || state === null) return undefined;
  const fields = state as Record<string, unknown>;
  if (Object.hasOwn(fields, path)) return fields[path];
  // Names may hold dots themselves: every beginning of the path may be one name.
  for (let dot = path.indexOf('.'); dot >= 0; dot = path.indexOf('.', dot + 1)) {
    const name = path.slice(0, dot);
    if (!Object.hasOwn(fields, name)) continue;
    const found = valueAtPath(fields[name], path.slice(dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}
