/** How several lines of one chart are told apart: a hue and a dash for each, eight of them. */

/** The dash of each line, in pixels; the first one has none. */
const dashes: readonly (readonly number[])[] = [
  [],
  [6, 3],
  [2, 3],
  [9, 3, 2, 3],
  [4, 4],
  [12, 4],
  [6, 2, 2, 2, 2, 2],
  [3, 2],
];

/** The token of the colour of the line with this number, from 0. */
export function seriesToken(index: number): string {
  return `--series-${(index % dashes.length) + 1}`;
}

/** Its dash, in pixels; empty for none. */
export function seriesDash(index: number): readonly number[] {
  return dashes[index % dashes.length] ?? [];
}
