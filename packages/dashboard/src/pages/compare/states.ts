/** States side by side: every path of several states as a row, and which run is the odd one out. */

/** A value in a row; absent where a state has nothing at this path. */
export type Cell = { value: unknown } | undefined;

/** A path and what each state has there. */
export interface StateRow {
  path: string;
  cells: Cell[];
  differs: boolean;
  /** Place of the one run that is apart from all others. */
  odd: number | undefined;
}

/** Rows for all paths of the states, in the order of their first appearance. */
export function stateRows(states: readonly unknown[]): StateRow[] {
  const rows = new Map<string, Cell[]>();
  states.forEach((state, at) => {
    for (const [path, value] of leavesOf(state)) {
      const cells = rows.get(path) ?? states.map(() => undefined);
      cells[at] = { value };
      rows.set(path, cells);
    }
  });
  return [...rows].map(([path, cells]) => {
    const texts = cells.map(cellText);
    return { path, cells, differs: new Set(texts).size > 1, odd: oddOne(cells, texts) };
  });
}

/** A value as it stands in a cell. */
export function cellText(cell: Cell): string {
  return cell === undefined ? 'absent' : JSON.stringify(cell.value);
}

/** Paths and values of everything that is no object with names in it; lists are one value. */
function leavesOf(value: unknown, path = ''): [string, unknown][] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return path === '' ? [] : [[path, value]];
  }
  const names = Object.entries(value);
  if (names.length === 0) return path === '' ? [] : [[path, value]];
  return names.flatMap(([name, inner]) => leavesOf(inner, path === '' ? name : `${path}.${name}`));
}

/** How many times farther than the others are from each other a number must be to be apart. */
const apartFactor = 4;

function oddOne(cells: readonly Cell[], texts: readonly string[]): number | undefined {
  if (cells.length < 3) return undefined;
  const alone = texts.flatMap((text, i) =>
    texts.every((other, j) => (i === j ? true : other !== text)) ? [i] : [],
  );
  if (alone.length === 1 && new Set(texts).size === 2) return alone[0];
  return oddNumber(cells.map((cell) => cell?.value));
}

/** The one number that is far from all others, while these are close to each other. */
function oddNumber(values: readonly unknown[]): number | undefined {
  if (!values.every((value): value is number => typeof value === 'number')) return undefined;
  const sorted = [...values].sort((a, b) => a - b);
  const [least = 0, second = 0] = sorted;
  const [last = 0, beforeLast = 0] = [...sorted].reverse();
  if (second - least > apartFactor * (last - second)) return values.indexOf(least);
  if (last - beforeLast > apartFactor * (beforeLast - least)) return values.indexOf(last);
  return undefined;
}
