/** The state as rows of a tree: what changed is marked and in sight, what did not is folded away. */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type StateChange,
  stateChanges,
} from '@tacho/protocol';

/** How a place differs from the state it is compared with. */
type Mark = '+' | '−' | '~';

/** One row. */
export interface TreeRow {
  /** What it is recognised by: its names, which may hold anything. */
  key: string;
  /** Names joined by dots, as filters and lanes take it. */
  path: string;
  name: string;
  depth: number;
  /** The value; of one that was removed, what it was. */
  value: JsonValue;
  /** Whether there are rows below it, and whether they are shown. */
  fold?: 'open' | 'closed';
  mark?: Mark;
  /** The value before, of what became another. */
  old?: JsonValue;
  /** Places below it that changed. */
  changesInside: number;
}

/** What rows are made from. */
export interface TreeOptions {
  /** The state that it is compared with; undefined for none. */
  from?: JsonObject | undefined;
  to: JsonObject;
  /** What somebody opened and closed, by key of the row. */
  folds?: ReadonlyMap<string, boolean>;
  /** Only places whose path or value holds this text. */
  filter?: string;
}

/** A tree of so many places is shown open as a whole. */
const openPlacesMax = 30;

/** Characters of a value that is shown; the whole of it is in the menu of its key. */
const textLengthMax = 400;

/** Arrays whose text is longer than that can be opened. */
const arrayTextMax = 48;

/** Characters that old and new value may have together to stand in one line. */
const lineLengthMax = 22;

/** Heights of a row with one line, and with two. */
const lineHeightPx = 24;

/** What has changed below and at a place. */
interface Changes {
  count: number;
  at?: StateChange;
  below: Map<string, Changes>;
}

/** All rows that are in sight, in the order of names. */
export function treeRows(options: TreeOptions): TreeRow[] {
  const { from, to, folds = new Map(), filter = '' } = options;
  const changes = grouped(from === undefined ? [] : stateChanges(from, to));
  const wanted = filter.toLowerCase();
  const isSmall = placesOf(to, openPlacesMax + 1) <= openPlacesMax;
  const rows: TreeRow[] = [];

  const visit = (
    value: JsonObject | JsonValue[],
    known: Changes | undefined,
    names: readonly string[],
  ) => {
    const inner: JsonObject = Array.isArray(value) ? Object.fromEntries(value.entries()) : value;
    for (const name of namesOf(inner, known)) {
      const change = known?.below.get(name);
      const row = rowOf([...names, name], inner[name], change);
      const isFolder = canOpen(row.value) && row.old === undefined;
      if (wanted !== '' && !row.path.toLowerCase().includes(wanted)) {
        const at = rows.length;
        if (isFolder) {
          rows.push({ ...row, fold: 'open' });
          visit(row.value as JsonObject, change, [...names, name]);
          if (rows.length === at + 1) rows.pop();
        } else if (textOf(row.value).toLowerCase().includes(wanted)) rows.push(row);
        continue;
      }
      if (!isFolder) {
        rows.push(row);
        continue;
      }
      const hasNews = change !== undefined && change.at === undefined;
      const isOpen =
        folds.get(row.key) ?? (hasNews || (isSmall && !row.mark && !Array.isArray(row.value)));
      rows.push({ ...row, fold: isOpen ? 'open' : 'closed' });
      if (isOpen) visit(row.value as JsonObject, change, [...names, name]);
    }
  };
  visit(to, changes, []);
  return rows;
}

/** Only what changed, without the tree around it: where there is no room for more. */
export function changedRows(from: JsonObject | undefined, to: JsonObject): TreeRow[] {
  const changes = from === undefined ? [] : stateChanges(from, to);
  return changes.map((change) => {
    const row = rowOf(change.names, change.to, { count: 1, at: change, below: new Map() });
    // Without the rows above it a name alone does not say where it stands.
    return { ...row, name: row.path, depth: 0 };
  });
}

