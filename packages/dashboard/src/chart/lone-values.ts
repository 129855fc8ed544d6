/** Values that stand alone between gaps: a line through one point would not be seen. */

const known = new WeakMap<object, readonly number[]>();

/**
 * Places of values without a neighbour to draw a line to; null is a gap, undefined is nothing. Found
 * once per list, since a plot asks with every frame.
 */
export function loneValues(values: readonly (number | null | undefined)[]): readonly number[] {
  const found = known.get(values) ?? find(values);
  known.set(values, found);
  return found;
}

function find(values: readonly (number | null | undefined)[]): number[] {
  const lone: number[] = [];
  let before: number | null = null;
  let at = -1;
  let here: number | null = null;
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    if (here !== null && before === null && value === null) lone.push(at);
    before = here;
    here = value;
    at = i;
  }
  if (here !== null && before === null) lone.push(at);
  return lone;
}
