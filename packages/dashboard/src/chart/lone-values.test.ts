/** Values that stand alone between gaps. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { loneValues } from './lone-values.ts';

test('a value with a gap or nothing on both sides stands alone', () => {
  expect(loneValues([1])).toEqual([0]);
  expect(loneValues([1, 2])).toEqual([]);
  expect(loneValues([null, 1, null, 2, 3, null, 4])).toEqual([1, 6]);
  expect(loneValues([1, undefined, 2, null, undefined, 5, undefined])).toEqual([5]);
  expect(loneValues([])).toEqual([]);
});

test('no neighbour of a lone value is a value, and every other value has one', () => {
  const value = fc.constantFrom(undefined, null, 1);
  fc.assert(
    fc.property(fc.array(value), (values) => {
      const present = values.flatMap((each, i) => (each === undefined ? [] : [i]));
      const lone = new Set(loneValues(values));
      present.forEach((at, i) => {
        const beside = [values[present[i - 1] ?? -1], values[present[i + 1] ?? -1]];
        const isLone = values[at] !== null && beside.every((each) => each !== 1);
        expect(lone.has(at)).toBe(isLone);
      });
    }),
  );
});