/** How many places differ. */
export function changeCount(from: JsonObject | undefined, to: JsonObject): number {
  return from === undefined ? 0 : stateChanges(from, to).length;
}

/** A value as it is shown: JSON with blanks, cut where it would be long. */
export function textOf(value: JsonValue): string {
  return cut(spaced(value, textLengthMax + 1));
}

/** A row whose old and new value need a line each. */
export function isTall(row: TreeRow): boolean {
  if (row.old === undefined) return false;
  return textOf(row.old).length + textOf(row.value).length > lineLengthMax;
}

/** Top edges of the rows in pixels, and the bottom of the last one. */
export function edgesOf(rows: readonly TreeRow[]): number[] {
  const edges = [0];
  for (const row of rows) {
    edges.push((edges.at(-1) as number) + lineHeightPx * (isTall(row) ? 2 : 1));
  }
  return edges;
}

/** The rows between two heights, `[first, end)`. */
export function rowsWithin(
  edges: readonly number[],
  topPx: number,
  bottomPx: number,
): [first: number, end: number] {
  const count = edges.length - 1;
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle + 1] as number) <= topPx) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < count && (edges[end] as number) < bottomPx) end++;
  return [low, end];
}

function grouped(changes: readonly StateChange[]): Changes {
  const top: Changes = { count: changes.length, below: new Map() };
  for (const change of changes) {
    let at = top;
    for (const name of change.names) {
      let below = at.below.get(name);
      if (below === undefined) {
        below = { count: 0, below: new Map() };
        at.below.set(name, below);
      }
      below.count++;
      at = below;
    }
    at.at = change;
  }
  return top;
}

/** Names in their natural order, those that were removed among them. */
function namesOf(value: Record<string, JsonValue>, known: Changes | undefined): string[] {
  const names = Object.keys(value);
  for (const [name, { at }] of known?.below ?? []) if (at?.kind === 'removed') names.push(name);
  return names.sort(order.compare);
}

const order = new Intl.Collator('en', { numeric: true });

function rowOf(
  names: readonly string[],
  value: JsonValue | undefined,
  change: Changes | undefined,
): TreeRow {
  const row: TreeRow = {
    ...{ key: JSON.stringify(names), path: names.join('.'), name: names.at(-1) ?? '' },
    ...{ depth: names.length - 1, value: value ?? null, changesInside: 0 },
  };
  const { at, count = 0 } = change ?? {};
  if (at === undefined) return { ...row, changesInside: count };
  if (at.kind === 'added') return { ...row, mark: '+' };
  if (at.kind === 'removed') return { ...row, mark: '−', value: at.from as JsonValue };
  return { ...row, mark: '~', old: at.from as JsonValue };
}

function canOpen(value: JsonValue): boolean {
  if (isJsonObject(value)) return Object.keys(value).length > 0;
  return Array.isArray(value) && spaced(value, arrayTextMax + 1).length > arrayTextMax;
}

/** Values in a state, counted up to `max`. */
function placesOf(state: JsonObject, max: number): number {
  let count = 0;
  for (const value of Object.values(state)) {
    count += isJsonObject(value) ? placesOf(value, max - count) : 1;
    if (count >= max) break;
  }
  return count;
}

/** JSON with blanks; stops soon after `max` characters, so that a large value costs no more than a small one. */
function spaced(value: JsonValue, max: number): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, max));
  if (typeof value !== 'object' || value === null) return String(value);
  const isArray = Array.isArray(value);
  const parts: string[] = [];
  let length = 0;
  for (const [name, inner] of Object.entries(value)) {
    if (length > max) break;
    const text = spaced(inner as JsonValue, max - length);
    parts.push(isArray ? text : `${name}: ${text}`);
    length += (parts.at(-1) as string).length;
  }
  if (isArray) return `[${parts.join(', ')}]`;
  return parts.length === 0 ? '{}' : `{ ${parts.join(', ')} }`;
}

function cut(text: string): string {
  return text.length > textLengthMax ? `${text.slice(0, textLengthMax)}…` : text;
}
