/** Lines and bands on a canvas. */
import { expect, test } from 'vitest';
import { fillBand, type Place, partInView, stretches, strokeLine } from './strokes.ts';

const place = (t: number[], from: number, to: number): Place => ({
  ...{ t, ...partInView(t, from, to) },
  ...{ x: (at: number) => t[at] as number, y: (value: number) => value },
});

/** Writes down what is drawn: the corners of each path. */
function paper() {
  const paths: [number, number][][] = [];
  const offsets: number[] = [];
  const context = {
    lineWidth: 1.5,
    beginPath: () => paths.push([]),
    lineTo: (x: number, y: number) => paths.at(-1)?.push([x, y]),
    stroke: () => offsets.push(context.lineDashOffset),
    fill: () => {},
    lineDashOffset: 0,
  };
  return { context: context as unknown as CanvasRenderingContext2D, paths, offsets };
}

const every = (n: number): number[] => [...Array(n)].map((_, i) => i);

test('a point on either side of the view belongs to the picture', () => {
  expect(partInView(every(10), 3.5, 6.2)).toEqual({ first: 3, last: 7 });
  expect(partInView(every(10), -5, 50)).toEqual({ first: 0, last: 9 });
  expect(partInView(every(10), 20, 30)).toEqual({ first: 9, last: 9 });
  expect(partInView([], 0, 1)).toEqual({ first: 0, last: -1 });
});

test('stretches end at gaps, nothing interrupts none, and reach to the next value out of sight', () => {
  const values = [1, undefined, undefined, 4, null, 6, undefined, 8];
  expect(stretches(values, values, place(every(8), 2.2, 5.5))).toEqual([
    [0, 3],
    [5, 7],
  ]);
});

test('a long line is drawn in pieces that meet, with dashes that go on', () => {
  const { context, paths, offsets } = paper();
  const t = every(40);
  strokeLine(context, { values: t.map(() => 5), token: '', dash: [3, 3] }, place(t, 0, 39));
  expect(paths.map((path) => [path[0]?.[0], path.at(-1)?.[0]])).toEqual([
    [0, 16],
    [16, 32],
    [32, 39],
  ]);
  expect(offsets).toEqual([0, 16, 32]);
});

test('levels stay until the next one', () => {
  const { context, paths } = paper();
  strokeLine(context, { values: [1, 7], token: '', isStepped: true }, place([0, 10], 0, 10));
  expect(paths).toEqual([
    [
      [0, 1],
      [10, 1],
      [10, 7],
    ],
  ]);
});

test('a band goes there above and back below, no piece across a gap', () => {
  const { context, paths } = paper();
  const band = { low: [0, 1, null, 3, 4], high: [5, 6, null, 8, 9], token: '' };
  fillBand(context, band, place(every(5), 0, 4));
  expect(paths).toEqual([
    [
      [0, 5],
      [1, 6],
      [1, 1],
      [0, 0],
    ],
    [
      [3, 8],
      [4, 9],
      [4, 4],
      [3, 3],
    ],
  ]);
});
