/** Proves how states stand side by side. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateRows } from './states.ts';

const rowOf = (...values: unknown[]) =>
  stateRows(values.map((value) => (value === undefined ? {} : { key: value })))[0];

describe('states side by side', () => {
  it('have a row for every path, with what each state has there', () => {
    expect(stateRows([{ scene: { name: 'a' } }, { scene: { name: 'b', id: 1 } }])).toEqual([
      {
        path: 'scene.name',
        cells: [{ value: 'a' }, { value: 'b' }],
        differs: true,
        odd: undefined,
      },
      { path: 'scene.id', cells: [undefined, { value: 1 }], differs: true, odd: undefined },
    ]);
  });

  it('do not take null for absent', () => {
    expect(rowOf(null, undefined)?.differs).toBe(true);
  });

  it('show the one that is unlike all others', () => {
    expect(rowOf('a', 'a', 'b')?.odd).toBe(2);
    expect(rowOf('a', undefined, 'a')?.odd).toBe(1);
    expect(rowOf('a', 'b', 'c')?.odd).toBeUndefined();
    expect(rowOf('a', 'a', 'b', 'b')?.odd).toBeUndefined();
    expect(rowOf('a', 'b')?.odd).toBeUndefined();
  });

  it('show the one number that is far from others that are close', () => {
    expect(rowOf(538, 472, 0)?.odd).toBe(2);
    expect(rowOf(1, 2, 900)?.odd).toBe(2);
    expect(rowOf(74, 12, 100)?.odd).toBeUndefined();
  });

  it('never differ from themselves', () => {
    fc.assert(
      fc.property(fc.object(), (state) => {
        const rows = stateRows([state, state, state]);
        expect(rows.every(({ differs, odd }) => !differs && odd === undefined)).toBe(true);
      }),
    );
  });
});
