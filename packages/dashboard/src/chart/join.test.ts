/** Proves that tables of several series lose nothing and invent no line. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { join, valueAt } from './join.ts';

describe('a table of several series', () => {
  it('has every time once, undefined where a series has nothing', () => {
    expect(
      join([
        { t: [1, 2, 3], values: [10, 20, 30] },
        { t: [2, 3, 4], values: [1, null, 3] },
      ]),
    ).toEqual({
      t: [1, 2, 3, 4],
      columns: [
        [10, 20, 30, undefined],
        [undefined, 1, null, 3],
      ],
    });
  });

  it('breaks the line where much more than a step is missing', () => {
    const { t, columns } = join([{ t: [1, 2, 3, 13], values: [1, 2, 3, 4] }]);
    expect(t).toEqual([1, 2, 3, 8, 13]);
    expect(columns[0]).toEqual([1, 2, 3, null, 4]);
  });

  it('breaks it at all times of others that lie in the gap, or it would reach into it', () => {
    const { t, columns } = join([
      { t: [1, 2, 3, 13], values: [1, 2, 3, 4] },
      { t: [1, 2, 3, 4, 5], values: [9, 9, 9, 9, 9] },
    ]);
    expect(t).toEqual([1, 2, 3, 4, 5, 8, 13]);
    expect(columns[0]).toEqual([1, 2, 3, null, null, null, 4]);
    expect(columns[1]).toEqual([9, 9, 9, 9, 9, undefined, undefined]);
  });

  it('is ascending and loses no value', () => {
    const times = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(times, times, (a, b) => {
        const columns = [a, b].map((all) => {
          const t = [...all].sort((x, y) => x - y);
          return { t, values: t.map((at) => at * 2) };
        });
        const table = join(columns);
        expect(table.t).toEqual([...new Set(table.t)].sort((x, y) => x - y));
        columns.forEach((column, i) => {
          const values = (table.columns[i] ?? []).filter((v) => v !== undefined && v !== null);
          expect(values).toEqual(column.values);
        });
      }),
    );
  });
});

describe('the value at a time', () => {
  const column = { t: [0, 10, 20], values: [1, null, 3] };

  it('is that of the nearest point', () => {
    expect(valueAt(column, 4)).toBe(1);
    expect(valueAt(column, 17)).toBe(3);
    expect(valueAt(column, 11)).toBeUndefined();
  });

  it('is none where no point is near', () => {
    expect(valueAt(column, 100)).toBeUndefined();
    expect(valueAt({ t: [], values: [] }, 0)).toBeUndefined();
  });
});
