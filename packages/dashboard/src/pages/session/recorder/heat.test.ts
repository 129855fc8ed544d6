/** Histograms as cells. */
import { expect, test } from 'vitest';
import { heatCells, rowOf } from './heat.ts';

test('only rows that were used are drawn, and the fullest cell is the darkest', () => {
  const heat = heatCells({
    t: [0, 10, 20],
    heatmap: { bounds: [1, 2, 3], counts: [[0, 4, 0, 0], [], [0, 0, 16, 0]] },
  });
  expect(heat).toEqual({
    cells: [
      { at: 0, row: 1, share: 0.5 },
      { at: 2, row: 2, share: 1 },
    ],
    stepMs: 15,
    firstRow: 1,
    rows: 2,
  });
  expect(heatCells({ t: [] }).rows).toBe(1);
});

test('a value stands within its bucket', () => {
  const bounds = [1, 2, 4];
  expect(rowOf(0.5, bounds)).toBe(0.5);
  expect(rowOf(2, bounds)).toBe(2);
  expect(rowOf(3, bounds)).toBe(2.5);
  expect(rowOf(99, bounds)).toBe(3.5);
});
