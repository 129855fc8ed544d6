/** Tests of the places of rows, against the plainest way to add them up. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { RowPlaces } from './row-places.ts';

const rowHeight = 32;
const measured = fc.array(
  fc.record({ index: fc.nat(49), height: fc.constantFrom(32, 20, 33, 80, 400) }),
  { maxLength: 40 },
);

/** Heights by row, added up one by one. */
function plain(measurements: { index: number; height: number }[], count: number): number[] {
  const heights = Array<number>(count).fill(rowHeight);
  for (const { index, height } of measurements) heights[index] = height;
  return heights;
}

it('adds up the heights of rows, whatever was measured in whatever order', () => {
  fc.assert(
    fc.property(measured, fc.nat(50), (measurements, index) => {
      const places = new RowPlaces(rowHeight);
      places.setRows(50, (i) => `row ${i}`);
      for (const each of measurements) places.measure(each.index, `row ${each.index}`, each.height);
      const heights = plain(measurements, 50);
      const sum = (end: number): number => heights.slice(0, end).reduce((a, b) => a + b, 0);
      expect(places.topOf(index)).toBe(sum(index));
      expect(places.total).toBe(sum(50));
      if (index < 50) expect(places.heightOf(index)).toBe(heights[index]);
    }),
  );
});

it('finds the row at any distance from the top', () => {
  fc.assert(
    fc.property(
      measured,
      fc.double({ min: -100, max: 30_000, noNaN: true }),
      (measurements, px) => {
        const places = new RowPlaces(rowHeight);
        places.setRows(50, (i) => i);
        for (const each of measurements) places.measure(each.index, each.index, each.height);
        const index = places.indexAt(px);
        const top = places.topOf(index);
        if (px >= 0 && px < places.total) {
          expect(top).toBeLessThanOrEqual(px);
          expect(top + places.heightOf(index)).toBeGreaterThan(px);
        } else expect(index).toBe(px < 0 ? 0 : 49);
      },
    ),
  );
});

it('keeps the height of a row when others come before it, and when others come after it', () => {
  const places = new RowPlaces(rowHeight);
  const keys = ['a', 'b', 'c'];
  places.setRows(3, (i) => keys[i] ?? '');
  places.measure(1, 'b', 300);
  keys.unshift('x', 'y');
  places.setRows(5, (i) => keys[i] ?? '');
  expect(places.heightOf(3)).toBe(300);
  expect(places.heightOf(1)).toBe(rowHeight);
  keys.push('z');
  places.setRows(6, (i) => keys[i] ?? '');
  expect(places.topOf(4)).toBe(3 * rowHeight + 300);
});

it('forgets the height of a row that is gone', () => {
  const places = new RowPlaces(rowHeight);
  places.setRows(3, (i) => i);
  places.measure(2, 2, 100);
  places.setRows(3, (i) => `other ${i}`);
  expect(places.total).toBe(3 * rowHeight);
});

it('says whether a measurement moves what follows', () => {
  const places = new RowPlaces(rowHeight);
  places.setRows(3, (i) => i);
  expect(places.measure(0, 0, rowHeight)).toBe(false);
  expect(places.measure(0, 0, 60)).toBe(true);
  expect(places.measure(0, 0, 60.2)).toBe(false);
  expect(places.measure(0, 0, rowHeight)).toBe(true);
});
